//! When which subscription is worked on: one flight for each, as many as may be at the same time.

use super::{SyncAsk, SyncError, SyncProgress};
use crate::bridge::{Bridge, how_it_ended};
use crate::model::{ChannelId, ObjectId, SubscriptionId, SubscriptionState, Timestamp};
use crate::ports::StoreError;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The longest sleep: a clock that was set, and a subscription that was added, are noticed within it.
const IDLE: Duration = Duration::from_secs(30);
/// How long to wait after our own store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Subscriptions read at a time.
const SUBSCRIPTIONS_AT_ONCE: usize = 256;
/// Seconds for which a listing may be behind a write of ours.
const LATELY_SECONDS: i64 = 60;
/// Written events of one subscription above which old ones are forgotten.
const WROTE_KEPT: usize = 256;
/// Looks of one subscription that are searched for one that need not wait.
const LOOKS_SEARCHED: usize = 1024;

/// What is to be worked on, and since when it waits.
type Due = BTreeMap<SubscriptionId, (Timestamp, SyncAsk)>;

/// What is under way.
#[derive(Default)]
pub struct Syncing {
    inside: Mutex<Inside>,
    wake: Notify,
}

#[derive(Default)]
struct Inside {
    flying: BTreeMap<SubscriptionId, Option<SyncProgress>>,
    /// Subscriptions that somebody asked to be looked at now.
    called: BTreeSet<SubscriptionId>,
    /// Subscriptions whose remote said that something changed, and when they are looked at.
    noticed: BTreeMap<SubscriptionId, Timestamp>,
    /// Subscriptions that have something of ours to be looked at, and since when they wait for a flight.
    looking: BTreeMap<SubscriptionId, Timestamp>,
    /// Subscriptions that somebody is ending.
    ending: BTreeSet<SubscriptionId>,
    /// Channels on which something came for the first time.
    heard: BTreeSet<ChannelId>,
    /// When the remote of a subscription is looked at next.
    rests: BTreeMap<SubscriptionId, Timestamp>,
    /// Items whose looks stay because they wait for their next try.
    waits: BTreeMap<SubscriptionId, BTreeMap<ObjectId, Timestamp>>,
    /// Subscriptions whose remote takes no writes for now: how often in a row that was said, and until when nothing is written.
    resting_writes: BTreeMap<SubscriptionId, (u32, Timestamp)>,
    /// Subscriptions whose remote says that it is read too fast: what is written to it does not wait for that.
    resting_reads: BTreeSet<SubscriptionId>,
    /// Subscriptions whose last round did not end well, and until when their looks wait.
    stumbled: BTreeMap<SubscriptionId, Timestamp>,
    /// Events that we wrote a moment ago: a listing may be behind.
    wrote: BTreeMap<SubscriptionId, Wrote>,
}

/// Objects whose events we wrote, with the time.
#[derive(Default)]
struct Wrote {
    at: BTreeMap<ObjectId, Timestamp>,
    /// From so many on old ones are looked for.
    search_from: usize,
}

/// A flight: no other of the same subscription begins before it ends.
pub(super) struct Flight<'a> {
    syncing: &'a Syncing,
    id: SubscriptionId,
}

/// Somebody ends a subscription: nobody else does meanwhile.
pub(in crate::bridge) struct Ending<'a> {
    syncing: &'a Syncing,
    id: SubscriptionId,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.syncing.inside().ending.remove(&self.id);
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.syncing.inside().flying.remove(&self.id);
        self.syncing.wake.notify_one();
    }
}

impl Syncing {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        // What is inside is whole after every line that writes it.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a flight; `None` when there is one.
    pub(super) fn claim(&self, id: &SubscriptionId) -> Option<Flight<'_>> {
        let mut inside = self.inside();
        if inside.flying.contains_key(id) {
            return None;
        }
        inside.flying.insert(id.clone(), None);
        inside.waits.remove(id);
        Some(Flight {
            syncing: self,
            id: id.clone(),
        })
    }

    /// Begins to end a subscription; `None` when somebody else does.
    pub(in crate::bridge) fn claim_ending(&self, id: &SubscriptionId) -> Option<Ending<'_>> {
        let is_first = self.inside().ending.insert(id.clone());
        is_first.then(|| Ending {
            syncing: self,
            id: id.clone(),
        })
    }

    /// Whether a round of it is under way.
    pub(in crate::bridge) fn is_flying(&self, id: &SubscriptionId) -> bool {
        self.inside().flying.contains_key(id)
    }

    /// Says how far a flight is.
    pub(super) fn tell(&self, id: &SubscriptionId, progress: SyncProgress) {
        if let Some(told) = self.inside().flying.get_mut(id) {
            *told = Some(progress);
        }
    }

    /// The remote is looked at again then, unless somebody calls.
    pub(super) fn rest_until(&self, id: &SubscriptionId, until: Timestamp) {
        self.inside().rests.insert(id.clone(), until);
    }

    /// An item keeps its look and is tried again then.
    pub(super) fn wait_until(&self, id: &SubscriptionId, object: ObjectId, until: Timestamp) {
        let mut inside = self.inside();
        inside
            .waits
            .entry(id.clone())
            .or_default()
            .insert(object, until);
    }

    /// An event of this object was written just now.
    pub(super) fn wrote(&self, id: &SubscriptionId, object: ObjectId, now: Timestamp) {
        let mut inside = self.inside();
        let wrote = inside.wrote.entry(id.clone()).or_default();
        if wrote.at.len() >= wrote.search_from.max(WROTE_KEPT) {
            let lately = chrono::Duration::seconds(LATELY_SECONDS);
            wrote.at.retain(|_, at| now - *at < lately);
            // Twice what is left: each insert pays for one visit, however many are young.
            wrote.search_from = wrote.at.len() * 2;
        }
        wrote.at.insert(object, now);
    }

    /// Whether an event of this object was written so lately that a listing may not show it.
    pub(super) fn wrote_lately(
        &self,
        id: &SubscriptionId,
        object: ObjectId,
        now: Timestamp,
    ) -> bool {
        let inside = self.inside();
        let at = inside.wrote.get(id).and_then(|wrote| wrote.at.get(&object));
        at.is_some_and(|at| now - *at < chrono::Duration::seconds(LATELY_SECONDS))
    }

    /// Until when nothing is written to a remote.
    pub(in crate::bridge) fn writes_rest(
        &self,
        id: &SubscriptionId,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let inside = self.inside();
        let until = inside.resting_writes.get(id).map(|(_, until)| *until);
        until.filter(|until| *until > now)
    }

    /// A remote takes no more writes: once more in a row. `wait` says how long that is to be waited out. Returns until when.
    pub(super) fn rest_writes(
        &self,
        id: &SubscriptionId,
        now: Timestamp,
        wait: impl FnOnce(u32) -> chrono::Duration,
    ) -> Timestamp {
        let mut inside = self.inside();
        let times = inside.resting_writes.get(id).map_or(0, |(times, _)| *times);
        let times = times.saturating_add(1);
        let until = now + wait(times);
        inside.resting_writes.insert(id.clone(), (times, until));
        until
    }

    /// A remote took a write.
    pub(super) fn writes_went(&self, id: &SubscriptionId) {
        self.inside().resting_writes.remove(id);
    }

    /// Whether a remote was read too fast, as its last listing said.
    pub(super) fn reads_rest(&self, id: &SubscriptionId) -> bool {
        self.inside().resting_reads.contains(id)
    }

    pub(super) fn rest_reads(&self, id: &SubscriptionId, rest: bool) {
        let mut inside = self.inside();
        if rest {
            inside.resting_reads.insert(id.clone());
        } else {
            inside.resting_reads.remove(id);
        }
    }

    /// The remote is looked at then, unless it is looked at before: the first notice of a burst decides.
    pub(super) fn call_at(&self, id: &SubscriptionId, at: Timestamp) {
        self.inside().noticed.entry(id.clone()).or_insert(at);
        self.wake.notify_one();
    }

    /// Something came on a channel on which nothing came before. The round that keeps the channel writes it down.
    pub(super) fn hear(&self, channel: ChannelId) {
        self.inside().heard.insert(channel);
    }

    /// Whether something came on a channel for the first time.
    pub(super) fn is_heard(&self, channel: &ChannelId) -> bool {
        self.inside().heard.contains(channel)
    }

    /// It was written down that something came on a channel, or the channel is over.
    pub(super) fn heard_of(&self, channel: &ChannelId) {
        self.inside().heard.remove(channel);
    }

    /// Nobody waits for it any more.
    fn called_off(inside: &mut Inside, id: &SubscriptionId) {
        inside.called.remove(id);
        inside.noticed.remove(id);
    }

    /// When a look is to be acted on, if it waits.
    fn waits(&self, id: &SubscriptionId, object: ObjectId) -> Option<Timestamp> {
        self.inside().waits.get(id)?.get(&object).copied()
    }
}

impl Bridge {
    /// "Look again": a push came, or a person asked. It only shortens the wait.
    pub fn wake_sync(&self, id: &SubscriptionId) {
        self.syncing.inside().called.insert(id.clone());
        self.syncing.wake.notify_one();
    }

    /// Something of ours changed that a subscription may have to look at.
    pub(in crate::bridge) fn wake_looks(&self) {
        self.syncing.wake.notify_one();
    }

    /// Until when nothing is written to a subscription's remote, because it said that it was written to too fast.
    pub fn writes_rest(&self, id: &SubscriptionId) -> Option<Timestamp> {
        self.syncing.writes_rest(id, self.clock.now())
    }

    /// How far the present round of a subscription is, if there is one.
    pub fn sync_progress(&self, id: &SubscriptionId) -> Option<SyncProgress> {
        self.syncing.inside().flying.get(id).copied().flatten()
    }

    /// Keeps all subscriptions in step for as long as the process lives.
    pub async fn run_sync(self: Arc<Self>) {
        let mut flights = JoinSet::new();
        let mut read_at = None;
        let mut tidying = JoinSet::new();
        let bridge = Arc::clone(&self);
        tidying.spawn(async move {
            loop {
                bridge.take_up().await;
                tokio::time::sleep(IDLE).await;
            }
        });
        loop {
            let wait = self.launch_rounds(&mut flights, &mut read_at).await;
            let wait = wait.unwrap_or_else(|error| {
                // The store said itself that the disk takes no writes.
                if !matches!(error, StoreError::Unwritable(_)) {
                    tracing::error!("subscriptions wait: {error}");
                }
                AFTER_FAILURE
            });
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.syncing.wake.notified() => {}
                Some(ended) = flights.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!("a round broke off: {}", how_it_ended(&error));
                    }
                }
            }
        }
    }

    /// Carries on what an earlier process, or a store that failed, left half done.
    async fn take_up(&self) {
        if let Err(error) = self.finish_endings().await {
            tracing::error!("subscriptions that were being ended are tried again later: {error}");
        }
        if let Err(error) = self.forget_late_connections().await {
            tracing::error!("connections that were not finished are kept for now: {error}");
        }
    }

    /// Starts what is due; returns how long nothing more is.
    async fn launch_rounds(
        self: &Arc<Self>,
        flights: &mut JoinSet<()>,
        read_at: &mut Option<Timestamp>,
    ) -> Result<Duration, StoreError> {
        // After a restore an administrator looks first.
        if self.store.held().await? {
            return Ok(IDLE);
        }
        let now = self.clock.now();
        let idle = chrono::Duration::from_std(IDLE).unwrap_or_default();
        if read_at.is_none_or(|at| now - at >= idle || now < at) {
            self.read_rests().await?;
            *read_at = Some(now);
        }
        let (mut due, mut wait) = self.due_remotes(now);
        self.add_looks(&mut due, &mut wait, now).await?;
        let limit = self.limits.sync.flights_max.max(1);
        // Whoever waits longest comes first: with more to do than flights, nobody is passed over for ever.
        let mut due: Vec<_> = due.into_iter().collect();
        due.sort_by_key(|(_, (since, _))| *since);
        for (id, (_, ask)) in due {
            if flights.len() >= limit {
                // The end of a flight wakes us.
                break;
            }
            self.launch_round(id, ask, flights).await?;
        }
        Ok(wait)
    }

    /// Learns of subscriptions that are new, or active again.
    async fn read_rests(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let store = &self.store;
            let page = store
                .subscriptions(after.as_ref(), SUBSCRIPTIONS_AT_ONCE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            let mut inside = self.syncing.inside();
            for subscription in page {
                if subscription.state == SubscriptionState::Active {
                    let due = subscription.due;
                    inside.rests.entry(subscription.id).or_insert(due);
                } else {
                    inside.rests.remove(&subscription.id);
                }
            }
        }
    }

    /// Subscriptions whose remote is to be looked at now, and how long the others rest.
    fn due_remotes(&self, now: Timestamp) -> (Due, Duration) {
        let inside = self.syncing.inside();
        let mut due = Due::new();
        // A person who asked comes before all clocks.
        let called = inside.called.iter().map(|id| (id, Timestamp::MIN_UTC));
        let timed = inside.rests.iter().chain(&inside.noticed);
        let timed = timed
            .filter(|(_, at)| **at <= now)
            .map(|(id, at)| (id, *at));
        for (id, since) in called.chain(timed) {
            if !inside.flying.contains_key(id) {
                let (first, _) = due.entry(id.clone()).or_insert((since, SyncAsk::LOOK));
                *first = since.min(*first);
            }
        }
        let later = inside.rests.values().chain(inside.noticed.values());
        let next = later.filter(|until| **until > now).min();
        let wait = next.and_then(|next| (*next - now).to_std().ok());
        (due, wait.unwrap_or(IDLE).min(IDLE))
    }

    /// Subscriptions that have something of ours to look at now.
    async fn add_looks(
        &self,
        due: &mut Due,
        wait: &mut Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for id in self.store.looks_waiting(usize::MAX).await? {
            if due.contains_key(&id) || self.syncing.inside().flying.contains_key(&id) {
                continue;
            }
            let stumbled = self.syncing.inside().stumbled.get(&id).copied();
            if let Some(until) = stumbled.filter(|until| *until > now) {
                *wait = (*wait).min((until - now).to_std().unwrap_or_default());
                continue;
            }
            for (object, _) in self.store.looks(&id, None, LOOKS_SEARCHED).await? {
                match self.syncing.waits(&id, object).filter(|until| *until > now) {
                    Some(until) => {
                        *wait = (*wait).min((until - now).to_std().unwrap_or_default());
                    }
                    None => {
                        let mut inside = self.syncing.inside();
                        let since = *inside.looking.entry(id.clone()).or_insert(now);
                        due.insert(id, (since, SyncAsk::OURS));
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    async fn launch_round(
        self: &Arc<Self>,
        id: SubscriptionId,
        ask: SyncAsk,
        flights: &mut JoinSet<()>,
    ) -> Result<(), StoreError> {
        let stored = self.store.subscription(&id).await?;
        let active = stored.filter(|it| it.state == SubscriptionState::Active);
        let Some(subscription) = active else {
            let mut inside = self.syncing.inside();
            Syncing::called_off(&mut inside, &id);
            inside.rests.remove(&id);
            inside.looking.remove(&id);
            return Ok(());
        };
        // A remote that does not answer is not asked again for every change of ours.
        let now = self.clock.now();
        let early = subscription.failures > 0 && subscription.due > now;
        // One that is only read too fast is: each direction waits for itself.
        let only_writes = ask == SyncAsk::OURS
            && subscription.cursor.is_some()
            && !subscription.full
            && self.syncing.reads_rest(&id);
        let early = early && !only_writes;
        if early {
            let mut inside = self.syncing.inside();
            Syncing::called_off(&mut inside, &id);
            inside.rests.insert(id, subscription.due);
            return Ok(());
        }
        {
            let mut inside = self.syncing.inside();
            if ask.listing {
                Syncing::called_off(&mut inside, &id);
            }
            // Should the round break off, it is not begun again at once.
            let later = chrono::Duration::from_std(self.limits.sync.backoff);
            let until = self.clock.now() + later.unwrap_or_default();
            inside.stumbled.insert(id.clone(), until);
            inside.looking.remove(&id);
            if ask == SyncAsk::LOOK {
                inside.rests.insert(id.clone(), until);
            }
        }
        let bridge = Arc::clone(self);
        flights.spawn(async move {
            match bridge.sync(&id, ask).await {
                Ok(_) => {
                    bridge.syncing.inside().stumbled.remove(&id);
                }
                Err(SyncError::Busy | SyncError::NotActive(_)) => {}
                Err(error) => tracing::info!(subscription.id = %id, "a round ended: {error}"),
            }
        });
        Ok(())
    }
}
