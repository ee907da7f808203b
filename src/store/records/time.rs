//! Stored forms of dates and times.

use super::Invalid;
use crate::model::{Moment, Planned, Span, Timestamp};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

/// Seconds since 1970 and nanoseconds: exact for every time there is.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Instant(i64, u32);

impl From<Timestamp> for Instant {
    fn from(time: Timestamp) -> Self {
        Self(time.timestamp(), time.timestamp_subsec_nanos())
    }
}

impl TryFrom<Instant> for Timestamp {
    type Error = Invalid;

    fn try_from(Instant(seconds, nanos): Instant) -> Result<Self, Invalid> {
        DateTime::from_timestamp(seconds, nanos).ok_or(Invalid("a time"))
    }
}

/// A wall-clock time, counted as if it were UTC.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Local(i64, u32);

impl From<NaiveDateTime> for Local {
    fn from(local: NaiveDateTime) -> Self {
        let time = local.and_utc();
        Self(time.timestamp(), time.timestamp_subsec_nanos())
    }
}

impl TryFrom<Local> for NaiveDateTime {
    type Error = Invalid;

    fn try_from(Local(seconds, nanos): Local) -> Result<Self, Invalid> {
        Ok(Timestamp::try_from(Instant(seconds, nanos))?.naive_utc())
    }
}

/// A day, counted from the common era.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct DayRow(i32);

impl From<NaiveDate> for DayRow {
    fn from(day: NaiveDate) -> Self {
        Self(day.num_days_from_ce())
    }
}

impl TryFrom<DayRow> for NaiveDate {
    type Error = Invalid;

    fn try_from(DayRow(days): DayRow) -> Result<Self, Invalid> {
        Self::from_num_days_from_ce_opt(days).ok_or(Invalid("a day"))
    }
}

/// Reads an optional value.
pub(super) fn optional<S, T: TryFrom<S, Error = Invalid>>(
    stored: Option<S>,
) -> Result<Option<T>, Invalid> {
    stored.map(T::try_from).transpose()
}

#[derive(Serialize, Deserialize)]
pub(super) enum MomentRow {
    Day(DayRow),
    At(Instant),
}

impl From<Moment> for MomentRow {
    fn from(moment: Moment) -> Self {
        match moment {
            Moment::Day(day) => Self::Day(day.into()),
            Moment::At(at) => Self::At(at.into()),
        }
    }
}

impl TryFrom<MomentRow> for Moment {
    type Error = Invalid;

    fn try_from(row: MomentRow) -> Result<Self, Invalid> {
        Ok(match row {
            MomentRow::Day(day) => Self::Day(day.try_into()?),
            MomentRow::At(at) => Self::At(at.try_into()?),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct SpanRow {
    start: MomentRow,
    end: MomentRow,
}

impl From<Span> for SpanRow {
    fn from(span: Span) -> Self {
        Self {
            start: span.start().into(),
            end: span.end().into(),
        }
    }
}

impl TryFrom<SpanRow> for Span {
    type Error = Invalid;

    fn try_from(row: SpanRow) -> Result<Self, Invalid> {
        Self::new(row.start.try_into()?, row.end.try_into()?).map_err(|_| Invalid("a span"))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct PlannedRow {
    start: Option<Local>,
    end: Option<Local>,
}

impl From<Planned> for PlannedRow {
    fn from(planned: Planned) -> Self {
        Self {
            start: planned.start.map(Into::into),
            end: planned.end.map(Into::into),
        }
    }
}

impl TryFrom<PlannedRow> for Planned {
    type Error = Invalid;

    fn try_from(row: PlannedRow) -> Result<Self, Invalid> {
        Ok(Self {
            start: optional(row.start)?,
            end: optional(row.end)?,
        })
    }
}
