//! Keeping a remote calendar in step: observe, plan, execute, record.
//!
//! ```text
//! looks (left by the store when our side changed) ─┐
//!                                                  ├─▶ sync::plan, pair by pair ─▶ ADVANTA: edit, note, deletion (one commit with the link)
//! Remote::list to its last page, absences asked for ┘                          └─▶ remote: intent, write in batches, record
//! ```
//!
//! Start at [`Bridge::sync`], one round of one subscription. A push or a hook only shortens the wait ([`Bridge::wake_sync`]). What was
//! *seen* is kept before the remote's cursor moves, and a write to the remote is durable before it is tried, so a round may break off
//! anywhere.

mod answered;
mod ask;
mod deletions;
mod item;
mod known;
mod listing;
mod observe;
mod ours;
mod push;
mod put_off;
mod report;
mod rest;
mod round;
mod run;
mod successors;
mod take;
mod to_advanta;
mod to_remote;
mod unread;
mod watch;

pub(super) use answered::Answer;
pub use report::{PlannedItem, RoundReport, SyncAsk, SyncError, SyncProgress, SyncStage};
pub(super) use run::Syncing;
pub use watch::Noticed;
pub(super) use watch::unwatch_all;

use super::Bridge;
use crate::model::{InactiveReason, Obstacle, Subscription, SubscriptionId, SubscriptionState};
use crate::ports::{CommitError, Expect, RemoteError, RemoteErrorKind, StoreError, Write};
use round::Round;
use std::sync::Arc;
use std::time::Duration;

/// Bounds of the work for remote calendars.
#[derive(Clone, Copy, Debug)]
pub struct SyncLimits {
    /// Items of one listing that are taken.
    pub listing_items_max: usize,
    /// Events that cannot be read whole and are kept to be shown, of one subscription.
    pub unread_kept_max: usize,
    /// Pages of one listing, many of which may be empty.
    pub listing_pages_max: usize,
    /// Subscriptions that are worked on at the same time.
    pub flights_max: usize,
    /// Steps that one pair may take in one round; what goes on is for the next.
    pub steps_max: u32,
    /// The wait after a round that failed; it doubles with each further one.
    pub backoff: Duration,
    /// The longest wait after rounds that failed.
    pub backoff_max: Duration,
    /// How long after the remote's list first lacked the calendar it has to lack it still, before the calendar counts as gone.
    pub gone_confirm: Duration,
    /// The longest that a call to the remote may take.
    pub call_timeout: Duration,
    /// How long after the first notice of a burst a remote is looked at: one look for all of them.
    pub push_debounce: Duration,
    /// At how many per cent of a channel's life the next one is made.
    pub channel_renewal_per_cent: u8,
    /// By how many per cent the time between two looks varies, so that calendars are not all looked at together.
    pub poll_jitter_per_cent: u8,
}

impl Default for SyncLimits {
    fn default() -> Self {
        Self {
            listing_items_max: 200_000,
            unread_kept_max: 100,
            listing_pages_max: 10_000,
            flights_max: 8,
            steps_max: 12,
            backoff: Duration::from_secs(5),
            backoff_max: Duration::from_secs(3600),
            gone_confirm: Duration::from_secs(300),
            call_timeout: Duration::from_secs(60),
            push_debounce: Duration::from_secs(1),
            channel_renewal_per_cent: 80,
            poll_jitter_per_cent: 10,
        }
    }
}

impl Bridge {
    /// One round of one subscription.
    ///
    /// # Errors
    /// See [`SyncError`]. What was done until then stays done and is not done again.
    pub async fn sync(
        self: &Arc<Self>,
        id: &SubscriptionId,
        ask: SyncAsk,
    ) -> Result<RoundReport, SyncError> {
        let Some(_flight) = self.syncing.claim(id) else {
            return Err(SyncError::Busy);
        };
        if self.store.held().await? && !ask.dry_run {
            return Err(SyncError::Held);
        }
        let stored = self.store.subscription(id).await?;
        let subscription = stored.ok_or(SyncError::NotThere)?;
        if subscription.state != SubscriptionState::Active {
            return Err(SyncError::NotActive(subscription.state));
        }
        let subscription = self.widened(subscription, ask).await?;
        // Boxed: a round is a deep tree of steps, and its callers should not carry it on their stacks.
        let done = Box::pin(self.round(subscription.clone(), ask)).await;
        if let (Err(error), false) = (&done, ask.dry_run) {
            self.round_failed(&subscription, error).await?;
        }
        done
    }

    async fn round(
        self: &Arc<Self>,
        subscription: Subscription,
        ask: SyncAsk,
    ) -> Result<RoundReport, SyncError> {
        let remote = self.remotes.open(&subscription).await?;
        let (id, epoch) = (subscription.id.clone(), subscription.epoch);
        let mut round = Round::new(Arc::clone(self), subscription, Arc::clone(&remote), ask);
        let done = round.go().await;
        // Also after a round that failed: the old one may not let us in any more.
        if let Some(secret) = remote.renewed_secret() {
            self.keep_secret(&id, epoch, &secret).await?;
        }
        done
    }

    /// Keeps what lets us in from now on.
    async fn keep_secret(
        &self,
        id: &SubscriptionId,
        epoch: u64,
        secret: &[u8],
    ) -> Result<(), SyncError> {
        let Some(mut stands) = self.store.subscription(id).await? else {
            return Ok(());
        };
        if stands.epoch != epoch || stands.secret.is_none() {
            return Ok(());
        }
        match self.vault.seal(&stands.secret_place(), secret) {
            Ok(sealed) => stands.secret = Some(sealed),
            Err(error) => {
                tracing::error!(subscription.id = %id, "a renewed secret cannot be kept: {error}");
                return Ok(());
            }
        }
        self.keep_subscription(stands).await.map(|_| ())
    }

    /// The subscription with its window as wide as is asked for, and everything compared if that is asked for. Durable, so that a
    /// comparison that breaks off is made up for.
    async fn widened(
        &self,
        mut subscription: Subscription,
        ask: SyncAsk,
    ) -> Result<Subscription, SyncError> {
        let earlier = ask.from.filter(|from| *from < subscription.start);
        if earlier.is_none() && !ask.full {
            return Ok(subscription);
        }
        subscription.start = earlier.unwrap_or(subscription.start);
        subscription.full = true;
        subscription.cursor = None;
        if !ask.dry_run {
            subscription = self.keep_subscription(subscription).await?;
        }
        Ok(subscription)
    }

    /// Stores a subscription that nobody else wrote meanwhile, and returns it as it now stands.
    pub(super) async fn keep_subscription(
        &self,
        mut subscription: Subscription,
    ) -> Result<Subscription, SyncError> {
        let expect = Expect::Subscription(subscription.id.clone(), Some(subscription.step));
        subscription.step = subscription.step.saturating_add(1);
        let write = Write::Subscription(subscription.clone());
        match self.store.commit(vec![expect], vec![write]).await {
            Ok(_) => Ok(subscription),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(_) => Err(SyncError::Busy),
        }
    }

    /// What a failed round leaves in its subscription: why, and when to try again.
    async fn round_failed(
        &self,
        subscription: &Subscription,
        error: &SyncError,
    ) -> Result<(), StoreError> {
        let Some(mut stands) = self.store.subscription(&subscription.id).await? else {
            return Ok(());
        };
        if stands.state != SubscriptionState::Active || stands.epoch != subscription.epoch {
            return Ok(());
        }
        // Somebody answered for one of its items meanwhile: once more, soon.
        if matches!(error, SyncError::Busy) {
            let soon = chrono::Duration::from_std(self.limits.sync.backoff).unwrap_or_default();
            self.syncing.rest_until(&stands.id, self.clock.now() + soon);
            return Ok(());
        }
        stands.failures = stands.failures.saturating_add(1);
        stands.last_error = Some(error.to_string());
        stands.due = self.clock.now() + self.round_wait(&stands, error);
        self.syncing.rest_until(&stands.id, stands.due);
        if let SyncError::Remote(RemoteError { kind, .. }) = error {
            let throttled = matches!(kind, RemoteErrorKind::Throttled { .. });
            self.syncing.rest_reads(&stands.id, throttled);
            self.hinder(&mut stands, *kind);
        }
        tracing::info!(subscription.id = %stands.id, "a round did not go through: {error}");
        match self.keep_subscription(stands).await {
            // Somebody paused it meanwhile, say: theirs counts.
            Ok(_) | Err(SyncError::Busy) => Ok(()),
            Err(SyncError::Store(error)) => Err(error),
            Err(_) => Ok(()),
        }
    }

    /// What a remote's refusal means for its subscription: an end until people act, or something in the way.
    fn hinder(&self, row: &mut Subscription, kind: RemoteErrorKind) {
        let now = self.clock.now();
        let confirm = chrono::Duration::from_std(self.limits.sync.gone_confirm).unwrap_or_default();
        let (reason, obstacle) = match (kind, row.obstacle) {
            (RemoteErrorKind::Denied, _) => (Some(InactiveReason::Denied), None),
            (RemoteErrorKind::CalendarGone, Some((Obstacle::Missing, since)))
                if since + confirm <= now =>
            {
                (Some(InactiveReason::CalendarGone), None)
            }
            (RemoteErrorKind::CalendarGone, _) => (None, Some(Obstacle::Missing)),
            (RemoteErrorKind::Barred { .. }, _) => (None, Some(Obstacle::Refusing)),
            // Whether the calendar is gone is still to be found out.
            (RemoteErrorKind::Unreachable, Some((Obstacle::Missing, _))) => {
                (None, Some(Obstacle::Missing))
            }
            (RemoteErrorKind::Unreachable, _) => (None, Some(Obstacle::Network)),
            // It answers again.
            (_, Some((Obstacle::Network, _))) => (None, None),
            // That it does not answer says nothing of whether what was in the way still is.
            (_, before) => (None, before.map(|(what, _)| what)),
        };
        let before = row.obstacle;
        row.obstacle = obstacle.map(|what| match before {
            Some((same, since)) if same == what => (what, since),
            _ => (what, now),
        });
        if obstacle == Some(Obstacle::Refusing) && row.obstacle != before {
            self.alarms.barred(row.id.clone(), now);
            tracing::warn!(subscription.id = %row.id, "a remote calendar refuses us, and is asked again slowly: an administrator should look");
        }
        if let Some(reason) = reason {
            tracing::warn!(subscription.id = %row.id, "a subscription is not active any more: {reason:?}");
            row.state = SubscriptionState::Inactive(reason);
        }
    }

    fn round_wait(&self, subscription: &Subscription, error: &SyncError) -> chrono::Duration {
        let limits = &self.limits.sync;
        // How long a remote may ask us to wait is bounded by its adapter, which knows it.
        let asked = match error {
            SyncError::Remote(RemoteError { kind, .. }) => match kind {
                RemoteErrorKind::Throttled { retry_after }
                | RemoteErrorKind::Barred { retry_after } => *retry_after,
                RemoteErrorKind::CalendarGone => limits.gone_confirm,
                _ => Duration::ZERO,
            },
            _ => Duration::ZERO,
        };
        self.back_off(subscription.failures, asked)
    }

    /// The wait after so many failures in a row, at least as long as was asked for.
    pub(super) fn back_off(&self, failures: u32, asked: Duration) -> chrono::Duration {
        let limits = &self.limits.sync;
        let doubled = limits
            .backoff
            .saturating_mul(1 << failures.saturating_sub(1).min(16))
            .min(limits.backoff_max);
        // At most a quarter more, so that those that failed together do not come back together.
        let jitter = doubled / 1024 * u32::from(self.ids.uuid().as_bytes()[0]);
        let wait = doubled.max(asked) + jitter;
        chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::hours(1))
    }
}

/// A call to a remote that does not take for ever.
pub(in crate::bridge) async fn answer<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, RemoteError>>,
) -> Result<T, RemoteError> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_elapsed) => Err(RemoteError {
            kind: RemoteErrorKind::Transient,
            detail: "no answer in time".to_owned(),
        }),
    }
}
