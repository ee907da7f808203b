//! The occurrences of a series.

use super::event::{Fields, When, span, zone};
use chrono::Duration;
use chrono_tz::Tz;
use rrule::RRuleSet;
use serde_json::Value;

/// Occurrences of one series that are looked at: the stand-in is no calendar of centuries.
const OCCURRENCES_MAX: u16 = 1000;

/// Whether an event is a series.
pub fn is_series(event: &Fields) -> bool {
    event
        .get("recurrence")
        .and_then(Value::as_array)
        .is_some_and(|lines| !lines.is_empty())
}

/// Whether its lines can be read.
pub fn is_readable(event: &Fields, calendar: Tz) -> bool {
    parsed(event, calendar).is_some()
}

/// When the occurrences start; nothing when it is no series or makes no sense.
pub fn starts(event: &Fields, calendar: Tz) -> Vec<When> {
    let Some((first, _)) = span(event, calendar) else {
        return Vec::new();
    };
    let Some(set) = parsed(event, calendar) else {
        return Vec::new();
    };
    let dates = set.all(OCCURRENCES_MAX).dates.into_iter();
    let when = |date: chrono::DateTime<rrule::Tz>| match first {
        When::Day(_) => When::Day(date.date_naive()),
        When::At(_) => When::At(date.to_utc()),
    };
    dates.map(when).collect()
}

/// When the last occurrence ends; `None`: not within what is looked at.
pub fn end(event: &Fields, calendar: Tz) -> Option<When> {
    let all = starts(event, calendar);
    let length = length(event, calendar)?;
    let is_cut = all.len() >= usize::from(OCCURRENCES_MAX);
    all.last().filter(|_| !is_cut).map(|last| last.plus(length))
}

/// How long one occurrence is.
pub fn length(event: &Fields, calendar: Tz) -> Option<Duration> {
    let (start, end) = span(event, calendar)?;
    Some(end.instant() - start.instant())
}

fn parsed(event: &Fields, calendar: Tz) -> Option<RRuleSet> {
    let (first, _) = span(event, calendar)?;
    let lines = event.get("recurrence")?.as_array()?;
    let lines: Vec<_> = lines.iter().filter_map(Value::as_str).collect();
    let start = match first {
        When::Day(day) => format!("DTSTART:{}T000000Z", day.format("%Y%m%d")),
        When::At(at) => {
            let zone = event.get("start").and_then(zone).unwrap_or(calendar);
            let local = at.with_timezone(&zone);
            format!(
                "DTSTART;TZID={}:{}",
                zone.name(),
                local.format("%Y%m%dT%H%M%S")
            )
        }
    };
    let lines = lines.iter().map(|line| as_instants(line, first));
    let text: Vec<_> = std::iter::once(start).chain(lines).collect();
    text.join("\n").parse().ok()
}

/// The library knows no days: those of an all-day series become midnights of UTC.
fn as_instants(line: &str, first: When) -> String {
    let When::Day(_) = first else {
        return line.to_owned();
    };
    if let Some((_, dates)) = line.split_once("VALUE=DATE:") {
        let name = line.split([';', ':']).next().unwrap_or_default();
        let dates: Vec<_> = dates
            .split(',')
            .map(|date| format!("{date}T000000Z"))
            .collect();
        return format!("{name}:{}", dates.join(","));
    }
    let part = |part: &str| match part.split_once("UNTIL=") {
        Some((before, until)) if until.len() == 8 => format!("{before}UNTIL={until}T000000Z"),
        _ => part.to_owned(),
    };
    line.split(';').map(part).collect::<Vec<_>>().join(";")
}
