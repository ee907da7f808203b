//! The queue of commands to ADVANTA: FIFO per object, objects apart from each other.
//!
//! Start at [`Bridge::run_outbox`]. What happens to one command is in `carry`, its end in `settle`.

use super::aside::how_it_ended;
use super::edit::EditError;
use super::fan_out::Plan;
use super::{Authority, Bridge};
use crate::model::{Command, ObjectId, Timestamp};
use crate::ports::{Advanta, StoreError, Write};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};

/// Commands that are under way at the same time. A slow one blocks its object and one place of these.
const FLIGHTS_MAX: usize = 16;
/// Heads of queues looked at first; more when none of them is due.
const HEADS_AT_ONCE: usize = 256;
/// The longest sleep: a clock that was set is noticed within it.
const IDLE: Duration = Duration::from_secs(30);
/// How long an object rests after our own store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How a command's flight ended: for how long ADVANTA asked to be left alone, if it did.
pub(super) type Landing = Result<Option<Duration>, EditError>;

/// The commands under way.
#[derive(Default)]
struct Flights {
    tasks: JoinSet<Landing>,
    flying: HashMap<Id, ObjectId>,
    /// Objects whose last flight failed on our side, and until when they rest.
    resting: BTreeMap<ObjectId, Timestamp>,
    /// ADVANTA throttles: nothing starts before.
    quiet_until: Option<Timestamp>,
}

impl Flights {
    fn is_free(&self, object: ObjectId) -> bool {
        !self.resting.contains_key(&object) && !self.flying.values().any(|each| *each == object)
    }

    fn places(&self) -> usize {
        FLIGHTS_MAX.saturating_sub(self.tasks.len())
    }

    fn wake(&mut self, now: Timestamp) {
        self.resting.retain(|_, until| *until > now);
        self.quiet_until = self.quiet_until.filter(|until| *until > now);
    }

    /// Takes note of a flight that ended.
    fn landed(&mut self, ended: Result<(Id, Landing), JoinError>, now: Timestamp) {
        let (id, landing) = match ended {
            Ok((id, landing)) => (id, landing),
            Err(error) => {
                tracing::error!("a command broke off: {}", how_it_ended(&error));
                (error.id(), Err(EditError::Busy))
            }
        };
        let object = self.flying.remove(&id);
        match (landing, object) {
            (Ok(None), _) => {}
            (Ok(Some(quiet)), _) => self.quiet_until = Some(now + quiet),
            (Err(EditError::Store(StoreError::Unwritable(_))), Some(object)) => {
                self.resting.insert(object, now + AFTER_FAILURE);
            }
            (Err(error), Some(object)) => {
                tracing::error!(object.id = %object, "a command waits: {error}");
                self.resting.insert(object, now + AFTER_FAILURE);
            }
            (Err(error), None) => tracing::error!("a command waits: {error}"),
        }
    }
}

impl Bridge {
    /// Lets the outbox go that a restore holds.
    ///
    /// # Errors
    /// The store failed.
    pub async fn release_outbox(&self) -> Result<(), EditError> {
        self.commit(Plan {
            expects: vec![],
            writes: vec![Write::Hold(false)],
        })
        .await?;
        self.wakes.outbox.notify_one();
        Ok(())
    }

    /// Carries commands to ADVANTA for as long as the process lives. Standalone there are none.
    pub async fn run_outbox(self: Arc<Self>) {
        let Authority::Advanta(advanta) = self.authority.clone() else {
            return;
        };
        let mut flights = Flights::default();
        loop {
            let wait = self
                .launch(&advanta, &mut flights)
                .await
                .unwrap_or_else(|error| {
                    // The store said itself that the disk takes no writes.
                    if !matches!(error, StoreError::Unwritable(_)) {
                        tracing::error!("the outbox waits: {error}");
                    }
                    AFTER_FAILURE
                });
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.wakes.outbox.notified() => {}
                Some(ended) = flights.tasks.join_next_with_id() => {
                    flights.landed(ended, self.clock.now());
                }
            }
        }
    }

    /// Carries everything that is due, until nothing more is; returns how long that will be so.
    ///
    /// # Errors
    /// The store cannot be read. A command that failed on our side only rests.
    pub async fn drain_outbox(
        self: &Arc<Self>,
        advanta: &Arc<dyn Advanta>,
    ) -> Result<Duration, StoreError> {
        let mut flights = Flights::default();
        loop {
            let wait = self.launch(advanta, &mut flights).await?;
            match flights.tasks.join_next_with_id().await {
                Some(ended) => flights.landed(ended, self.clock.now()),
                None => return Ok(wait),
            }
        }
    }

    /// Starts what is due, one command per object; returns how long nothing more is due.
    async fn launch(
        self: &Arc<Self>,
        advanta: &Arc<dyn Advanta>,
        flights: &mut Flights,
    ) -> Result<Duration, StoreError> {
        // After a restore an administrator looks first: what the backup still owed may be done already.
        if self.store.held().await? {
            return Ok(IDLE);
        }
        let now = self.clock.now();
        flights.wake(now);
        if let Some(until) = flights.quiet_until {
            return Ok((until - now).to_std().unwrap_or_default().min(IDLE));
        }
        let (due, wait) = self.due_heads(now, flights).await?;
        for command in due.into_iter().take(flights.places()) {
            let (bridge, advanta) = (Arc::clone(self), Arc::clone(advanta));
            let object = command.object;
            let task = async move { bridge.carry(advanta.as_ref(), command).await };
            let id = flights.tasks.spawn(task).id();
            flights.flying.insert(id, object);
        }
        Ok(wait)
    }

    /// The heads that are due and free, and how long it is until the next of the others.
    async fn due_heads(
        &self,
        now: Timestamp,
        flights: &Flights,
    ) -> Result<(Vec<Command>, Duration), StoreError> {
        let mut heads_max = HEADS_AT_ONCE;
        loop {
            let mut heads = self.store.command_heads(heads_max).await?;
            let all = heads.len() < heads_max;
            heads.retain(|command| flights.is_free(command.object));
            let (due, later): (Vec<_>, Vec<_>) =
                heads.into_iter().partition(|command| command.due <= now);
            // Old commands that wait for their next try must not hide young ones that are due.
            if all || !due.is_empty() {
                let next = later.iter().map(|command| command.due - now).min();
                let wait = next.and_then(|next| next.to_std().ok()).unwrap_or(IDLE);
                return Ok((due, wait.min(IDLE)));
            }
            heads_max = heads_max.saturating_mul(2);
        }
    }
}
