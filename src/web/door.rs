//! Who may come in, decided by the head of a request alone.

use super::problem::Problem;
use super::route::{Door, Route};
use super::{Caller, Web};
use http::request::Parts;
use http::{HeaderMap, header};

/// Where Google tells of changes.
const GOOGLE_DOOR: &str = "/hooks/google";
/// Bytes of a body that nobody reads.
const NOTICE_BYTES_MAX: usize = 1024;

impl Web {
    /// Bytes that a request may send, or why it is not let in. Who may not come in does not learn what there is.
    pub(super) fn let_in(&self, parts: &Parts, caller: Caller) -> Result<usize, Problem> {
        let path = parts.uri.path();
        match Door::of(path) {
            Some(Door::Admin) => self.check_token(&parts.headers, caller)?,
            // Google's is always there: whose notice it is shows its channel.
            Some(Door::Hooks) if path != GOOGLE_DOOR && self.settings.hooks.is_none() => {
                return Err(Problem::no_such_path());
            }
            // The signature covers the body, and a person's password is checked with the answer: it takes time.
            Some(Door::Hooks | Door::Person) => {}
            None => return Err(Problem::no_such_path()),
        }
        let bytes_max = match Route::parse(parts.method.as_str(), path)? {
            Route::Import(_) => self.settings.import_bytes_max,
            Route::Hook => {
                // What can be said without the body is said before it is read.
                check_hook_head(&parts.headers)?;
                self.settings.hook_bytes_max
            }
            // It has no body (push guide).
            Route::GoogleNotice => NOTICE_BYTES_MAX,
            _ => self.settings.request_bytes_max,
        };
        match announced(&parts.headers) {
            Some(bytes) if bytes > bytes_max as u64 => Err(Problem::too_large(bytes_max)),
            Some(_) | None => Ok(bytes_max),
        }
    }

    fn check_token(&self, headers: &HeaderMap, caller: Caller) -> Result<(), Problem> {
        match caller {
            Caller::Local => Ok(()),
            Caller::Remote(_) if self.settings.tokens.is_empty() => Err(Problem::no_such_path()),
            Caller::Remote(_) => {
                let token = bearer(headers).ok_or_else(Problem::no_token)?;
                let known = self.settings.tokens.know(token);
                known.then_some(()).ok_or_else(Problem::no_token)
            }
        }
    }
}

/// Whoever signs nothing sends nothing.
fn check_hook_head(headers: &HeaderMap) -> Result<(), Problem> {
    let signed = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .into_iter()
        .all(|name| headers.contains_key(name));
    signed
        .then_some(())
        .ok_or_else(|| Problem::unsigned("a header of its signature is missing"))
}

/// The token of `Authorization: Bearer` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// How long the body is going to be, if the head says so.
fn announced(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.trim().parse().ok()
}
