//! What waits for ADVANTA.

use super::Answer;
use super::ask::{Ask, json};
use super::refusals::action_word;
use super::wire::{CommandBody, Instant, OutboxBody, ReleasedBody};
use crate::model::{Action, Changes, Command, CommandId, CommandState, Deed, Field, Timestamp};
use crate::ports::StoreError;

impl Ask<'_> {
    pub(super) async fn outbox(&self) -> Answer {
        self.only(&["after", "limit"])?;
        let after = self.value("after", "the number of a command")?;
        let commands_max = self.limit()?;
        let store = self.bridge.store();
        let commands = store.commands(after.map(CommandId), commands_max).await?;
        let full = commands.len() >= commands_max;
        json(&OutboxBody {
            size: store.outbox_size().await?,
            held: store.held().await?,
            oldest: self.oldest().await?.map(Instant),
            next: commands.last().filter(|_| full).map(|last| last.id.0),
            commands: self.command_bodies(&commands).await?,
        })
    }

    /// When the edit of the oldest command was made.
    async fn oldest(&self) -> Result<Option<Timestamp>, StoreError> {
        let first = self.bridge.store().commands(None, 1).await?;
        let Some(command) = first.first() else {
            return Ok(None);
        };
        let row = self.bridge.store().journal_row(command.journal).await?;
        Ok(row.map(|row| row.at))
    }

    pub(super) async fn release_outbox(&self) -> Answer {
        self.only(&[])?;
        let released = self.bridge.store().held().await?;
        if released {
            self.bridge.release_outbox().await?;
            tracing::info!("an administrator let the outbox go");
        }
        json(&ReleasedBody {
            released,
            size: self.bridge.store().outbox_size().await?,
        })
    }

    pub(super) async fn command_bodies(
        &self,
        commands: &[Command],
    ) -> Result<Vec<CommandBody>, StoreError> {
        let mut bodies = Vec::new();
        for command in commands {
            bodies.push(self.command_body(command).await?);
        }
        Ok(bodies)
    }

    pub(super) async fn command_body(&self, command: &Command) -> Result<CommandBody, StoreError> {
        let (action, fields) = match &command.deed {
            Deed::Create(_) => (Action::Create, vec![Field::Existence]),
            Deed::Change(changes) => (Action::Change, changed(changes)),
            Deed::Delete(_) => (Action::Delete, vec![Field::Existence]),
        };
        let state = match command.state {
            CommandState::Waiting => "waiting",
            CommandState::Dead => "dead",
        };
        Ok(CommandBody {
            id: command.id.0,
            object: self.object_body(command.object).await?,
            user: self.person_body(&command.author).await?,
            action: action_word(action).to_owned(),
            fields: fields
                .into_iter()
                .map(|field| field.word().to_owned())
                .collect(),
            state: state.to_owned(),
            attempts: command.attempts,
            due: Instant(command.due),
            journal: command.journal.0,
        })
    }
}

/// Which fields a command changes.
fn changed(changes: &Changes) -> Vec<Field> {
    let Changes {
        title,
        start,
        end,
        description,
        location,
    } = changes;
    let fields = [
        (Field::Title, title.is_some()),
        (Field::Start, start.is_some()),
        (Field::End, end.is_some()),
        (Field::Description, description.is_some()),
        (Field::Location, location.is_some()),
    ];
    let wanted = fields.into_iter().filter(|(_, wanted)| *wanted);
    wanted.map(|(field, _)| field).collect()
}
