//! Looks: whoever subscribes to what changed has to look at it.
//!
//! They are left in the very commit that changes it, so that no change is ever missed. Each has a mark, a number that no other commit
//! has: taking away a look that was seen leaves one that came since.

use super::{LOOK_NEXT, Transaction};
use crate::model::{Command, Object, ObjectId, SubscriptionId, SubscriptionState, UserId};
use crate::ports::StoreError;
use crate::store::keys;
use crate::store::queries;
use crate::store::tables::Table;
use std::collections::BTreeSet;

impl Transaction<'_> {
    /// For the live subscriptions of everyone who sees an object or saw it before.
    pub(super) fn look_at_object(
        &mut self,
        id: ObjectId,
        new: Option<&Object>,
    ) -> Result<(), StoreError> {
        if !self.anybody_looks()? {
            return Ok(());
        }
        let old = queries::object(&self.view(), id)?;
        let seers = old
            .iter()
            .chain(new)
            .flat_map(|each| each.participants.keys());
        for user in seers.collect::<BTreeSet<_>>() {
            self.look_for(user, id)?;
        }
        Ok(())
    }

    /// For the author's live subscription: what becomes of their own edit is part of what it compares.
    pub(super) fn look_at_command(&mut self, command: &Command) -> Result<(), StoreError> {
        match self.anybody_looks()? {
            true => self.look_for(&command.author, command.object),
            false => Ok(()),
        }
    }

    /// Whether there is any live subscription: a store without must not pay for them.
    fn anybody_looks(&self) -> Result<bool, StoreError> {
        Ok(queries::size(&self.view(), queries::LIVE_SUBSCRIPTIONS)? > 0)
    }

    fn look_for(&mut self, user: &UserId, object: ObjectId) -> Result<(), StoreError> {
        let table = Table::LiveSubscriptionOf;
        let key = keys::subscription_of(table, user)?;
        match queries::text_at(&self.view(), table, &key)? {
            Some(id) => self.leave_look(&SubscriptionId::new(id), object),
            None => Ok(()),
        }
    }

    /// A look that somebody asked for; one of a subscription that is over does nothing.
    pub(super) fn look(
        &mut self,
        subscription: &SubscriptionId,
        object: ObjectId,
    ) -> Result<(), StoreError> {
        match queries::subscription(&self.view(), subscription)? {
            Some(found) if found.state != SubscriptionState::Ended => {
                self.leave_look(subscription, object)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn leave_look(
        &mut self,
        subscription: &SubscriptionId,
        object: ObjectId,
    ) -> Result<(), StoreError> {
        let mark = match self.mark {
            Some(mark) => mark,
            None => self.draw(LOOK_NEXT)?,
        };
        self.mark = Some(mark);
        self.point(keys::look(subscription, object)?, mark.to_be_bytes());
        Ok(())
    }

    /// Takes a look away, unless it was left again since.
    pub(super) fn looked(
        &mut self,
        subscription: &SubscriptionId,
        object: ObjectId,
        mark: u64,
    ) -> Result<(), StoreError> {
        let key = keys::look(subscription, object)?;
        if queries::number_at(&self.view(), Table::Looks, &key)? == Some(mark) {
            self.remove(key);
        }
        Ok(())
    }
}
