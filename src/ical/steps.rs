//! The search of the crate `rrule` for the next occurrence, foreseen: period by period as it goes, without looking at a time.
//!
//! Start at [`Steps::next`]. The crate does not come back from a search before it finds something or is at the year 10,000, so
//! what a search will cost is known, and paid, before it begins.

use super::pattern::{Pattern, hour_of, later};
use super::work::{Budget, Spent};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use rrule::Frequency;

/// The last year that is searched.
pub(super) const LAST_YEAR: i32 = 9_999;
/// Days after which the Gregorian calendar repeats itself, weekdays included.
const CYCLE_DAYS: u64 = 146_097;
/// The largest month number that the crate reckons with.
const MONTH_MAX: u32 = u16::MAX as u32;

/// Where a search is.
#[derive(Clone, Copy, Debug)]
enum At {
    Year(i32),
    Month(i32, u32),
    /// A day of a week, or a day.
    Day(NaiveDate),
    Hour(NaiveDate, u32),
    /// Every minute or second that is searched is a hit.
    Always,
}

/// A search under way.
#[derive(Clone, Debug)]
pub(super) struct Steps<'p> {
    pattern: &'p Pattern,
    at: Option<At>,
}

/// The next period that holds an occurrence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    /// Periods searched until this one, itself included.
    pub(super) searched: u64,
    /// Its beginning; `None` when there is none any more: the search ends at the last year.
    pub(super) begins: Option<NaiveDateTime>,
    /// Its times.
    pub(super) times: u64,
}

impl<'p> Steps<'p> {
    /// A search from a local time on.
    pub(super) fn new(pattern: &'p Pattern, from: NaiveDateTime) -> Self {
        let at = match pattern.frequency {
            Frequency::Yearly => At::Year(from.year()),
            Frequency::Monthly => At::Month(from.year(), from.month()),
            Frequency::Weekly | Frequency::Daily => At::Day(from.date()),
            Frequency::Hourly => At::Hour(from.date(), hour_of(from)),
            Frequency::Minutely | Frequency::Secondly => At::Always,
        };
        Self {
            pattern,
            at: Some(at),
        }
    }

    /// Goes to the next period that holds an occurrence. `None`: there is none, however long one searches.
    pub(super) fn next(&mut self, budget: &Budget) -> Result<Option<Period>, Spent> {
        let mut searched = 0;
        let rounds = self.rounds();
        while let Some(at) = self.at {
            budget.spend(self.look_cost(at))?;
            let days = self.days(at);
            let hits = self.hits(at, days);
            self.at = self.after(at, days > 0);
            searched += 1;
            if hits > 0 {
                return Ok(Some(Period {
                    searched,
                    begins: Some(begins(at)),
                    times: hits,
                }));
            }
            if searched > rounds {
                return Ok(None);
            }
        }
        Ok(Some(Period {
            searched,
            begins: None,
            times: 0,
        }))
    }

    /// After how many periods a search meets the same days again.
    fn rounds(&self) -> u64 {
        let all = match self.pattern.frequency {
            Frequency::Yearly => 400,
            Frequency::Monthly => 400 * 12,
            Frequency::Weekly => CYCLE_DAYS / 7,
            Frequency::Daily => CYCLE_DAYS,
            Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => CYCLE_DAYS * 24,
        };
        all / common(all, self.pattern.interval.into())
    }

    /// Units that looking at a period costs here: far fewer than in the crate.
    fn look_cost(&self, at: At) -> u64 {
        match at {
            At::Year(_) => 300,
            At::Month(_, month) if !self.pattern.is_in_month(month) => 1,
            At::Month(..) => 25,
            At::Day(_) if self.pattern.frequency == Frequency::Weekly => 6,
            At::Day(_) => 2,
            At::Hour(..) if self.pattern.names_hours() => 8,
            At::Hour(..) => 3,
            At::Always => 1,
        }
    }

    /// Days of a period that it falls on.
    fn days(&self, at: At) -> u64 {
        let pattern = self.pattern;
        match at {
            At::Year(year) => pattern.days_of_year(year),
            At::Month(year, month) => pattern.days_of_month(year, month),
            At::Day(day) if pattern.frequency == Frequency::Weekly => {
                let left = 7 - days_into_week(day, pattern);
                let days = day.iter_days().take(left as usize);
                days.filter(|day| pattern.holds(*day)).count() as u64
            }
            At::Day(day) | At::Hour(day, _) => pattern.holds(day).into(),
            At::Always => 1,
        }
    }

    fn hits(&self, at: At, days: u64) -> u64 {
        match at {
            At::Hour(_, hour) if !self.pattern.has_hour(hour) => 0,
            _ if days == 0 => 0,
            _ => self.pattern.times_of(days),
        }
    }

    /// The period after one; `None` past the last year, or when the crate reckons no further.
    fn after(&self, at: At, hit_day: bool) -> Option<At> {
        let interval = self.pattern.interval;
        let next = match at {
            At::Year(year) => At::Year(year + i32::try_from(interval).ok()?),
            At::Month(year, month) => {
                let month = month + interval;
                if month > MONTH_MAX {
                    return None;
                }
                let years = i32::try_from((month - 1) / 12).ok()?;
                At::Month(year + years, (month - 1) % 12 + 1)
            }
            At::Day(day) if self.pattern.frequency == Frequency::Weekly => {
                let days = u64::from(interval) * 7 - days_into_week(day, self.pattern);
                At::Day(later(day, days)?)
            }
            At::Day(day) => At::Day(later(day, interval.into())?),
            At::Hour(day, hour) => self.next_hour(day, hour, hit_day)?,
            At::Always => At::Always,
        };
        let year = match next {
            At::Year(year) | At::Month(year, _) => year,
            At::Day(day) | At::Hour(day, _) => day.year(),
            At::Always => 0,
        };
        (year <= LAST_YEAR).then_some(next)
    }

    /// The next hour of an hourly rule: a day that is no hit is left at once.
    fn next_hour(&self, day: NaiveDate, hour: u32, hit_day: bool) -> Option<At> {
        let interval = self.pattern.interval;
        let mut hours = hour;
        if !hit_day {
            hours += (23 - hour) / interval * interval;
        }
        // After 24 intervals at most the hours come back.
        for _ in 0..=24 {
            hours += interval;
            if self.pattern.has_hour(hours % 24) {
                let day = later(day, u64::from(hours / 24))?;
                return Some(At::Hour(day, hours % 24));
            }
        }
        None
    }
}

fn begins(at: At) -> NaiveDateTime {
    let day = match at {
        At::Year(year) => NaiveDate::from_yo_opt(year, 1),
        At::Month(year, month) => NaiveDate::from_ymd_opt(year, month, 1),
        At::Day(day) => Some(day),
        At::Hour(day, hour) => {
            let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
            return day.and_time(time);
        }
        At::Always => None,
    };
    day.unwrap_or(NaiveDate::MIN).and_time(NaiveTime::MIN)
}

/// Days since the week began.
fn days_into_week(day: NaiveDate, pattern: &Pattern) -> u64 {
    let from = pattern.week_start.num_days_from_monday();
    u64::from((7 + day.weekday().num_days_from_monday() - from) % 7)
}

/// The greatest common divisor.
fn common(one: u64, other: u64) -> u64 {
    if other == 0 {
        one
    } else {
        common(other, one % other)
    }
}
