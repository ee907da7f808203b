//! On which days a rule may fall, by arithmetic on the calendar alone.
//!
//! Start at [`Pattern::days_of_year`] and its neighbours. They read the parts of a rule as the crate `rrule` does: what is found
//! here tells how far the crate will have to search, before it is let loose.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Timelike as _, Weekday};
use rrule::{Frequency, NWeekday, RRule, Unvalidated};

/// Days of a year as a set.
type YearDays = [u64; 6];

/// The parts of a rule that decide about days and hours.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) frequency: Frequency,
    pub(super) interval: u32,
    pub(super) week_start: Weekday,
    months: u16,
    month_days: u32,
    last_month_days: u32,
    year_days: Vec<i16>,
    week_numbers: Vec<i8>,
    weekdays: u8,
    nth_weekdays: Vec<(i16, Weekday)>,
    hours: u32,
    set_positions: Vec<i32>,
    /// Times of one day, or of one hour of an hourly rule.
    times: u64,
}

impl Pattern {
    /// The pattern of a rule that begins at a local time, which stands for the parts that the rule does not have.
    pub(super) fn of(rule: &RRule<Unvalidated>, start: NaiveDateTime) -> Self {
        let mut pattern = Self {
            frequency: rule.get_freq(),
            interval: rule.get_interval().into(),
            week_start: rule.get_week_start(),
            months: set(rule.get_by_month().iter().map(|month| u32::from(*month))),
            month_days: 0,
            last_month_days: 0,
            year_days: sorted(rule.get_by_year_day()),
            week_numbers: sorted(rule.get_by_week_no()),
            weekdays: 0,
            nth_weekdays: vec![],
            hours: 0,
            set_positions: sorted(rule.get_by_set_pos()),
            times: 1,
        };
        for hour in rule.get_by_hour() {
            pattern.hours |= 1 << (hour % 32);
        }
        for day in rule.get_by_month_day() {
            let bit = 1 << (day.unsigned_abs() % 32);
            if *day > 0 {
                pattern.month_days |= bit;
            } else {
                pattern.last_month_days |= bit;
            }
        }
        for weekday in rule.get_by_weekday() {
            match weekday {
                NWeekday::Every(day) => pattern.weekdays |= bit_of(*day),
                NWeekday::Nth(number, day) => pattern.nth_weekdays.push((*number, *day)),
            }
        }
        pattern.times = times(rule);
        pattern.complete(start);
        pattern
    }

    /// A rule without a day falls on the day on which it begins (RFC 5545 §3.3.10).
    fn complete(&mut self, start: NaiveDateTime) {
        let has_day = self.month_days != 0
            || self.last_month_days != 0
            || !self.year_days.is_empty()
            || !self.week_numbers.is_empty()
            || self.weekdays != 0
            || !self.nth_weekdays.is_empty();
        if has_day {
            return;
        }
        match self.frequency {
            Frequency::Yearly => {
                if self.months == 0 {
                    self.months = 1 << start.month();
                }
                self.month_days = 1 << start.day();
            }
            Frequency::Monthly => self.month_days = 1 << start.day(),
            Frequency::Weekly => self.weekdays = bit_of(start.weekday()),
            Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {}
        }
    }

    /// Whether its months have any of its days of the month: 30 February is no day.
    pub(super) fn has_days(&self) -> bool {
        if self.month_days == 0 && self.last_month_days == 0 {
            return true;
        }
        let longest = |month: u32| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let days = self.month_days | self.last_month_days;
        (1..=12).any(|month| {
            self.is_in_month(month) && (1..=longest(month)).any(|day| days >> day & 1 == 1)
        })
    }

    pub(super) fn is_in_month(&self, month: u32) -> bool {
        self.months == 0 || self.months >> month & 1 == 1
    }

    /// Whether an hourly rule falls into this hour of the day.
    pub(super) fn has_hour(&self, hour: u32) -> bool {
        self.hours == 0 || self.hours >> hour & 1 == 1
    }

    /// Whether it names hours.
    pub(super) fn names_hours(&self) -> bool {
        self.hours != 0
    }

    /// How many times a period with so many days has; none when its positions (BYSETPOS) are beyond them.
    pub(super) fn times_of(&self, days: u64) -> u64 {
        let times = days * self.times;
        if self.set_positions.is_empty() {
            return times;
        }
        let within = |position: &&i32| u64::from(position.unsigned_abs()) <= times;
        self.set_positions.iter().filter(within).count() as u64
    }

    /// How many days of a year it falls on.
    pub(super) fn days_of_year(&self, year: i32) -> u64 {
        let Some(first) = NaiveDate::from_ymd_opt(year, 1, 1) else {
            return 0;
        };
        let last = if first.leap_year() { 366 } else { 365 };
        let weeks = (!self.week_numbers.is_empty()).then(|| self.week_days(first));
        let nth = (!self.nth_weekdays.is_empty()).then(|| self.nth_days_of_year(first));
        let in_set = |set: &Option<YearDays>, day: u32| set.is_none_or(|set| has(&set, day));
        let days = first.iter_days().zip(0..last);
        let hit = days.filter(|(date, day)| {
            self.holds(*date)
                && in_set(&weeks, *day)
                && in_set(&nth, *day)
                && self.has_year_day(*day, last)
        });
        hit.count() as u64
    }

    /// How many days of a month it falls on.
    pub(super) fn days_of_month(&self, year: i32, month: u32) -> u64 {
        let first = NaiveDate::from_ymd_opt(year, month, 1);
        let Some(first) = first.filter(|_| self.is_in_month(month)) else {
            return 0;
        };
        let mut nth: YearDays = [0; 6];
        let length = month_length(first);
        self.add_nth(&mut nth, first, 0, length - 1);
        let days = first.iter_days().zip(0..length);
        let hit = days.filter(|(date, day)| {
            self.holds(*date) && (self.nth_weekdays.is_empty() || has(&nth, *day))
        });
        hit.count() as u64
    }

    /// Whether it falls on a day, as far as month, day of the month and weekday say.
    pub(super) fn holds(&self, date: NaiveDate) -> bool {
        self.is_in_month(date.month())
            && (self.weekdays == 0 || self.weekdays & bit_of(date.weekday()) != 0)
            && self.has_month_day(date)
    }

    fn has_month_day(&self, date: NaiveDate) -> bool {
        if self.month_days == 0 && self.last_month_days == 0 {
            return true;
        }
        self.month_days >> date.day() & 1 == 1
            || self.last_month_days >> (month_length(date) - date.day() + 1) & 1 == 1
    }

    fn has_year_day(&self, day: u32, length: u32) -> bool {
        let number = |day: i64| i16::try_from(day).unwrap_or(0);
        let (day, length) = (i64::from(day), i64::from(length));
        self.year_days.is_empty()
            || self.year_days.binary_search(&number(day + 1)).is_ok()
            || self.year_days.binary_search(&number(day - length)).is_ok()
    }

    /// The days of a year that are the nth of their weekday, in it or in the months that are named.
    fn nth_days_of_year(&self, first: NaiveDate) -> YearDays {
        let mut days = [0; 6];
        if self.months == 0 {
            let last = if first.leap_year() { 365 } else { 364 };
            self.add_nth(&mut days, first, 0, last);
            return days;
        }
        for month in (1..=12).filter(|month| self.is_in_month(*month)) {
            if let Some(begin) = first.with_month(month) {
                let from = begin.ordinal0();
                self.add_nth(&mut days, begin, from, from + month_length(begin) - 1);
            }
        }
        days
    }

    /// Adds the nth weekdays of a range of days that begins with `begin`, as numbers from `from` to `to`.
    fn add_nth(&self, days: &mut YearDays, begin: NaiveDate, from: u32, to: u32) {
        let length = to - from + 1;
        for (number, weekday) in &self.nth_weekdays {
            let ahead = begin.weekday().num_days_from_monday();
            let lead = (7 + weekday.num_days_from_monday() - ahead) % 7;
            let count = (length + 6 - lead) / 7;
            let place = match *number {
                1.. => u32::from(number.unsigned_abs()) - 1,
                _ => match count.checked_sub(number.unsigned_abs().into()) {
                    Some(place) => place,
                    None => continue,
                },
            };
            if place < count {
                add(days, from + lead + 7 * place);
            }
        }
    }

    /// The days of a year that lie in the weeks of its numbers (RFC 5545 §3.3.10, BYWEEKNO).
    fn week_days(&self, first: NaiveDate) -> YearDays {
        let mut days = [0; 6];
        let length = if first.leap_year() { 366_u32 } else { 365 };
        let year = first.year();
        let start = first_week(year, self.week_start);
        let weeks = weeks_of(year, self.week_start);
        let before = weeks_of(year - 1, self.week_start);
        for day in 0..length {
            let past = i64::from(day) - start;
            // In the last week of the year before, in one of its own, or in the first of the year after.
            let (number, of) = match past.div_euclid(7) {
                week if week < 0 => (before, before),
                week if week >= weeks => (1, i64::MAX / 2),
                week => (week + 1, weeks),
            };
            let named = |number: i64| {
                i8::try_from(number)
                    .is_ok_and(|number| self.week_numbers.binary_search(&number).is_ok())
            };
            if named(number) || named(number - of - 1) {
                add(&mut days, day);
            }
        }
        days
    }
}

/// Days from 1 January to the beginning of week 1, which has four days of the year at least.
fn first_week(year: i32, week_start: Weekday) -> i64 {
    let first = NaiveDate::from_ymd_opt(year, 1, 1)
        .unwrap_or_default()
        .weekday();
    let into = (7 + first.num_days_from_monday() - week_start.num_days_from_monday()) % 7;
    if into <= 3 {
        -i64::from(into)
    } else {
        i64::from(7 - into)
    }
}

fn weeks_of(year: i32, week_start: Weekday) -> i64 {
    let length = if NaiveDate::from_ymd_opt(year, 1, 1).is_some_and(|first| first.leap_year()) {
        366
    } else {
        365
    };
    let next = length + first_week(year + 1, week_start);
    (next - first_week(year, week_start)) / 7
}

/// Times of one day, or of one hour of an hourly rule.
fn times(rule: &RRule<Unvalidated>) -> u64 {
    let hours = match rule.get_freq() {
        Frequency::Hourly => 1,
        _ => different(rule.get_by_hour()),
    };
    hours * different(rule.get_by_minute()) * different(rule.get_by_second())
}

/// How many different values a part has; without any, the start's stands for it.
fn different(values: &[u8]) -> u64 {
    (sorted(values).len() as u64).max(1)
}

fn sorted<T: Ord + Copy>(values: &[T]) -> Vec<T> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.dedup();
    values
}

fn set(months: impl Iterator<Item = u32>) -> u16 {
    months.fold(0, |set, month| set | 1 << (month % 16))
}

fn bit_of(day: Weekday) -> u8 {
    1 << day.num_days_from_monday()
}

fn has(days: &YearDays, day: u32) -> bool {
    days[day as usize / 64] >> (day % 64) & 1 == 1
}

fn add(days: &mut YearDays, day: u32) {
    days[day as usize / 64] |= 1 << (day % 64);
}

fn month_length(date: NaiveDate) -> u32 {
    match date.month() {
        2 if date.leap_year() => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A later day, within what a date can hold.
pub(super) fn later(date: NaiveDate, days: u64) -> Option<NaiveDate> {
    date.checked_add_days(Days::new(days))
}

/// The hour of a local time.
pub(super) fn hour_of(at: NaiveDateTime) -> u32 {
    at.hour()
}
