//! Commands: first in, first out per object; a dead head blocks its object and nothing else.

use super::{COMMAND_NEXT, Transaction};
use crate::model::{Command, CommandId, CommandState, ObjectId};
use crate::ports::StoreError;
use crate::store::keys;
use crate::store::queries;

impl Transaction<'_> {
    pub(super) fn enqueue(&mut self, mut command: Command, row: usize) -> Result<(), StoreError> {
        command.journal = self.new_journal(row)?;
        command.id = CommandId(self.draw(COMMAND_NEXT)?);
        self.committed.commands.push(command.id);
        let object = command.object;
        self.count(queries::OUTBOX_SIZE, 1)?;
        self.around_head(object, |transaction| {
            transaction.point(keys::command_of(object, command.id), []);
            transaction.put(keys::command(command.id), &command)
        })
    }

    pub(super) fn replace_command(&mut self, command: &Command) -> Result<(), StoreError> {
        let Some(old) = queries::command(&self.view(), command.id)? else {
            return Ok(());
        };
        debug_assert_eq!(
            old.object, command.object,
            "a command never changes its object"
        );
        self.look_at_command(command)?;
        self.around_head(old.object, |transaction| {
            transaction.put(keys::command(command.id), command)
        })
    }

    pub(super) fn remove_command(&mut self, id: CommandId) -> Result<(), StoreError> {
        let Some(old) = queries::command(&self.view(), id)? else {
            return Ok(());
        };
        self.look_at_command(&old)?;
        self.count(queries::OUTBOX_SIZE, -1)?;
        self.around_head(old.object, |transaction| {
            transaction.remove(keys::command_of(old.object, id));
            transaction.remove(keys::command(id));
            Ok(())
        })
    }

    /// Makes a change to an object's commands and keeps the list of waiting heads true.
    fn around_head(
        &mut self,
        object: ObjectId,
        change: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if let Some(head) = queries::first_command_of(&self.view(), object)? {
            self.remove(keys::command_head(head.id));
        }
        change(self)?;
        match queries::first_command_of(&self.view(), object)? {
            Some(head) if head.state == CommandState::Waiting => {
                self.point(keys::command_head(head.id), []);
            }
            Some(_) | None => {}
        }
        Ok(())
    }
}
