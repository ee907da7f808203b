//! `POST /hooks/advanta`: ADVANTA tells of changes. Durable, then answered; acted on afterwards.

use super::Answer;
use super::ask::{Ask, done};
use super::problem::Problem;
use crate::ports::{HookError, HookHead};

impl Ask<'_> {
    pub(super) async fn hook(&self) -> Answer {
        let Some(hooks) = &self.web.settings.hooks else {
            return Err(Problem::no_such_path());
        };
        let header = |name| self.headers.get(name).and_then(|value| value.to_str().ok());
        let head = HookHead {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
        };
        let notices = hooks.read(head, &self.body, self.bridge.now())?;
        let count = notices.len();
        self.bridge.receive(notices).await?;
        tracing::info!("ADVANTA told of {count} changes");
        done()
    }
}

impl From<HookError> for Problem {
    fn from(error: HookError) -> Self {
        match error {
            HookError::Unsigned(why) => {
                tracing::warn!("a hook was turned away: not signed: {why}");
                Self::unsigned(why)
            }
            HookError::Malformed { field, why } => {
                tracing::warn!("a hook was turned away: {field}: {why}");
                Self::invalid(field, why)
            }
        }
    }
}
