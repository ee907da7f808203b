//! A client's text to a calendar object resource (RFC 4791 §4.1).
//!
//! Start at [`read`].

use super::guard::guarded;
use super::schedule::{Occurrence, Schedule};
use super::series::schedule;
use super::timing::only;
use super::work::{Budget, Spent};
use super::{Component, Document, Limits, Precondition, Property, Rejected, Zones, text};
use crate::model::{Fields, Moment, Settings, Span};
use chrono::{DateTime, Datelike as _};

/// The longest UID in bytes. The longest seen in the wild (Exchange) have about 150.
const UID_BYTES_MAX: usize = 1024;

/// Units that a value of a parameter costs.
const VALUE_UNITS: u64 = 20;
/// Units that one line costs, and how many bytes one unit takes beside.
const LINE_UNITS: u64 = 50;
/// See [`LINE_UNITS`].
const BYTES_PER_UNIT: u64 = 4;

/// A text that is taken.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The text as a tree.
    pub document: Document,
    /// UID of all its components.
    pub uid: String,
    /// What travels: title and texts of the master, dates of the first occurrence.
    pub fields: Fields,
    /// Whether it repeats; the same as `fields.recurs`.
    pub recurs: bool,
    /// When it takes place.
    pub schedule: Schedule,
    /// Seconds since 1970 of the first instant of its first occurrence; days begin in the installation's zone.
    pub first: i64,
    /// Seconds since 1970 of the end of its last occurrence, exclusive; `i64::MAX` when it never ends.
    pub last: i64,
    /// The first occurrence of a text that repeats; `None` when it does not, or when every occurrence is excluded.
    pub occurrence: Option<Occurrence>,
}

/// Reads a text as one calendar object. `card` is the address of the object's card, whose line is taken off the description.
///
/// # Errors
/// The precondition of RFC 4791 §5.3.2.1 that it fails, where and why.
pub fn read(
    bytes: &[u8],
    card: Option<&str>,
    settings: &Settings,
    limits: &Limits,
) -> Result<Incoming, Rejected> {
    let budget = Budget::new(limits.work_units_max);
    read_within(bytes, card, settings, limits, &budget)
}

/// Reads a text with the work of a budget.
///
/// # Errors
/// As of [`read`].
pub fn read_within(
    bytes: &[u8],
    card: Option<&str>,
    settings: &Settings,
    limits: &Limits,
    budget: &Budget,
) -> Result<Incoming, Rejected> {
    if bytes.len() > limits.bytes_max {
        let what = "the text is too long";
        return Err(Rejected::of(Precondition::MaxResourceSize, 1, what));
    }
    budget.spend(text_cost(bytes))?;
    let document = guarded(|| Document::parse(bytes, limits))??;
    read_document(document, card, settings, limits, budget)
}

/// Units that taking a text to lines costs: for each that is no fold, and for its bytes.
fn text_cost(bytes: &[u8]) -> u64 {
    let ends = bytes.windows(2).filter(|pair| pair[0] == b'\n');
    let lines = ends.filter(|pair| !matches!(pair[1], b' ' | b'\t')).count();
    lines as u64 * LINE_UNITS + bytes.len() as u64 / BYTES_PER_UNIT
}

/// Units that the values of parameters cost.
fn values_cost(component: &Component) -> u64 {
    let params = component.properties().flat_map(Property::params);
    let values: usize = params.map(|param| param.values.len()).sum();
    let inside: u64 = component.components().map(values_cost).sum();
    values as u64 * VALUE_UNITS + inside
}

/// Reads a text whose only fault is an end before the start, as if it named no end.
///
/// # Errors
/// As of [`read`].
pub fn read_without_ends(
    bytes: &[u8],
    card: Option<&str>,
    settings: &Settings,
    limits: &Limits,
    budget: &Budget,
) -> Result<Incoming, Rejected> {
    budget.spend(text_cost(bytes))?;
    let mut document = Document::parse(bytes, limits)?;
    super::ours::for_events(&mut document, |event| {
        event.remove(|property| ["DTEND", "DURATION"].contains(&property.name()));
    });
    read_document(document, card, settings, limits, budget)
}

/// Reads a document as one calendar object; see [`read`].
///
/// # Errors
/// As of [`read`].
pub fn read_document(
    document: Document,
    card: Option<&str>,
    settings: &Settings,
    limits: &Limits,
    budget: &Budget,
) -> Result<Incoming, Rejected> {
    let read = guarded(|| read_unguarded(document, card, settings, limits, budget))?;
    // A zone that could not be worked out, say, is not unknown for that.
    if budget.ran_out() {
        Err(match read {
            Err(rejected) if rejected.is_costly() => rejected,
            Ok(_) | Err(_) => Spent.into(),
        })
    } else {
        read
    }
}

fn read_unguarded(
    document: Document,
    card: Option<&str>,
    settings: &Settings,
    limits: &Limits,
    budget: &Budget,
) -> Result<Incoming, Rejected> {
    budget.spend(values_cost(document.calendar()))?;
    check_calendar(&document)?;
    document.events().try_for_each(check_event)?;
    let uid = one_uid(&document)?;
    let zones = Zones::of(&document, settings.zone, budget);
    let schedule = schedule(&document, &zones, settings, limits, budget)?;
    let (first, last) = schedule.bounds();
    // Exclusions alone make a series of one: ADVANTA has no more place for them than for a rule.
    let excludes = document
        .events()
        .any(|event| event.property("EXDATE").is_some());
    let recurs = !schedule.is_single() || excludes;
    let occurrence = schedule.first_within(budget);
    let mut fields = fields(&document, &schedule, occurrence, card)?;
    fields.recurs = recurs;
    check_years(&document, &fields, first)?;
    Ok(Incoming {
        document,
        uid,
        fields,
        recurs,
        first,
        last,
        occurrence: occurrence.filter(|_| recurs),
        schedule,
    })
}

/// What makes the calendar one object of a kind that we hold.
fn check_calendar(document: &Document) -> Result<(), Rejected> {
    let calendar = document.calendar();
    // The version decides what everything else means; PRODID says nothing to us.
    let version = only(calendar, "VERSION")?
        .ok_or_else(|| Rejected::data(calendar.line(), "VCALENDAR has no VERSION"))?;
    if version.value().trim() != "2.0" {
        return Err(Rejected::data(version.line(), "VERSION is not 2.0"));
    }
    let object = Precondition::ValidCalendarObjectResource;
    if let Some(method) = calendar.property("METHOD") {
        let what = "a stored object has no METHOD";
        return Err(Rejected::of(object, method.line(), what));
    }
    let scale = calendar.property("CALSCALE");
    if let Some(scale) =
        scale.filter(|scale| !scale.value().trim().eq_ignore_ascii_case("GREGORIAN"))
    {
        return Err(Rejected::data(scale.line(), "CALSCALE is not GREGORIAN"));
    }
    check_kinds(calendar)
}

/// Properties that an event has once at most (RFC 5545 §3.6.1), of those that we show or compare: of two, a client could
/// show the one that was not judged.
const ONCE: [&str; 11] = [
    "UID",
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "DTSTART",
    "DTEND",
    "DURATION",
    "STATUS",
    "URL",
    "RECURRENCE-ID",
    "TRANSP",
];
/// Components that are never part of an event.
pub(super) const NOT_INSIDE: [&str; 6] = [
    "VCALENDAR",
    "VEVENT",
    "VTODO",
    "VJOURNAL",
    "VFREEBUSY",
    "VTIMEZONE",
];

fn check_event(event: &Component) -> Result<(), Rejected> {
    for name in ONCE {
        only(event, name)?;
    }
    match event
        .components()
        .find(|inner| NOT_INSIDE.contains(&inner.name()))
    {
        Some(inner) => Err(Rejected::data(
            inner.line(),
            "a component that cannot be inside VEVENT",
        )),
        None => Ok(()),
    }
}

/// Earlier and later years cannot be written in every zone and form; Apple's birthdays without a year are of 1604.
pub const FIRST_YEAR: i32 = 1601;
/// See [`FIRST_YEAR`].
pub const LAST_YEAR: i32 = 8999;

/// Whether a span can be shown to everybody, whatever their zone.
pub fn is_showable(span: Span) -> bool {
    let year = |moment: Moment| match moment {
        Moment::Day(day) => day.year(),
        Moment::At(at) => at.year(),
    };
    year(span.start()) >= FIRST_YEAR && year(span.end()) <= LAST_YEAR
}

fn check_years(document: &Document, fields: &Fields, first: i64) -> Result<(), Rejected> {
    let line = document.calendar().line();
    let early = DateTime::from_timestamp(first, 0).is_none_or(|first| first.year() < FIRST_YEAR);
    if early {
        return Err(Rejected::of(
            Precondition::MinDateTime,
            line,
            "a date is before the year 1601",
        ));
    }
    if fields.span.is_some_and(|span| !is_showable(span)) {
        return Err(Rejected::of(
            Precondition::MaxDateTime,
            line,
            "a date is after the year 8999",
        ));
    }
    Ok(())
}

fn check_kinds(calendar: &Component) -> Result<(), Rejected> {
    let mut kinds = calendar
        .components()
        .filter(|component| component.name() != "VTIMEZONE");
    let object = Precondition::ValidCalendarObjectResource;
    let Some(first) = kinds.next() else {
        let what = "there is no calendar component";
        return Err(Rejected::of(object, calendar.line(), what));
    };
    if let Some(other) = kinds.find(|component| component.name() != first.name()) {
        let what = "there are components of different kinds";
        return Err(Rejected::of(object, other.line(), what));
    }
    if first.name() != "VEVENT" {
        let what = "only VEVENT is held here";
        let kind = Precondition::SupportedCalendarComponent;
        return Err(Rejected::of(kind, first.line(), what));
    }
    Ok(())
}

fn one_uid(document: &Document) -> Result<String, Rejected> {
    let mut found: Option<String> = None;
    for event in document.events() {
        let property =
            only(event, "UID")?.ok_or_else(|| Rejected::data(event.line(), "VEVENT has no UID"))?;
        let uid = property.as_text();
        if uid.trim().is_empty() || uid.len() > UID_BYTES_MAX {
            return Err(Rejected::data(property.line(), "UID is empty or too long"));
        }
        if found.as_ref().is_some_and(|found| *found != uid) {
            let what = "there are components with different UIDs";
            let object = Precondition::ValidCalendarObjectResource;
            return Err(Rejected::of(object, property.line(), what));
        }
        found = Some(uid);
    }
    found.ok_or_else(|| Rejected::data(1, "VEVENT has no UID"))
}

/// The component that speaks for the whole, and its place among the events: the master, else the first override.
pub(super) fn spoken(document: &Document) -> Option<(usize, &Component)> {
    let mut events = document.events().enumerate();
    let is_master = |(_, event): &(usize, &Component)| event.property("RECURRENCE-ID").is_none();
    events.clone().find(is_master).or_else(|| events.next())
}

fn fields(
    document: &Document,
    schedule: &Schedule,
    occurrence: Option<Occurrence>,
    card: Option<&str>,
) -> Result<Fields, Rejected> {
    let event = spoken(document)
        .ok_or_else(|| Rejected::data(document.calendar().line(), "there is no VEVENT"))?
        .1;
    let of = |name| {
        let property = event.property(name);
        property.map_or_else(String::new, Property::as_text)
    };
    // When every occurrence is excluded, the dates that the master was given stand.
    let span = match (occurrence, &schedule.series) {
        (Some(occurrence), _) => occurrence.span(),
        (None, Some(series)) => series.timing.span(),
        (None, None) => None,
    };
    Ok(Fields {
        title: text::one_line(&of("SUMMARY")),
        span,
        description: text::without_card(&of("DESCRIPTION"), card).0.to_owned(),
        location: text::one_line(&of("LOCATION")),
        recurs: !schedule.is_single(),
    })
}
