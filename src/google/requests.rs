//! Requests of the Calendar API, built without sockets.

use super::map;
use super::wire::{StopWire, WatchWire};
use crate::model::{Channel, Fields, Marker, Moment, RemoteChanges, RemoteId, Timestamp};
use crate::ports::{RemoteDeed, RemoteWrite, WatchAsk};
use chrono::SecondsFormat;
use http::{Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Everything but what RFC 3986 §2.3 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Calendars on one page of the list (`calendarList.list`: at most 250).
const CALENDARS_ON_A_PAGE: u32 = 250;
/// The path of our door, below the address that an administrator set.
const DOOR: &str = "/hooks/google";

/// A request, relative to the API's root.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    /// Only if the event is at this version (`If-Match`).
    pub(super) expected: Option<String>,
    pub(super) body: Option<Value>,
}

impl Call {
    fn get(path: String) -> Self {
        Self {
            method: Method::GET,
            path,
            expected: None,
            body: None,
        }
    }

    fn post(path: String, body: Value) -> Self {
        Self {
            method: Method::POST,
            path,
            expected: None,
            body: Some(body),
        }
    }

    /// As a request of its own.
    pub(super) fn request(&self, root: &str) -> Result<http::Request<Vec<u8>>, http::Error> {
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(format!("{root}{}", self.path))
            .header(header::ACCEPT, "application/json");
        if let Some(expected) = &self.expected {
            request = request.header(header::IF_MATCH, expected);
        }
        if self.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(self.bytes())
    }

    /// The body as it is sent.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.body
            .as_ref()
            .map(|body| body.to_string().into_bytes())
            .unwrap_or_default()
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn query(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

fn events(calendar: &str) -> String {
    format!("calendars/{}/events", encoded(calendar))
}

fn event(calendar: &str, id: &str) -> String {
    format!("{}/{}", events(calendar), encoded(id))
}

/// A page of `events.list`. All parameters but the tokens are the same from the first call on: a sync token asks for that, and it may not be
/// used with `timeMin`.
pub(super) fn list(
    calendar: &str,
    (cursor, page): (Option<&str>, Option<&str>),
    from: Timestamp,
    page_events: u32,
) -> Call {
    let mut pairs = vec![
        ("singleEvents", "false".to_owned()),
        ("showDeleted", "true".to_owned()),
        ("eventTypes", "default".to_owned()),
        ("eventTypes", "fromGmail".to_owned()),
        ("eventTypes", "outOfOffice".to_owned()),
        ("maxResults", page_events.to_string()),
    ];
    match cursor {
        Some(cursor) => pairs.push(("syncToken", cursor.to_owned())),
        None => {
            let from = from.to_rfc3339_opts(SecondsFormat::Secs, true);
            pairs.push(("timeMin", from));
        }
    }
    pairs.extend(page.map(|page| ("pageToken", page.to_owned())));
    Call::get(format!("{}?{}", events(calendar), query(&pairs)))
}

/// A series with its exceptions: they share its UID.
pub(super) fn list_of_uid(calendar: &str, uid: &str, page: Option<&str>, page_events: u32) -> Call {
    let mut pairs = vec![
        ("iCalUID", uid.to_owned()),
        ("singleEvents", "false".to_owned()),
        ("showDeleted", "true".to_owned()),
        ("maxResults", page_events.to_string()),
    ];
    pairs.extend(page.map(|page| ("pageToken", page.to_owned())));
    Call::get(format!("{}?{}", events(calendar), query(&pairs)))
}

/// The live events that bear a mark.
pub(super) fn list_of_mark(
    calendar: &str,
    marker: &Marker,
    page: Option<&str>,
    page_events: u32,
) -> Call {
    let property = format!("{}={}", map::MARK, marker.text());
    let mut pairs = vec![
        ("privateExtendedProperty", property),
        ("singleEvents", "false".to_owned()),
        ("showDeleted", "false".to_owned()),
        ("maxResults", page_events.to_string()),
    ];
    pairs.extend(page.map(|page| ("pageToken", page.to_owned())));
    Call::get(format!("{}?{}", events(calendar), query(&pairs)))
}

/// The shortest listing: whether the calendar is there at all.
pub(super) fn peek(calendar: &str) -> Call {
    let pairs = query(&[("maxResults", "1".to_owned())]);
    Call::get(format!("{}?{pairs}", events(calendar)))
}

/// `events.instances` at one original start. How an occurrence is called is asked for: those of a series that was split are called after the
/// series that it was split off from.
pub(super) fn instances(calendar: &str, series: &RemoteId, occurrence: Moment) -> Call {
    let original = match occurrence {
        Moment::Day(day) => day.to_string(),
        Moment::At(at) => at.to_rfc3339_opts(SecondsFormat::Secs, true),
    };
    let pairs = query(&[
        ("originalStart", original),
        ("showDeleted", "true".to_owned()),
    ]);
    Call::get(format!("{}/instances?{pairs}", event(calendar, &series.0)))
}

/// `events.get`.
pub(super) fn get(calendar: &str, id: &RemoteId) -> Call {
    Call::get(event(calendar, &id.0))
}

/// A write. `sendUpdates` is always said: nobody is mailed unless that was asked for. No event is written shorter than `shortest`. `occurrence`
/// is the identity of the one that a move is about.
pub(super) fn write(
    calendar: &str,
    write: &RemoteWrite,
    occurrence: Option<&RemoteId>,
    shortest: Duration,
) -> Call {
    let held = |span| map::held(span, shortest);
    let updates = if write.notify { "all" } else { "none" };
    let quiet = query(&[("sendUpdates", updates.to_owned())]);
    match &write.deed {
        RemoteDeed::Create {
            marker,
            fields,
            zone,
            card,
            presence,
        } => {
            let fields = Fields {
                span: fields.span.map(held),
                ..fields.clone()
            };
            let body = map::inserted(marker, &fields, *zone, card.as_deref(), *presence);
            Call::post(format!("{}?{quiet}", events(calendar)), body)
        }
        RemoteDeed::Update {
            id,
            expected,
            changes,
            zone,
        } => {
            let changes = RemoteChanges {
                span: changes.span.map(held),
                ..changes.clone()
            };
            Call {
                expected: expected.clone(),
                ..patch(calendar, &id.0, updates, map::patched(&changes, *zone))
            }
        }
        RemoteDeed::Move { id, span, zone, .. } => {
            let occurrence = occurrence.unwrap_or(id);
            let body = map::occurrence_moved(held(*span), *zone);
            patch(calendar, &occurrence.0, updates, body)
        }
        RemoteDeed::Delete { id, expected } => Call {
            method: Method::DELETE,
            path: format!("{}?{quiet}", event(calendar, &id.0)),
            expected: expected.clone(),
            body: None,
        },
    }
}

fn patch(calendar: &str, id: &str, updates: &str, body: Value) -> Call {
    let quiet = query(&[("sendUpdates", updates.to_owned())]);
    Call {
        method: Method::PATCH,
        path: format!("{}?{quiet}", event(calendar, id)),
        expected: None,
        body: Some(body),
    }
}

/// The other way to drop a recurrence, on the version that the first way left.
pub(super) fn clear_recurrence(calendar: &str, id: &RemoteId, version: &str) -> Call {
    Call {
        expected: Some(version.to_owned()).filter(|version| !version.is_empty()),
        ..patch(calendar, &id.0, "none", map::recurrence_cleared())
    }
}

/// `events.watch`.
pub(super) fn watch(calendar: &str, ask: WatchAsk<'_>, push_address: &str, life: Duration) -> Call {
    let body = WatchWire {
        id: ask.channel.to_string(),
        kind: "web_hook",
        address: format!("{push_address}{DOOR}"),
        token: ask.token,
        params: BTreeMap::from([("ttl", life.as_secs().to_string())]),
    };
    // A shape of texts always becomes JSON.
    let body = serde_json::to_value(body).unwrap_or_default();
    Call::post(format!("{}/watch", events(calendar)), body)
}

/// `channels.stop`; `None`: Google has not said what it calls the channel.
pub(super) fn stop(channel: &Channel) -> Option<Call> {
    let body = StopWire {
        id: channel.id.to_string(),
        resource_id: channel.resource.as_deref()?,
    };
    let body = serde_json::to_value(body).unwrap_or_default();
    Some(Call::post("channels/stop".to_owned(), body))
}

/// Which calendars of a list are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calendars {
    /// Those that can be chosen.
    Readable,
    /// All, also those that their owner does not show.
    All,
}

/// A page of `calendarList.list`.
pub(super) fn calendars(which: Calendars, page: Option<&str>) -> Call {
    let which = match which {
        Calendars::Readable => ("minAccessRole", "reader".to_owned()),
        Calendars::All => ("showHidden", "true".to_owned()),
    };
    let mut pairs = vec![which, ("maxResults", CALENDARS_ON_A_PAGE.to_string())];
    pairs.extend(page.map(|page| ("pageToken", page.to_owned())));
    Call::get(format!("users/me/calendarList?{}", query(&pairs)))
}
