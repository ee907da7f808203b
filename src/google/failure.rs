//! What an answer that is no success means for the caller.
//!
//! Start at [`Answer::failure`]: one table over the call, the status and Google's reason. Only reasons are repeated, never messages: they
//! may hold addresses and titles.

use super::requests::About;
use super::wire::{WireError, WireFailure};
use crate::ports::{RemoteError, RemoteErrorKind};
use bytes::Bytes;
use chrono::DateTime;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use std::time::Duration;

/// The longest reason that is repeated.
const REASON_BYTES_MAX: usize = 64;

/// One answer, whole: of a call, or of a part of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
}

impl Answer {
    /// Whether it is a success.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the access token is not accepted; an address for notices that is not accepted is a 401 as well.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.status == 401 && !self.reason().is_some_and(|reason| reason.starts_with("push."))
    }

    /// Whether Google itself says that something is not there. A proxy's or a wrong address's 404 must not look like a deletion.
    pub(super) fn says_absent(&self) -> bool {
        matches!(self.status, 404 | 410) && self.error().is_some()
    }

    /// The error for an answer that is no success. `wait` is how long to wait if it is "too fast" and Google does not say.
    pub(super) fn failure(&self, about: About, wait: Duration, wait_max: Duration) -> RemoteError {
        let reason = self.reason();
        let wait = self.retry_after.unwrap_or(wait).min(wait_max);
        let kind = self.kind(about, reason.as_deref(), wait);
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        RemoteError {
            kind,
            detail: format!("{}: answered {}{reason}", about.words(), self.status),
        }
    }

    fn kind(&self, about: About, reason: Option<&str>, wait: Duration) -> RemoteErrorKind {
        use RemoteErrorKind as Kind;
        let throttled = Kind::Throttled { retry_after: wait };
        match (self.status, about) {
            (429, _) => throttled,
            (403, _) if reason.is_some_and(is_too_fast) => throttled,
            (503, _) if self.retry_after.is_some() => throttled,
            (401, _) if self.is_unauthorized() => Kind::Denied,
            (401, _) => Kind::Refused,
            (403, _) if reason.is_some_and(is_scope) => Kind::Denied,
            // The administrator of the project has to switch the API on; nobody else can help, and nothing is lost until then.
            (403, _) if reason.is_some_and(is_switched_off) => Kind::Transient,
            (403, About::List { .. } | About::Find | About::Get | About::Calendars) => Kind::Denied,
            (403, About::Create | About::Change | About::Delete) => Kind::NotWritable,
            (403, About::Watch | About::Stop) => Kind::Refused,
            // Google says 410 to a token that is too old, and 400 to one that it does not know.
            (400 | 410, About::List { cursor: true }) => Kind::Gone,
            (404, About::List { .. } | About::Find | About::Create | About::Watch)
                if self.says_absent() =>
            {
                Kind::CalendarGone
            }
            (404 | 410, About::Get | About::Change | About::Delete | About::Stop)
                if self.says_absent() =>
            {
                Kind::Gone
            }
            (409, About::Create) => Kind::Taken,
            (409 | 412, _) => Kind::Stale,
            (400 | 413 | 422, _) => Kind::Refused,
            // Also 404 in anybody else's words, redirects, which are not followed, and what nobody has seen yet.
            _ => Kind::Transient,
        }
    }

    fn error(&self) -> Option<WireError> {
        let failure: WireFailure = serde_json::from_slice(&self.body).ok()?;
        Some(failure.error)
    }

    /// Google's word for it, in whichever place it stands.
    fn reason(&self) -> Option<String> {
        let error = self.error()?;
        let each = error.errors.into_iter().chain(error.details);
        let mut reasons = each.filter_map(|each| each.reason).chain(error.reason);
        reasons.find(|reason| is_word(reason))
    }
}

/// A reason is one word; anything else may be somebody's content.
fn is_word(reason: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    !reason.is_empty() && reason.len() <= REASON_BYTES_MAX && reason.bytes().all(letter)
}

fn is_too_fast(reason: &str) -> bool {
    matches!(
        reason,
        "rateLimitExceeded"
            | "userRateLimitExceeded"
            | "quotaExceeded"
            | "dailyLimitExceeded"
            | "RATE_LIMIT_EXCEEDED"
    )
}

fn is_scope(reason: &str) -> bool {
    matches!(
        reason,
        "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    )
}

fn is_switched_off(reason: &str) -> bool {
    matches!(reason, "accessNotConfigured" | "SERVICE_DISABLED")
}

/// RFC 9110 §10.2.3: seconds, or a date, which counts from the answer's own date: no clock of ours is asked.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    let sent = headers.get(DATE)?.to_str().ok()?;
    let sent = DateTime::parse_from_rfc2822(sent).ok()?;
    Some((until - sent).to_std().unwrap_or_default())
}
