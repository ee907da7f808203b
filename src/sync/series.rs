//! Recurring events: one series is one note, on the first day on which it occurs within the window.

use super::window;
use crate::ical;
use crate::model::{
    Anchor, Exception, Moment, RemoteEvent, Series, Settings, Span, Subscription, instant_of,
};
use chrono::{Duration, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use std::fmt::Write as _;

/// How far ahead the first occurrence within the window is looked for, step by step: most series occur again within weeks.
const LOOK_AHEAD_DAYS: [i64; 3] = [40, 800, 8_000];
/// Occurrences looked at in one step.
const OCCURRENCES_MAX: usize = 10_000;

/// Units of work that one series of a remote may cost, and each question about it: a round looks at many.
const WORK_UNITS_MAX: u64 = 500_000;

fn limits() -> ical::Limits {
    ical::Limits {
        work_units_max: WORK_UNITS_MAX,
        ..ical::Limits::default()
    }
}

/// Whether all of a series can be read. One that cannot is taken as far as it goes: without its EXRULEs, or as its start alone.
pub fn is_readable(event: &RemoteEvent, settings: &Settings) -> bool {
    let (Some(series), Some(start)) = (&event.series, event.fields.span) else {
        return true;
    };
    let is_whole = !series.rules.iter().any(|rule| is_exrule(rule));
    is_whole && read(start, series, &[], settings).is_some()
}

/// RFC 5545 §A.3 took EXRULE away; old series still have it.
fn is_exrule(rule: &str) -> bool {
    rule.get(..6)
        .is_some_and(|name| name.eq_ignore_ascii_case("EXRULE"))
}

/// The occurrences of a series, if its schedule can be read.
fn read(
    start: Span,
    series: &Series,
    exceptions: &[Exception],
    settings: &Settings,
) -> Option<ical::Incoming> {
    let text = text(start, series, exceptions);
    ical::read(text.as_bytes(), None, settings, &limits()).ok()
}

/// Where a series first occurs within the window, and which of its occurrences that is; `None` when it never does.
///
/// The first occurrence of the series when that lies in the window, wherever it was moved to. A cancelled one is passed over. Of a schedule
/// that cannot be read it is where the series begins.
pub fn first(
    event: &RemoteEvent,
    exceptions: &[Exception],
    subscription: &Subscription,
    settings: &Settings,
) -> Option<(Span, Anchor)> {
    let series = event.series.as_ref()?;
    let start = event.fields.span?;
    let Some(read) = read(start, series, exceptions, settings) else {
        let anchor = Anchor {
            series: start,
            occurrence: start.start(),
        };
        return window::holds(subscription, start).then_some((start, anchor));
    };
    let opens = window::opens(subscription);
    let within = |occurrence: &ical::Occurrence| {
        occurrence
            .span()
            .is_some_and(|span| window::holds(subscription, span))
    };
    let first = read.schedule.first().filter(within).or_else(|| {
        // A day of slack: days begin in other zones than instants do.
        let from = opens - Duration::days(2);
        LOOK_AHEAD_DAYS.iter().find_map(|days| {
            let range = from..from + Duration::days(*days);
            let found = read.schedule.occurrences(range, OCCURRENCES_MAX).ok()?;
            found.into_iter().find(within)
        })
    })?;
    let occurrence = match first.id {
        ical::Edge::Day(day) => Moment::Day(day),
        ical::Edge::At(at) => Moment::at(at),
    };
    Some((
        first.span()?,
        Anchor {
            series: start,
            occurrence,
        },
    ))
}

/// How far from its place an occurrence may begin and still be the same: the clocks of two zones change on different days.
const SAME_WITHIN_HOURS: i64 = 3;

/// What became of the occurrence that a note shows, after its series changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// The series still has it; cancelled or moved by itself it may be.
    There,
    /// The series has it no more, but occurs in the window: the note is of this occurrence now.
    Elsewhere(Span, Anchor),
    /// The series has it no more and does not occur in the window any more: "this and the following" were cut off.
    Over,
}

/// What became of the occurrence that a note shows.
pub fn stands(
    event: &RemoteEvent,
    occurrence: Moment,
    subscription: &Subscription,
    settings: &Settings,
) -> Stands {
    let Some(series) = &event.series else {
        return Stands::There;
    };
    if event
        .fields
        .span
        .is_none_or(|span| span.start() == occurrence)
    {
        return Stands::There;
    }
    // Whoever cancelled a single occurrence left the series as it was.
    let is_rule = |line: &&String| !line.to_ascii_uppercase().starts_with("EXDATE");
    let ruled = Series {
        zone: series.zone,
        rules: series.rules.iter().filter(is_rule).cloned().collect(),
        exceptions: vec![],
    };
    match has(event, &ruled, occurrence, settings) {
        // What cannot be read is left alone.
        None | Some(true) => Stands::There,
        Some(false) => match first(event, &series.exceptions, subscription, settings) {
            Some((span, anchor)) => Stands::Elsewhere(span, anchor),
            None => Stands::Over,
        },
    }
}

/// Whether a series has an occurrence; `None`: that cannot be told.
fn has(
    event: &RemoteEvent,
    series: &Series,
    occurrence: Moment,
    settings: &Settings,
) -> Option<bool> {
    let read = read(event.fields.span?, series, &[], settings)?;
    let at = match occurrence {
        Moment::Day(day) => day.and_time(NaiveTime::MIN).and_utc(),
        Moment::At(at) => at,
    };
    let range = at - Duration::days(2)..at + Duration::days(2);
    let near = read.schedule.occurrences(range, OCCURRENCES_MAX).ok()?;
    let is_it = |found: &ical::Occurrence| match (found.id, occurrence) {
        (ical::Edge::Day(day), Moment::Day(wanted)) => day == wanted,
        (ical::Edge::At(found), Moment::At(wanted)) => {
            (found - wanted).abs() <= Duration::hours(SAME_WITHIN_HOURS)
        }
        (ical::Edge::Day(_), Moment::At(_)) | (ical::Edge::At(_), Moment::Day(_)) => false,
    };
    Some(near.iter().any(is_it))
}

/// The note's span after its series moved from one start to another: by as much, in the wall-clock time of the series' zone.
pub fn moved(note: Span, from: Span, to: Span, zone: Tz) -> Span {
    if from == to {
        return note;
    }
    let shift = local(to.start(), zone) - local(from.start(), zone);
    let start = local(note.start(), zone) + shift;
    let length = if length(from, zone) == length(to, zone) {
        length(note, zone)
    } else {
        length(to, zone)
    };
    let (start, end) = match to.start() {
        Moment::Day(_) => (
            Moment::Day(start.date()),
            Moment::Day((start + length).date()),
        ),
        Moment::At(_) => (
            Moment::at(instant_of(start, zone)),
            Moment::at(instant_of(start + length, zone)),
        ),
    };
    Span::new(start, end)
        .or_else(|_| Span::new(start, start))
        .unwrap_or(note)
}

fn local(moment: Moment, zone: Tz) -> NaiveDateTime {
    match moment {
        Moment::Day(day) => day.and_time(NaiveTime::MIN),
        Moment::At(at) => at.with_timezone(&zone).naive_local(),
    }
}

fn length(span: Span, zone: Tz) -> Duration {
    local(span.end(), zone) - local(span.start(), zone)
}

/// The series as iCalendar text, which the core can expand within its bounds.
fn text(start: Span, series: &Series, exceptions: &[Exception]) -> String {
    let mut text =
        String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//advanta-bridge//EN\r\n");
    event(&mut text, start, series.zone, |text| {
        for rule in series.rules.iter().filter(|rule| !is_exrule(rule)) {
            // A line of its own is all that a rule may be.
            let _infallible = write!(text, "{}\r\n", rule.replace(['\r', '\n'], ""));
        }
        for cancelled in exceptions.iter().filter(|each| each.now.is_none()) {
            date(text, "EXDATE", cancelled.original, series.zone);
        }
    });
    for each in exceptions {
        if let Some(now) = each.now {
            event(&mut text, now, series.zone, |text| {
                date(text, "RECURRENCE-ID", each.original, series.zone);
            });
        }
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

fn event(text: &mut String, span: Span, zone: Tz, more: impl FnOnce(&mut String)) {
    text.push_str("BEGIN:VEVENT\r\nUID:series\r\nDTSTAMP:20000101T000000Z\r\n");
    date(text, "DTSTART", span.start(), zone);
    let end = match span.end() {
        // DTEND is exclusive (RFC 5545 §3.6.1).
        Moment::Day(last) => Moment::Day(last.succ_opt().unwrap_or(last)),
        at @ Moment::At(_) => at,
    };
    date(text, "DTEND", end, zone);
    more(text);
    text.push_str("END:VEVENT\r\n");
}

fn date(text: &mut String, name: &str, moment: Moment, zone: Tz) {
    let _infallible = match moment {
        Moment::Day(day) => write!(text, "{name};VALUE=DATE:{}\r\n", day.format("%Y%m%d")),
        Moment::At(at) => {
            let local = at.with_timezone(&zone).format("%Y%m%dT%H%M%S");
            write!(text, "{name};TZID={zone}:{local}\r\n")
        }
    };
}
