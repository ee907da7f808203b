//! Time ranges (RFC 4791 §9.9) and the ranges of `expand` and its relatives (§9.6.5–§9.6.7).

use crate::model::Timestamp;
use crate::xml::Element;
use chrono::NaiveDate;

/// A range open at either end, but not at both unless it is [`TimeRange::ALL`]; the end is exclusive and after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// From here on, inclusive.
    pub start: Option<Timestamp>,
    /// Up to here, exclusive.
    pub end: Option<Timestamp>,
}

/// A range closed at both ends; the end is exclusive and after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// Inclusive.
    pub start: Timestamp,
    /// Exclusive.
    pub end: Timestamp,
}

impl TimeRange {
    /// All time.
    pub const ALL: Self = Self {
        start: None,
        end: None,
    };

    /// Start and end, the open ones as far away as a [`Timestamp`] goes.
    pub fn bounds(self) -> std::ops::Range<Timestamp> {
        self.start.unwrap_or(Timestamp::MIN_UTC)..self.end.unwrap_or(Timestamp::MAX_UTC)
    }

    /// Whether a calendar object overlaps it, as far as its bounds tell; `None`: its occurrences have to be looked at.
    ///
    /// `first` and `last` are seconds since 1970: the first start, and the last end, exclusive, `i64::MAX` when it never
    /// ends; what has no length counts as lasting a second (RFC 4791 §9.9 counts its start).
    pub fn overlaps_bounds(self, first: i64, last: i64, recurs: bool) -> Option<bool> {
        let start = self.start.map_or(i64::MIN, |start| start.timestamp());
        let end = self.end.map_or(i64::MAX, |end| end.timestamp());
        if last <= start || first >= end {
            return Some(false);
        }
        // Between the bounds of a series there may be nothing in the range, unless both go on for ever.
        let for_ever = last == i64::MAX && self.end.is_none();
        (!recurs || for_ever || self == Self::ALL).then_some(true)
    }

    /// `start` and `end` of a `time-range` element; `None` when RFC 4791 §9.9 does not allow them: neither is there, one
    /// is not a date with UTC time, or the end is not after the start.
    pub(super) fn of(element: &Element) -> Option<Self> {
        let (start, end) = (instant(element, "start")?, instant(element, "end")?);
        match (start, end) {
            (None, None) => None,
            (Some(start), Some(end)) if end <= start => None,
            (start, end) => Some(Self { start, end }),
        }
    }
}

impl Range {
    /// `start` and `end` of an element that must have both.
    pub(super) fn of(element: &Element) -> Option<Self> {
        match TimeRange::of(element)? {
            TimeRange {
                start: Some(start),
                end: Some(end),
            } => Some(Self { start, end }),
            _ => None,
        }
    }
}

/// Outer `None`: the attribute is there and wrong.
fn instant(element: &Element, attribute: &str) -> Option<Option<Timestamp>> {
    match element.attribute(attribute) {
        None => Some(None),
        Some(text) => utc(text).map(Some),
    }
}

/// `YYYYMMDDTHHMMSSZ` (RFC 5545 §3.3.5, form 2) and nothing else. A leap second counts as the one before.
fn utc(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let is = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    if !is(date, 8) || !is(time, 6) {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok();
    let (year, month, day) = (
        date[..4].parse().ok()?,
        number(&date[4..6])?,
        number(&date[6..])?,
    );
    let (hour, minute) = (number(&time[..2])?, number(&time[2..4])?);
    let second = number(&time[4..])?;
    let second = if second == 60 { 59 } else { second };
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(date.and_hms_opt(hour, minute, second)?.and_utc())
}
