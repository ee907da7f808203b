//! A DELETE: a note may go; everything else stays at its href and is listed as changed.

use super::commit::named;
use super::edit::{EditError, Refusal, RefusalMode, Removal, RemovalDone};
use super::fan_out::{Plan, Reach, withdrawn};
use super::{Authority, Bridge, journal, pending};
use crate::model::{
    Action, Deed, Field, FieldOutcome, Object, Outcome, Reason, Revision, ViewRevision,
};
use crate::ports::{Expect, Member, Write};
use crate::rules;
use std::sync::Arc;

impl Bridge {
    /// Deletes what is at a name, if the rules let it.
    ///
    /// # Errors
    /// See [`EditError`]. A forbidden deletion is no error.
    pub async fn delete(&self, removal: &Removal<'_>) -> Result<RemovalDone, EditError> {
        for _ in 0..self.limits.retries_max {
            let snapshot = self.snapshot(removal.collection).await?;
            let member = snapshot
                .member(removal.name)
                .map(|entry| Arc::clone(&entry.resource));
            let named = named(removal, member.as_deref())?;
            let member = member.ok_or(EditError::Missing)?;
            match self.try_delete(removal, member, named).await {
                Err(EditError::Busy) => {}
                other => return other,
            }
        }
        Err(self.given_up(removal).await?)
    }

    async fn try_delete(
        &self,
        removal: &Removal<'_>,
        member: Member,
        named: Option<ViewRevision>,
    ) -> Result<RemovalDone, EditError> {
        let who = removal.who;
        let commands = self.store.commands_of(member.object).await?;
        let mirror = self.store.object(member.object).await?;
        let revision = mirror.as_ref().map(|mirror| mirror.revision);
        let object =
            pending::present(mirror, &commands, who, &self.settings).ok_or(EditError::Busy)?;
        let rights = *object.participants.get(who).ok_or(EditError::Busy)?;
        match rules::judge_delete(&object, rights, Some(who), &self.settings) {
            Some(reason) => {
                self.refuse_delete(removal, &member, &object, reason, named)
                    .await
            }
            None => self.remove(removal, &member, &object, revision).await,
        }
    }

    async fn refuse_delete(
        &self,
        removal: &Removal<'_>,
        member: &Member,
        object: &Object,
        reason: Reason,
        named: Option<ViewRevision>,
    ) -> Result<RemovalDone, EditError> {
        let outcomes = vec![self.existence(object, Outcome::Refused(reason))];
        let refused: Vec<Refusal> = journal::refusals(&outcomes);
        self.bump(removal, member, outcomes, Action::Delete, named)
            .await?;
        self.count_refusal(removal, object.id);
        Ok(match removal.mode {
            RefusalMode::Restore => RemovalDone::Restored,
            RefusalMode::Strict => RemovalDone::Forbidden(refused),
        })
    }

    async fn remove(
        &self,
        removal: &Removal<'_>,
        member: &Member,
        object: &Object,
        mirrored: Option<Revision>,
    ) -> Result<RemovalDone, EditError> {
        let now = self.clock.now();
        let mut plan = Plan::default();
        let at = (removal.collection.clone(), removal.name.clone());
        plan.expects.push(Expect::Member(
            at.0.clone(),
            at.1.clone(),
            Some(member.revision),
        ));
        plan.writes.push(Write::RemoveMember(at.0, at.1));
        let ends = match self.authority {
            Authority::Own => Outcome::Applied,
            Authority::Advanta(_) => Outcome::Pending,
        };
        let outcomes = vec![self.existence(object, ends)];
        plan.writes.push(Write::Journal(journal::row(
            removal,
            journal::About::member(member),
            Action::Delete,
            outcomes,
            now,
        )));
        match self.authority {
            Authority::Own => {
                plan.expects
                    .push(Expect::Object(object.id, Some(object.revision)));
                plan.writes
                    .push(Write::RemoveObject(object.id, object.revision));
                let reach = Reach {
                    skip: Some(removal.who),
                    after: None,
                };
                let others = self.fan_out(object.id, None, reach).await?;
                plan.expects.extend(others.expects);
                plan.writes.extend(others.writes);
                self.commit(plan).await?;
                self.wake_looks();
            }
            Authority::Advanta(_) => {
                self.check_outbox().await?;
                // Judged by what the mirror says of rights: if that moved, the deletion is judged again.
                plan.expects.push(Expect::Object(object.id, mirrored));
                let deed = Deed::Delete(withdrawn(member));
                let command = self.command(removal, object.id, deed);
                plan.writes.push(Write::Enqueue(command, 0));
                let waiting = self.wakes.expect_settled(object.id);
                self.commit(plan).await?;
                self.wakes.outbox.notify_one();
                if removal.waits() {
                    self.wait_settled(waiting).await;
                }
            }
        }
        Ok(RemovalDone::Removed)
    }

    fn existence(&self, object: &Object, outcome: Outcome) -> FieldOutcome {
        let kept = match outcome {
            Outcome::Refused(_) => journal::value(Field::Title, &object.fields(&self.settings)),
            Outcome::Applied | Outcome::Pending | Outcome::Superseded => String::new(),
        };
        FieldOutcome {
            field: Field::Existence,
            outcome,
            attempted: String::new(),
            kept,
        }
    }
}
