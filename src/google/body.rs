//! Bodies of our writes: own members only, so that PATCH leaves everything else as it is.

use super::map::PROPERTY;
use super::times::{self, Clear};
use crate::model::{Fields, Marker, RemoteChanges, Span};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

/// How much of the recurrence is sent to drop it. Which of the two Google honours is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRecurrence {
    /// `[]`
    Empty,
    /// `null`
    Null,
}

/// The body of `events.insert`: never with attendees, reminders or a conference. `None`: without dates there is no event.
pub(super) fn create(
    marker: &Marker,
    fields: &Fields,
    zone: Tz,
    card: Option<&str>,
) -> Option<Value> {
    let mut body = Map::new();
    body.insert("id".to_owned(), marker.event_id().0.into());
    body.insert("summary".to_owned(), fields.title.as_str().into());
    body.insert("description".to_owned(), fields.description.as_str().into());
    body.insert("location".to_owned(), fields.location.as_str().into());
    times::put_span(&mut body, fields.span?, zone, Clear::Nothing);
    body.insert("extendedProperties".to_owned(), mark(Some(marker)));
    // Google takes no other address here (`Event.source.url`).
    if let Some(url) = card.filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
        body.insert("source".to_owned(), json!({"title": "ADVANTA", "url": url}));
    }
    Some(Value::Object(body))
}

/// The body of `events.patch`: what is not in it stays.
pub(super) fn change(changes: &RemoteChanges, zone: Tz) -> Value {
    let mut body = Map::new();
    let texts = [
        ("summary", &changes.title),
        ("description", &changes.description),
        ("location", &changes.location),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            body.insert(name.to_owned(), text.as_str().into());
        }
    }
    if let Some(span) = changes.span {
        times::put_span(&mut body, span, zone, Clear::OtherKind);
    }
    if changes.drop_recurrence {
        put_no_recurrence(&mut body, NoRecurrence::Empty);
    }
    if let Some(marker) = &changes.marker {
        body.insert("extendedProperties".to_owned(), mark(marker.as_ref()));
    }
    Value::Object(body)
}

/// The body that moves one occurrence.
pub(super) fn moved(span: Span, zone: Tz) -> Value {
    let mut body = Map::new();
    times::put_span(&mut body, span, zone, Clear::OtherKind);
    Value::Object(body)
}

/// The body that drops a recurrence and changes nothing else.
pub(super) fn no_recurrence(spelling: NoRecurrence) -> Value {
    let mut body = Map::new();
    put_no_recurrence(&mut body, spelling);
    Value::Object(body)
}

fn put_no_recurrence(body: &mut Map<String, Value>, spelling: NoRecurrence) {
    let value = match spelling {
        NoRecurrence::Empty => json!([]),
        NoRecurrence::Null => Value::Null,
    };
    body.insert("recurrence".to_owned(), value);
}

/// Only our property of the map is named: `null` takes it out, others stay.
fn mark(marker: Option<&Marker>) -> Value {
    json!({"private": {PROPERTY: marker.map(Marker::text)}})
}

/// The body of `events.watch`. Life in whole seconds.
pub(super) fn watch(channel: &str, token: &str, address: &str, life_seconds: u64) -> Value {
    json!({
        "id": channel,
        "type": "web_hook",
        "address": address,
        "token": token,
        "params": {"ttl": life_seconds.to_string()},
    })
}

/// The body of `channels.stop`.
pub(super) fn stop(channel: &str, resource: &str) -> Value {
    json!({"id": channel, "resourceId": resource})
}
