//! Turns at something slow: few at a time, and one address after the other, so that many requests from one address delay those of
//! another by one turn at most.

use super::lock;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who may wait, and who has a turn.
pub struct Turns {
    waiting_max: usize,
    waiting_per_address_max: usize,
    /// In order of coming; each address stands in it once.
    all: Arc<Semaphore>,
    lanes: Arc<Lanes>,
}

/// Requests by address.
#[derive(Default)]
struct Lanes(Mutex<HashMap<IpAddr, Lane>>);

struct Lane {
    /// Those of one address, in order of coming: the first of them stands in the line of all.
    first: Arc<Semaphore>,
    waiting: usize,
}

/// A turn; the next one begins when it is dropped.
pub struct Turn {
    _all: OwnedSemaphorePermit,
    _first: OwnedSemaphorePermit,
    _place: Place,
}

/// A place among the requests of an address; given back when dropped.
struct Place {
    lanes: Arc<Lanes>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lanes = lock(&self.lanes.0);
        if let Some(lane) = lanes.get_mut(&self.address) {
            lane.waiting -= 1;
            if lane.waiting == 0 {
                lanes.remove(&self.address);
            }
        }
    }
}

impl Turns {
    /// So many at a time.
    pub fn new(at_once: usize, waiting_max: usize, waiting_per_address_max: usize) -> Self {
        Self {
            waiting_max,
            waiting_per_address_max,
            all: Arc::new(Semaphore::new(at_once.max(1))),
            lanes: Arc::default(),
        }
    }

    /// Waits for a turn; `None` when too many wait already.
    pub async fn turn(&self, address: IpAddr) -> Option<Turn> {
        let (place, first) = self.place(address)?;
        let first = first.acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Turn {
            _all: all,
            _first: first,
            _place: place,
        })
    }

    fn place(&self, address: IpAddr) -> Option<(Place, Arc<Semaphore>)> {
        let mut lanes = lock(&self.lanes.0);
        let all: usize = lanes.values().map(|lane| lane.waiting).sum();
        let own = lanes.get(&address).map_or(0, |lane| lane.waiting);
        if all >= self.waiting_max || own >= self.waiting_per_address_max {
            return None;
        }
        let lane = lanes.entry(address).or_insert_with(|| Lane {
            first: Arc::new(Semaphore::new(1)),
            waiting: 0,
        });
        lane.waiting += 1;
        let place = Place {
            lanes: Arc::clone(&self.lanes),
            address,
        };
        Some((place, Arc::clone(&lane.first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test]
    async fn many_of_one_address_are_one_turn_to_another() {
        let turns = Arc::new(Turns::new(1, 100, 50));
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = turns.turn(address(1)).await.unwrap();
        let mut tasks = Vec::new();
        for last in [1, 1, 1, 1, 2, 3, 2] {
            let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _turn = turns.turn(address(last)).await.unwrap();
                lock(&order).push(last);
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*lock(&order), [2, 3, 1, 2, 1, 1, 1]);
        assert!(lock(&turns.lanes.0).is_empty());
    }

    #[tokio::test]
    async fn an_address_beyond_its_share_is_turned_away_and_others_are_not() {
        let turns = Turns::new(1, 3, 2);
        let held = [turns.place(address(1)), turns.place(address(1))];
        assert!(turns.turn(address(1)).await.is_none());
        assert!(turns.turn(address(2)).await.is_some());
        let more = turns.place(address(2));
        assert!(more.is_some() && turns.place(address(3)).is_none());
        drop(held);
        assert!(turns.turn(address(1)).await.is_some());
    }
}
