//! Commands that cannot succeed: each blocks its object until an administrator decides.

use super::Answer;
use super::ask::{Ask, done, identity, json};
use super::problem::Problem;
use super::wire::{DeadLetterBody, DeadLettersBody};
use crate::model::{CommandState, ObjectId};

impl Ask<'_> {
    pub(super) async fn dead_letters(&self) -> Answer {
        self.only(&[])?;
        let dead = self.bridge.dead_letters().await?;
        json(&DeadLettersBody {
            dead_letters: self.command_bodies(&dead).await?,
        })
    }

    pub(super) async fn dead_letter(&self, object: &str) -> Answer {
        self.only(&[])?;
        let id = object_id(object)?;
        let commands = self.bridge.store().commands_of(id).await?;
        let dead = match commands.split_first() {
            Some((head, behind)) if head.state == CommandState::Dead => Some((head, behind)),
            Some(_) | None => None,
        };
        let (command, behind) = dead.ok_or_else(|| none(object))?;
        let row = self.bridge.store().journal_row(command.journal).await?;
        let edit = match &row {
            Some(row) => Some(self.row(row).await?),
            None => None,
        };
        json(&DeadLetterBody {
            command: self.command_body(command).await?,
            behind: behind.len() as u64,
            edit,
        })
    }

    pub(super) async fn retry_dead_letter(&self, object: &str) -> Answer {
        self.only(&[])?;
        let there = self.bridge.retry_dead_letter(object_id(object)?).await?;
        if there { done() } else { Err(none(object)) }
    }

    pub(super) async fn drop_dead_letter(&self, object: &str) -> Answer {
        self.only(&[])?;
        let there = self.bridge.drop_dead_letter(object_id(object)?).await?;
        if there { done() } else { Err(none(object)) }
    }
}

fn object_id(text: &str) -> Result<ObjectId, Problem> {
    identity(text, "dead letter of the object").map(ObjectId)
}

fn none(object: &str) -> Problem {
    Problem::missing(format!("there is no dead letter of the object {object:?}"))
}
