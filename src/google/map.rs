//! Events as Google shows them ↔ events as the engine knows them. Pure.

use super::html;
use super::wire::{EventWire, PersonWire, WhenWire};
use crate::ical::{Zone, iana_zone};
use crate::model::{
    Exception, Fields, Marker, Moment, Presence, RemoteChanges, RemoteEvent, RemoteId, Series,
    Skip, Span, Writable,
};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The private extended property that holds our mark.
pub(super) const MARK: &str = "advanta-bridge";
/// What the link back to ADVANTA is called.
const SOURCE_TITLE: &str = "ADVANTA";

/// What is known of a calendar as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// Where times without a zone are.
    pub(super) zone: Tz,
    /// Whether we may write at all.
    pub(super) writable: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            zone: Tz::UTC,
            writable: true,
        }
    }
}

/// Bounds of what is taken of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) id_bytes_max: usize,
    pub(super) text_bytes_max: usize,
    pub(super) recurrence_lines_max: usize,
}

/// An occurrence that Google shows beside its series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occurrence {
    /// Its own identity.
    pub(super) id: RemoteId,
    /// Its series, which somebody who was invited to it alone cannot see.
    pub(super) series: RemoteId,
    pub(super) exception: Exception,
    /// It as an event; `None`: it was cancelled.
    pub(super) alone: Option<Box<RemoteEvent>>,
}

/// What a listed event is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seen {
    /// A single event, or a series.
    Event(Box<RemoteEvent>),
    /// One occurrence of a series that is not where its series puts it.
    Exception(Occurrence),
    /// It was deleted.
    Deleted(RemoteId),
}

/// Reads an event. The error says what is wrong with it, without what it holds.
pub(super) fn seen(
    wire: EventWire,
    setting: Setting,
    bounds: Bounds,
) -> Result<Seen, &'static str> {
    if wire.id.is_empty() || wire.id.len() > bounds.id_bytes_max {
        return Err("its id");
    }
    let cancelled = wire.status.as_deref() == Some("cancelled");
    match (&wire.recurring_event_id, &wire.original_start_time) {
        (Some(series), Some(original)) => {
            let original = moment(original, setting.zone).ok_or("its original start")?;
            let (id, series) = (RemoteId(wire.id.clone()), RemoteId(series.clone()));
            let alone = match cancelled {
                true => None,
                false => Some(Box::new(event(wire, setting, bounds)?)),
            };
            let now = alone.as_ref().and_then(|event| event.fields.span);
            Ok(Seen::Exception(Occurrence {
                id,
                series,
                exception: Exception { original, now },
                alone,
            }))
        }
        _ if cancelled => Ok(Seen::Deleted(RemoteId(wire.id))),
        _ => event(wire, setting, bounds).map(|event| Seen::Event(Box::new(event))),
    }
}

fn event(wire: EventWire, setting: Setting, bounds: Bounds) -> Result<RemoteEvent, &'static str> {
    let cut = |text: &Option<String>| cut(text.as_deref().unwrap_or_default(), bounds);
    let span = span(&wire, setting.zone)?;
    let series = series(&wire, setting.zone, bounds);
    Ok(RemoteEvent {
        uid: wire
            .ical_uid
            .clone()
            .unwrap_or_else(|| format!("{}@google.com", wire.id)),
        version: wire.etag.clone(),
        fields: Fields {
            title: cut(&wire.summary),
            span: Some(span),
            description: cut(&wire.description.as_deref().map(html::plain)),
            location: cut(&wire.location),
            recurs: series.is_some(),
        },
        marker: wire
            .extended_properties
            .private
            .get(MARK)
            .and_then(|text| Marker::parse(text)),
        writable: writable(&wire, setting),
        guests: is_own(&wire) && has_guests(&wire),
        private: matches!(wire.visibility.as_deref(), Some("private" | "confidential")),
        skip: skip(&wire),
        split_from: split_from(&wire.id),
        series,
        id: RemoteId(wire.id),
    })
}

/// What a series was split off from: the new half of "this and the following" is called `<series>_R<range>`, as Google's support says.
fn split_from(id: &str) -> Option<RemoteId> {
    let (series, range) = id.rsplit_once("_R")?;
    let is_range = range.len() >= 8 && range.chars().all(|c| matches!(c, '0'..='9' | 'T' | 'Z'));
    (is_range && !series.is_empty()).then(|| RemoteId(series.to_owned()))
}

/// Cut at a character, so that a text of any length is taken.
fn cut(text: &str, bounds: Bounds) -> String {
    let mut end = text.len().min(bounds.text_bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// Whether the calendar's owner organises it: so it is without an organizer.
fn is_own(wire: &EventWire) -> bool {
    wire.organizer.as_ref().is_none_or(|person| person.is_self)
}

fn has_guests(wire: &EventWire) -> bool {
    let guest = |person: &PersonWire| !person.is_self && !person.resource;
    wire.attendees_omitted || wire.attendees.iter().any(guest)
}

fn writable(wire: &EventWire, setting: Setting) -> Writable {
    let may = setting.writable && !wire.locked && (is_own(wire) || wire.guests_can_modify);
    if may { Writable::Yes } else { Writable::No }
}

fn skip(wire: &EventWire) -> Option<Skip> {
    let own = wire.attendees.iter().find(|person| person.is_self);
    let answer = own.and_then(|person| person.response_status.as_deref());
    if wire
        .event_type
        .as_deref()
        .is_some_and(|kind| kind != "default")
    {
        return Some(match wire.event_type.as_deref() {
            Some("fromGmail") => Skip::FromMail,
            Some("outOfOffice") => Skip::Absence,
            _ => Skip::Special,
        });
    }
    (answer == Some("declined")).then_some(Skip::Declined)
}

fn series(wire: &EventWire, zone: Tz, bounds: Bounds) -> Option<Series> {
    if wire.recurrence.is_empty() {
        return None;
    }
    let named = wire.start.as_ref().and_then(named_zone);
    let lines = wire.recurrence.iter().take(bounds.recurrence_lines_max);
    Some(Series {
        zone: named.unwrap_or(zone),
        rules: lines.map(|line| cut(line, bounds)).collect(),
        exceptions: vec![],
    })
}

/// Google's end is exclusive, ours of days is inclusive (`EventDateTime` in the discovery document).
fn span(wire: &EventWire, zone: Tz) -> Result<Span, &'static str> {
    let start = wire.start.as_ref().and_then(|start| moment(start, zone));
    let start = start.ok_or("its start")?;
    let end = wire.end.as_ref().and_then(|end| moment(end, zone));
    let end = match (start, end) {
        (Moment::Day(first), Some(Moment::Day(after))) => {
            Moment::Day(after.pred_opt().unwrap_or(after).max(first))
        }
        (Moment::At(from), Some(Moment::At(to))) => Moment::At(to.max(from)),
        // One that ends in no time, or in a time of another kind, lasts for its start.
        (start, _) => start,
    };
    Span::new(start, end).map_err(|_| "its dates")
}

fn moment(when: &WhenWire, zone: Tz) -> Option<Moment> {
    if let Some(day) = &when.date {
        return day.parse::<NaiveDate>().ok().map(Moment::Day);
    }
    let text = when.date_time.as_deref()?;
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Moment::at(at.with_timezone(&Utc)));
    }
    // Without an offset it is a time of the zone named beside it.
    let local: NaiveDateTime = text.parse().ok()?;
    let zone = named_zone(when).unwrap_or(zone);
    Some(Moment::at(Zone::Iana(zone).to_utc(local)))
}

fn named_zone(when: &WhenWire) -> Option<Tz> {
    iana_zone(when.time_zone.as_deref()?)
}

/// The zone of a calendar's listing.
pub(super) fn zone_of(name: Option<&str>) -> Option<Tz> {
    iana_zone(name?)
}

/// What Google takes of dates: an event that ends when it starts is refused, though Google's own page makes such ones.
pub(super) fn held(span: Span, shortest: Duration) -> Span {
    match (span.start(), span.end()) {
        (Moment::At(from), Moment::At(to)) if from == to => {
            let end = Moment::at(from + chrono::Duration::from_std(shortest).unwrap_or_default());
            Span::new(span.start(), end).unwrap_or(span)
        }
        _ => span,
    }
}

/// `Event` of a new event: nobody is invited, and Google chooses everything that we do not know of.
pub(super) fn inserted(
    marker: &Marker,
    fields: &Fields,
    zone: Tz,
    card: Option<&str>,
    presence: Presence,
) -> Value {
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| event.insert(name.to_owned(), value);
    put("id", json!(marker.event_id().0));
    put("summary", json!(fields.title));
    put("description", json!(html::written(&fields.description)));
    put("location", json!(fields.location));
    if let Some(span) = fields.span {
        let (start, end) = edges(span, zone);
        put("start", start);
        put("end", end);
    }
    put(
        "extendedProperties",
        json!({"private": {MARK: marker.text()}}),
    );
    let reminders = match presence.reminds {
        true => json!({"useDefault": true}),
        false => json!({"useDefault": false, "overrides": []}),
    };
    put("reminders", reminders);
    let transparency = match presence.busy {
        true => "opaque",
        false => "transparent",
    };
    put("transparency", json!(transparency));
    // Google takes http and https only, and shows it to whoever made the event.
    if let Some(card) =
        card.filter(|card| card.starts_with("https://") || card.starts_with("http://"))
    {
        put("source", json!({"title": SOURCE_TITLE, "url": card}));
    }
    Value::Object(event)
}

/// `Event` of a patch: what is not in it stays (the method "supports patch semantics").
pub(super) fn patched(changes: &RemoteChanges, zone: Tz) -> Value {
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| event.insert(name.to_owned(), value);
    for (name, text) in [("summary", &changes.title), ("location", &changes.location)] {
        if let Some(text) = text {
            put(name, json!(text));
        }
    }
    if let Some(text) = &changes.description {
        put("description", json!(html::written(text)));
    }
    if let Some(span) = changes.span {
        let (start, end) = moved(span, zone);
        put("start", start);
        put("end", end);
    }
    if changes.drop_recurrence {
        put("recurrence", json!([]));
    }
    if let Some(marker) = &changes.marker {
        let text = marker.as_ref().map(Marker::text);
        put("extendedProperties", json!({"private": {MARK: text}}));
    }
    Value::Object(event)
}

/// `Event` of a patch that moves an occurrence.
pub(super) fn occurrence_moved(span: Span, zone: Tz) -> Value {
    let (start, end) = moved(span, zone);
    json!({"start": start, "end": end})
}

/// `Event` of a patch that drops a recurrence in the other way: which of the two Google honours is not written anywhere.
pub(super) fn recurrence_cleared() -> Value {
    json!({"recurrence": null})
}

/// The identity of the occurrence at this moment among those that Google showed; `None`: it is not there, or was cancelled.
pub(super) fn occurrence_at(
    items: Vec<EventWire>,
    occurrence: Moment,
    zone: Tz,
) -> Option<RemoteId> {
    items.into_iter().find_map(|wire| {
        let original = moment(wire.original_start_time.as_ref()?, zone)?;
        let there = wire.status.as_deref() != Some("cancelled");
        (original == occurrence && there).then_some(RemoteId(wire.id))
    })
}

fn edges(span: Span, zone: Tz) -> (Value, Value) {
    let timed = |at: DateTime<Utc>| {
        let local = at.with_timezone(&zone);
        json!({
            "dateTime": local.to_rfc3339_opts(SecondsFormat::Secs, true),
            "timeZone": zone.name(),
        })
    };
    let day = |day: NaiveDate| json!({"date": day.to_string()});
    match (span.start(), span.end()) {
        (Moment::At(from), Moment::At(to)) => (timed(from), timed(to)),
        (Moment::Day(first), Moment::Day(last)) => {
            let after = last.checked_add_days(Days::new(1)).unwrap_or(last);
            (day(first), day(after))
        }
        // A span has edges of one kind.
        (Moment::Day(only), _) | (_, Moment::Day(only)) => (day(only), day(only)),
    }
}

/// The same for an event that may have been of the other kind: a day clears the time, a time clears the day.
fn moved(span: Span, zone: Tz) -> (Value, Value) {
    let (mut start, mut end) = edges(span, zone);
    for edge in [&mut start, &mut end] {
        if let Value::Object(edge) = edge {
            for name in ["date", "dateTime", "timeZone"] {
                edge.entry(name).or_insert(Value::Null);
            }
        }
    }
    (start, end)
}
