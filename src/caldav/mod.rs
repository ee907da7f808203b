//! CalDAV (RFC 4791) over WebDAV (RFC 4918): one file per method and per report.
//!
//! Start at [`Dav::answer`]. A request becomes a `Target` first; everything that is not the caller's own is
//! "not found" from there on, so no later code can tell "not there" from "not yours".

mod body;
mod conditions;
mod delete;
pub mod elements;
mod failure;
mod filter;
mod get;
mod members;
mod multiget;
mod options;
mod properties;
mod propfind;
mod proppatch;
mod put;
mod query;
mod stream;
mod sync;
mod target;

pub use body::{Body, BrokenOff};
pub use get::CALENDAR;

use crate::bridge::accounts::{AuthError, Credentials, Session, SignInDoor};
use crate::bridge::{Bridge, RefusalMode};
use bytes::Bytes;
use elements::{Prefer, Report};
use failure::Failure;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use target::{Nowhere, Target};

/// How CalDAV answers, as an installation sets it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How a forbidden edit is answered.
    pub refusal: RefusalMode,
    /// User-Agent fragments that are always answered strictly.
    pub strict_clients: Vec<String>,
    /// `CALDAV:max-resource-size`, bytes of one calendar object resource.
    pub resource_bytes_max: usize,
    /// How long one calendar-query may expand series and read texts.
    pub query_time_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            refusal: RefusalMode::Restore,
            strict_clients: vec![],
            resource_bytes_max: 1 << 20,
            query_time_max: Duration::from_secs(10),
        }
    }
}

/// The CalDAV side of one bridge.
pub struct Dav {
    bridge: Arc<Bridge>,
    settings: Settings,
}

/// A request whose sender is known.
struct Call<'a> {
    dav: &'a Dav,
    bridge: &'a Bridge,
    session: Session,
    path: &'a str,
    headers: &'a HeaderMap,
    body: Bytes,
    prefer: Prefer,
}

type Answer = Result<Response<Body>, Failure>;

/// Bytes of a body that names properties.
const PROPERTIES_BYTES_MAX: usize = 256 << 10;
/// Bytes of a body that nobody asked for: some clients send one with everything.
const IDLE_BYTES_MAX: usize = 1024;
/// Characters of a User-Agent that are kept.
const CLIENT_CHARS_MAX: usize = 120;

impl Dav {
    /// Serves one bridge.
    pub fn new(bridge: Arc<Bridge>, settings: Settings) -> Self {
        Self { bridge, settings }
    }

    /// Answers one request whose body is there already. `address` is where it came from, for throttling.
    pub async fn answer(&self, request: Request<Bytes>, address: IpAddr) -> Response<Body> {
        let (parts, body) = request.into_parts();
        match self.admit(&parts, address).await {
            Ok(session) => self.answer_to(session, &parts, body).await,
            Err(response) => response,
        }
    }

    /// Who sends this? Answers by itself what needs nobody in particular, and whoever is not let in. To be asked before
    /// the body is read: a stranger's bytes cost nothing.
    ///
    /// # Errors
    /// The answer, when there is nothing more to do.
    pub async fn admit(&self, parts: &Parts, address: IpAddr) -> Result<Session, Response<Body>> {
        if let Some(answer) = early(&parts.method, parts.uri.path()) {
            return Err(with_classes(answer));
        }
        let session = self.session(&parts.headers, address).await;
        session.map_err(|failure| with_classes(failure.into_response(&parts.method)))
    }

    /// Bytes of a body that a method can use; of reports, which name many hrefs, `xml_bytes_max`.
    pub fn body_bytes_max(&self, method: &Method, xml_bytes_max: usize) -> usize {
        match method.as_str() {
            "PUT" => self.settings.resource_bytes_max,
            "REPORT" => xml_bytes_max,
            "PROPFIND" | "PROPPATCH" => xml_bytes_max.min(PROPERTIES_BYTES_MAX),
            _ => IDLE_BYTES_MAX,
        }
    }

    /// The answer to a request whose body is longer than that.
    pub fn too_large(&self, method: &Method, bytes_max: usize) -> Response<Body> {
        let failure = match method.as_str() {
            "PUT" => Failure::text_too_large(bytes_max),
            _ => Failure::TooLarge(bytes_max),
        };
        with_classes(failure.into_response(method))
    }

    /// Answers a request of a person who was let in.
    pub async fn answer_to(&self, session: Session, parts: &Parts, body: Bytes) -> Response<Body> {
        let answered = self.of(session, parts, body).await;
        with_classes(answered.unwrap_or_else(|failure| failure.into_response(&parts.method)))
    }

    async fn of(&self, session: Session, parts: &Parts, body: Bytes) -> Answer {
        let values = parts
            .headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok());
        let brief = parts
            .headers
            .get("brief")
            .and_then(|value| value.to_str().ok());
        let call = Call {
            dav: self,
            bridge: &self.bridge,
            session,
            path: parts.uri.path(),
            headers: &parts.headers,
            body,
            prefer: Prefer::parse(values, brief),
        };
        match Target::parse(call.path, &call.session.user.id) {
            Ok(target) => call.dispatch(&parts.method, &target).await,
            Err(nowhere) => Err(call.nowhere(&parts.method, nowhere)),
        }
    }

    async fn session(&self, headers: &HeaderMap, address: IpAddr) -> Result<Session, Failure> {
        let (login, secret) = basic(headers).ok_or(Failure::Unauthorized)?;
        let typed = Credentials {
            login: &login,
            secret: &secret,
            address,
            door: SignInDoor::CalDav,
        };
        match self.bridge.authenticate(typed).await {
            Ok(session) => Ok(session),
            Err(AuthError::Denied) => Err(Failure::Unauthorized),
            Err(AuthError::Throttled { retry_after } | AuthError::Busy { retry_after }) => {
                Err(Failure::Throttled(retry_after))
            }
            Err(AuthError::Store(error)) => Err(Failure::Store(error)),
        }
    }
}

impl Call<'_> {
    async fn dispatch(&self, method: &Method, target: &Target) -> Answer {
        match (method.as_str(), target) {
            ("PROPFIND", target) => self.propfind(target).await,
            ("PROPPATCH", target) => self.proppatch(target).await,
            ("REPORT", target) => self.report(target).await,
            ("GET", Target::Member(name)) => self.get(name, false).await,
            ("HEAD", Target::Member(name)) => self.get(name, true).await,
            ("GET" | "HEAD", _) => Ok(get::landing()),
            ("PUT", Target::Member(name)) => self.put(name).await,
            ("DELETE", Target::Member(name)) => self.delete(name).await,
            ("OPTIONS", target) => Ok(options::options(target)),
            // RFC 4791 §5.3.1.2; of MKCOL RFC 4918 §9.3.1 asks for 405 here.
            ("MKCALENDAR", _) => Err(elements::Precondition::ResourceMustBeNull.into()),
            (_, target) => Err(Failure::Method(options::allowed(target))),
        }
    }

    /// What is said of a path where nothing is: a name that cannot be taken is refused by name, never as "not found".
    fn nowhere(&self, method: &Method, nowhere: Nowhere) -> Failure {
        match (method.as_str(), nowhere) {
            (_, Nowhere::Foreign) => Failure::NotFound,
            ("PUT", Nowhere::Name(why)) => Failure::Name(why),
            ("PUT", Nowhere::BelowMember | Nowhere::NoCollection) => Failure::NoParent,
            ("MKCALENDAR", _) => elements::Precondition::CalendarCollectionLocationOk.into(),
            ("MKCOL", _) => {
                let href = target::Hrefs::home(&self.session.user.id);
                let privilege = "bind";
                elements::Precondition::NeedPrivileges { href, privilege }.into()
            }
            (_, Nowhere::Name(_) | Nowhere::BelowMember | Nowhere::NoCollection) => {
                Failure::NotFound
            }
        }
    }

    async fn report(&self, target: &Target) -> Answer {
        match Report::parse(&self.body)? {
            Report::CalendarQuery(query) if *target == Target::Collection => {
                self.calendar_query(&query).await
            }
            Report::CalendarMultiget(multiget) if *target == Target::Collection => {
                self.calendar_multiget(&multiget).await
            }
            Report::SyncCollection(sync) if *target == Target::Collection => {
                self.sync_collection(&sync).await
            }
            Report::CalendarQuery(_)
            | Report::CalendarMultiget(_)
            | Report::SyncCollection(_)
            | Report::Unsupported(_) => Err(elements::Precondition::SupportedReport.into()),
        }
    }

    fn client(&self) -> String {
        let agent = self
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        agent
            .unwrap_or_default()
            .chars()
            .take(CLIENT_CHARS_MAX)
            .collect()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Says what the service can, with every answer: clients look for it on whatever they asked first.
fn with_classes(mut response: Response<Body>) -> Response<Body> {
    response
        .headers_mut()
        .insert("DAV", HeaderValue::from_static(options::CLASSES));
    response
}

/// What is answered to anybody: where the service is (RFC 6764 §5), what it can, and a page for browsers.
fn early(method: &Method, path: &str) -> Option<Response<Body>> {
    if path == "/.well-known/caldav" {
        let moved = Response::builder()
            .status(StatusCode::MOVED_PERMANENTLY)
            .header(header::LOCATION, "/dav/");
        return moved.body(Body::empty()).ok();
    }
    match (method.as_str(), path) {
        // Clients ask for OPTIONS before they know a password, whatever the path: the answer must not depend on what is there.
        ("OPTIONS", path) => Some(options::options(&Target::shape(path))),
        ("GET" | "HEAD", "/") => Some(get::landing()),
        _ => None,
    }
}

/// Login and password of `Authorization: Basic` (RFC 7617): the user name ends at the first colon; both in UTF-8.
pub fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    use base64::Engine as _;
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (login, secret) = text.split_once(':')?;
    Some((login.to_owned(), secret.to_owned()))
}
