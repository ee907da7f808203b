//! The JSON of `fixtures/demo/*.json`. These types never leave the adapter; [`super::load`] turns them into the model.

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde::Deserialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One entry of `users.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireUser {
    pub(super) id: String,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    /// BCP 47 tag.
    pub(super) language: String,
    pub(super) active: bool,
}

/// One entry of `objects.json`. Planned and actual dates are local wall-clock times, `changed` is UTC.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireObject {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) location: String,
    pub(super) planned_start: Option<WireDate>,
    pub(super) planned_end: Option<WireDate>,
    pub(super) actual_start: Option<WireDate>,
    pub(super) actual_end: Option<WireDate>,
    pub(super) status: Option<u16>,
    pub(super) percent: Option<u8>,
    pub(super) owner: Option<String>,
    pub(super) responsible: Option<String>,
    /// Rights by user id; an empty list is the right to see it.
    pub(super) participants: BTreeMap<String, Vec<WireRight>>,
    pub(super) parent: Option<Uuid>,
    pub(super) card: Option<String>,
    pub(super) revision: u64,
    pub(super) changed: WireDate,
}

/// One right of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WireRight {
    Dates,
    Title,
    Text,
    Delete,
}

/// `2026-12-31T09:00`, or `D-2T09:00`: two days before the day on which the data is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum WireDate {
    Absolute(NaiveDateTime),
    Relative { days: i32, time: chrono::NaiveTime },
}

impl WireDate {
    /// The date, counted from `today`; `None` past the calendar's end.
    pub(super) fn on(self, today: NaiveDate) -> Option<NaiveDateTime> {
        match self {
            Self::Absolute(at) => Some(at),
            Self::Relative { days, time } => {
                let distance = Days::new(u64::from(days.unsigned_abs()));
                let day = if days < 0 {
                    today.checked_sub_days(distance)
                } else {
                    today.checked_add_days(distance)
                };
                day.map(|day| day.and_time(time))
            }
        }
    }
}

/// A text is neither of the two spellings of [`WireDate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is neither like 2026-12-31T09:00 nor like D-2T09:00")]
pub(super) struct InvalidDate;

impl TryFrom<String> for WireDate {
    type Error = InvalidDate;

    fn try_from(text: String) -> Result<Self, InvalidDate> {
        let (day, time) = text.split_once('T').ok_or(InvalidDate)?;
        let time = chrono::NaiveTime::parse_from_str(time, "%H:%M").map_err(|_| InvalidDate)?;
        match day.strip_prefix('D') {
            Some(days) => relative(days).map(|days| Self::Relative { days, time }),
            None => NaiveDate::parse_from_str(day, "%Y-%m-%d")
                .map(|day| Self::Absolute(day.and_time(time)))
                .map_err(|_| InvalidDate),
        }
    }
}

/// Reads `-2` or `+0`; the sign is never left out.
fn relative(days: &str) -> Result<i32, InvalidDate> {
    if !days.starts_with(['+', '-']) {
        return Err(InvalidDate);
    }
    days.parse().map_err(|_| InvalidDate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let date = WireDate::try_from(text.to_owned()).ok()?.on(today)?;
        Some(date.to_string())
    }

    #[test]
    fn dates_are_absolute_or_counted_from_today() {
        for (text, expected) in [
            ("D+0T00:00", "2026-03-01 00:00:00"),
            ("D-2T09:05", "2026-02-27 09:05:00"),
            ("D+31T23:59", "2026-04-01 23:59:00"),
            ("2027-01-08T23:59", "2027-01-08 23:59:00"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_date() {
        for text in [
            "",
            "D2T09:00",
            "D+T09:00",
            "D+1",
            "D+1T24:00",
            "D+999999999T09:00",
            "2026-02-30T09:00",
            "tomorrow",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
