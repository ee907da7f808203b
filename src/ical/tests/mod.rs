//! Tests of the layer as a whole, through its one door.

mod exporting;
mod grafting;
mod hostile;
mod joining;
mod patching;
mod properties;
mod recurring;
mod refused;
mod rendering;
mod samples;
mod working;
mod zones;

use super::{Edge, Incoming, Limits, Rejected};
use crate::model::{Moment, Settings, Span, Timestamp};
use chrono::{NaiveDate, NaiveDateTime};

/// A calendar with one event of UID `1` that holds these lines.
fn event(lines: &str) -> String {
    let lines = lines
        .trim_start()
        .replace("\r\n", "\n")
        .replace('\n', "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n\
         DTSTAMP:20260101T000000Z\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn try_read(text: impl AsRef<[u8]>) -> Result<Incoming, Rejected> {
    super::read(
        text.as_ref(),
        None,
        &Settings::default(),
        &Limits::default(),
    )
}

fn read(text: impl AsRef<[u8]>) -> Incoming {
    try_read(text).unwrap()
}

/// An instant of `2026-01-05 09:00` in UTC.
fn utc(text: &str) -> Timestamp {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
        .unwrap()
        .and_utc()
}

/// A span of `2026-01-05 .. 2026-01-06` (days, both inside) or `2026-01-05 09:00 .. 2026-01-05 10:00` (UTC).
fn span(text: &str) -> Span {
    let (start, end) = text.split_once(" .. ").unwrap();
    Span::new(moment(start), moment(end)).unwrap()
}

fn moment(text: &str) -> Moment {
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) => Moment::Day(day),
        Err(_) => Moment::at(utc(text)),
    }
}

fn show_span(span: Option<Span>) -> String {
    let show = |moment| match moment {
        Moment::Day(day) => day.to_string(),
        Moment::At(at) => at.format("%Y-%m-%d %H:%M").to_string(),
    };
    span.map_or_else(
        || "none".to_owned(),
        |span| format!("{} .. {}", show(span.start()), show(span.end())),
    )
}

fn show_edge(edge: Edge) -> String {
    match edge {
        Edge::Day(day) => day.to_string(),
        Edge::At(at) => at.format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// The starts of all occurrences that overlap a range in UTC.
fn starts(incoming: &Incoming, from: &str, to: &str) -> Vec<String> {
    let range = utc(from)..utc(to);
    let found = incoming.schedule.occurrences(range.clone(), 1000).unwrap();
    assert_eq!(incoming.schedule.overlaps(range), !found.is_empty());
    found.iter().map(|found| show_edge(found.start)).collect()
}
