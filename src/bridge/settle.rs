//! The end of a command: the read-back goes into the mirror, the journal says what became of each field, and everyone
//! sees it. One commit.

use super::edit::EditError;
use super::fan_out::{Plan, Reach, only_these};
use super::rebase::{self, News};
use super::sync::Answer;
use super::{Bridge, pending};
use crate::model::{
    CollectionId, Command, CommandState, Deed, Field, Fields, Object, ObjectId, Origin, Outcome,
    Reason,
};
use crate::ports::{Expect, StoreError, Write};

/// What ends a command.
struct Ending {
    plan: Plan,
    /// ADVANTA did not take all of it.
    refused: bool,
}

impl Bridge {
    /// Takes the read-back into the mirror and ends the command.
    pub(super) async fn settle(
        &self,
        command: &Command,
        read_back: Option<Object>,
    ) -> Result<(), EditError> {
        for _ in 0..self.limits.retries_max {
            let Some(ending) = self.plan_ending(command, read_back.as_ref()).await? else {
                // An observation was faster and ended it.
                return Ok(());
            };
            match self.commit(ending.plan).await {
                // A client took the name or the UID that somebody's new member was to have: another is chosen.
                Err(EditError::Busy | EditError::UidConflict(_)) => {}
                Err(other) => return Err(other),
                Ok(_) => {
                    if ending.refused {
                        self.count_refused_command(command);
                    }
                    self.wake_all(command.object);
                    return Ok(());
                }
            }
        }
        Err(EditError::Busy)
    }

    async fn plan_ending(
        &self,
        command: &Command,
        read_back: Option<&Object>,
    ) -> Result<Option<Ending>, StoreError> {
        let id = command.object;
        let mirror = self.store.object(id).await?;
        let mut commands = self.store.commands_of(id).await?;
        let expect = only_these(id, &commands);
        let Some(place) = commands.iter().position(|each| each.id == command.id) else {
            return Ok(None);
        };
        let command = commands.remove(place);
        // A hook may have brought a newer state meanwhile, or the end of it all: that stays.
        let removed = match mirror {
            Some(_) => None,
            None => self.store.removed(id).await?,
        };
        let now = match (read_back, &mirror) {
            (Some(object), None) if removed >= Some(object.revision) => None,
            (Some(object), Some(mirror)) if mirror.revision > object.revision => Some(mirror),
            (object, _) => object,
        };
        let mut plan = Plan::default();
        let revision = mirror.as_ref().map(|mirror| mirror.revision);
        plan.expects.extend([expect, Expect::Object(id, revision)]);
        let refused = self.plan_row(&command, &commands, now, &mut plan).await?;
        plan.writes.push(Write::Settle(command.id));
        match (now, &mirror) {
            (Some(object), _) => plan.writes.push(Write::Object(object.clone())),
            (None, Some(mirror)) => plan.writes.push(Write::RemoveObject(id, mirror.revision)),
            (None, None) => {}
        }
        let news = News {
            before: mirror.as_ref(),
            now,
            carried: Some(&command),
            settings: &self.settings,
        };
        let mut owed = self.rebase(news, &commands).await?;
        plan.join(owed.plan);
        let settled = self.settled(&command, now);
        let answer = Answer {
            command: &command,
            settled: &settled,
            now,
            left: &owed.pending.commands,
        };
        self.plan_answered(&answer, &mut plan).await?;
        if refused && matches!(command.deed, Deed::Delete(_)) {
            owed.pending.undone.push(command.clone());
        }
        plan.join(
            self.fan_out_over(id, now, Reach::EVERYONE, &owed.pending)
                .await?,
        );
        if refused {
            self.plan_settle_bump(&command, &mut plan).await?;
        }
        Ok(Some(Ending { plan, refused }))
    }

    /// What became of each field of a command.
    fn settled(&self, command: &Command, now: Option<&Object>) -> Vec<(Field, Outcome)> {
        let fields = match &command.deed {
            Deed::Change(changes) => rebase::fields_of(changes),
            Deed::Create(_) | Deed::Delete(_) => vec![Field::Existence],
        };
        let of = |field| (field, self.outcome(command, field, now));
        fields.into_iter().map(of).collect()
    }

    /// Says in the journal what became of the command; returns whether anything of it was refused.
    async fn plan_row(
        &self,
        command: &Command,
        behind: &[Command],
        now: Option<&Object>,
        plan: &mut Plan,
    ) -> Result<bool, StoreError> {
        let Some(mut row) = self.store.journal_row(command.journal).await? else {
            return Ok(false);
        };
        let stands = self.standing_fields(command, now);
        pending::settle(&mut row, |field| self.outcome(command, field, now), &stands);
        let refused = row
            .outcomes
            .iter()
            .any(|each| each.outcome == Outcome::Refused(Reason::Authority));
        if refused && matches!(command.deed, Deed::Create(_)) {
            row.kept_text = self.text_of(command, behind).await?;
        }
        plan.writes.push(Write::JournalSettle(row));
        Ok(refused)
    }

    /// A client that got no ETag may take the present one for its own text: the member moves once more a while later.
    async fn plan_settle_bump(&self, command: &Command, plan: &mut Plan) -> Result<(), StoreError> {
        let collection = CollectionId::events(&command.author);
        if let Some(member) = self.store.member_of(&collection, command.object).await? {
            let due = self.clock.now() + self.limits.settle_after;
            plan.writes
                .push(Write::SettleLater(collection, member.name.clone(), due));
        }
        Ok(())
    }

    /// What ADVANTA shows decides, whatever it answered: it silently ignores some dates, and answers get lost.
    fn outcome(&self, command: &Command, field: Field, now: Option<&Object>) -> Outcome {
        match (&command.deed, now) {
            (Deed::Create(_), Some(_)) | (Deed::Delete(_), None) => Outcome::Applied,
            (Deed::Create(_), None) | (Deed::Delete(_), Some(_)) => {
                Outcome::Refused(Reason::Authority)
            }
            // Deleted in ADVANTA meanwhile.
            (Deed::Change(_), None) => Outcome::Superseded,
            (Deed::Change(changes), Some(object)) => {
                if rebase::missing(changes, object, &self.settings).contains(&field) {
                    Outcome::Refused(Reason::Authority)
                } else {
                    Outcome::Applied
                }
            }
        }
    }

    /// The fields that stand after a command; of a note that was never made, what it was to be called.
    pub(super) fn standing_fields(&self, command: &Command, now: Option<&Object>) -> Fields {
        if let Some(object) = now {
            return object.fields(&self.settings);
        }
        let title = match &command.deed {
            Deed::Create(draft) => draft.fields.title.clone(),
            Deed::Change(_) | Deed::Delete(_) => String::new(),
        };
        Fields {
            title,
            span: None,
            description: String::new(),
            location: String::new(),
            recurs: false,
        }
    }

    /// The whole text of a note that ADVANTA does not want, for its owner to download: as it stands in their calendar, or
    /// as it stood when they deleted it.
    async fn text_of(
        &self,
        command: &Command,
        behind: &[Command],
    ) -> Result<Option<String>, StoreError> {
        let collection = CollectionId::events(&command.author);
        let member = self.store.member_of(&collection, command.object).await?;
        let withdrawn = behind.iter().find_map(|each| match &each.deed {
            Deed::Delete(withdrawn) => Some(&withdrawn.body),
            Deed::Create(_) | Deed::Change(_) => None,
        });
        let body = member.as_ref().map(|member| &member.body).or(withdrawn);
        Ok(body.map(ToString::to_string))
    }

    fn count_refused_command(&self, command: &Command) {
        match &command.origin {
            Origin::CalDav { app_password, .. } => {
                self.count_device_refusal(*app_password, command.object);
            }
            Origin::Import | Origin::Remote(_) | Origin::Advanta => {}
        }
    }

    /// An administrator lets the dead letter of an object be tried again. Returns whether there was one.
    ///
    /// # Errors
    /// The store failed, or others keep writing the same object.
    pub async fn retry_dead_letter(&self, object: ObjectId) -> Result<bool, EditError> {
        for _ in 0..self.limits.retries_max {
            let mirror = self.store.object(object).await?;
            let Some(dead) = self.dead_letter(object).await? else {
                return Ok(false);
            };
            // News that shorten the command move the mirror: never put back what was superseded.
            let expects = vec![
                Expect::Command(dead.id),
                Expect::Object(object, mirror.map(|mirror| mirror.revision)),
            ];
            let again = Command {
                state: CommandState::Waiting,
                attempts: 0,
                stale: 0,
                due: self.clock.now(),
                ..dead
            };
            let writes = vec![Write::Command(again)];
            match self.commit(Plan { expects, writes }).await {
                Err(EditError::Busy) => {}
                Err(other) => return Err(other),
                Ok(_) => {
                    self.wakes.outbox.notify_one();
                    return Ok(true);
                }
            }
        }
        Err(EditError::Busy)
    }

    /// An administrator drops the dead letter of an object: it counts as refused, and the original is shown again.
    /// Returns whether there was one.
    ///
    /// # Errors
    /// The store failed, or others keep writing the same object.
    pub async fn drop_dead_letter(&self, object: ObjectId) -> Result<bool, EditError> {
        let Some(dead) = self.dead_letter(object).await? else {
            return Ok(false);
        };
        let stands = self.store.object(object).await?;
        self.settle(&dead, stands).await?;
        Ok(true)
    }

    async fn dead_letter(&self, object: ObjectId) -> Result<Option<Command>, StoreError> {
        let commands = self.store.commands_of(object).await?;
        Ok(commands
            .into_iter()
            .next()
            .filter(|head| head.state == CommandState::Dead))
    }
}
