//! Deleting the events that a subscription made, before it ends.

use super::SubscriptionError;
use super::rows::ROWS_AT_ONCE;
use crate::bridge::Bridge;
use crate::bridge::sync::answer;
use crate::model::{
    Born, IntentDeed, Link, PauseReason, RemoteId, Subscription, SubscriptionId, SubscriptionState,
    Timestamp, WriteMeetings,
};
use crate::ports::{
    CommitError, Expect, Remote, RemoteDeed, RemoteError, RemoteErrorKind, RemoteWrite, Write,
    Written,
};
use crate::sync;
use crate::sync::planted::{self, Fault};
use std::time::Duration;

/// How often an event is tried that the remote does not delete now.
const TRIES_MAX: u32 = 5;
/// The wait before another try, when the remote names none, and the longest that it may name.
const WAIT: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How often it is looked whether the round under way has ended.
const FLIGHT_LOOK: Duration = Duration::from_millis(20);

/// What became of a deletion.
enum Fate {
    /// The event is not there.
    Gone,
    /// It cannot be deleted, for good.
    Stays,
    /// Perhaps later.
    Again(Duration),
    /// Nothing can be deleted.
    Over(RemoteError),
}

impl Bridge {
    /// Deletes all events that the subscription made; those that cannot be deleted stay. Returns how many are gone.
    pub(super) async fn remove_exported(
        &self,
        subscription: &Subscription,
    ) -> Result<u64, SubscriptionError> {
        let call_timeout = self.limits.sync.call_timeout;
        let remote = answer(call_timeout, self.remotes.open(subscription)).await?;
        // An active subscription would take these deletions for the person's, and make the events anew.
        self.rest(&subscription.id).await?;
        let (mut removed, mut stay, mut after) = (0, 0, None);
        loop {
            let page = self
                .store
                .links(&subscription.id, after, ROWS_AT_ONCE)
                .await?;
            let Some(last) = page.last().map(|link| link.object) else {
                break;
            };
            after = Some(last);
            let exported = page.into_iter().filter(|link| link.born == Born::Exported);
            let events = self.events_of(remote.as_ref(), exported).await?;
            for batch in events.chunks(remote.capabilities().batch_max.max(1)) {
                let meant = self.mean_to_remove(batch).await?;
                let gone = self.delete_batch(remote.as_ref(), &meant).await?;
                removed += gone;
                stay += batch.len() as u64 - gone;
            }
        }
        tracing::info!(subscription.id = %subscription.id, "deleted exported events: {removed} are gone, {stay} stay");
        Ok(removed)
    }

    /// Pauses an active subscription, and waits until the round under way has noticed.
    async fn rest(&self, id: &SubscriptionId) -> Result<(), SubscriptionError> {
        self.rewrite_subscription(id, |row| {
            let active = row.state == SubscriptionState::Active;
            if active {
                row.state = SubscriptionState::Paused(PauseReason::Asked);
            }
            Ok(active)
        })
        .await?;
        let landed = async {
            while self.syncing.is_flying(id) {
                tokio::time::sleep(FLIGHT_LOOK).await;
            }
        };
        let landed = tokio::time::timeout(self.limits.sync.call_timeout * 2, landed).await;
        landed.map_err(|_elapsed| SubscriptionError::Busy)
    }

    /// The events of links. A link whose event was being made at a crash knows it only by its mark.
    async fn events_of(
        &self,
        remote: &dyn Remote,
        links: impl Iterator<Item = Link>,
    ) -> Result<Vec<(RemoteId, Link)>, SubscriptionError> {
        let mut events = vec![];
        for link in links {
            match &link.remote {
                Some(id) => events.push((id.clone(), link)),
                None if link.intent.is_some() => {
                    let marker = link.marker();
                    let found = answer(self.limits.sync.call_timeout, remote.find(&marker)).await?;
                    let own = found.into_iter().map(|event| event.id);
                    events.extend(own.map(|id| (id, link.clone())));
                }
                None => {}
            }
        }
        Ok(events)
    }

    /// Writes down that we are about to delete these events ourselves. If we die then and the subscription is resumed, their absence is not
    /// taken for the person's wish: they are made again. Returns those whose links did not move meanwhile.
    async fn mean_to_remove(
        &self,
        batch: &[(RemoteId, Link)],
    ) -> Result<Vec<(RemoteId, Link)>, SubscriptionError> {
        let now = self.clock.now();
        let doomed: Vec<(RemoteId, Link)> = batch
            .iter()
            .map(|(id, link)| (id.clone(), doomed(link, now)))
            .collect();
        if self.keep_doomed(&doomed).await? {
            return Ok(doomed);
        }
        // Somebody wrote one of them: the others go on.
        let mut kept = vec![];
        for each in doomed {
            if self.keep_doomed(std::slice::from_ref(&each)).await? {
                kept.push(each);
            }
        }
        Ok(kept)
    }

    /// Keeps links as they are about to be; `false`: one of them moved meanwhile.
    async fn keep_doomed(&self, links: &[(RemoteId, Link)]) -> Result<bool, SubscriptionError> {
        let before = |link: &Link| Expect::Link(link.id, link.step.checked_sub(1));
        let expects = links.iter().map(|(_, link)| before(link));
        let writes = links.iter().map(|(_, link)| Write::Link(link.clone()));
        match self.store.commit(expects.collect(), writes.collect()).await {
            Ok(_) => Ok(true),
            Err(CommitError::Expectation(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes some events, and forgets the links of those that are gone. Returns how many that were.
    async fn delete_batch(
        &self,
        remote: &dyn Remote,
        batch: &[(RemoteId, Link)],
    ) -> Result<u64, SubscriptionError> {
        let mut left: Vec<&(RemoteId, Link)> = batch.iter().collect();
        let mut gone = 0;
        for _ in 0..TRIES_MAX {
            let writes: Vec<RemoteWrite> = left.iter().map(|(id, _)| self.deletion(id)).collect();
            let (mut again, mut wait, mut over) = (vec![], Duration::ZERO, None);
            let mut forgotten = vec![];
            for (each, answer) in left.iter().zip(self.written(remote, &writes).await) {
                match fate(answer) {
                    Fate::Gone => forgotten.push(&each.1),
                    Fate::Stays => {}
                    Fate::Again(at_least) => {
                        wait = wait.max(at_least);
                        again.push(*each);
                    }
                    Fate::Over(error) => over = Some(error),
                }
            }
            gone += forgotten.len() as u64;
            self.forget_links(&forgotten).await?;
            if let Some(error) = over {
                return Err(error.into());
            }
            if again.is_empty() {
                return Ok(gone);
            }
            left = again;
            tokio::time::sleep(wait.min(WAIT_MAX)).await;
        }
        Ok(gone)
    }

    fn deletion(&self, id: &RemoteId) -> RemoteWrite {
        RemoteWrite {
            deed: RemoteDeed::Delete {
                id: id.clone(),
                expected: None,
            },
            notify: self.settings.sync.write_meetings == WriteMeetings::Notify,
        }
    }

    async fn written(
        &self,
        remote: &dyn Remote,
        writes: &[RemoteWrite],
    ) -> Vec<Result<Written, RemoteError>> {
        let call = async { Ok(remote.write(writes).await) };
        let answered = answer(self.limits.sync.call_timeout, call).await;
        answered.unwrap_or_else(|error| writes.iter().map(|_| Err(error.clone())).collect())
    }

    async fn forget_links(&self, links: &[&Link]) -> Result<(), SubscriptionError> {
        let mut forgotten: Vec<_> = links.iter().map(|link| (link.id, link.step)).collect();
        // Several events of one mark are one link.
        forgotten.dedup();
        let expects = forgotten
            .iter()
            .map(|(id, step)| Expect::Link(*id, Some(*step)));
        let writes = forgotten.iter().map(|(id, _)| Write::RemoveLink(*id));
        match self.store.commit(expects.collect(), writes.collect()).await {
            Ok(_) => Ok(()),
            // The link moved since: it goes with the others at the end.
            Err(CommitError::Expectation(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A link whose event we are about to delete. One that was being made, or being deleted, says so already.
fn doomed(link: &Link, now: Timestamp) -> Link {
    let deed = link.intent.as_ref().map(|intent| intent.deed);
    let removal = if planted::is(Fault::RemovalGoesOn) {
        IntentDeed::Replace
    } else {
        IntentDeed::Remove
    };
    let next = match deed {
        Some(IntentDeed::Create | IntentDeed::Delete) => link.clone(),
        Some(IntentDeed::Update | IntentDeed::Replace | IntentDeed::Remove) | None => Link {
            trouble: None,
            ..sync::doomed(link, removal, now)
        },
    };
    Link {
        step: next.step.saturating_add(1),
        ..next
    }
}

fn fate(answer: Result<Written, RemoteError>) -> Fate {
    let Err(error) = answer else {
        return Fate::Gone;
    };
    match error.kind {
        RemoteErrorKind::Gone => Fate::Gone,
        RemoteErrorKind::NotWritable | RemoteErrorKind::Refused | RemoteErrorKind::Taken => {
            Fate::Stays
        }
        RemoteErrorKind::Throttled { retry_after } => Fate::Again(retry_after),
        RemoteErrorKind::Stale | RemoteErrorKind::Unreachable | RemoteErrorKind::Transient => {
            Fate::Again(WAIT)
        }
        RemoteErrorKind::Denied
        | RemoteErrorKind::Barred { .. }
        | RemoteErrorKind::CalendarGone => Fate::Over(error),
    }
}
