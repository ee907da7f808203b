//! Words of a line, and dates as people write them.

use advanta_bridge::model::{Moment, Span};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;

/// One sentence with its place and the list below it.
#[derive(Debug)]
pub struct Line {
    /// Its number in the file.
    pub number: usize,
    /// Without the space around it.
    pub text: String,
    /// Lines below it that begin with `-`.
    pub list: Vec<String>,
}

impl Line {
    /// The sentences of a scene whose first line has this number; comments are left out.
    pub fn all(scene: &str, first: usize) -> Vec<Self> {
        let mut lines: Vec<Self> = vec![];
        for (number, text) in scene.lines().enumerate() {
            let text = text.trim();
            match (text.strip_prefix("- "), lines.last_mut()) {
                _ if text.is_empty() || text.starts_with('#') => {}
                (Some(item), Some(last)) => last.list.push(item.trim().to_owned()),
                _ => lines.push(Self {
                    number: first + number,
                    text: text.to_owned(),
                    list: vec![],
                }),
            }
        }
        lines
    }
}

/// Words; a quoted text is one word and keeps its first quotation mark, so that it is no other word.
pub fn words(text: &str) -> Vec<&str> {
    let mut words = vec![];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map_or(rest.len(), |end| end + 1),
            None => rest.find(' ').unwrap_or(rest.len()),
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start_matches('"').trim_start();
    }
    words
}

/// A quoted text without its mark.
pub fn quoted(word: &str) -> Result<&str, String> {
    word.strip_prefix('"')
        .ok_or_else(|| format!("a text in quotation marks, not {word}"))
}

/// What stands between commas, those in quotation marks left alone.
pub fn parts(text: &str) -> Vec<&str> {
    let mut inside = false;
    let split = |letter: char| {
        inside ^= letter == '"';
        letter == ',' && !inside
    };
    text.split(split).map(str::trim).collect()
}

pub fn date(word: &str) -> Result<NaiveDate, String> {
    word.parse().map_err(|_| format!("a day, not {word}"))
}

pub fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("a number, not {word}"))
}

pub fn zone(word: &str) -> Result<Tz, String> {
    word.parse().map_err(|_| format!("a zone, not {word}"))
}

fn time(word: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(word, "%H:%M").map_err(|_| format!("a time, not {word}"))
}

/// `2026-12-02`, `2026-12-02..2026-12-04`, `2026-12-02 10:00-11:00` or `2026-12-02 10:00 to 2026-12-03 09:00` in a zone.
pub fn span(words: &[&str], zone: Tz) -> Result<Span, String> {
    let (from, to) = match words {
        [days] if days.contains("..") => {
            let (first, last) = days.split_once("..").unwrap_or_default();
            (Moment::Day(date(first)?), Moment::Day(date(last)?))
        }
        [day] => (Moment::Day(date(day)?), Moment::Day(date(day)?)),
        [day, times] => {
            let (from, to) = times.split_once('-').ok_or("two times")?;
            let (day, from, to) = (date(day)?, time(from)?, time(to)?);
            (at(day.and_time(from), zone), at(day.and_time(to), zone))
        }
        [first, from, "to", last, to] => {
            let (from, to) = (
                date(first)?.and_time(time(from)?),
                date(last)?.and_time(time(to)?),
            );
            (at(from, zone), at(to, zone))
        }
        other => return Err(format!("dates, not {other:?}")),
    };
    Span::new(from, to).map_err(|error| error.to_string())
}

/// The earlier instant of a local time that comes twice.
pub fn at(local: NaiveDateTime, zone: Tz) -> Moment {
    let found = zone.from_local_datetime(&local).earliest();
    Moment::At(found.map_or_else(|| Utc.from_utc_datetime(&local), |at| at.to_utc()))
}

/// The wall clock of a moment; of a day its midnight.
pub fn local(moment: Moment, zone: Tz) -> NaiveDateTime {
    match moment {
        Moment::Day(day) => day.and_time(NaiveTime::MIN),
        Moment::At(at) => at.with_timezone(&zone).naive_local(),
    }
}

/// As [`span`] reads it.
pub fn say(span: Span, zone: Tz) -> String {
    let (from, to) = (local(span.start(), zone), local(span.end(), zone));
    match span.start() {
        Moment::Day(first) if from == to => first.to_string(),
        Moment::Day(first) => format!("{first}..{}", to.date()),
        Moment::At(_) => say_times(from, to),
    }
}

/// Two times of a wall clock.
pub fn say_times(from: NaiveDateTime, to: NaiveDateTime) -> String {
    let (time, both) = ("%H:%M", "%Y-%m-%d %H:%M");
    if from.date() == to.date() {
        format!("{}-{}", from.format(both), to.format(time))
    } else {
        format!("{} to {}", from.format(both), to.format(both))
    }
}

/// Succeeds when both are the same.
pub fn same<T: PartialEq + std::fmt::Debug>(got: &T, wanted: &T) -> Result<(), String> {
    if got == wanted {
        Ok(())
    } else {
        Err(format!("it is {got:?}, not {wanted:?}"))
    }
}
