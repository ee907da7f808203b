//! The components of one object to its [`Schedule`].

use super::recurrence::{Rule, RuleError};
use super::schedule::{Override, Schedule, Series};
use super::timing::{self, Edge, Length, Timing, When, only};
use super::value::{self, PeriodEnd};
use super::{Component, Document, Limits, Precondition, Property, Rejected, Zones};
use crate::model::Settings;
use chrono::{NaiveDateTime, NaiveTime, Timelike};
use std::collections::{BTreeMap, BTreeSet};

/// RRULEs of one series. RFC 5545 §3.8.5.3 asks for one at most; each costs an expansion of its own.
const RULES_MAX: usize = 4;

/// Reads when an object takes place.
pub(super) fn schedule(
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
        PeriodEnd::After(lasting) => Length::Nominal(lasting),
        PeriodEnd::At(end) => timing::until(&start, &placed(end)?)
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
