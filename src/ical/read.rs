//! A client's text to a calendar object resource (RFC 4791 §4.1).
//!
//! Start at [`read`].

use super::recurrence::{Rule, RuleError};
use super::schedule::{Occurrence, Override, Schedule, Series};
use super::timing::{Edge, Timing, When, only};
use super::value::{self, PeriodEnd};
use super::{Component, Document, Limits, Precondition, Property, Rejected, Zones, text};
use crate::model::{Fields, Settings};
use chrono::{NaiveDateTime, NaiveTime, Timelike};
use std::collections::{BTreeMap, BTreeSet};

/// The longest UID in bytes. The longest seen in the wild (Exchange) have about 150.
const UID_BYTES_MAX: usize = 1024;

/// RRULEs of one series. RFC 5545 §3.8.5.3 asks for one at most; each costs an expansion of its own.
const RULES_MAX: usize = 4;

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
    if bytes.len() > limits.bytes_max {
        let what = "the text is too long";
        return Err(Rejected::of(Precondition::MaxResourceSize, 1, what));
    }
    let document = Document::parse(bytes, limits)?;
    read_document(document, card, settings, limits)
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
) -> Result<Incoming, Rejected> {
    check_calendar(&document)?;
    let uid = one_uid(&document)?;
    let zones = Zones::of(&document, settings.zone);
    let schedule = schedule(&document, &zones, settings, limits)?;
    let (first, last) = schedule.bounds();
    let recurs = !schedule.is_single();
    let occurrence = schedule.first();
    let fields = fields(&document, &schedule, occurrence, card)?;
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
        title: of("SUMMARY"),
        span,
        description: text::without_card(&of("DESCRIPTION"), card).0.to_owned(),
        location: of("LOCATION"),
        recurs: !schedule.is_single(),
    })
}

fn schedule(
    document: &Document,
    zones: &Zones,
    settings: &Settings,
    limits: &Limits,
) -> Result<Schedule, Rejected> {
    let mut room = limits.dates_max;
    let mut series: Option<Series> = None;
    for (index, event) in document.events().enumerate() {
        if only(event, "RECURRENCE-ID")?.is_some() {
            continue;
        }
        if series.is_some() {
            let what = "there is more than one master component";
            let object = Precondition::ValidCalendarObjectResource;
            return Err(Rejected::of(object, event.line(), what));
        }
        series = Some(read_series(event, index, zones, settings, &mut room)?);
    }
    let overrides = overrides(document, series.as_ref(), zones, &mut room)?;
    Ok(Schedule {
        zone: settings.zone,
        series,
        overrides,
    })
}

fn read_series(
    event: &Component,
    index: usize,
    zones: &Zones,
    settings: &Settings,
    room: &mut usize,
) -> Result<Series, Rejected> {
    let timing = Timing::read(event, zones)?;
    if let Some(property) = event.property("EXRULE") {
        let what = "EXRULE is not supported (RFC 5545 §A.3 took it away)";
        return Err(Rejected::data(property.line(), what));
    }
    Ok(Series {
        repeats: event.property("RRULE").is_some() || event.property("RDATE").is_some(),
        rules: rules(event, &timing.start, settings)?,
        dates: added_dates(event, &timing, zones, room)?,
        excluded: excluded_dates(event, &timing.start, zones, room)?,
        timing,
        event: index,
    })
}

/// One explicit date more.
fn spend(room: &mut usize, property: &Property) -> Result<(), Rejected> {
    *room = room.checked_sub(1).ok_or_else(|| {
        let what = "there are too many explicit dates";
        Rejected::of(Precondition::MaxInstances, property.line(), what)
    })?;
    Ok(())
}

/// The rules of a series. One that hits no time at all is not kept: finding that out again costs time.
fn rules(event: &Component, start: &When, settings: &Settings) -> Result<Vec<Rule>, Rejected> {
    let mut rules = Vec::new();
    for (index, property) in event.properties_named("RRULE").enumerate() {
        if index == RULES_MAX {
            let what = "there are too many RRULEs";
            let costly = Precondition::MaxInstances;
            return Err(Rejected::of(costly, property.line(), what));
        }
        let rule = rule(property, start, settings)?;
        if rule.all().next().is_some() {
            rules.push(rule);
        }
    }
    Ok(rules)
}

fn rule(property: &Property, start: &When, settings: &Settings) -> Result<Rule, Rejected> {
    let until = |at: NaiveDateTime| match start {
        When::Local(_, zone) => zone.to_local(at.and_utc()),
        When::Day(_) => until_day(at, settings),
    };
    Rule::parse(property.value(), start.local(), until).map_err(|error| {
        let (precondition, what) = match error {
            RuleError::Invalid(what) => (Precondition::ValidCalendarData, what),
            RuleError::Costly(what) => (Precondition::MaxInstances, what),
        };
        Rejected::of(precondition, property.line(), what)
    })
}

/// The day that an UNTIL in UTC means for a series of days. Clients write the midnight or the last second of that day
/// as if it were UTC, or their local midnight in UTC.
fn until_day(at: NaiveDateTime, settings: &Settings) -> NaiveDateTime {
    let seconds = at.num_seconds_from_midnight();
    let day = if seconds == 0 || seconds >= 86_340 {
        at.date()
    } else {
        at.and_utc().with_timezone(&settings.zone).date_naive()
    };
    day.and_time(NaiveTime::MIN)
}

fn added_dates(
    event: &Component,
    timing: &Timing,
    zones: &Zones,
    room: &mut usize,
) -> Result<Vec<Timing>, Rejected> {
    let mut dates = Vec::new();
    for property in event.properties_named("RDATE") {
        for text in property.value().split(',').filter(|text| !text.is_empty()) {
            spend(room, property)?;
            let date = added_date(property, text, timing, zones)?;
            if matches!(date.start, When::Day(_)) != matches!(timing.start, When::Day(_)) {
                let what = "one of DTSTART and RDATE has a time and the other has none";
                return Err(Rejected::data(property.line(), what));
            }
            dates.push(date);
        }
    }
    Ok(dates)
}

fn added_date(
    property: &Property,
    text: &str,
    timing: &Timing,
    zones: &Zones,
) -> Result<Timing, Rejected> {
    let Some((start, end)) = value::period(text) else {
        return Ok(Timing {
            start: When::read_value(property, text, zones)?,
            length: timing.length,
        });
    };
    let fail = |what: &'static str| Rejected::data(property.line(), what);
    let placed = |written| {
        When::placed(written, property.param("TZID"), zones)
            .ok_or_else(|| fail("unknown time zone"))
    };
    let start = placed(start)?;
    let length = match end {
        PeriodEnd::After(lasting) => super::timing::Length::Nominal(lasting),
        PeriodEnd::At(end) => super::timing::until(&start, &placed(end)?)
            .map_err(|_| fail("a period of RDATE ends before it starts"))?,
    };
    Ok(Timing { start, length })
}

fn excluded_dates(
    event: &Component,
    start: &When,
    zones: &Zones,
    room: &mut usize,
) -> Result<BTreeSet<Edge>, Rejected> {
    let mut excluded = BTreeSet::new();
    for property in event.properties_named("EXDATE") {
        for text in property.value().split(',').filter(|text| !text.is_empty()) {
            spend(room, property)?;
            let date = When::read_value(property, text, zones)?;
            excluded.insert(fitting(&date, start));
        }
    }
    Ok(excluded)
}

/// The identity of an occurrence as an EXDATE or RECURRENCE-ID names it. In a series of days a time of day says nothing.
fn fitting(date: &When, start: &When) -> Edge {
    match (date, start) {
        (When::Local(at, _), When::Day(_)) => Edge::Day(at.date()),
        (date, _) => date.edge(),
    }
}

fn overrides(
    document: &Document,
    series: Option<&Series>,
    zones: &Zones,
    room: &mut usize,
) -> Result<BTreeMap<Edge, Override>, Rejected> {
    let mut overrides = BTreeMap::new();
    for (index, event) in document.events().enumerate() {
        let Some(property) = event.property("RECURRENCE-ID") else {
            continue;
        };
        spend(room, property)?;
        let id = override_id(&When::read(property, zones)?, series);
        let timing = Timing::read(event, zones)?;
        let changed = Override {
            start: timing.start.edge(),
            end: timing.end(),
            event: index,
        };
        if overrides.insert(id, changed).is_some() {
            let what = "two components have the same RECURRENCE-ID";
            let object = Precondition::ValidCalendarObjectResource;
            return Err(Rejected::of(object, property.line(), what));
        }
    }
    Ok(overrides)
}

/// A RECURRENCE-ID that is a day in a series of times means the occurrence of that day.
fn override_id(id: &When, series: Option<&Series>) -> Edge {
    let Some(series) = series else {
        return id.edge();
    };
    match (id, &series.timing.start) {
        (When::Day(day), When::Local(at, zone)) => {
            let local = day.and_time(at.time());
            When::Local(local, zone.clone()).edge()
        }
        (id, start) => fitting(id, start),
    }
}
