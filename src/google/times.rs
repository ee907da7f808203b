//! Google's dates and ours: its end day is exclusive, ours is inclusive (`Event.end` of the discovery document).

use super::wire::WireTime;
use crate::ical::{Zone, known_zone};
use crate::model::{Moment, Span, Timestamp};
use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

/// Where an occurrence or an edge of an event is. A time without offset counts in its own zone, or else in the calendar's.
pub(super) fn moment(time: &WireTime, calendar: Tz) -> Option<Moment> {
    if let Some(date) = &time.date {
        return date.parse().ok().map(Moment::Day);
    }
    let text = time.date_time.as_deref()?;
    let at = match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.with_timezone(&Utc),
        Err(_) => {
            let local: NaiveDateTime = text.parse().ok()?;
            Zone::Iana(zone(time).unwrap_or(calendar)).to_utc(local)
        }
    };
    Some(Moment::at(at))
}

/// The zone that a time names, also by a Windows name.
pub(super) fn zone(time: &WireTime) -> Option<Tz> {
    known_zone(time.time_zone.as_deref()?)
}

/// When an event takes place; without an end it has no length, or takes one day.
pub(super) fn span(start: &WireTime, end: Option<&WireTime>, calendar: Tz) -> Option<Span> {
    let start = moment(start, calendar)?;
    let end = match end {
        Some(end) => inclusive(start, moment(end, calendar)?),
        None => start,
    };
    Span::new(start, end).ok()
}

/// An all-day event that ends on the day on which it starts is seen in the wild; it is one day long.
fn inclusive(start: Moment, end: Moment) -> Moment {
    match (start, end) {
        (Moment::Day(first), Moment::Day(end)) if end == first => start,
        (_, Moment::Day(end)) => Moment::Day(end.pred_opt().unwrap_or(end)),
        (_, Moment::At(_)) => end,
    }
}

/// Whether the members of the other kind of time have to be cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clear {
    /// The event is new.
    Nothing,
    /// It may have been of the other kind until now.
    OtherKind,
}

/// `start` and `end` of a request's body.
pub(super) fn put_span(body: &mut Map<String, Value>, span: Span, zone: Tz, clear: Clear) {
    let end = match span.end() {
        Moment::Day(last) => Moment::Day(last.succ_opt().unwrap_or(last)),
        at @ Moment::At(_) => at,
    };
    body.insert("start".to_owned(), edge(span.start(), zone, clear));
    body.insert("end".to_owned(), edge(end, zone, clear));
}

fn edge(moment: Moment, zone: Tz, clear: Clear) -> Value {
    match (moment, clear) {
        (Moment::Day(day), Clear::Nothing) => json!({"date": day_text(day)}),
        (Moment::Day(day), Clear::OtherKind) => {
            json!({"date": day_text(day), "dateTime": null, "timeZone": null})
        }
        (Moment::At(at), Clear::Nothing) => {
            json!({"dateTime": zoned(at, zone), "timeZone": zone.name()})
        }
        (Moment::At(at), Clear::OtherKind) => {
            json!({"date": null, "dateTime": zoned(at, zone), "timeZone": zone.name()})
        }
    }
}

fn day_text(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

fn zoned(at: Timestamp, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    local.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What the identity of an occurrence ends in: `_YYYYMMDDTHHMMSSZ`, of an all-day one `_YYYYMMDD`.
pub(super) fn occurrence_suffix(original: Moment) -> String {
    match original {
        Moment::Day(day) => day.format("_%Y%m%d").to_string(),
        Moment::At(at) => at.format("_%Y%m%dT%H%M%SZ").to_string(),
    }
}
