//! Carries commands to ADVANTA: FIFO per object, at least once, and what ADVANTA stored decides.

use super::edit::EditError;
use super::fan_out::{Plan, Reach};
use super::{Authority, Bridge, Observation, pending};
use crate::diff;
use crate::model::{
    Base, CollectionId, Command, CommandState, Deed, Draft, Field, Object, Outcome, Reason,
};
use crate::ports::{Advanta, AdvantaError, AdvantaErrorKind, Expect, StoreError, Write};
use chrono::Duration;
use std::sync::Arc;

/// Heads of queues looked at in one round.
const COMMANDS_AT_ONCE: usize = 256;
/// The first wait after a failure; it doubles with every try.
const BACKOFF_SECONDS: i64 = 1;
/// The longest wait between two tries.
const BACKOFF_SECONDS_MAX: i64 = 300;

/// What became of a command at ADVANTA.
enum Answer {
    /// It acted; this is what a read-back shows.
    Acted(Option<Object>),
    /// It says no for good; this is how the object stands.
    Refused(Option<Object>),
    /// Not now.
    Later(AdvantaErrorKind),
}

impl Bridge {
    /// Carries commands to ADVANTA for as long as the process lives. Standalone there are none.
    pub async fn run_outbox(self: Arc<Self>) {
        let Authority::Advanta(advanta) = self.authority.clone() else {
            return;
        };
        loop {
            let wait = match self.drain_outbox(advanta.as_ref()).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!("the outbox waits: {error}");
                    std::time::Duration::from_secs(5)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.wakes.outbox.notified() => {}
            }
        }
    }

    /// One round over the heads of all queues; returns how long nothing more is due.
    ///
    /// # Errors
    /// The store failed.
    pub async fn drain_outbox(
        &self,
        advanta: &dyn Advanta,
    ) -> Result<std::time::Duration, EditError> {
        loop {
            let now = self.clock.now();
            let heads = self.store.command_heads(COMMANDS_AT_ONCE).await?;
            let (due, later): (Vec<_>, Vec<_>) =
                heads.into_iter().partition(|command| command.due <= now);
            if due.is_empty() {
                let next = later.iter().map(|command| command.due - now).min();
                let idle = Duration::seconds(30);
                return Ok(next.unwrap_or(idle).min(idle).to_std().unwrap_or_default());
            }
            for command in due {
                self.carry(advanta, command).await?;
            }
        }
    }

    async fn carry(&self, advanta: &dyn Advanta, command: Command) -> Result<(), EditError> {
        let Some(command) = self.up_to_date(advanta, command).await? else {
            return Ok(());
        };
        match act(advanta, &command).await {
            Answer::Later(kind) => self.postpone(command, kind).await,
            Answer::Acted(object) => self.settle(&command, object, false).await,
            Answer::Refused(object) => self.settle(&command, object, true).await,
        }
    }

    /// Reads ADVANTA before writing, so that the command is rebased on what stands now. `None`: nothing is left to do.
    async fn up_to_date(
        &self,
        advanta: &dyn Advanta,
        command: Command,
    ) -> Result<Option<Command>, EditError> {
        if matches!(command.deed, Deed::Create(_)) {
            return Ok(Some(command));
        }
        match advanta.get(command.object).await {
            Ok(Some(object)) => {
                self.observe(&Observation::Object(object)).await?;
            }
            Ok(None) => {
                self.settle(&command, None, false).await?;
                return Ok(None);
            }
            Err(error) => {
                self.postpone(command, error.kind).await?;
                return Ok(None);
            }
        }
        let left = self.store.commands_of(command.object).await?;
        let found = left.into_iter().find(|each| each.id == command.id);
        if found.is_none() {
            let _nobody_waits = self.wakes.settled.send(command.object);
        }
        Ok(found)
    }

    async fn postpone(&self, command: Command, kind: AdvantaErrorKind) -> Result<(), EditError> {
        let attempts = command.attempts + 1;
        let doubled = BACKOFF_SECONDS << attempts.min(16);
        let jitter = i64::from(self.ids.uuid().as_bytes()[0]) * 4;
        let wait = match kind {
            AdvantaErrorKind::Throttled { retry_after } => {
                Duration::from_std(retry_after).unwrap_or(Duration::seconds(BACKOFF_SECONDS_MAX))
            }
            AdvantaErrorKind::Stale => Duration::zero(),
            AdvantaErrorKind::Gone
            | AdvantaErrorKind::Denied
            | AdvantaErrorKind::Refused
            | AdvantaErrorKind::Transient => Duration::seconds(doubled.min(BACKOFF_SECONDS_MAX)),
        };
        // ADVANTA away is no reason to give up; an object that never holds still is.
        let hopeless =
            kind == AdvantaErrorKind::Stale && attempts >= self.limits.command_attempts_max;
        let next = Command {
            attempts,
            due: self.clock.now() + wait + Duration::milliseconds(jitter),
            state: if hopeless {
                CommandState::Dead
            } else {
                CommandState::Waiting
            },
            ..command
        };
        if hopeless {
            tracing::warn!(object.id = %next.object, "command {} is put to the dead letters", next.id);
        }
        let plan = Plan {
            expects: vec![Expect::Command(next.id)],
            writes: vec![Write::Command(next)],
        };
        match self.commit(plan).await {
            Err(error) if !Self::is_busy(&error) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Takes the read-back into the mirror, ends the command and says in the journal what became of it: one commit.
    async fn settle(
        &self,
        command: &Command,
        object: Option<Object>,
        refused: bool,
    ) -> Result<(), EditError> {
        for _ in 0..self.limits.retries_max {
            let plan = self.plan_settle(command, object.as_ref(), refused).await?;
            match self.commit(plan).await {
                Err(EditError::Busy) => {}
                Err(other) => return Err(other),
                Ok(_) => {
                    self.wakes.timers.notify_one();
                    let _nobody_waits = self.wakes.settled.send(command.object);
                    return Ok(());
                }
            }
        }
        Err(EditError::Busy)
    }

    async fn plan_settle(
        &self,
        command: &Command,
        object: Option<&Object>,
        refused: bool,
    ) -> Result<Plan, StoreError> {
        let id = command.object;
        let mirror = self.store.object(id).await?;
        // A hook may have brought a newer state meanwhile: that one stays.
        let newest = match (object, &mirror) {
            (Some(object), Some(mirror)) if mirror.revision > object.revision => Some(mirror),
            (object, _) => object,
        };
        let left: Vec<Command> = self
            .store
            .commands_of(id)
            .await?
            .into_iter()
            .filter(|each| each.id != command.id)
            .collect();
        let mut plan = Plan::default();
        if let Some(mut row) = self.store.journal_row(command.journal).await? {
            let blank = self.blank(command);
            let stands = newest.map_or(blank, |object| object.fields(&self.settings));
            pending::settle(
                &mut row,
                |field| self.outcome(command, field, newest, refused),
                &stands,
            );
            if row.is_refusal() && matches!(command.deed, Deed::Create(_)) {
                row.kept_text = self.text_of(command).await?;
            }
            plan.writes.push(Write::JournalSettle(row));
        }
        plan.expects.push(Expect::Command(command.id));
        plan.expects.push(Expect::Object(
            id,
            mirror.as_ref().map(|mirror| mirror.revision),
        ));
        plan.writes.push(Write::Settle(command.id));
        match (newest, &mirror) {
            (Some(object), _) => plan.writes.push(Write::Object(object.clone())),
            (None, Some(_)) => plan.writes.push(Write::RemoveObject(id)),
            (None, None) => {}
        }
        let members = self
            .fan_out_over(id, newest, Reach::EVERYONE, &left)
            .await?;
        plan.expects.extend(members.expects);
        plan.writes.extend(members.writes);
        Ok(plan)
    }

    fn blank(&self, command: &Command) -> crate::model::Fields {
        let title = match &command.deed {
            Deed::Create(Draft { fields, .. }) => fields.title.clone(),
            Deed::Change(_) | Deed::Delete => String::new(),
        };
        crate::model::Fields {
            title,
            span: None,
            description: String::new(),
            location: String::new(),
            recurs: false,
        }
    }

    /// What the read-back does not show counts as refused: ADVANTA silently ignores some dates.
    fn outcome(
        &self,
        command: &Command,
        field: Field,
        stands: Option<&Object>,
        refused: bool,
    ) -> Outcome {
        if refused {
            return Outcome::Refused(Reason::Authority);
        }
        match (&command.deed, stands) {
            (Deed::Create(_), Some(_)) | (Deed::Delete, None) => Outcome::Applied,
            (Deed::Create(_), None) | (Deed::Delete, Some(_)) => {
                Outcome::Refused(Reason::Authority)
            }
            // Deleted in ADVANTA meanwhile.
            (Deed::Change(_), None) => Outcome::Superseded,
            (Deed::Change(changes), Some(object)) => {
                let mut wanted = object.clone();
                changes.apply(&mut wanted, &self.settings);
                let missing = diff::two_way(
                    &Base::from(&object.fields(&self.settings)),
                    &Base::from(&wanted.fields(&self.settings)),
                );
                if missing.contains(&field) {
                    Outcome::Refused(Reason::Authority)
                } else {
                    Outcome::Applied
                }
            }
        }
    }

    /// The whole text of a note that ADVANTA does not want, for its owner to download.
    async fn text_of(&self, command: &Command) -> Result<Option<String>, StoreError> {
        let collection = CollectionId::events(&command.author);
        let member = self.store.member_of(&collection, command.object).await?;
        Ok(member.map(|member| member.body.to_string()))
    }
}

/// Does it, then reads back.
async fn act(advanta: &dyn Advanta, command: &Command) -> Answer {
    let done = match &command.deed {
        Deed::Create(draft) => advanta.create(draft).await.map(|_| ()),
        Deed::Change(changes) => match advanta.get(command.object).await {
            Ok(Some(object)) => {
                advanta
                    .change(command.object, &command.author, object.revision, changes)
                    .await
            }
            Ok(None) => Err(gone()),
            Err(error) => Err(error),
        },
        Deed::Delete => match advanta.get(command.object).await {
            Ok(Some(object)) => {
                advanta
                    .delete(command.object, &command.author, object.revision)
                    .await
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        },
    };
    match (
        done.map_err(|error| error.kind),
        advanta.get(command.object).await,
    ) {
        (Ok(()) | Err(AdvantaErrorKind::Gone), Ok(object)) => Answer::Acted(object),
        (Err(AdvantaErrorKind::Refused), Ok(object)) => Answer::Refused(object),
        (Err(kind), _) => Answer::Later(kind),
        (Ok(()), Err(error)) => Answer::Later(error.kind),
    }
}

fn gone() -> AdvantaError {
    AdvantaError {
        kind: AdvantaErrorKind::Gone,
        detail: "not there".to_owned(),
    }
}
