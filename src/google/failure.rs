//! What an answer that is no success means (Google's guide on errors).

use super::http::{Http, Whole, host_of};
use super::options::GoogleOptions;
use super::wire::{ErrorBodyWire, ErrorWire};
use crate::ports::{RemoteError, RemoteErrorKind};
use http::{Method, StatusCode};

/// The longest reason that is shown.
const REASON_BYTES_MAX: usize = 64;

/// What was asked: the same status means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A listing of a calendar.
    List {
        /// With a sync token.
        since: bool,
    },
    /// One event.
    Get,
    /// A new event.
    Insert,
    /// A change or deletion of an event.
    Write,
    /// A batch as a whole: what is said of it is said of none of its events.
    Batch,
    /// Anything else: channels, the list of calendars.
    Else,
}

impl Asked {
    /// What a write asks.
    pub(super) fn of_write(method: &Method) -> Self {
        if *method == Method::POST {
            Self::Insert
        } else {
            Self::Write
        }
    }
}

/// The reason of an event that ends when it starts.
const EMPTY_RANGE: &str = "timeRangeEmpty";

/// Whether an event was refused because it would end when it starts.
pub(super) fn is_of_empty_range(error: &RemoteError) -> bool {
    error.kind == RemoteErrorKind::Refused
        && error.detail == detail(StatusCode::BAD_REQUEST, EMPTY_RANGE)
}

/// The error of a body; `None`: these are not Google's words.
fn error_of(body: &[u8]) -> Option<ErrorBodyWire> {
    let wire: ErrorWire = serde_json::from_slice(body).ok()?;
    wire.error
}

/// The reason that an error gives; empty: none.
fn reason(error: ErrorBodyWire) -> String {
    let listed = error.errors.into_iter().chain(error.details);
    let mut reasons = listed.filter_map(|each| each.reason).chain(error.reason);
    // A word, nothing else: it is shown.
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    reasons
        .find(|reason| reason.len() <= REASON_BYTES_MAX && reason.chars().all(word))
        .unwrap_or_default()
}

/// The error of an answer; `None`: it is a success.
pub(super) fn failure(
    asked: Asked,
    whole: &Whole,
    (http, options): (&Http, &GoogleOptions),
) -> Option<RemoteError> {
    if whole.status.is_success() {
        return None;
    }
    let error = error_of(&whole.body);
    let in_their_words = error.is_some();
    let reason = error.map(reason).unwrap_or_default();
    let wait = || http.retry_after(&whole.headers).unwrap_or(options.backoff);
    let kind = match (whole.status, reason.as_str()) {
        (StatusCode::TOO_MANY_REQUESTS, _)
        | (
            StatusCode::FORBIDDEN,
            "rateLimitExceeded" | "userRateLimitExceeded" | "RATE_LIMIT_EXCEEDED",
        ) => RemoteErrorKind::Throttled {
            retry_after: wait(),
        },
        // It lasts for hours: there is no use in asking every few seconds.
        (StatusCode::FORBIDDEN, "quotaExceeded" | "dailyLimitExceeded") => {
            RemoteErrorKind::Throttled {
                retry_after: wait().max(options.quota_wait),
            }
        }
        // A token that was damaged or made by somebody else, or is too old: everything has to be listed.
        (StatusCode::BAD_REQUEST, _) if asked == (Asked::List { since: true }) => {
            RemoteErrorKind::Gone
        }
        (StatusCode::GONE, _) if matches!(asked, Asked::List { .. }) => RemoteErrorKind::Gone,
        // A proxy, a wall or a wrong address says so of everything: it is no word on the person, the calendar or an event.
        (status, _) if (status.is_client_error() || status.is_redirection()) && !in_their_words => {
            return Some(RemoteError {
                kind: RemoteErrorKind::Unreachable,
                detail: on_the_way(&options.addresses.api, whole.status),
            });
        }
        (StatusCode::FORBIDDEN, reason) => forbidden(asked, reason, options),
        // Of the address for notices, not of our token.
        (StatusCode::UNAUTHORIZED, reason) if reason.starts_with("push.") => {
            RemoteErrorKind::Refused
        }
        // Of a token that was made a moment ago. Whether we are let in, the server that makes them says.
        (StatusCode::UNAUTHORIZED, _) => RemoteErrorKind::Transient,
        (StatusCode::SERVICE_UNAVAILABLE, _) if http.retry_after(&whole.headers).is_some() => {
            RemoteErrorKind::Throttled {
                retry_after: wait(),
            }
        }
        (status, _) if status.is_client_error() && asked == Asked::Batch => {
            RemoteErrorKind::Transient
        }
        (StatusCode::NOT_FOUND, _) => match asked {
            Asked::List { .. } | Asked::Insert => RemoteErrorKind::CalendarGone,
            Asked::Get | Asked::Write | Asked::Batch | Asked::Else => RemoteErrorKind::Gone,
        },
        (StatusCode::GONE, _) => RemoteErrorKind::Gone,
        (StatusCode::CONFLICT, _) if asked == Asked::Insert => RemoteErrorKind::Taken,
        (StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED, _) => RemoteErrorKind::Stale,
        (status, _) if status.is_client_error() => RemoteErrorKind::Refused,
        _ => RemoteErrorKind::Transient,
    };
    Some(RemoteError {
        kind,
        detail: detail(whole.status, &reason),
    })
}

/// "Forbidden" is about the person, the installation or the event.
fn forbidden(asked: Asked, reason: &str, options: &GoogleOptions) -> RemoteErrorKind {
    let barred = RemoteErrorKind::Barred {
        retry_after: options.barred_wait,
    };
    match (asked, reason) {
        // An administrator's to mend, of the project or of the domain: nobody has to agree again, and no event is to blame.
        (
            _,
            "accessNotConfigured"
            | "SERVICE_DISABLED"
            | "domainPolicy"
            | "notACalendarUser"
            | "calendarUnavailable"
            | "accountDisabled"
            | "CONSUMER_INVALID"
            | "USER_PROJECT_DENIED",
        ) => barred,
        (_, "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => {
            RemoteErrorKind::Denied
        }
        (Asked::Insert | Asked::Write, _) => RemoteErrorKind::NotWritable,
        // For what reason, nobody knows: that the calendar is gone, its 404 and the list of calendars say.
        (Asked::List { .. }, _) => barred,
        (Asked::Batch, _) => RemoteErrorKind::Transient,
        (Asked::Get | Asked::Else, _) => RemoteErrorKind::Refused,
    }
}

/// Not Google, but something between us and Google.
pub(super) fn on_the_way(address: &str, status: StatusCode) -> String {
    let host = address.parse().map(|uri| host_of(&uri)).unwrap_or_default();
    format!(
        "something on the way to {host} answered {}",
        status.as_u16()
    )
}

fn detail(status: StatusCode, reason: &str) -> String {
    match reason {
        "" => format!("Google answered {}", status.as_u16()),
        reason => format!("Google answered {} {reason}", status.as_u16()),
    }
}
