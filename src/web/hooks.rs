//! `POST /hooks/advanta`: ADVANTA tells of changes. Durable, then answered; acted on afterwards.

use super::ask::{Ask, done};
use super::problem::Problem;
use super::{Answer, Caller, Web};
use crate::bridge::Received;
use crate::bridge::accounts::SignInDoor;
use crate::model::Digest;
use crate::ports::{HookError, HookHead};
use http::HeaderMap;

impl Ask<'_> {
    pub(super) async fn hook(&self) -> Answer {
        let Some(hooks) = &self.web.settings.hooks else {
            return Err(Problem::no_such_path());
        };
        let head = head(self.headers);
        let notices = hooks.read(head, &self.body, self.bridge.now());
        let notices = notices.inspect_err(|error| self.web.note_hook(head, error, self.caller))?;
        let count = notices.len();
        let mark = mark(head.id.unwrap_or_default(), &self.body);
        match self.bridge.receive_once(mark, notices).await? {
            Received::New => tracing::info!("ADVANTA told of {count} changes"),
            Received::Again => tracing::info!("ADVANTA told of {count} changes once more"),
        }
        done()
    }
}

impl Web {
    /// Counts and tells a signature that is not ADVANTA's, or not of now. What is signed is read whatever came before, so nobody is made to
    /// wait; who signs nothing only looked whether there is a door.
    pub(super) fn note_hook(&self, head: HookHead<'_>, error: &HookError, caller: Caller) {
        if let (HookError::Unsigned(_), Some(signature)) = (error, head.signature) {
            let address = caller.address();
            let _wait = self
                .bridge
                .wrong_token(signature, address, SignInDoor::Hooks);
        }
    }
}

/// The headers of a hook.
pub(super) fn head(headers: &HeaderMap) -> HookHead<'_> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    HookHead {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    }
}

/// By what a hook is known when it comes again. A sender that gives two hooks one id loses nothing: the text counts too.
fn mark(id: &str, body: &[u8]) -> Digest {
    let body = Digest::of(&String::from_utf8_lossy(body));
    Digest::of(&format!("{id}\n{:?}", body.0))
}

impl From<HookError> for Problem {
    fn from(error: HookError) -> Self {
        match error {
            HookError::Unsigned(why) => {
                tracing::debug!("a hook was turned away: not signed: {why}");
                Self::unsigned(why)
            }
            HookError::Malformed { field, why } => {
                tracing::warn!("a hook was turned away: {field}: {why}");
                Self::invalid(field, why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::ReceiveError;
    use crate::model::Language;
    use crate::ports::{Hindrance, StoreError};

    #[test]
    fn a_hook_that_the_disk_does_not_take_is_asked_for_again() {
        for hindrance in [Hindrance::Full, Hindrance::ReadOnly, Hindrance::Failing] {
            let problem: Problem = ReceiveError::Store(StoreError::Unwritable(hindrance)).into();
            let response = problem.into_response(Language::English);
            assert_eq!(response.status(), 503);
            assert_eq!(response.headers()["retry-after"], "60");
        }
        // Whoever asks for something else learns why it was not done.
        let problem: Problem = StoreError::Unwritable(Hindrance::Full).into();
        assert_eq!(problem.into_response(Language::English).status(), 507);
    }
}
