//! Answers as HTTP says them.

use super::build::{BuildError, Built};
use super::coding::Coding;
use super::version::Version;
use crate::caldav::Body;
use crate::ports::StoreError;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use std::time::Duration;

/// When to come again while the store cannot be read.
const STORE_RETRY: Duration = Duration::from_secs(30);

/// Every version is asked for again, which is cheap; and nothing a proxy keeps outlives the address.
const CACHING: &str = "private, no-cache";

/// Why there is no calendar.
#[derive(Debug)]
pub enum No {
    /// Neither GET nor HEAD.
    Method,
    /// Nobody's secret: wrong, revoked and deactivated look the same.
    Nobody,
    /// Too many wrong secrets from this address.
    Throttled(Duration),
    /// Too many feeds are being made.
    Busy(Duration),
    /// More than we are willing to make.
    TooLarge,
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        tracing::error!("reading the store for a feed: {error}");
        Self::Busy(STORE_RETRY)
    }
}

impl From<BuildError> for No {
    fn from(error: BuildError) -> Self {
        tracing::error!("making a feed: {error}");
        Self::TooLarge
    }
}

impl No {
    /// As an answer.
    pub fn into_response(self, method: &Method) -> Response<Body> {
        let (status, words, extra) = match self {
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "a feed is only read\n",
                Some((header::ALLOW, HeaderValue::from_static("GET, HEAD"))),
            ),
            Self::Nobody => (StatusCode::NOT_FOUND, "there is no such feed\n", None),
            Self::Throttled(wait) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too many wrong addresses; try again later\n",
                Some(retry_after(wait)),
            ),
            Self::Busy(wait) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too much to do; try again later\n",
                Some(retry_after(wait)),
            ),
            Self::TooLarge => (
                StatusCode::INSUFFICIENT_STORAGE,
                "the calendar is too large for a feed\n",
                None,
            ),
        };
        let mut response = Response::new(body(method, Body::whole(words)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, plain);
        headers.insert(header::CONTENT_LENGTH, words.len().into());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(extra);
        response
    }
}

/// The whole feed.
pub fn calendar(
    method: &Method,
    version: &Version,
    coding: Coding,
    built: &Built,
) -> Response<Body> {
    let (content, bytes) = match coding {
        Coding::Gzip => (Body::whole(built.gzip.clone()), built.gzip.len() as u64),
        Coding::Identity => (Body::pieces(built.plain()), built.plain_bytes),
    };
    let mut response = validated(body(method, content), version);
    let headers = response.headers_mut();
    if coding == Coding::Gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CONTENT_LENGTH, bytes.into());
    for (name, value) in [
        (header::CONTENT_TYPE, crate::caldav::CALENDAR),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"advanta.ics\"",
        ),
        (header::ACCEPT_RANGES, "none"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The program holds it already.
pub fn not_modified(method: &Method, version: &Version) -> Response<Body> {
    let mut response = validated(body(method, Body::empty()), version);
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

/// Adds what every answer carries: the address is a secret, so no search engine lists it and no page that is opened from
/// it learns it.
pub fn guarded(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in [
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

fn validated(body: Body, version: &Version) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ETAG, Some(version.etag.as_str())),
        (header::LAST_MODIFIED, version.modified.as_deref()),
        (header::CACHE_CONTROL, Some(CACHING)),
        (header::VARY, Some("Accept-Encoding")),
    ] {
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    response
}

/// HEAD has no body; one of unknown length, so that nobody writes a length of 0 over ours.
fn body(method: &Method, content: Body) -> Body {
    if method == Method::HEAD {
        Body::pieces(|| None)
    } else {
        content
    }
}

fn retry_after(wait: Duration) -> (HeaderName, HeaderValue) {
    // A part of a second counts as one, or who waits as told comes too early.
    let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    (header::RETRY_AFTER, secs.max(1).into())
}
