//! Who may come in, decided by the head of a request alone.

use super::problem::Problem;
use super::route::{Door, Route};
use super::{Admitted, Caller, Sender, Web, hooks};
use crate::bridge::accounts::SignInDoor;
use http::request::Parts;
use http::{HeaderMap, Method, header};

/// Where Google tells of changes.
const GOOGLE_DOOR: &str = "/hooks/google";
/// Bytes of a body that nobody asked for: some programs send one with everything.
const IDLE_BYTES_MAX: usize = 1024;

impl Web {
    /// Who sends a request and how many bytes of it are taken, or why it is not let in. Who may not come in does not learn what
    /// there is, and sends no body.
    pub(super) async fn let_in(&self, parts: &Parts, caller: Caller) -> Result<Admitted, Problem> {
        let path = parts.uri.path();
        match Door::of(path) {
            Some(Door::Admin) => self.check_token(&parts.headers, caller)?,
            // Google's is always there: whose notice it is shows its channel.
            Some(Door::Hooks) if path != GOOGLE_DOOR && self.settings.hooks.is_none() => {
                return Err(Problem::no_such_path());
            }
            // The signature covers the body; a person's password is checked once it is known that there is something for people.
            Some(Door::Hooks | Door::Person) => {}
            None => return Err(Problem::no_such_path()),
        }
        let route = Route::parse(parts.method.as_str(), path)?;
        let (door, bytes_max) = (Door::of(path), self.bytes_max(&route, parts));
        let mut session = None;
        let sender = match (&route, door) {
            (Route::Import(_), _) => Sender::Import,
            (_, Some(Door::Admin)) => Sender::Administrator,
            (Route::Hook, _) => {
                self.check_hook(&parts.headers, caller)?;
                Sender::Unknown
            }
            (Route::GoogleNotice | Route::Style, _) | (_, Some(Door::Hooks) | None) => {
                Sender::Unknown
            }
            (_, Some(Door::Person)) => {
                let known = self.session(&parts.headers, caller).await?;
                let sender = Sender::Person(known.user.id.clone());
                session = Some(known);
                sender
            }
        };
        match announced(&parts.headers) {
            Some(bytes) if bytes > bytes_max as u64 && bytes_max > 0 => {
                Err(Problem::too_large(bytes_max))
            }
            Some(_) | None => Ok(Admitted {
                sender,
                bytes_max,
                session,
            }),
        }
    }

    fn bytes_max(&self, route: &Route, parts: &Parts) -> usize {
        match route {
            Route::Import(_) => self.settings.import_bytes_max,
            Route::Hook => self.settings.hook_bytes_max,
            // Google sends none (push guide), and of a style there is nothing to ask.
            Route::GoogleNotice | Route::Style => 0,
            Route::PortletAct => self.settings.form_bytes_max,
            _ if Door::of(parts.uri.path()) == Some(Door::Person) && is_reading(&parts.method) => {
                IDLE_BYTES_MAX
            }
            _ => self.settings.request_bytes_max,
        }
    }

    /// What can be said of a hook without its body is said before it is read: whoever signs nothing, or signed long ago, sends
    /// nothing.
    fn check_hook(&self, headers: &HeaderMap, caller: Caller) -> Result<(), Problem> {
        let Some(hooks) = &self.settings.hooks else {
            return Err(Problem::no_such_path());
        };
        let head = hooks::head(headers);
        let checked = hooks.check(head, self.bridge.now());
        Ok(checked.inspect_err(|error| self.note_hook(head, error, caller))?)
    }

    fn check_token(&self, headers: &HeaderMap, caller: Caller) -> Result<(), Problem> {
        match caller {
            Caller::Local => Ok(()),
            Caller::Remote(_) if self.settings.tokens.is_empty() => Err(Problem::no_such_path()),
            Caller::Remote(address) => {
                let token = bearer(headers).ok_or_else(Problem::no_token)?;
                if self.settings.tokens.know(token) {
                    return Ok(());
                }
                let wait = self.bridge.wrong_token(token, address, SignInDoor::Admin);
                Err(wait.map_or_else(Problem::no_token, Problem::throttled))
            }
        }
    }
}

/// Whether a method asks for something and sends nothing.
fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
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
