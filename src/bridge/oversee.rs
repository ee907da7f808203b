//! What an administrator asks of the whole: who is the authority, what time it is, and what cannot succeed.

use super::{Authority, Bridge};
use crate::model::{Command, CommandState, Timestamp};
use crate::ports::StoreError;

/// Commands looked at together.
const COMMANDS_AT_ONCE: usize = 512;

impl Bridge {
    /// Whether the bridge's own store is the authority.
    pub fn is_standalone(&self) -> bool {
        matches!(self.authority, Authority::Own)
    }

    /// The time of day, by the bridge's own clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Every command that cannot succeed and blocks its object, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn dead_letters(&self) -> Result<Vec<Command>, StoreError> {
        let (mut dead, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.commands(after, COMMANDS_AT_ONCE).await?;
            let Some(last) = page.last() else {
                return Ok(dead);
            };
            after = Some(last.id);
            dead.extend(page.into_iter().filter(is_dead));
        }
    }
}

fn is_dead(command: &Command) -> bool {
    match command.state {
        CommandState::Dead => true,
        CommandState::Waiting => false,
    }
}
