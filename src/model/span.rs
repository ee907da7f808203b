//! Dates: what ADVANTA plans, and what a calendar shows.
//!
//! ADVANTA keeps local wall-clock times without a zone ([`Planned`]); calendars keep days or instants ([`Span`]).
//! The mapping between them is here and nowhere else.

use super::{DatesMode, Settings, Timestamp};
use chrono::{
    DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

/// One edge of a span: a whole day or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// A day without a time, in no zone. As an end it is the last day, *inclusive*.
    Day(NaiveDate),
    /// An instant, cut to the minute: ADVANTA and its peers keep no seconds.
    At(Timestamp),
}

impl Moment {
    /// An instant cut to the minute.
    pub fn at(instant: DateTime<Utc>) -> Self {
        let cut = i64::from(instant.second());
        let whole = instant.with_nanosecond(0).unwrap_or(instant);
        Self::At(whole - Duration::seconds(cut))
    }
}

/// When something takes place: both edges of one kind, the end not before the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    start: Moment,
    end: Moment,
}

/// Why two moments make no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpan {
    /// One edge is a day and the other an instant.
    #[error("one date has a time and the other has none")]
    MixedKinds,
    /// The end lies before the start.
    #[error("the end is before the start")]
    EndBeforeStart,
}

impl Span {
    /// Joins two edges; a day as `end` is inclusive.
    pub fn new(start: Moment, end: Moment) -> Result<Self, InvalidSpan> {
        let ordered = match (start, end) {
            (Moment::Day(first), Moment::Day(last)) => first <= last,
            (Moment::At(from), Moment::At(to)) => from <= to,
            (Moment::Day(_), Moment::At(_)) | (Moment::At(_), Moment::Day(_)) => {
                return Err(InvalidSpan::MixedKinds);
            }
        };
        if ordered {
            Ok(Self { start, end })
        } else {
            Err(InvalidSpan::EndBeforeStart)
        }
    }

    /// The first moment.
    pub fn start(self) -> Moment {
        self.start
    }

    /// The last day (inclusive) or the instant at which it ends.
    pub fn end(self) -> Moment {
        self.end
    }
}

/// ADVANTA's planned dates: local wall-clock times of the installation's zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Planned {
    /// Плановая дата начала.
    pub start: Option<NaiveDateTime>,
    /// Плановая дата окончания.
    pub end: Option<NaiveDateTime>,
}

impl Planned {
    /// What a calendar shows for these dates; `None` when both are missing. One missing date: the other stands for both.
    ///
    /// ADVANTA can hold an end before a start (it checks neither on import); a calendar cannot, so the start stands for both.
    pub fn span(self, settings: &Settings) -> Option<Span> {
        let start = self.start.or(self.end)?;
        let end = self.end.unwrap_or(start).max(start);
        let all_day = settings.dates == DatesMode::AllDay
            && match (self.start, self.end) {
                (Some(start), Some(end)) => opens_day(start) && closes_day(end),
                (Some(only), None) => opens_day(only),
                (None, Some(only)) => closes_day(only),
                (None, None) => false,
            };
        let (start, end) = if all_day {
            (Moment::Day(start.date()), Moment::Day(end.date()))
        } else {
            (
                Moment::at(instant(start, settings)),
                Moment::at(instant(end, settings)),
            )
        };
        // A day-light saving jump can turn the order of two local times round.
        Span::new(start, end)
            .or_else(|_| Span::new(start, start))
            .ok()
    }

    /// The planned dates that stand for a span.
    pub fn from_span(span: Span, settings: &Settings) -> Self {
        Self {
            start: Some(Self::start_of(span.start(), settings)),
            end: Some(Self::end_of(span.end(), settings)),
        }
    }

    /// The planned start that stands for a moment.
    pub fn start_of(moment: Moment, settings: &Settings) -> NaiveDateTime {
        match moment {
            Moment::Day(day) => day.and_time(NaiveTime::MIN),
            Moment::At(at) => at.with_timezone(&settings.zone).naive_local(),
        }
    }

    /// The planned end that stands for a moment.
    pub fn end_of(moment: Moment, settings: &Settings) -> NaiveDateTime {
        match moment {
            Moment::Day(day) => day.and_hms_opt(23, 59, 0).unwrap_or_default(),
            Moment::At(at) => at.with_timezone(&settings.zone).naive_local(),
        }
    }
}

fn opens_day(local: NaiveDateTime) -> bool {
    local.hour() == 0 && local.minute() == 0
}

fn closes_day(local: NaiveDateTime) -> bool {
    local.hour() == 23 && local.minute() == 59
}

fn instant(local: NaiveDateTime, settings: &Settings) -> DateTime<Utc> {
    instant_of(local, settings.zone)
}

/// The instant of a local time: the earlier of two, and the first that exists after a gap.
pub fn instant_of(local: NaiveDateTime, zone: Tz) -> Timestamp {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => {
            // No zone of the IANA database skips more than a day; an hour on is past nearly every gap.
            let later = (1..=24).find_map(|hours| {
                zone.from_local_datetime(&(local + Duration::hours(hours)))
                    .earliest()
            });
            later.map_or_else(
                || Utc.from_utc_datetime(&local),
                |at| at.with_timezone(&Utc),
            )
        }
    }
}
