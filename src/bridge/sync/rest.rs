//! How a round ends: for an item that cannot be worked on, and as a whole.

use super::SyncError;
use super::round::Round;
use crate::bridge::EditError;
use crate::model::{ObjectId, RemoteCursor, Timestamp, Trouble};
use crate::ports::{RemoteErrorKind, StoreError, Write};
use crate::sync::planted::{self, Fault};

/// Looks taken away by one commit.
const LOOKS_AT_ONCE: usize = 256;
/// Seconds after which a channel is made anew at the soonest, however short its life.
const RENEWAL_SECONDS_MIN: i64 = 60;
/// Seconds for which a pair is left alone that does not come to rest.
const RESTLESS_SECONDS: i64 = 60;

impl Round {
    /// Stores the subscription as this round knows it.
    pub(super) async fn keep_self(&mut self) -> Result<(), SyncError> {
        let stands = self.subscription.clone();
        self.subscription = self.bridge.keep_subscription(stands).await?;
        Ok(())
    }

    /// Looks of items that came to rest are taken away, unless somebody looked again meanwhile. Those that wait keep theirs.
    pub(super) async fn take_looks_away(
        &mut self,
        looks: &[(ObjectId, u64)],
    ) -> Result<(), SyncError> {
        let mut looks = looks.to_vec();
        if planted::is(Fault::LooksLost) {
            looks = self.looks().await?;
        }
        for chunk in looks.chunks(LOOKS_AT_ONCE) {
            let mut writes = vec![];
            for (object, mark) in chunk {
                if self.waiting.contains(object) {
                    continue;
                }
                let link = self.link_of_object(*object).await?;
                match link.and_then(|link| link.trouble) {
                    Some(Trouble::Waits { due, .. }) if due > self.bridge.clock.now() => {
                        self.bridge
                            .syncing
                            .wait_until(&self.subscription.id, *object, due);
                    }
                    _ => {
                        let id = self.subscription.id.clone();
                        writes.push(Write::Looked(id, *object, *mark));
                    }
                }
            }
            self.bridge.commit_plainly(writes).await?;
        }
        Ok(())
    }

    /// One item that cannot be worked on must not hold up all others.
    pub(super) async fn pass_over(
        &mut self,
        object: Option<ObjectId>,
        error: &SyncError,
    ) -> Result<(), SyncError> {
        tracing::error!(
            subscription.id = %self.subscription.id,
            "an item is passed over: {error}"
        );
        // A library failed on what it says now; what it says later may be read again, or the library be mended.
        self.again |= matches!(error, SyncError::Edit(_));
        match object {
            Some(_) => self.leave_look(object).await,
            None => {
                self.report.troubles += 1;
                Ok(())
            }
        }
    }

    /// An item that is for the next round.
    pub(super) async fn leave_look(&mut self, object: Option<ObjectId>) -> Result<(), SyncError> {
        self.report.troubles += 1;
        if self.ask.dry_run {
            return Ok(());
        }
        match object {
            Some(object) => {
                let id = self.subscription.id.clone();
                let until = self.bridge.clock.now() + chrono::Duration::seconds(RESTLESS_SECONDS);
                self.bridge.syncing.wait_until(&id, object, until);
                let look = Write::Look(id, object);
                self.bridge.commit_plainly(vec![look]).await?;
                Ok(())
            }
            // An event without a link: everything is looked at again.
            None => {
                self.stop.get_or_insert(SyncError::Busy);
                Ok(())
            }
        }
    }

    /// Keeps how far the remote was seen, after everything that was seen is kept.
    pub(super) async fn end(&mut self, cursor: Option<RemoteCursor>) -> Result<(), SyncError> {
        let now = self.bridge.clock.now();
        let before = self.subscription.clone();
        let due = self.next_look(now);
        let subscription = &mut self.subscription;
        let looked = cursor.is_some();
        if let Some(cursor) = cursor {
            if !self.again {
                subscription.cursor = Some(cursor);
                subscription.full = false;
            }
            subscription.due = due;
        }
        // That something of ours was written says nothing of whether it may be read again.
        if looked || !self.bridge.syncing.reads_rest(&before.id) {
            (subscription.failures, subscription.last_error) = (0, None);
        }
        if looked {
            subscription.obstacle = None;
            self.bridge.syncing.rest_reads(&before.id, false);
        }
        let quiet = subscription.cursor == before.cursor
            && subscription.full == before.full
            && before.failures == subscription.failures
            && before.last_error == subscription.last_error
            && before.obstacle == subscription.obstacle
            && self.unread_before == subscription.unread;
        if looked {
            self.bridge.syncing.rest_until(&before.id, subscription.due);
        }
        if quiet && before.synced.is_some() {
            return Ok(());
        }
        subscription.synced = Some(now);
        self.keep_self().await
    }
}

impl Round {
    /// When the remote is looked at again if nobody calls.
    fn next_look(&self, now: Timestamp) -> Timestamp {
        let can = &self.can;
        let every = if self.watch.told {
            can.poll_watched_every
        } else {
            can.poll_every
        };
        let per_cent = u32::from(self.bridge.limits.sync.poll_jitter_per_cent.min(100));
        let dice = u32::from(self.bridge.ids.uuid().as_bytes()[15]);
        // From so many per cent less to so many more.
        let scaled = every.saturating_mul(100 * 255 - per_cent * 255 + 2 * per_cent * dice);
        let wait = chrono::Duration::from_std(scaled / (100 * 255));
        let look = now + wait.unwrap_or(chrono::Duration::hours(1));
        let soonest = now + chrono::Duration::seconds(RENEWAL_SECONDS_MIN);
        let renewal = self.watch.renew_at.map(|at| at.max(soonest));
        renewal.map_or(look, |at| at.min(look))
    }
}

/// Whether an error is about one item and not about the remote or the store as a whole.
pub(super) fn is_of_one_item(error: &SyncError) -> bool {
    match error {
        SyncError::Remote(error) => match error.kind {
            RemoteErrorKind::Gone
            | RemoteErrorKind::Stale
            | RemoteErrorKind::Taken
            | RemoteErrorKind::NotWritable
            | RemoteErrorKind::Refused => true,
            RemoteErrorKind::Throttled { .. }
            | RemoteErrorKind::Barred { .. }
            | RemoteErrorKind::Denied
            | RemoteErrorKind::CalendarGone
            | RemoteErrorKind::Unreachable
            | RemoteErrorKind::Transient => false,
        },
        // A library failed on what it says.
        SyncError::Edit(EditError::Rejected(_)) | SyncError::Store(StoreError::Damaged { .. }) => {
            true
        }
        SyncError::Store(_)
        | SyncError::Edit(_)
        | SyncError::NotThere
        | SyncError::NotActive(_)
        | SyncError::Held
        | SyncError::Busy
        | SyncError::TooMany(_) => false,
    }
}
