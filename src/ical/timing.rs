//! When one event component takes place, as it says so: DTSTART with DTEND or DURATION.

use super::value::{Duration as Lasting, Written};
use super::{Component, Property, Rejected, Zone, Zones};
use crate::model::{Moment, Span, Timestamp};
use chrono::{Days, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

/// A DATE or DATE-TIME with its zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// A day, in no zone.
    Day(NaiveDate),
    /// A local time of a zone.
    Local(NaiveDateTime, Zone),
}

/// A day or an exact instant. Days come before instants in the order, which only serves as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// A day, in no zone.
    Day(NaiveDate),
    /// An instant, to the second.
    At(Timestamp),
}

impl Edge {
    /// Seconds since 1970; a day begins in the installation's zone.
    pub fn seconds(self, zone: Tz) -> i64 {
        match self {
            Self::At(at) => at.timestamp(),
            Self::Day(day) => Zone::Iana(zone)
                .to_utc(day.and_time(NaiveTime::MIN))
                .timestamp(),
        }
    }
}

impl When {
    /// The zone forgotten.
    pub fn edge(&self) -> Edge {
        match self {
            Self::Day(day) => Edge::Day(*day),
            Self::Local(at, zone) => Edge::At(zone.to_utc(*at)),
        }
    }

    /// The local time; of a day its midnight.
    pub fn local(&self) -> NaiveDateTime {
        match self {
            Self::Day(day) => day.and_time(NaiveTime::MIN),
            Self::Local(at, _) => *at,
        }
    }

    /// The same zone, another local time; of a day, the day.
    pub fn at_local(&self, local: NaiveDateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(local.date()),
            Self::Local(_, zone) => Self::Local(local, zone.clone()),
        }
    }

    /// Reads the value of a DTSTART, DTEND or RECURRENCE-ID.
    pub fn read(property: &Property, zones: &Zones) -> Result<Self, Rejected> {
        Self::read_value(property, property.value(), zones)
    }

    /// Reads one of the values of an RDATE or EXDATE.
    pub fn read_value(property: &Property, value: &str, zones: &Zones) -> Result<Self, Rejected> {
        let line = property.line();
        let written = Written::parse(value).ok_or_else(|| {
            Rejected::data(
                line,
                format!("{} is neither a date nor a time", property.name()),
            )
        })?;
        let says_date = property
            .param("VALUE")
            .is_some_and(|value| value.eq_ignore_ascii_case("DATE"));
        if says_date && !matches!(written, Written::Date(_)) {
            return Err(Rejected::data(
                line,
                format!("{} says VALUE=DATE and has a time", property.name()),
            ));
        }
        Self::placed(written, property.param("TZID"), zones)
            .ok_or_else(|| Rejected::data(line, "unknown time zone"))
    }

    /// Puts a written value into its zone; `None`: the zone is unknown.
    pub fn placed(written: Written, tzid: Option<&str>, zones: &Zones) -> Option<Self> {
        Some(match (written, tzid) {
            (Written::Date(day), _) => Self::Day(day),
            (Written::Utc(at), _) => Self::Local(at, Zone::UTC),
            (Written::Local(at), Some(tzid)) => Self::Local(at, zones.resolve(tzid)?),
            (Written::Local(at), None) => Self::Local(at, zones.floating()),
        })
    }
}

/// How long every occurrence lasts (RFC 5545 §3.8.5.3): with DTEND exactly as long, with DURATION nominally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Whole days, at least one.
    Days(u64),
    /// Seconds.
    Exact(i64),
    /// Days by the calendar, then seconds.
    Nominal(Lasting),
}

impl Length {
    /// The exclusive end of an occurrence that starts at `start`.
    pub fn end(self, start: &When) -> Edge {
        match (self, start) {
            (Self::Days(days), When::Day(day)) => Edge::Day(plus_days(*day, days)),
            (Self::Days(days), When::Local(at, zone)) => {
                Edge::At(zone.to_utc(*at) + Duration::days(i64::try_from(days).unwrap_or(0)))
            }
            (Self::Exact(seconds), start) => match start.edge() {
                Edge::At(at) => Edge::At(at + Duration::seconds(seconds)),
                Edge::Day(day) => Edge::Day(plus_days(day, 1)),
            },
            (Self::Nominal(lasting), When::Local(at, zone)) => {
                let local = *at + Duration::days(lasting.days);
                Edge::At(zone.to_utc(local) + Duration::seconds(lasting.seconds))
            }
            (Self::Nominal(_), When::Day(day)) => Edge::Day(plus_days(*day, 1)),
        }
    }

    /// About how many seconds it lasts, rounded up.
    pub fn seconds_max(self) -> i64 {
        match self {
            Self::Days(days) => i64::try_from(days).unwrap_or(0).saturating_mul(86_400),
            Self::Exact(seconds) => seconds,
            Self::Nominal(lasting) => (lasting.days + 1) * 86_400 + lasting.seconds,
        }
    }
}

fn plus_days(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days))
        .unwrap_or(NaiveDate::MAX)
}

/// When one component takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Its start.
    pub start: When,
    /// How long it lasts.
    pub length: Length,
}

impl Timing {
    /// Reads DTSTART with DTEND or DURATION (RFC 5545 §3.6.1).
    pub fn read(event: &Component, zones: &Zones) -> Result<Self, Rejected> {
        let property = only(event, "DTSTART")?
            .ok_or_else(|| Rejected::data(event.line(), "VEVENT has no DTSTART"))?;
        let start = When::read(property, zones)?;
        let length = match (only(event, "DTEND")?, only(event, "DURATION")?) {
            (Some(end), Some(_)) => {
                return Err(Rejected::data(
                    end.line(),
                    "VEVENT has both DTEND and DURATION",
                ));
            }
            (Some(end), None) => until(&start, &When::read(end, zones)?)
                .map_err(|what| Rejected::data(end.line(), what))?,
            (None, Some(lasting)) => lasting_length(&start, lasting)?,
            (None, None) => match start {
                When::Day(_) => Length::Days(1),
                When::Local(..) => Length::Exact(0),
            },
        };
        Ok(Self { start, length })
    }

    /// The exclusive end.
    pub fn end(&self) -> Edge {
        self.length.end(&self.start)
    }

    /// As the core knows it: days with an inclusive end, instants cut to the minute.
    pub fn span(&self) -> Option<Span> {
        span(self.start.edge(), self.end())
    }
}

/// A span of the core of a start and an exclusive end.
pub fn span(start: Edge, end: Edge) -> Option<Span> {
    let end = match end {
        Edge::Day(day) => Moment::Day(day.pred_opt()?),
        Edge::At(at) => Moment::at(at),
    };
    let start = match start {
        Edge::Day(day) => Moment::Day(day),
        Edge::At(at) => Moment::at(at),
    };
    Span::new(start, end).ok()
}

/// What is said of an end before the start: the bridge knows it again, for of an edit that is a refusal, no broken text.
pub(super) const CROSSED: &str = "DTEND is before DTSTART";

/// The length up to a DTEND.
pub(super) fn until(start: &When, end: &When) -> Result<Length, &'static str> {
    match (start.edge(), end.edge()) {
        // The same day is no day by RFC 5545; clients that send it mean one day.
        (Edge::Day(first), Edge::Day(end)) if first == end => Ok(Length::Days(1)),
        (Edge::Day(first), Edge::Day(end)) => u64::try_from((end - first).num_days())
            .map(Length::Days)
            .map_err(|_| CROSSED),
        (Edge::At(from), Edge::At(to)) if from <= to => {
            Ok(Length::Exact((to - from).num_seconds()))
        }
        (Edge::At(_), Edge::At(_)) => Err(CROSSED),
        (Edge::Day(_), Edge::At(_)) | (Edge::At(_), Edge::Day(_)) => {
            Err("one of DTSTART and DTEND has a time and the other has none")
        }
    }
}

fn lasting_length(start: &When, property: &Property) -> Result<Length, Rejected> {
    let fail = |what: &'static str| Rejected::data(property.line(), what);
    let lasting = Lasting::parse(property.value())
        .ok_or_else(|| fail("DURATION cannot be understood, is negative or too long"))?;
    match start {
        When::Local(..) => Ok(Length::Nominal(lasting)),
        When::Day(_) => {
            let days = lasting.days + lasting.seconds / 86_400;
            if lasting.seconds % 86_400 != 0 {
                return Err(fail("DURATION of days is not made of whole days"));
            }
            u64::try_from(days.max(1))
                .map(Length::Days)
                .map_err(|_| fail("DURATION is negative"))
        }
    }
}

/// The property of a name that may stand once.
pub fn only<'a>(event: &'a Component, name: &'a str) -> Result<Option<&'a Property>, Rejected> {
    let mut named = event.properties_named(name);
    let first = named.next();
    match named.next() {
        Some(second) => Err(Rejected::data(
            second.line(),
            format!("{name} stands more than once"),
        )),
        None => Ok(first),
    }
}
