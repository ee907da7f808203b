//! Days and times of the scenarios: around the changes of the clocks in autumn 2026, in Europe and in America.

use advanta_bridge::model::{Moment, Planned, Span, Timestamp};
use chrono::{Duration, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;

/// Zones of people and their calendars.
pub const ZONES: [Tz; 4] = [
    Tz::Europe__Moscow,
    Tz::America__New_York,
    Tz::Pacific__Auckland,
    Tz::Europe__Berlin,
];

/// When every scenario begins.
pub fn now() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 10, 20, 9, 0, 0).unwrap()
}

/// The start day of every subscription.
pub fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 10, 15).unwrap()
}

fn local(day: i64, hour: u32, minute: u32) -> NaiveDateTime {
    let day = start() + Duration::days(day);
    day.and_hms_opt(hour, minute, 0).unwrap()
}

/// Planned dates of some kind.
pub fn planned(which: u32) -> Planned {
    let (start, end) = match which {
        0 => (local(7, 10, 0), local(7, 12, 0)),
        1 => (local(8, 0, 0), local(8, 23, 59)),
        2 => (local(9, 23, 0), local(10, 1, 30)),
        3 => (local(10, 0, 0), local(12, 23, 59)),
        // Before the start, and over it.
        4 => (local(-9, 10, 0), local(-9, 11, 0)),
        5 => (local(-3, 12, 0), local(5, 18, 0)),
        6 => (local(17, 1, 30), local(17, 3, 30)),
        7 => (local(6, 9, 0), local(6, 9, 0)),
        _ => (local(20, 8, 0), local(30, 9, 0)),
    };
    Planned {
        start: Some(start),
        end: Some(end),
    }
}

/// Spans of some kind, in a zone.
pub fn span(which: u32, zone: Tz) -> Span {
    let at =
        |day: i64, hour, minute| Moment::At(crate::series::instant(zone, local(day, hour, minute)));
    let day = |day: i64| Moment::Day(start() + Duration::days(day));
    let (from, to) = match which {
        0 => (at(7, 10, 0), at(7, 11, 0)),
        1 => (day(7), day(7)),
        2 => (at(8, 22, 30), at(9, 2, 0)),
        3 => (day(9), day(11)),
        4 => (at(-9, 10, 0), at(-9, 11, 0)),
        5 => (at(17, 1, 30), at(17, 4, 0)),
        6 => (day(-1), day(-1)),
        7 => (day(0), day(0)),
        _ => (at(9, 8, 0), at(20, 9, 0)),
    };
    Span::new(from, to).unwrap()
}

/// A span somewhere else.
pub fn moved(old: Span, how: u32, zone: Tz) -> Span {
    let shift = |by: Duration| {
        let one = |moment: Moment| match moment {
            Moment::Day(day) => Moment::Day(day + Duration::days(by.num_days().max(1))),
            Moment::At(at) => Moment::At(at + by),
        };
        Span::new(one(old.start()), one(old.end())).unwrap_or(old)
    };
    match how {
        0 => shift(Duration::hours(1)),
        1 => shift(Duration::days(1)),
        2 => shift(Duration::days(45)),
        3 => span(4, zone),
        other => span(other, zone),
    }
}
