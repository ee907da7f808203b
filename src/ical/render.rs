//! An object to iCalendar text, for a person who has nothing of their own on it.

use super::ours::{Ours, View, for_events, ours_of, put_ours};
use super::timing::Edge;
use super::{Document, Limits, Property, text, value};
use crate::model::{Fields, Kind, Moment, Object, Settings, Span, Timestamp};
use chrono::NaiveDate;
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus, Property as Built};

/// Version of the rendering. Raising it renders every member anew; only those whose bytes differ move.
pub const RENDERING: u32 = 1;

/// Who makes the text (RFC 5545 §3.7.3). Without a version, so that a new release moves nothing.
pub const PRODID: &str = "-//advanta-bridge//calendar//EN";

/// A rendered object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The iCalendar text.
    pub text: String,
    /// Seconds since 1970 of its first instant; a day begins in the installation's zone.
    pub first: i64,
    /// Seconds since 1970 of its end, exclusive, at least a second later.
    pub last: i64,
    /// The fields as a reader of the text sees them.
    pub fields: Fields,
}

/// Renders an object; `None` when it has no dates and so has no place in a calendar. The same view, the same bytes.
pub fn render(view: &View<'_>, settings: &Settings) -> Option<Rendered> {
    let span = view.object.planned.span(settings)?;
    let fields = shown(view.object, span);
    let (start, end) = edges(span);
    let first = start.seconds(settings.zone);
    Some(Rendered {
        text: write(view, &fields, span, &ours_of(view, settings)),
        first,
        last: end.seconds(settings.zone).max(first + 1),
        fields,
    })
}

/// The object's fields as text can hold them.
fn shown(object: &Object, span: Span) -> Fields {
    Fields {
        title: text::one_line(&object.title),
        span: Some(span),
        description: text::as_read(&object.description),
        location: text::one_line(&object.location),
        recurs: false,
    }
}

/// Start and exclusive end.
pub(super) fn edges(span: Span) -> (Edge, Edge) {
    let start = match span.start() {
        Moment::Day(day) => Edge::Day(day),
        Moment::At(at) => Edge::At(at),
    };
    let end = match span.end() {
        Moment::Day(last) => Edge::Day(day_after(last)),
        Moment::At(at) => Edge::At(at),
    };
    (start, end)
}

fn day_after(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

fn write(view: &View<'_>, fields: &Fields, span: Span, ours: &Ours) -> String {
    let text = print(build(view, fields, span));
    let unbounded = Limits {
        bytes_max: usize::MAX,
        lines_max: usize::MAX,
        ..Limits::default()
    };
    match Document::parse(text.as_bytes(), &unbounded) {
        Ok(mut document) => {
            // The crate makes some lines one octet longer than RFC 5545 §3.1 asks for.
            document.calendar_mut().refold();
            describe(&mut document, &fields.description);
            put_ours(&mut document, ours);
            document.to_text()
        }
        // What the crate writes is always read; a property test says so.
        Err(_) => text,
    }
}

/// What every calendar knows. What only the bridge says is added in the same way as to a client's text.
fn build(view: &View<'_>, fields: &Fields, span: Span) -> Event {
    let mut event = Event::new();
    event
        .uid(view.uid)
        .timestamp(view.stamp)
        .last_modified(view.stamp)
        .summary(&fields.title)
        .status(EventStatus::Confirmed);
    let (start, end) = edges(span);
    event.append_property(date("DTSTART", start));
    event.append_property(date("DTEND", end));
    event.add_property("TRANSP", transparency(view.object.kind));
    if !fields.location.is_empty() {
        event.location(&fields.location);
    }
    if let Some(parent) = &view.object.parent {
        event.categories([text::one_line(&parent.title)]);
    }
    event
}

/// Not left to the crate: the time it takes to fold a text grows with the square of its length.
fn describe(document: &mut Document, description: &str) {
    if !description.is_empty() {
        for_events(document, |event| {
            event.set(Property::text("DESCRIPTION", description));
        });
    }
}

fn date(name: &str, edge: Edge) -> Built {
    match edge {
        Edge::Day(day) => Built::new(name, value::format_date(day))
            .add_parameter("VALUE", "DATE")
            .done(),
        Edge::At(at) => Built::new(name, utc(at)),
    }
}

fn utc(at: Timestamp) -> String {
    format!("{}Z", value::format_local(at.naive_utc()))
}

/// Work does not keep its people from meeting; meetings and notes do.
fn transparency(kind: Kind) -> &'static str {
    if kind.is_work() {
        "TRANSPARENT"
    } else {
        "OPAQUE"
    }
}

fn print(event: Event) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Built::new("VERSION", "2.0"));
    calendar.append_property(Built::new("PRODID", PRODID));
    calendar.push(event);
    calendar.to_string()
}
