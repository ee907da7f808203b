//! Observations: what was seen at the authority. They are never judged and never lead to a command.

use super::edit::EditError;
use super::fan_out::{Plan, Reach};
use super::{Bridge, pending};
use crate::model::{CollectionId, Command, Object, ObjectId, Properties, User};
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
    /// It is not there any more.
    Gone(ObjectId),
}

impl Observation {
    fn id(&self) -> ObjectId {
        match self {
            Self::Object(object) => object.id,
            Self::Gone(id) => *id,
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
                Err(EditError::Busy) => {}
                Err(other) => return Err(other),
                Ok(_) => {
                    self.wakes.timers.notify_one();
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
        let seen = match (observation, &mirror) {
            (Observation::Object(seen), Some(mirror)) if seen.revision <= mirror.revision => {
                return Ok(None);
            }
            (Observation::Gone(_), None) => return Ok(None),
            (Observation::Object(seen), _) => Some(seen),
            (Observation::Gone(_), Some(_)) => None,
        };
        let rebased = self
            .rebase(mirror.as_ref(), seen, &self.store.commands_of(id).await?)
            .await?;
        let mut plan = self
            .fan_out_over(id, seen, Reach::EVERYONE, &rebased.commands)
            .await?;
        plan.expects
            .insert(0, Expect::Object(id, mirror.map(|mirror| mirror.revision)));
        plan.writes.insert(
            0,
            seen.map_or(Write::RemoveObject(id), |seen| Write::Object(seen.clone())),
        );
        plan.expects.extend(rebased.plan.expects);
        plan.writes.extend(rebased.plan.writes);
        Ok(Some(plan))
    }

    /// Pending changes of fields that the authority changed meanwhile are superseded; the rest of a command stays.
    async fn rebase(
        &self,
        mirror: Option<&Object>,
        seen: Option<&Object>,
        commands: &[Command],
    ) -> Result<Rebased, StoreError> {
        let mut rebased = Rebased {
            commands: vec![],
            plan: Plan::default(),
        };
        for command in commands {
            let (Some(mirror), Some(seen)) = (mirror, seen) else {
                rebased.commands.push(command.clone());
                continue;
            };
            let (left, lost) = pending::rebased(command, mirror, seen, &self.settings);
            if lost.is_empty() {
                rebased.commands.push(left);
                continue;
            }
            rebased.plan.expects.push(Expect::Command(command.id));
            if let Some(mut row) = self.store.journal_row(command.journal).await? {
                pending::supersede(&mut row, &lost, &seen.fields(&self.settings));
                rebased.plan.writes.push(Write::JournalSettle(row));
            }
            if pending::is_spent(&left) {
                rebased.plan.writes.push(Write::Settle(command.id));
            } else {
                rebased.plan.writes.push(Write::Command(left.clone()));
                rebased.commands.push(left);
            }
        }
        Ok(rebased)
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

    /// Adds or replaces people. A person who is not active any more is forgotten by the password check at once.
    ///
    /// # Errors
    /// The store failed, or a login is another's.
    pub async fn put_users(&self, users: Vec<User>) -> Result<(), CommitError> {
        let gone: Vec<_> = users
            .iter()
            .filter(|user| !user.active)
            .map(|user| user.id.clone())
            .collect();
        self.store
            .commit(vec![], users.into_iter().map(Write::User).collect())
            .await?;
        for user in &gone {
            self.accounts.forget(user);
        }
        Ok(())
    }
}

struct Rebased {
    commands: Vec<Command>,
    plan: Plan,
}
