//! The calls to Google: each built as data and its answer read, without sockets.
//!
//! Targets are relative to the root of the API (`rootUrl` and `servicePath` of the discovery document).

use super::body;
use super::map::PROPERTY;
use super::options::GoogleOptions;
use crate::model::{Marker, RemoteCursor, RemoteId, Timestamp};
use crate::ports::{ListAsk, PageToken};
use bytes::Bytes;
use chrono::SecondsFormat;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What may stand in a path segment or a query value as it is (RFC 3986 §2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a call is about: it decides what its failures mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// `events.list`; whether it goes on from a sync token.
    List {
        cursor: bool,
    },
    Find,
    Get,
    Create,
    Change,
    Delete,
    Watch,
    Stop,
    Calendars,
}

impl About {
    /// What it does, for errors: no user content.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::List { .. } => "list events",
            Self::Find => "find an event",
            Self::Get => "get an event",
            Self::Create => "create an event",
            Self::Change => "change an event",
            Self::Delete => "delete an event",
            Self::Watch => "watch a calendar",
            Self::Stop => "stop a channel",
            Self::Calendars => "list calendars",
        }
    }
}

/// One request, without what proves who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) about: About,
    pub(super) method: Method,
    /// Path and query, relative to the root of the API.
    pub(super) target: String,
    /// Only if the event is at this version.
    pub(super) if_match: Option<String>,
    /// JSON.
    pub(super) body: Option<Bytes>,
}

impl Request {
    fn new(about: About, method: Method, target: String) -> Self {
        Self {
            about,
            method,
            target,
            if_match: None,
            body: None,
        }
    }

    fn body(self, body: &Value) -> Self {
        let body = Some(Bytes::from(body.to_string()));
        Self { body, ..self }
    }
}

/// A page of `events.list`. What goes with a sync token must be the same in every call, so it is so from the first one on.
pub(super) fn list(calendar: &str, ask: ListAsk<'_>, options: &GoogleOptions) -> Request {
    let about = About::List {
        cursor: ask.cursor.is_some(),
    };
    let mut target = format!(
        "{}?eventTypes=default&maxResults={}&showDeleted=true&singleEvents=false",
        events(calendar),
        options.page_events
    );
    match ask.cursor {
        Some(RemoteCursor(token)) => target.push_str(&format!("&syncToken={}", encoded(token))),
        None => target.push_str(&format!("&timeMin={}", encoded(&instant(ask.from)))),
    }
    if let Some(PageToken(page)) = ask.page {
        target.push_str(&format!("&pageToken={}", encoded(page)));
    }
    Request::new(about, Method::GET, target)
}

/// The live events that bear a mark.
pub(super) fn find(calendar: &str, marker: &Marker, page: Option<&str>) -> Request {
    let mut target = format!(
        "{}?eventTypes=default&privateExtendedProperty={}&showDeleted=false&singleEvents=false",
        events(calendar),
        encoded(&format!("{PROPERTY}={}", marker.text())),
    );
    if let Some(page) = page {
        target.push_str(&format!("&pageToken={}", encoded(page)));
    }
    Request::new(About::Find, Method::GET, target)
}

/// One event.
pub(super) fn get(calendar: &str, id: &RemoteId) -> Request {
    Request::new(About::Get, Method::GET, event(calendar, &id.0))
}

/// A new event.
pub(super) fn insert(calendar: &str, body: &Value, notify: bool) -> Request {
    let target = format!("{}?{}", events(calendar), mails(notify));
    Request::new(About::Create, Method::POST, target).body(body)
}

/// A change of an event, or of one occurrence of a series.
pub(super) fn patch(
    calendar: &str,
    id: &str,
    expected: Option<&str>,
    body: &Value,
    notify: bool,
) -> Request {
    let target = format!("{}?{}", event(calendar, id), mails(notify));
    Request {
        if_match: expected.map(str::to_owned),
        ..Request::new(About::Change, Method::PATCH, target).body(body)
    }
}

/// A deletion.
pub(super) fn delete(
    calendar: &str,
    id: &RemoteId,
    expected: Option<&str>,
    notify: bool,
) -> Request {
    let target = format!("{}?{}", event(calendar, &id.0), mails(notify));
    Request {
        if_match: expected.map(str::to_owned),
        ..Request::new(About::Delete, Method::DELETE, target)
    }
}

/// Asks to be told of changes at `address`.
pub(super) fn watch(
    calendar: &str,
    channel: &str,
    token: &str,
    address: &str,
    options: &GoogleOptions,
) -> Request {
    let life = options.channel_life.as_secs();
    let target = format!("{}/watch?eventTypes=default", events(calendar));
    Request::new(About::Watch, Method::POST, target)
        .body(&body::watch(channel, token, address, life))
}

/// Asks to be told no more.
pub(super) fn stop(channel: &str, resource: &str) -> Request {
    let target = "channels/stop".to_owned();
    Request::new(About::Stop, Method::POST, target).body(&body::stop(channel, resource))
}

/// A page of the calendars that may be written.
pub(super) fn calendars(page: Option<&str>) -> Request {
    let mut target = "users/me/calendarList?maxResults=250&minAccessRole=writer".to_owned();
    if let Some(page) = page {
        target.push_str(&format!("&pageToken={}", encoded(page)));
    }
    Request::new(About::Calendars, Method::GET, target)
}

fn events(calendar: &str) -> String {
    format!("calendars/{}/events", encoded(calendar))
}

fn event(calendar: &str, id: &str) -> String {
    format!("{}/{}", events(calendar), encoded(id))
}

fn mails(notify: bool) -> &'static str {
    if notify {
        "sendUpdates=all"
    } else {
        "sendUpdates=none"
    }
}

/// RFC 3339 with the offset that query times need.
fn instant(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
