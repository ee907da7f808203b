//! Why there is no token.

use crate::google::http::{Http, NoAnswer, Whole};
use crate::google::oauth::wire::RefusalWire;
use crate::ports::{ConnectError, RemoteError, RemoteErrorKind};
use http::StatusCode;
use oauth2::RequestTokenError;
use oauth2::basic::BasicErrorResponse;
use std::time::Duration;

/// Characters of Google's own words that are passed on.
const WORDS_MAX: usize = 200;
/// How long to wait when a server says that it has too much to do, but not how long.
const OVERLOAD_WAIT: Duration = Duration::from_secs(30);

/// Why there is no access token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::google) enum TokenError {
    /// We are not let in any more: the person has to agree again.
    #[error("Google does not let us in any more: {0}")]
    Denied(String),
    /// An administrator has to look at the settings.
    #[error("the settings of the integration: {0}")]
    NotSetUp(String),
    /// Wait.
    #[error("Google has too much to do")]
    Throttled(Duration),
    /// The network is in the way.
    #[error("{0}")]
    Unreachable(String),
    /// Try again later.
    #[error("{0}")]
    Transient(String),
}

impl From<NoAnswer> for TokenError {
    fn from(error: NoAnswer) -> Self {
        match error.network {
            true => Self::Unreachable(error.words),
            false => Self::Transient(error.words),
        }
    }
}

impl From<TokenError> for RemoteError {
    fn from(error: TokenError) -> Self {
        let detail = error.to_string();
        let kind = match error {
            TokenError::Denied(_) => RemoteErrorKind::Denied,
            TokenError::Throttled(retry_after) => RemoteErrorKind::Throttled { retry_after },
            TokenError::Unreachable(_) => RemoteErrorKind::Unreachable,
            // Wrong settings are everybody's: nobody has to agree again because of them.
            TokenError::NotSetUp(_) | TokenError::Transient(_) => RemoteErrorKind::Transient,
        };
        Self { kind, detail }
    }
}

impl From<TokenError> for ConnectError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Denied(why) => Self::Refused(why),
            TokenError::NotSetUp(why) => Self::NotSetUp(why),
            TokenError::Unreachable(why) => Self::Unreachable(why),
            TokenError::Throttled(_) | TokenError::Transient(_) => {
                Self::Transient(error.to_string())
            }
        }
    }
}

/// No answer of the OAuth server that the library could read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Away {
    #[error("{0}")]
    NoAnswer(#[from] NoAnswer),
    #[error("the server has too much to do")]
    Overloaded(Duration),
}

/// Why the OAuth server gave nothing.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It said why (RFC 6749 §5.2).
    Said { error: String, words: String },
    /// It asks us to wait.
    Overloaded(Duration),
    /// The network is in the way.
    Unreachable(String),
    /// It did not answer, or not in a way that can be understood.
    Unclear(String),
}

/// As whom we asked: what there is to look at differs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asker {
    /// The OAuth client.
    Client,
    /// The OAuth client, with what a person agreed to before.
    Refresh,
    /// The service account.
    ServiceAccount,
}

impl Refusal {
    fn said(error: &str, words: Option<&str>) -> Self {
        let error = printable(error);
        let words = words.map(printable).filter(|words| !words.is_empty());
        Self::Said {
            words: words.unwrap_or_else(|| error.clone()),
            error,
        }
    }

    /// What it means for whoever asked.
    pub(super) fn told(self, asker: Asker) -> TokenError {
        match self {
            Self::Said { error, words } => meaning(asker, &error, words),
            Self::Overloaded(wait) => TokenError::Throttled(wait),
            Self::Unreachable(why) => TokenError::Unreachable(why),
            Self::Unclear(why) => TokenError::Transient(why),
        }
    }
}

/// Only words that are known to be about the person take their calendar away. An error that we do not know is tried again.
fn meaning(asker: Asker, error: &str, words: String) -> TokenError {
    let answered = format!("Google answered {error} ({words})");
    let look_at = |what: &str| TokenError::NotSetUp(format!("{what}: {answered}"));
    match (asker, error) {
        // It comes of a key that was deleted and of a wrong clock, for every account at once.
        (Asker::ServiceAccount, "invalid_grant") if words.starts_with("Invalid JWT") => {
            look_at("look at the service account, its key and the clock")
        }
        (Asker::ServiceAccount, "unauthorized_client") => {
            look_at("look at the service account's domain-wide delegation and its two scopes")
        }
        (Asker::ServiceAccount, "invalid_client" | "deleted_client") => {
            look_at("look at the service account's key file")
        }
        // They agreed with another client, which an administrator replaced: only they can agree with the new one.
        (Asker::Refresh, "unauthorized_client") => TokenError::Denied(words),
        (
            Asker::Client | Asker::Refresh,
            "invalid_client" | "unauthorized_client" | "deleted_client",
        ) => look_at("look at Client ID and Client Secret"),
        (_, "redirect_uri_mismatch") => {
            look_at("the redirect address is not among those of the OAuth client")
        }
        (_, "invalid_request" | "unsupported_grant_type" | "invalid_scope") => {
            TokenError::NotSetUp(answered)
        }
        (_, "invalid_grant" | "access_denied" | "admin_policy_enforced" | "org_internal") => {
            TokenError::Denied(words)
        }
        (_, _) => TokenError::Transient(answered),
    }
}

/// What a whole answer refuses; `None`: nothing.
pub(super) fn refusal(whole: &Whole, http: &Http) -> Option<Refusal> {
    if let Err(Away::Overloaded(wait)) = overload(whole, http) {
        return Some(Refusal::Overloaded(wait));
    }
    if whole.status.is_success() {
        return None;
    }
    let said = serde_json::from_slice::<RefusalWire>(&whole.body);
    Some(said.map_or_else(
        |_| Refusal::Unclear(format!("status {}", whole.status.as_u16())),
        |said| Refusal::said(&said.error, said.error_description.as_deref()),
    ))
}

/// A server that cannot answer now.
pub(super) fn overload(whole: &Whole, http: &Http) -> Result<(), Away> {
    let busy = whole.status == StatusCode::TOO_MANY_REQUESTS || whole.status.is_server_error();
    if busy {
        let asked = http.retry_after(&whole.headers);
        return Err(Away::Overloaded(asked.unwrap_or(OVERLOAD_WAIT)));
    }
    Ok(())
}

impl From<RequestTokenError<Away, BasicErrorResponse>> for Refusal {
    fn from(error: RequestTokenError<Away, BasicErrorResponse>) -> Self {
        match error {
            RequestTokenError::ServerResponse(said) => {
                let words = said.error_description().map(String::as_str);
                Self::said(said.error().as_ref(), words)
            }
            RequestTokenError::Request(Away::Overloaded(wait)) => Self::Overloaded(wait),
            RequestTokenError::Request(Away::NoAnswer(error)) if error.network => {
                Self::Unreachable(error.words)
            }
            RequestTokenError::Request(Away::NoAnswer(error)) => Self::Unclear(error.words),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Self::Unclear("the answer cannot be understood".to_owned())
            }
        }
    }
}

/// Somebody else's words, so far as they can be shown: an error and its description are printable ASCII (RFC 6749 §5.2).
fn printable(words: &str) -> String {
    let shown = words.chars().filter(|c| matches!(c, ' '..='~'));
    shown.take(WORDS_MAX).collect()
}
