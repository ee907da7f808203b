//! A small expander of its own for the few kinds of series that the simulation makes: every so many days, so many times.
//!
//! It shares nothing with the bridge's own.

use advanta_bridge::model::{Exception, Moment, RemoteEvent, Series, Span, Timestamp};
use chrono::{DateTime, Duration, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;

/// A schedule: every `days` days, `count` times.
pub fn every(days: u32, count: u32, zone: Tz) -> Series {
    let rule = if days.is_multiple_of(7) {
        format!("RRULE:FREQ=WEEKLY;INTERVAL={};COUNT={count}", days / 7)
    } else {
        format!("RRULE:FREQ=DAILY;INTERVAL={days};COUNT={count}")
    };
    Series {
        zone,
        rules: vec![rule],
        exceptions: vec![],
    }
}

/// Days between two occurrences, and how many there are.
pub fn shape(series: &Series) -> (u32, u32) {
    let number = |name: &str| {
        let rule = series.rules.first().map_or("", String::as_str);
        let after = rule
            .split([':', ';'])
            .find_map(|part| part.strip_prefix(name));
        after.and_then(|text| text.parse::<u32>().ok()).unwrap_or(1)
    };
    let weekly = series.rules.iter().any(|rule| rule.contains("WEEKLY"));
    (
        number("INTERVAL=") * if weekly { 7 } else { 1 },
        number("COUNT="),
    )
}

/// The instant of a local time; after a gap the same time by the offset before it.
pub fn instant(zone: Tz, local: NaiveDateTime) -> Timestamp {
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| {
        let later = zone.from_local_datetime(&(local + Duration::hours(1)));
        later.earliest()
    });
    found.map_or_else(
        || Utc.from_utc_datetime(&local),
        |at| at.with_timezone(&Utc),
    )
}

/// Where the series puts its n-th occurrence.
pub fn placed(event: &RemoteEvent, n: u32) -> Option<Span> {
    let span = event.fields.span?;
    let Some(series) = &event.series else {
        return (n == 0).then_some(span);
    };
    let (days, count) = shape(series);
    let shift = Duration::days(i64::from(days * n));
    let moved = |moment: Moment| match moment {
        Moment::Day(day) => Moment::Day(day + shift),
        Moment::At(at) => Moment::At(instant(series.zone, local(at, series.zone) + shift)),
    };
    let start = moved(span.start());
    let end = match (span.start(), span.end(), start) {
        // An occurrence of a timed series is as long as the first, also across a change of the clocks.
        (Moment::At(from), Moment::At(to), Moment::At(start)) => Moment::At(start + (to - from)),
        (_, end, _) => moved(end),
    };
    (n < count).then(|| Span::new(start, end).ok()).flatten()
}

fn local(at: DateTime<Utc>, zone: Tz) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// Where its occurrences really are: without cancelled ones, moved ones where they are now.
pub fn occurrences(event: &RemoteEvent) -> Vec<Span> {
    let Some(series) = &event.series else {
        return event.fields.span.into_iter().collect();
    };
    let place = |span: Span| {
        let of_it = |each: &&Exception| each.original == span.start();
        match series.exceptions.iter().find(of_it) {
            Some(exception) => exception.now,
            None => Some(span),
        }
    };
    let all = (0..shape(series).1).filter_map(|n| placed(event, n));
    all.filter_map(place).collect()
}
