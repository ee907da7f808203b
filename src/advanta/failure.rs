//! What an answer that is no success means for the caller.
//!
//! Start at [`Answer::failure`]: one table over the status and the problem type (RFC 9457 §3.1.1).

use super::flaw;
use super::options::Options;
use super::wire::WireProblem;
use crate::ports::{AdvantaError, AdvantaErrorKind};
use chrono::DateTime;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use std::time::Duration;

/// One answer, whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// The problem types of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    NotFound,
    CursorExpired,
    Stale,
    NoRight,
    Refused,
    Unauthorized,
    Throttled,
    Unavailable,
}

impl Problem {
    /// Every one.
    pub(super) const ALL: [Self; 8] = [
        Self::NotFound,
        Self::CursorExpired,
        Self::Stale,
        Self::NoRight,
        Self::Refused,
        Self::Unauthorized,
        Self::Throttled,
        Self::Unavailable,
    ];

    /// Its URN.
    pub(super) fn urn(self) -> &'static str {
        match self {
            Self::NotFound => "urn:advanta-bridge:problem:not-found",
            Self::CursorExpired => "urn:advanta-bridge:problem:cursor-expired",
            Self::Stale => "urn:advanta-bridge:problem:stale",
            Self::NoRight => "urn:advanta-bridge:problem:no-right",
            Self::Refused => "urn:advanta-bridge:problem:refused",
            Self::Unauthorized => "urn:advanta-bridge:problem:unauthorized",
            Self::Throttled => "urn:advanta-bridge:problem:throttled",
            Self::Unavailable => "urn:advanta-bridge:problem:unavailable",
        }
    }

    /// The problem that a body tells of, if it is one of the contract.
    fn read(body: &[u8]) -> Option<Self> {
        let kind = flaw::read::<WireProblem>(body).ok()?.kind?;
        Self::ALL.into_iter().find(|problem| problem.urn() == kind)
    }
}

impl Answer<'_> {
    /// The error for an answer that is no success. `gone` is the problem with which this call learns that something is
    /// not there: a wrong address answers 404 to everything, and must not look like a mass deletion.
    pub(super) fn failure(
        &self,
        call: &str,
        gone: Option<Problem>,
        options: &Options,
    ) -> AdvantaError {
        use AdvantaErrorKind as Kind;
        let problem = Problem::read(self.body);
        let wait = self.retry_after();
        let (kind, why) = match (self.status.as_u16(), problem) {
            (404 | 410, Some(problem)) if gone == Some(problem) => (Kind::Gone, "not there"),
            (409 | 412, _) => (Kind::Stale, "the revision is an old one"),
            (400 | 403 | 413 | 422, Some(Problem::NoRight)) => (Kind::Refused, "no right"),
            (400 | 403 | 413 | 422, Some(Problem::Refused)) => (Kind::Refused, "refused"),
            (401, _) => (Kind::Denied, "token or certificate is not accepted"),
            (429, _) => (throttled(wait, options), "too many calls"),
            (503, _) if wait.is_some() => (throttled(wait, options), "not available for a while"),
            (408 | 425 | 500..=599, _) => (Kind::Transient, "not available"),
            (300..=399, _) => (Kind::Denied, "a redirect is not followed"),
            _ => (Kind::Denied, "it does not speak the contract"),
        };
        AdvantaError {
            kind,
            detail: format!("{call}: answered {}: {why}", self.status.as_u16()),
        }
    }

    /// RFC 9110 §10.2.3: seconds, or a date, which counts from the answer's own date: no clock of ours is asked.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        let sent = self.headers.get(DATE)?.to_str().ok()?;
        let sent = DateTime::parse_from_rfc2822(sent).ok()?;
        Some((until - sent).to_std().unwrap_or_default())
    }
}

fn throttled(wait: Option<Duration>, options: &Options) -> AdvantaErrorKind {
    let wait = wait.unwrap_or(options.retry_after_default);
    AdvantaErrorKind::Throttled {
        retry_after: wait.min(options.retry_after_max),
    }
}
