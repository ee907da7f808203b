//! The components of one object to its [`Schedule`].

use super::recurrence::{Rule, RuleError};
use super::schedule::{Override, Ruled, Schedule, Series};
use super::timing::{self, Edge, Length, Timing, When, only};
use super::value::{self, PeriodEnd};
use super::work::Budget;
use super::{Component, Document, Limits, Precondition, Property, Rejected, Zones};
use crate::model::Settings;
use chrono::{NaiveDateTime, NaiveTime, Timelike};
use std::collections::{BTreeMap, BTreeSet};

/// RRULEs of one series. RFC 5545 §3.8.5.3 asks for one at most; each costs an expansion of its own.
const RULES_MAX: usize = 4;

/// Units that one explicit date costs.
const DATE_UNITS: u64 = 20;

/// Reads when an object takes place.
pub(super) fn schedule(
    document: &Document,
    zones: &Zones,
    settings: &Settings,
    limits: &Limits,
    budget: &Budget,
) -> Result<Schedule, Rejected> {
    let mut room = Room {
        dates: limits.dates_max,
        budget: budget.clone(),
    };
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
        work_units_max: limits.work_units_max,
    })
}

fn read_series(
    event: &Component,
    index: usize,
    zones: &Zones,
    settings: &Settings,
    room: &mut Room,
) -> Result<Series, Rejected> {
    let timing = Timing::read(event, zones)?;
    if let Some(property) = event.property("EXRULE") {
        let what = "EXRULE is not supported (RFC 5545 §A.3 took it away)";
        return Err(Rejected::data(property.line(), what));
    }
    Ok(Series {
        repeats: event.property("RRULE").is_some() || event.property("RDATE").is_some(),
        rules: rules(event, &timing.start, settings, &room.budget)?,
        dates: added_dates(event, &timing, zones, room)?,
        excluded: excluded_dates(event, &timing.start, zones, room)?,
        timing,
        event: index,
    })
}

/// What may still come.
struct Room {
    /// Explicit dates.
    dates: usize,
    budget: Budget,
}

/// One explicit date more.
fn spend(room: &mut Room, property: &Property) -> Result<(), Rejected> {
    room.dates = room.dates.checked_sub(1).ok_or_else(|| {
        let what = "there are too many explicit dates";
        Rejected::of(Precondition::MaxInstances, property.line(), what)
    })?;
    Ok(room.budget.spend(DATE_UNITS)?)
}

/// The rules of a series, each walked once. One that hits no time at all is not kept.
fn rules(
    event: &Component,
    start: &When,
    settings: &Settings,
    budget: &Budget,
) -> Result<Vec<Ruled>, Rejected> {
    let mut rules = Vec::new();
    for (index, property) in event.properties_named("RRULE").enumerate() {
        if index == RULES_MAX {
            let what = "there are too many RRULEs";
            let costly = Precondition::MaxInstances;
            return Err(Rejected::of(costly, property.line(), what));
        }
        let fail = |error| refusal(error, property);
        let rule = rule(property, start, settings, budget).map_err(fail)?;
        if let Some(ends) = rule.ends(budget).map_err(fail)? {
            rules.push(Ruled { rule, ends });
        }
    }
    Ok(rules)
}

fn rule(
    property: &Property,
    start: &When,
    settings: &Settings,
    budget: &Budget,
) -> Result<Rule, RuleError> {
    let until = |at: NaiveDateTime| match start {
        When::Local(_, zone) => zone.to_local(at.and_utc()),
        When::Day(_) => until_day(at, settings),
    };
    Rule::parse(property.value(), start.local(), until, budget)
}

fn refusal(error: RuleError, property: &Property) -> Rejected {
    let (precondition, what) = match error {
        RuleError::Invalid(what) => (Precondition::ValidCalendarData, what),
        RuleError::Costly(what) => (Precondition::MaxInstances, what),
    };
    Rejected::of(precondition, property.line(), what)
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
    room: &mut Room,
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
    room: &mut Room,
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
    room: &mut Room,
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
