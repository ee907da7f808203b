//! Connections at the same time: how many, how many from one address, and who goes when there are too many.

use super::peer;
use super::presence::{Presence, Underway};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How long a newcomer waits for a place before it is looked again who could go.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The places of one listener.
pub(super) struct Places {
    free: Arc<Semaphore>,
    per_address_max: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    next: u64,
    /// Connections on which nothing was ever asked, oldest first.
    silent: BTreeMap<u64, Arc<Presence>>,
    /// All others.
    known: BTreeMap<u64, Arc<Presence>>,
    shares: HashMap<IpAddr, usize>,
}

impl Places {
    pub(super) fn new(connections_max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Arc::new(Semaphore::new(connections_max.max(1))),
            per_address_max,
            held: Mutex::default(),
        })
    }

    /// An address's part of its share; `None` when it holds all of it.
    pub(super) fn share(self: &Arc<Self>, address: IpAddr, free_of_charge: bool) -> Option<Share> {
        let sender = peer::sender(address);
        let mut held = self.held();
        let count = held.shares.entry(sender).or_default();
        let free = free_of_charge || *count < self.per_address_max;
        free.then(|| {
            *count += 1;
            Share {
                places: Arc::clone(self),
                sender,
            }
        })
    }

    /// A place for a connection, if need be that of another one.
    pub(super) async fn take(self: &Arc<Self>, share: Option<Share>) -> Option<Arc<Place>> {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                break permit;
            }
            self.make_room();
            let freed = Arc::clone(&self.free).acquire_owned();
            // Who has something to do now may have nothing to do a moment later.
            if let Ok(permit) = tokio::time::timeout(LOOK_AGAIN, freed).await {
                break permit.ok()?;
            }
        };
        let presence = Arc::new(Presence::new());
        let mut held = self.held();
        let id = held.next;
        held.next += 1;
        held.silent.insert(id, Arc::clone(&presence));
        Some(Arc::new(Place {
            places: Arc::clone(self),
            id,
            presence,
            _share: share,
            _permit: permit,
        }))
    }

    /// Has one connection end: the one that has been silent longest without ever asking, else the one that has had nothing to do
    /// for longest, else the one whose client has let a request wait for longest.
    pub(super) fn make_room(&self) {
        let mut held = self.held();
        if let Some((_, silent)) = held.silent.pop_first() {
            silent.oust();
            return;
        }
        let longest = |since: fn(&Presence) -> Option<Instant>| {
            let known = held.known.iter();
            known
                .filter_map(|(id, each)| Some((since(each)?, *id)))
                .min()
        };
        let longest = longest(Presence::resting_since).or_else(|| longest(Presence::stuck_since));
        if let Some((_, longest)) = longest
            && let Some(presence) = held.known.remove(&longest)
        {
            presence.oust();
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's part of its address's share; given back when dropped.
pub(super) struct Share {
    places: Arc<Places>,
    sender: IpAddr,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.places.held();
        if let Some(count) = held.shares.get_mut(&self.sender) {
            *count -= 1;
            if *count == 0 {
                held.shares.remove(&self.sender);
            }
        }
    }
}

/// The place of one connection; given back when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    /// What the connection is doing.
    pub(super) presence: Arc<Presence>,
    _share: Option<Share>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Notes that a request came.
    pub(super) fn begin(&self) -> Underway {
        let (underway, first) = self.presence.begin();
        if first {
            let mut held = self.places.held();
            // One that was asked to go is in neither list.
            if let Some(presence) = held.silent.remove(&self.id) {
                held.known.insert(self.id, presence);
            }
        }
        underway
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held();
        held.silent.remove(&self.id);
        held.known.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::super::presence::Awaited;
    use super::*;
    use futures_util::FutureExt as _;

    fn has_to_go(place: &Place) -> bool {
        place.presence.ousted().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_asked_goes_before_who_rests_and_who_is_answered_stays() {
        let places = Places::new(4, 4);
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(places.take(None).await.unwrap());
        }
        let answered = held[0].begin();
        drop(held[2].begin());
        tokio::time::advance(Duration::from_secs(1)).await;
        drop(held[1].begin());
        let mut order = Vec::new();
        for _ in 0..4 {
            places.make_room();
            order.push((0..4).find(|&n| has_to_go(&held[n])));
        }
        assert_eq!(order, [Some(3), Some(2), Some(1), None]);
        held[0].presence.set_blocked(true);
        places.make_room();
        assert!(has_to_go(&held[0]));
        drop(answered);
    }

    #[tokio::test(start_paused = true)]
    async fn who_lets_a_body_or_an_answer_wait_goes_and_whom_we_keep_waiting_stays() {
        let places = Places::new(3, 3);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(places.take(None).await.unwrap());
        }
        let under_way: Vec<_> = held.iter().map(|place| place.begin()).collect();
        let body = held[0].presence.wait(Awaited::Body);
        tokio::time::advance(Duration::from_secs(1)).await;
        let answer = held[1].presence.wait(Awaited::Answer);
        places.make_room();
        assert!((0..3).all(|n| !has_to_go(&held[n])), "a moment is nothing");
        tokio::time::advance(Duration::from_secs(2)).await;
        places.make_room();
        places.make_room();
        places.make_room();
        let gone: Vec<_> = (0..3).filter(|n| has_to_go(&held[*n])).collect();
        assert_eq!(gone, [0, 1]);
        // Its client is waited for no longer than that.
        held[1].presence.stalled(Duration::from_secs(2)).await;
        drop((body, answer, under_way));
    }

    #[tokio::test]
    async fn a_share_is_given_back_and_one_ipv6_network_has_one() {
        let places = Places::new(9, 2);
        let take = |address: &str| places.share(address.parse().unwrap(), false);
        let one = take("2001:db8:1:2::1");
        let other = take("2001:db8:1:2:ffff::1");
        assert!(one.is_some() && other.is_some());
        assert!(take("2001:db8:1:2::3").is_none());
        assert!(take("2001:db8:1:3::1").is_some());
        assert!(
            places
                .share("2001:db8:1:2::4".parse().unwrap(), true)
                .is_some()
        );
        drop(one);
        assert!(take("2001:db8:1:2::3").is_some());
        assert_eq!(
            places.held().shares.len(),
            1,
            "an address that left is forgotten"
        );
        drop(other);
        assert!(places.held().shares.is_empty());
    }
}
