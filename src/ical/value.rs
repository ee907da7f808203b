//! Values of dates, times and durations (RFC 5545 §3.3).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// A DATE or DATE-TIME as it is written, before its zone is known (RFC 5545 §3.3.4, §3.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Written {
    /// `20260105`.
    Date(NaiveDate),
    /// `20260105T090000`: local time of the TZID, or floating.
    Local(NaiveDateTime),
    /// `20260105T060000Z`.
    Utc(NaiveDateTime),
}

impl Written {
    /// Reads a DATE or DATE-TIME; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.split_once(['T', 't']) {
            None => date(text).map(Self::Date),
            Some((day, clock)) => {
                let (clock, utc) = match clock.strip_suffix(['Z', 'z']) {
                    Some(clock) => (clock, true),
                    None => (clock, false),
                };
                let at = date(day)?.and_time(time(clock)?);
                Some(if utc { Self::Utc(at) } else { Self::Local(at) })
            }
        }
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    if text.len() != 8 {
        return None;
    }
    let (year, month, day) = (
        digits(text, 0, 4)?,
        digits(text, 4, 2)?,
        digits(text, 6, 2)?,
    );
    // Year 0 would not survive a conversion to a zone east of Greenwich and back.
    if year == 0 {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

fn time(text: &str) -> Option<NaiveTime> {
    if text.len() != 6 {
        return None;
    }
    let (hour, minute, second) = (
        digits(text, 0, 2)?,
        digits(text, 2, 2)?,
        digits(text, 4, 2)?,
    );
    // RFC 5545 §3.3.12: a leap second may be written, and is taken for the second before where none is known.
    NaiveTime::from_hms_opt(hour, minute, if second == 60 { 59 } else { second })
}

fn digits(text: &str, from: usize, count: usize) -> Option<u32> {
    let part = text.get(from..from + count)?;
    part.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| part.parse().ok())?
}

/// `20260105`.
pub fn format_date(day: NaiveDate) -> String {
    day.format("%Y%m%d").to_string()
}

/// `20260105T090000`, without a `Z`.
pub fn format_local(at: NaiveDateTime) -> String {
    at.format("%Y%m%dT%H%M%S").to_string()
}

/// A DURATION (RFC 5545 §3.3.6): days are nominal, the rest is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duration {
    /// Weeks and days, in days.
    pub days: i64,
    /// Hours, minutes and seconds, in seconds.
    pub seconds: i64,
}

/// The longest duration taken: a hundred years, in days. Keeps sums of dates within what a date can hold.
const DURATION_DAYS_MAX: i64 = 36_525;

impl Duration {
    /// Reads `[+]P1W`, `P1DT2H` and so on; `None` when it is none, negative, or longer than a hundred years.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let body = text.strip_prefix('+').unwrap_or(&text).strip_prefix('P')?;
        let (days, clock) = match body.split_once('T') {
            Some((days, clock)) if !clock.is_empty() => (days, clock),
            Some(_) => return None,
            None if body.is_empty() => return None,
            None => (body, ""),
        };
        let days = sum(days, &[('W', 7), ('D', 1)])?;
        let seconds = sum(clock, &[('H', 3600), ('M', 60), ('S', 1)])?;
        let whole = days.checked_add(seconds / 86_400)?;
        (whole <= DURATION_DAYS_MAX).then_some(Self { days, seconds })
    }
}

/// `PT1H`: a DURATION of so many seconds, in the largest unit that says it exactly.
pub fn format_duration(seconds: u32) -> String {
    match seconds {
        seconds if seconds % 3600 == 0 && seconds > 0 => format!("PT{}H", seconds / 3600),
        seconds if seconds % 60 == 0 && seconds > 0 => format!("PT{}M", seconds / 60),
        seconds => format!("PT{seconds}S"),
    }
}

/// Adds up numbers with units; each unit at most once and in order.
fn sum(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text;
    for (unit, factor) in units {
        let Some((number, after)) = rest.split_once(*unit) else {
            continue;
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: i64 = number.parse().ok()?;
        total = total.checked_add(number.checked_mul(*factor)?)?;
        rest = after;
    }
    rest.is_empty().then_some(total)
}

/// A UTC-OFFSET (RFC 5545 §3.3.14) in seconds east of Greenwich.
pub fn utc_offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, body) = match text.split_at_checked(1)? {
        ("+", body) => (1, body),
        ("-", body) => (-1, body),
        _ => return None,
    };
    let seconds = match body.len() {
        4 => 0,
        6 => digits(body, 4, 2)?,
        _ => return None,
    };
    let total = digits(body, 0, 2)? * 3600 + digits(body, 2, 2)? * 60 + seconds;
    let total = i32::try_from(total).ok()?;
    (total < 86_400).then_some(sign * total)
}

/// A PERIOD's end (RFC 5545 §3.3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodEnd {
    /// `…/20260105T100000`.
    At(Written),
    /// `…/PT1H`.
    After(Duration),
}

/// Reads a PERIOD.
pub fn period(text: &str) -> Option<(Written, PeriodEnd)> {
    let (start, end) = text.split_once('/')?;
    let start = Written::parse(start)?;
    let end = match Duration::parse(end) {
        Some(duration) => PeriodEnd::After(duration),
        None => PeriodEnd::At(Written::parse(end)?),
    };
    Some((start, end))
}
