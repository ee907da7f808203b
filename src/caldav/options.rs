//! OPTIONS (RFC 4918 §10.1, RFC 4791 §5.1).

use super::Body;
use super::failure::with_header;
use super::target::Target;
use http::{Response, header};

/// Class 1 and 3 and CalDAV; no locks, no ACL method, no scheduling. Said of every path, with or without a password.
pub const CLASSES: &str = "1, 3, calendar-access";

/// What may be done with a resource.
pub fn allowed(target: &Target) -> &'static str {
    match target {
        Target::Root
        | Target::Principals
        | Target::Principal
        | Target::Calendars
        | Target::Home => "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT",
        Target::Collection => "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT",
        Target::Member(_) => "OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH",
    }
}

/// The answer.
pub fn options(target: &Target) -> Response<Body> {
    with_header(Response::new(Body::empty()), header::ALLOW, allowed(target))
}
