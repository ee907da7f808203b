//! Bounds on what is read, and what is said when a text is not taken.

use super::guard::{BROKEN, Panicked};
use super::work::Spent;
use std::borrow::Cow;

/// Bounds on one iCalendar text. Each is the largest value that is still taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole text.
    pub bytes_max: usize,
    /// Physical lines.
    pub lines_max: usize,
    /// Components of any kind, `VCALENDAR` included.
    pub components_max: usize,
    /// Properties of all components together.
    pub properties_max: usize,
    /// How deep components are nested; `VCALENDAR` is at 1, `VALARM` of an event at 3.
    pub depth_max: usize,
    /// Parameters of one property.
    pub parameters_max: usize,
    /// Values of all parameters of all properties together: each costs memory of its own.
    pub parameter_values_max: usize,
    /// Explicit dates of one series: `RDATE`, `EXDATE` and overrides together.
    pub dates_max: usize,
    /// Units of work ([`Budget`](super::Budget)) on one text, and on one question about its occurrences.
    pub work_units_max: u64,
}

/// The largest [`Limits::work_units_max`] that makes sense: a tenth of a second, about.
pub const WORK_UNITS_CEILING: u64 = 10_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 1024 * 1024,
            lines_max: 40_000,
            components_max: 2_000,
            properties_max: 20_000,
            depth_max: 8,
            parameters_max: 64,
            parameter_values_max: 20_000,
            dates_max: 5_000,
            work_units_max: 2_000_000,
        }
    }
}

/// A text that is not iCalendar (RFC 5545 §3.1), or more of it than [`Limits`] take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Invalid {
    /// Physical line, from 1.
    pub line: usize,
    /// What is wrong with it. Never content of the text.
    pub what: Cow<'static, str>,
}

impl Invalid {
    pub(crate) fn new(line: usize, what: impl Into<Cow<'static, str>>) -> Self {
        Self {
            line,
            what: what.into(),
        }
    }
}

/// Which precondition of RFC 4791 §5.3.2.1 a text fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// `CALDAV:valid-calendar-data`: the text breaks RFC 5545.
    ValidCalendarData,
    /// `CALDAV:valid-calendar-object-resource`: it is iCalendar, but not *one* object (RFC 4791 §4.1).
    ValidCalendarObjectResource,
    /// `CALDAV:supported-calendar-component`: an object of a kind that this collection does not hold.
    SupportedCalendarComponent,
    /// `CALDAV:max-resource-size`: longer than [`Limits::bytes_max`].
    MaxResourceSize,
    /// `CALDAV:min-date-time`: a date before [`FIRST_YEAR`](super::FIRST_YEAR).
    MinDateTime,
    /// `CALDAV:max-date-time`: a date after [`LAST_YEAR`](super::LAST_YEAR).
    MaxDateTime,
    /// `CALDAV:max-instances`: a recurrence that costs too much to expand.
    MaxInstances,
}

impl Precondition {
    /// Its element name in the CalDAV namespace.
    pub fn element(self) -> &'static str {
        match self {
            Self::ValidCalendarData => "valid-calendar-data",
            Self::ValidCalendarObjectResource => "valid-calendar-object-resource",
            Self::SupportedCalendarComponent => "supported-calendar-component",
            Self::MaxResourceSize => "max-resource-size",
            Self::MinDateTime => "min-date-time",
            Self::MaxDateTime => "max-date-time",
            Self::MaxInstances => "max-instances",
        }
    }
}

/// Why a text is not taken as a calendar object resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: line {line}: {what}", precondition.element())]
pub struct Rejected {
    /// What the client is told.
    pub precondition: Precondition,
    /// Physical line, from 1.
    pub line: usize,
    /// What is wrong. Never content of the text.
    pub what: Cow<'static, str>,
}

impl Rejected {
    /// Whether all that is wrong is an end before the start; see [`read_without_ends`](super::read_without_ends).
    pub fn is_crossed(&self) -> bool {
        self.what == super::timing::CROSSED
    }

    /// Whether it would only take more work than is done for a text.
    pub fn is_costly(&self) -> bool {
        self.precondition == Precondition::MaxInstances
    }

    pub(crate) fn data(line: usize, what: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Precondition::ValidCalendarData, line, what)
    }

    pub(crate) fn of(
        precondition: Precondition,
        line: usize,
        what: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            precondition,
            line,
            what: what.into(),
        }
    }
}

impl From<Spent> for Rejected {
    fn from(_: Spent) -> Self {
        let what = "the text takes too much work";
        Self::of(Precondition::MaxInstances, 1, what)
    }
}

impl From<Panicked> for Rejected {
    fn from(_: Panicked) -> Self {
        Self::data(1, BROKEN)
    }
}

impl From<Invalid> for Rejected {
    fn from(invalid: Invalid) -> Self {
        Self::data(invalid.line, invalid.what)
    }
}
