//! Due-dated rows: settle bumps and the rest of a large fan-out. Rows, not sleeping tasks: a restart forgets nothing.

use super::Bridge;
use super::fan_out::Reach;
use crate::model::ObjectId;
use crate::ports::{CommitError, Expect, Move, StoreError, Timer, TimerKind, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, broadcast};

/// Timers carried out before the clock is looked at again.
const TIMERS_AT_ONCE: usize = 256;
/// The longest sleep: a clock that was set is noticed within it.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// How long to wait after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long a timer waits whose records are damaged.
const AFTER_DAMAGE: Duration = Duration::from_secs(600);
/// Settled objects that a slow waiter may miss before it has to look for itself.
const SETTLED_MAX: usize = 1024;

/// Who is to be woken when.
pub(super) struct Wakes {
    pub(super) timers: Notify,
    pub(super) outbox: Notify,
    pub(super) inbox: Notify,
    pub(super) settled: broadcast::Sender<ObjectId>,
}

impl Default for Wakes {
    fn default() -> Self {
        Self {
            timers: Notify::new(),
            outbox: Notify::new(),
            inbox: Notify::new(),
            settled: broadcast::channel(SETTLED_MAX).0,
        }
    }
}

/// Waits for the commands of one object to settle.
pub(super) struct Waiting {
    object: ObjectId,
    settled: broadcast::Receiver<ObjectId>,
}

impl Wakes {
    /// To be called before the command is written, so that a quick answer is not missed.
    pub(super) fn expect_settled(&self, object: ObjectId) -> Waiting {
        Waiting {
            object,
            settled: self.settled.subscribe(),
        }
    }
}

impl Bridge {
    /// After a commit that may have settled commands of an object or left work for later.
    pub(super) fn wake_all(&self, object: ObjectId) {
        self.wakes.timers.notify_one();
        self.wakes.outbox.notify_one();
        self.wake_looks();
        let _nobody_waits = self.wakes.settled.send(object);
    }

    /// Waits for ADVANTA's read-back, but not longer than `write_wait`.
    pub(super) async fn wait_settled(&self, mut waiting: Waiting) {
        // Nothing is read back while the outbox is held.
        if self.store.held().await.unwrap_or(false) {
            return;
        }
        let settled = async {
            loop {
                match waiting.settled.recv().await {
                    Ok(object) if object == waiting.object => return,
                    Ok(_) => {}
                    // Missed some, or the process ends: the caller looks at what is served.
                    Err(_) => return,
                }
            }
        };
        let _in_time = tokio::time::timeout(self.limits.write_wait, settled).await;
    }

    /// Carries out timers as they fall due, for as long as the process lives.
    pub async fn run_timers(self: Arc<Self>) {
        loop {
            let sleep = match self.fire_due_timers().await {
                Ok(0) => self.until_next_timer().await,
                Ok(_) => Duration::ZERO,
                Err(error) => {
                    // The store said itself that the disk takes no writes.
                    if !matches!(error, StoreError::Unwritable(_)) {
                        tracing::error!("timers wait because the store failed: {error}");
                    }
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = self.wakes.timers.notified() => {}
            }
        }
    }

    /// Carries out what is due now; returns how many timers that were.
    ///
    /// # Errors
    /// The store failed.
    pub async fn fire_due_timers(&self) -> Result<usize, StoreError> {
        let due = self
            .store
            .due_timers(self.clock.now(), TIMERS_AT_ONCE)
            .await?;
        for timer in &due {
            match self.fire(timer).await {
                Err(StoreError::Damaged { table, key, why }) => {
                    // One damaged record must not hold up everything that is due behind it.
                    tracing::error!(
                        "a timer is put off: record {key} of {table} is damaged: {why}"
                    );
                    self.put_off(timer).await?;
                }
                done => done?,
            }
        }
        Ok(due.len())
    }

    async fn put_off(&self, timer: &Timer) -> Result<(), StoreError> {
        let later = Timer {
            due: self.clock.now() + AFTER_DAMAGE,
            kind: timer.kind.clone(),
        };
        match self
            .store
            .commit(
                vec![],
                vec![Write::TimerDone(timer.clone()), Write::Timer(later)],
            )
            .await
        {
            Err(CommitError::Store(error)) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn until_next_timer(&self) -> Duration {
        match self.store.next_timer().await {
            Ok(Some(due)) => (due - self.clock.now())
                .to_std()
                .unwrap_or(Duration::ZERO)
                .min(SLEEP_MAX),
            Ok(None) | Err(_) => SLEEP_MAX,
        }
    }

    async fn fire(&self, timer: &Timer) -> Result<(), StoreError> {
        let done = Write::TimerDone(timer.clone());
        let (mut expects, mut writes) = (vec![], vec![]);
        match &timer.kind {
            TimerKind::Settle {
                collection,
                name,
                revision,
            } => {
                expects.push(Expect::Member(
                    collection.clone(),
                    name.clone(),
                    Some(*revision),
                ));
                writes.push(Write::Bump(
                    collection.clone(),
                    name.clone(),
                    Move::Settle,
                    None,
                ));
            }
            TimerKind::Rename { from, to } => {
                if !self.rename(from, to).await? {
                    return Ok(());
                }
            }
            TimerKind::FanOut { object, after } => {
                let mirror = self.store.object(*object).await?;
                let mirror = mirror.map(|object| self.names.localized(object));
                let reach = Reach {
                    skip: None,
                    after: Some(after),
                };
                let plan = self.fan_out(*object, mirror.as_ref(), reach).await?;
                expects.push(Expect::Object(
                    *object,
                    mirror.map(|mirror| mirror.revision),
                ));
                expects.extend(plan.expects);
                writes.extend(plan.writes);
            }
        }
        writes.push(done.clone());
        match self.store.commit(expects, writes).await {
            Ok(_) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
            // A settle bump of a member that moved since is not needed any more; a fan-out is tried again.
            Err(_) => match timer.kind {
                TimerKind::Settle { .. } => self.drop_timer(done).await,
                TimerKind::FanOut { .. } | TimerKind::Rename { .. } => Ok(()),
            },
        }
    }

    async fn drop_timer(&self, done: Write) -> Result<(), StoreError> {
        match self.store.commit(vec![], vec![done]).await {
            Err(CommitError::Store(error)) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Alarms raised since the start, oldest first.
    pub fn alarms(&self) -> Vec<super::Alarm> {
        self.alarms.raised()
    }
}
