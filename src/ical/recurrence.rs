//! One RRULE (RFC 5545 §3.3.10), bounded.
//!
//! The crate `rrule` expands it in wall-clock time: it is given local times as if they were UTC, so that the zones –
//! also those that only a text defines – are ours to apply afterwards. What it costs is foreseen by [`Steps`] and paid before
//! it is done; a rule that never happens is known by arithmetic, and the crate never searches for it.

use super::pattern::Pattern;
use super::steps::{LAST_YEAR, Period, Steps};
use super::value::Written;
use super::work::{Budget, Spent};
use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use rrule::{Frequency, RRule, RRuleSet, RRuleSetIter, Tz, Unvalidated, Validated};

/// Times that one period (a year, a month …) of a rule may hold: the crate works out a period at once.
const PERIOD_TIMES_MAX: usize = 10_000;
/// The longest rule that is read: every day of a year by its number, and more.
const RULE_BYTES_MAX: usize = 8 * 1024;
/// How far a rule that counts is followed to find its end.
const COUNTED_MAX: usize = 10_000;
/// The largest interval of months that a yearly rule is turned into.
const MONTHS_MAX: u16 = 12 * 5_000;

/// Why a rule is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// It breaks RFC 5545.
    Invalid(&'static str),
    /// It is right but costs too much.
    Costly(&'static str),
}

impl From<Spent> for RuleError {
    fn from(_: Spent) -> Self {
        Self::Costly("RRULE takes too much work")
    }
}

/// A recurrence rule with the local time of its first occurrence.
#[derive(Clone, Debug)]
pub struct Rule {
    rule: RRule<Validated>,
    pattern: Pattern,
    price: Price,
    is_yearly: bool,
    /// Where a walk begins: DTSTART, or a later time before which the rule does not fall.
    start: NaiveDateTime,
    end: RuleEnd,
}

/// When a rule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RuleEnd {
    Never,
    Count,
    Until(NaiveDateTime),
}

/// The first and the last local time of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The first.
    pub first: NaiveDateTime,
    /// The last, or a time that is not before it; `None` when it never ends, or so far away that nobody has counted.
    pub last: Option<NaiveDateTime>,
}

impl Rule {
    /// Reads a rule. What the crate would panic on is refused before it sees it. `start` is the local time of DTSTART (midnight
    /// for a day); `until` turns an UNTIL in UTC into local time.
    pub fn parse(
        text: &str,
        start: NaiveDateTime,
        until: impl Fn(NaiveDateTime) -> NaiveDateTime,
        budget: &Budget,
    ) -> Result<Self, RuleError> {
        check_text(text)?;
        budget.spend(READ_UNITS + text.len() as u64)?;
        let Parts { rest, until_text } = Parts::of(text)?;
        let parsed: RRule<Unvalidated> = rest
            .parse()
            .map_err(|_| RuleError::Invalid("RRULE cannot be understood"))?;
        check_numbers(&parsed)?;
        check_cost(&parsed)?;
        let end = match (until_text, parsed.get_count()) {
            (Some(_), Some(_)) => return Err(RuleError::Invalid("RRULE has COUNT and UNTIL")),
            (None, Some(_)) => RuleEnd::Count,
            (None, None) => RuleEnd::Never,
            (Some(text), None) => RuleEnd::Until(read_until(&text, until)?),
        };
        let rule = validated(parsed.clone(), start)?;
        let whole = Self {
            pattern: Pattern::of(&parsed, start),
            price: Price::of(&parsed),
            is_yearly: parsed.get_freq() == Frequency::Yearly,
            rule,
            start,
            end,
        };
        Ok(whole.monthly(&parsed).unwrap_or(whole))
    }

    /// Local times in order, from the first on.
    pub fn walk<'r>(&'r self, budget: &Budget) -> Walk<'r> {
        Walk::new(self, self.start, budget)
    }

    /// Local times in order, beginning not after the first one that is at or past `from`.
    pub fn walk_from<'r>(&'r self, from: NaiveDateTime, budget: &Budget) -> Walk<'r> {
        Walk::new(self, self.forward(from), budget)
    }

    /// Where it begins and ends, in one walk; `None` when it hits nothing.
    pub fn ends(&self, budget: &Budget) -> Result<Option<Ends>, RuleError> {
        let mut walk = self.walk(budget);
        let Some(first) = walk.next() else {
            return if walk.is_cut() {
                Err(Spent.into())
            } else {
                Ok(None)
            };
        };
        let part = budget.part(4);
        let last = match self.end {
            RuleEnd::Never => None,
            RuleEnd::Count => {
                walk.budget = part.clone();
                walk.last_of(first)
            }
            RuleEnd::Until(until) => {
                let near = self.walk_from(until - Duration::days(366), &part);
                // Not found near its end, or too much there: the end itself is a bound that is not too early.
                Some(near.last_of(until).unwrap_or(until))
            }
        };
        budget.settle(&part);
        Ok(Some(Ends { first, last }))
    }

    /// Whether it counts years: the only kind that a time zone has use for.
    pub fn is_yearly(&self) -> bool {
        self.is_yearly
    }

    /// The same rule by the month, if it falls into one month of the year only: the crate then looks at 31 days and not at 366.
    fn monthly(&self, parsed: &RRule<Unvalidated>) -> Option<Self> {
        let months = parsed.get_by_month();
        let bare = months.is_empty()
            && parsed.get_by_month_day().is_empty()
            && parsed.get_by_weekday().is_empty();
        let month = match months {
            [] if bare => self.start.month(),
            [month, rest @ ..] if rest.iter().all(|other| other == month) => (*month).into(),
            _ => return None,
        };
        let fits = self.is_yearly
            && parsed.get_by_week_no().is_empty()
            && parsed.get_by_year_day().is_empty()
            && parsed.get_interval() <= MONTHS_MAX / 12;
        if !fits {
            return None;
        }
        let monthly = by_month(parsed);
        let start = first_of(self.start, month, parsed.get_interval())?;
        Some(Self {
            pattern: Pattern::of(&monthly, self.start),
            price: Price::of(&monthly),
            rule: validated(monthly, self.start).ok()?,
            start,
            ..self.clone()
        })
    }

    /// A later start from which the rule goes on just the same: whole periods are skipped. A rule that counts must begin
    /// at its beginning.
    fn forward(&self, from: NaiveDateTime) -> NaiveDateTime {
        let interval = i64::from(self.rule.get_interval());
        let unit = match self.rule.get_freq() {
            _ if self.end == RuleEnd::Count || from <= self.start => return self.start,
            Frequency::Yearly => return self.forward_months(from, 12 * interval),
            Frequency::Monthly => return self.forward_months(from, interval),
            Frequency::Weekly => 7 * 86_400,
            Frequency::Daily => 86_400,
            Frequency::Hourly => 3_600,
            Frequency::Minutely => 60,
            Frequency::Secondly => 1,
        };
        let period = unit * interval;
        // One period less: the occurrences of the period that `from` lies in may begin before it.
        let periods = (from - self.start).num_seconds() / period - 1;
        self.start + Duration::seconds(periods.max(0) * period)
    }

    fn forward_months(&self, from: NaiveDateTime, interval: i64) -> NaiveDateTime {
        let number = |at: NaiveDateTime| i64::from(at.year()) * 12 + i64::from(at.month0());
        let periods = (number(from) - number(self.start)) / interval - 1;
        if periods <= 0 {
            return self.start;
        }
        let to = number(self.start) + periods * interval;
        let month = u32::try_from(to.rem_euclid(12) + 1).unwrap_or(1);
        let year = i32::try_from(to.div_euclid(12)).ok();
        let first = year.and_then(|year| NaiveDate::from_ymd_opt(year, month, 1));
        first.map_or(self.start, |first| first.and_time(NaiveTime::MIN))
    }
}

/// The local times of a rule, as far as the budget goes.
pub struct Walk<'r> {
    times: RRuleSetIter,
    steps: Steps<'r>,
    rule: &'r Rule,
    budget: Budget,
    /// The beginnings of the last two periods that are paid; the crate may go on into the last one.
    paid: [Option<NaiveDateTime>; 2],
    seen: Option<NaiveDateTime>,
    over: bool,
    cut: bool,
}

impl<'r> Walk<'r> {
    fn new(rule: &'r Rule, start: NaiveDateTime, budget: &Budget) -> Self {
        let set = RRuleSet::new(Tz::UTC.from_utc_datetime(&start))
            .rrule(rule.rule.clone())
            .limit();
        Self {
            times: (&set).into_iter(),
            steps: Steps::new(&rule.pattern, start),
            rule,
            budget: budget.clone(),
            paid: [None; 2],
            seen: None,
            over: !rule.pattern.has_days(),
            cut: false,
        }
    }

    /// Whether it broke off because the budget was spent.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The last time, if it is not too far; `seen` when there is none.
    fn last_of(mut self, seen: NaiveDateTime) -> Option<NaiveDateTime> {
        let last = self.by_ref().take(COUNTED_MAX).enumerate().last();
        let far = self.cut || last.is_some_and(|(n, _)| n + 1 == COUNTED_MAX);
        (!far).then(|| last.map_or(seen, |(_, at)| at))
    }

    /// Pays until the crate's next search is paid. It may have to go on into the period after the one that it is in.
    fn pay(&mut self) -> Result<(), Spent> {
        let price = &self.rule.price;
        if price.each_time {
            return self.budget.spend(price.period + price.time);
        }
        loop {
            let ahead = match (self.paid, self.seen) {
                ([_, Some(last)], Some(seen)) => last > seen,
                // The first period may lie before the start in part, or wholly.
                ([Some(_), Some(_)], None) => true,
                _ => false,
            };
            if ahead {
                return Ok(());
            }
            let Some(period) = self.steps.next(&self.budget)? else {
                self.over = true;
                return Ok(());
            };
            self.budget.spend(price.of_period(&period))?;
            let begins = period.begins.unwrap_or(NaiveDateTime::MAX);
            self.paid = if period.begins.is_none() {
                [Some(begins); 2]
            } else {
                [self.paid[1], Some(begins)]
            };
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = NaiveDateTime;

    fn next(&mut self) -> Option<NaiveDateTime> {
        if self.over {
            return None;
        }
        if self.pay().is_err() {
            (self.over, self.cut) = (true, true);
        }
        if self.over {
            return None;
        }
        let next = self.times.next().map(|at| at.naive_utc());
        self.seen = next.filter(|at| match self.rule.end {
            RuleEnd::Until(until) => *at <= until,
            RuleEnd::Never | RuleEnd::Count => true,
        });
        self.over = self.seen.is_none();
        self.seen
    }
}

/// Units that reading a rule costs, beside one for each byte.
const READ_UNITS: u64 = 300;

/// What the crate's work on a rule costs, in units.
#[derive(Clone, Copy, Debug)]
struct Price {
    /// Searching one period.
    period: u64,
    /// One time of a period.
    time: u64,
    /// Choosing from the times of a period (BYSETPOS).
    choice: u64,
    /// Every search finds something.
    each_time: bool,
}

impl Price {
    fn of(rule: &RRule<Unvalidated>) -> Self {
        let days: u64 = match rule.get_freq() {
            Frequency::Yearly => 366,
            Frequency::Monthly => 31,
            Frequency::Weekly => 7,
            _ => 1,
        };
        let number = |length: usize| length as u64;
        // Every day is compared with all the values of a part until one fits.
        let values = number(rule.get_by_month().len())
            + 2 * number(rule.get_by_weekday().len())
            + number(rule.get_by_month_day().len())
            + 2 * number(rule.get_by_year_day().len());
        let interval = u64::from(rule.get_interval());
        let stride = match rule.get_freq() {
            // A day far ahead is reckoned month by month.
            Frequency::Weekly => interval / 4,
            Frequency::Daily => interval / 30,
            Frequency::Hourly => {
                interval / 720
                    + if rule.get_by_hour().is_empty() {
                        0
                    } else {
                        150
                    }
            }
            // Minute by minute through the day.
            Frequency::Minutely if !is_bare(rule) => 20_000,
            _ => 0,
        };
        let once =
            12 * number(rule.get_by_weekday().len()) + 10 * number(rule.get_by_week_no().len());
        let positions = number(rule.get_by_set_pos().len());
        Self {
            period: 20 + days * (2 + values / 8) + stride + once,
            time: 12,
            choice: positions * 4 + positions * positions / 16,
            each_time: matches!(rule.get_freq(), Frequency::Minutely | Frequency::Secondly),
        }
    }

    fn of_period(&self, period: &Period) -> u64 {
        period.searched * (self.period + self.choice) + period.times * self.time
    }
}

/// Whether a rule names no hours, minutes and seconds.
fn is_bare(rule: &RRule<Unvalidated>) -> bool {
    rule.get_by_hour().is_empty()
        && rule.get_by_minute().is_empty()
        && rule.get_by_second().is_empty()
}

fn validated(
    rule: RRule<Unvalidated>,
    start: NaiveDateTime,
) -> Result<RRule<Validated>, RuleError> {
    rule.validate(Tz::UTC.from_utc_datetime(&start))
        .map_err(|_| {
            RuleError::Invalid(
                "RRULE has a part that is out of range or does not go with its frequency",
            )
        })
}

/// A yearly rule of one month as a monthly one that comes every twelfth month.
fn by_month(rule: &RRule<Unvalidated>) -> RRule<Unvalidated> {
    let monthly = RRule::new(Frequency::Monthly)
        .interval(rule.get_interval() * 12)
        .week_start(rule.get_week_start())
        .by_set_pos(rule.get_by_set_pos().to_vec())
        .by_month_day(rule.get_by_month_day().to_vec())
        .by_weekday(rule.get_by_weekday().to_vec())
        .by_hour(rule.get_by_hour().to_vec())
        .by_minute(rule.get_by_minute().to_vec())
        .by_second(rule.get_by_second().to_vec());
    match rule.get_count() {
        Some(count) => monthly.count(count),
        None => monthly,
    }
}

/// The first time from `start` on in a month of a yearly rule's years.
fn first_of(start: NaiveDateTime, month: u32, interval: u16) -> Option<NaiveDateTime> {
    let year = match start.month().cmp(&month) {
        std::cmp::Ordering::Equal => return Some(start),
        std::cmp::Ordering::Less => start.year(),
        std::cmp::Ordering::Greater => start.year() + i32::from(interval),
    };
    // Beyond it the crate searches nothing.
    let year = Some(year).filter(|year| *year <= LAST_YEAR)?;
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    Some(first.and_time(NaiveTime::MIN))
}

/// An RRULE value cut into what we read ourselves and what the crate reads.
struct Parts {
    rest: String,
    until_text: Option<String>,
}

impl Parts {
    fn of(text: &str) -> Result<Self, RuleError> {
        let mut rest = Vec::new();
        let mut until_text = None;
        let text = text.trim().to_ascii_uppercase();
        for part in text.split(';').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("UNTIL", value)) if until_text.is_none() => until_text = Some(value.into()),
                // RFC 7529: what every rule means anyway.
                Some(("RSCALE", "GREGORIAN") | ("SKIP", "OMIT")) => {}
                Some(("RSCALE" | "SKIP", _)) => {
                    return Err(RuleError::Invalid(
                        "RRULE counts by a calendar other than the Gregorian",
                    ));
                }
                _ => rest.push(part),
            }
        }
        Ok(Self {
            rest: rest.join(";"),
            until_text,
        })
    }
}

/// The crate cuts a rule between bytes, which only ASCII survives.
fn check_text(text: &str) -> Result<(), RuleError> {
    if !text.is_ascii() {
        return Err(RuleError::Invalid(
            "RRULE holds a character that no rule has",
        ));
    }
    if text.len() > RULE_BYTES_MAX {
        return Err(RuleError::Costly("RRULE is too long"));
    }
    Ok(())
}

/// Numbers that the crate reads and that mean nothing, however they are written.
fn check_numbers(rule: &RRule<Unvalidated>) -> Result<(), RuleError> {
    match (rule.get_interval(), rule.get_count(), rule.get_until()) {
        (0, _, _) => Err(RuleError::Invalid("RRULE has an interval of nothing")),
        (_, Some(0), _) => Err(RuleError::Invalid("RRULE counts no occurrence")),
        // The first one is read here, as a local time.
        (_, _, Some(_)) => Err(RuleError::Invalid("RRULE has UNTIL twice")),
        _ => Ok(()),
    }
}

fn read_until(
    text: &str,
    until: impl Fn(NaiveDateTime) -> NaiveDateTime,
) -> Result<NaiveDateTime, RuleError> {
    match Written::parse(text) {
        None => Err(RuleError::Invalid("UNTIL is neither a date nor a time")),
        // A day as the end of times of day: all of that day.
        Some(Written::Date(day)) => Ok(day.and_time(NaiveTime::MIN) + Duration::seconds(86_399)),
        Some(Written::Local(at)) => Ok(at),
        Some(Written::Utc(at)) => Ok(until(at)),
    }
}

fn check_cost(rule: &RRule<Unvalidated>) -> Result<(), RuleError> {
    let days = match rule.get_freq() {
        Frequency::Yearly => 366,
        Frequency::Monthly => 31,
        Frequency::Weekly => 7,
        Frequency::Daily => 1,
        Frequency::Hourly if rule.get_by_set_pos().is_empty() => 1,
        Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {
            return check_fine(rule);
        }
    };
    let times = [
        rule.get_by_hour().len(),
        rule.get_by_minute().len(),
        rule.get_by_second().len(),
    ];
    let product = times
        .iter()
        .try_fold(days, |product: usize, n| product.checked_mul((*n).max(1)));
    match product {
        Some(product) if product <= PERIOD_TIMES_MAX => Ok(()),
        _ => Err(RuleError::Costly("RRULE has too many times in one period")),
    }
}

/// The crate looks for the next time of a rule by the minute or the second step by step, so only rules that hit something
/// every day are taken.
fn check_fine(rule: &RRule<Unvalidated>) -> Result<(), RuleError> {
    let every_day = rule.get_by_set_pos().is_empty()
        && rule.get_by_month().is_empty()
        && rule.get_by_month_day().is_empty()
        && rule.get_by_year_day().is_empty()
        && rule.get_by_week_no().is_empty()
        && rule.get_by_weekday().is_empty();
    let every_period = rule.get_by_hour().is_empty()
        && rule.get_by_minute().is_empty()
        && rule.get_by_second().is_empty();
    // Past the hours that do not match, the crate goes on with the same minute: right only if every hour has the same.
    let every_hour = rule.get_by_hour().is_empty() || 60 % rule.get_interval().max(1) == 0;
    match rule.get_freq() {
        _ if every_day && every_period => Ok(()),
        // Counting occurrences that are a day apart from the very first one on would take too many steps.
        Frequency::Minutely if every_day && every_hour && rule.get_count().is_none() => Ok(()),
        _ => Err(RuleError::Costly(
            "RRULE repeats by the minute or second and has further parts",
        )),
    }
}
