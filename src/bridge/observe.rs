//! Observations: what was seen at the authority. They are never judged and never lead to a command.

use super::edit::EditError;
use super::fan_out::{Pending, Plan, Reach, only_these};
use super::rebase::{self, News, Rebased};
use super::sync::Answer;
use super::{Bridge, pending};
use crate::model::{
    CollectionId, Command, Deed, Field, JournalRow, Object, ObjectId, Outcome, Properties, Revision,
};
use crate::ports::{CommitError, Expect, StoreError, Write};

/// Something seen at the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "observations are passed by reference, one at a time"
)]
pub enum Observation {
    /// The object as it stands there.
    Object(Object),
    /// It is not there any more: deleted at this revision, or just not found.
    Gone(ObjectId, Option<Revision>),
}

impl Observation {
    /// What a read showed.
    pub(super) fn of(id: ObjectId, read: Option<Object>) -> Self {
        read.map_or(Self::Gone(id, None), Self::Object)
    }

    fn id(&self) -> ObjectId {
        match self {
            Self::Object(object) => object.id,
            Self::Gone(id, _) => *id,
        }
    }
}

impl Bridge {
    /// Takes an observation into the mirror and brings it to everyone who sees the object. Old news change nothing:
    /// the revision decides, so order and repetition do not matter. Returns whether it was news.
    ///
    /// # Errors
    /// The store failed, or others kept writing the same object ([`EditError::Busy`]).
    pub async fn observe(&self, observation: &Observation) -> Result<bool, EditError> {
        for _ in 0..self.limits.retries_max {
            let Some(plan) = self.plan_observation(observation).await? else {
                return Ok(false);
            };
            match self.commit(plan).await {
                // A client took the name or the UID that somebody's new member was to have: another is chosen.
                Err(EditError::Busy | EditError::UidConflict(_)) => {}
                Err(other) => return Err(other),
                Ok(_) => {
                    self.wake_all(observation.id());
                    return Ok(true);
                }
            }
        }
        Err(EditError::Busy)
    }

    async fn plan_observation(
        &self,
        observation: &Observation,
    ) -> Result<Option<Plan>, StoreError> {
        let id = observation.id();
        let mirror = self.store.object(id).await?;
        // Of an object that went, the revision at which it went still says what is old.
        let known = match &mirror {
            Some(mirror) => Some(mirror.revision),
            None => self.store.removed(id).await?,
        };
        let seen = match (observation, known) {
            (Observation::Object(seen), Some(known)) if seen.revision <= known => return Ok(None),
            (Observation::Gone(_, Some(gone)), Some(known)) if *gone <= known => return Ok(None),
            (Observation::Gone(_, None), _) if mirror.is_none() => return Ok(None),
            (Observation::Object(seen), _) => Some(self.names.localized(seen.clone())),
            (Observation::Gone(..), _) => None,
        };
        let seen = seen.as_ref();
        let removed = match observation {
            Observation::Gone(_, Some(gone)) => *gone,
            Observation::Gone(_, None) | Observation::Object(_) => known.unwrap_or_default(),
        };
        let news = News {
            before: mirror.as_ref(),
            now: seen,
            carried: None,
            settings: &self.settings,
        };
        let commands = self.store.commands_of(id).await?;
        let owed = self.rebase(news, &commands).await?;
        let mut plan = Plan::default();
        plan.expects.push(only_these(id, &commands));
        plan.expects
            .push(Expect::Object(id, mirror.as_ref().map(|it| it.revision)));
        plan.writes
            .push(seen.map_or(Write::RemoveObject(id, removed), |seen| {
                Write::Object(seen.clone())
            }));
        plan.join(owed.plan);
        plan.join(
            self.fan_out_over(id, seen, Reach::EVERYONE, &owed.pending)
                .await?,
        );
        Ok(Some(plan))
    }

    /// Judges the commands of an object once more by what the mirror says: what is sent must be allowed now, whatever was
    /// settled or set otherwise since the edit.
    pub(super) async fn judge_again(&self, id: ObjectId) -> Result<(), EditError> {
        for _ in 0..self.limits.retries_max {
            let Some(mirror) = self.store.object(id).await? else {
                return Ok(());
            };
            let commands = self.store.commands_of(id).await?;
            let news = News {
                before: Some(&mirror),
                now: Some(&mirror),
                carried: None,
                settings: &self.settings,
            };
            let owed = self.rebase(news, &commands).await?;
            if owed.plan.writes.is_empty() {
                return Ok(());
            }
            let mut plan = Plan::default();
            plan.expects.push(only_these(id, &commands));
            plan.expects.push(Expect::Object(id, Some(mirror.revision)));
            plan.join(owed.plan);
            plan.join(
                self.fan_out_over(id, Some(&mirror), Reach::EVERYONE, &owed.pending)
                    .await?,
            );
            match self.commit(plan).await {
                Err(EditError::Busy | EditError::UidConflict(_)) => {}
                Err(other) => return Err(other),
                Ok(_) => {
                    self.wake_all(id);
                    return Ok(());
                }
            }
        }
        Err(EditError::Busy)
    }

    /// Plans what news leave of the commands that wait: those that go on, and rows for what is settled.
    pub(super) async fn rebase(
        &self,
        news: News<'_>,
        commands: &[Command],
    ) -> Result<Owed, StoreError> {
        let mut owed = Owed::default();
        let all = rebase::rebase(news, commands);
        let left: Vec<Command> = all.iter().filter_map(|each| each.left.clone()).collect();
        for (command, rebased) in commands.iter().zip(all) {
            if rebased.left.as_ref() == Some(command) {
                owed.pending.commands.push(command.clone());
                continue;
            }
            owed.plan.expects.push(Expect::Command(command.id));
            if let Some(mut row) = self.store.journal_row(command.journal).await? {
                self.note_rebased(&mut row, command, &rebased, news.now);
                owed.plan.writes.push(Write::JournalSettle(row));
            }
            let answer = Answer {
                command,
                settled: &ended(command, &rebased),
                now: news.now,
                left: &left,
            };
            self.plan_answered(&answer, &mut owed.plan).await?;
            let undone = matches!(
                rebased.settled[..],
                [(Field::Existence, Outcome::Refused(_))]
            );
            if undone {
                owed.pending.undone.push(command.clone());
            }
            match rebased.left {
                Some(left) => {
                    owed.plan.writes.push(Write::Command(left.clone()));
                    owed.pending.commands.push(left);
                }
                None => owed.plan.writes.push(Write::Settle(command.id)),
            }
        }
        Ok(owed)
    }

    /// Says in a row what became of the fields of its command.
    fn note_rebased(
        &self,
        row: &mut JournalRow,
        command: &Command,
        rebased: &Rebased,
        now: Option<&Object>,
    ) {
        let stands = self.standing_fields(command, now);
        let open = match rebased.left {
            Some(_) => Outcome::Pending,
            None => Outcome::Superseded,
        };
        let outcome = |field| {
            let settled = rebased.settled.iter().find(|(each, _)| *each == field);
            settled.map_or(open, |(_, outcome)| *outcome)
        };
        pending::settle(row, outcome, &stands);
    }

    /// Sets what the owner of a collection may set. No member moves.
    ///
    /// # Errors
    /// The store failed.
    pub async fn put_properties(
        &self,
        id: &CollectionId,
        properties: Properties,
    ) -> Result<(), StoreError> {
        match self
            .store
            .commit(vec![], vec![Write::Properties(id.clone(), properties)])
            .await
        {
            Err(CommitError::Store(error)) => Err(error),
            // There is no condition to fail.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// What news made of the fields of a command: those that do not go on and are not named are superseded.
fn ended(command: &Command, rebased: &Rebased) -> Vec<(Field, Outcome)> {
    let mut ended = rebased.settled.clone();
    if let (None, Deed::Change(changes)) = (&rebased.left, &command.deed) {
        for field in rebase::fields_of(changes) {
            if !ended.iter().any(|(each, _)| *each == field) {
                ended.push((field, Outcome::Superseded));
            }
        }
    }
    ended
}

/// What the bridge still owes the authority after some news.
#[derive(Default)]
pub(super) struct Owed {
    /// The commands that go on, and deletions that do not.
    pub(super) pending: Pending,
    /// The writes that end or shorten the others.
    pub(super) plan: Plan,
}
