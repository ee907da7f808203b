//! One RRULE (RFC 5545 §3.3.10), bounded.
//!
//! The crate `rrule` expands it in wall-clock time: it is given local times as if they were UTC, so that the zones –
//! also those that only a text defines – are ours to apply afterwards. What could make it expensive is refused before,
//! and no walk is longer than its caller asks for.

use super::value::Written;
use chrono::{Duration, NaiveDateTime, NaiveTime, TimeZone};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated, Validated};

/// Times that one period (a year, a month …) of a rule may hold: the crate works out a period at once.
const PERIOD_TIMES_MAX: usize = 10_000;
/// The longest rule that is read: every day of a year by its number, and more.
const RULE_BYTES_MAX: usize = 8 * 1024;
/// How far a rule that counts is followed to find its end.
const COUNTED_MAX: usize = 10_000;

/// Why a rule is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// It breaks RFC 5545.
    Invalid(&'static str),
    /// It is right but costs too much.
    Costly(&'static str),
}

/// A recurrence rule with the local time of its first occurrence.
#[derive(Clone, Debug)]
pub struct Rule {
    rule: RRule<Validated>,
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

impl Rule {
    /// Reads a rule. What the crate would panic on is refused before it sees it. `start` is the local time of DTSTART (midnight for a day); `until` turns an UNTIL in UTC into local time.
    pub fn parse(
        text: &str,
        start: NaiveDateTime,
        until: impl Fn(NaiveDateTime) -> NaiveDateTime,
    ) -> Result<Self, RuleError> {
        check_text(text)?;
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
        let rule = parsed
            .validate(Tz::UTC.from_utc_datetime(&start))
            .map_err(|_| {
                RuleError::Invalid(
                    "RRULE has a part that is out of range or does not go with its frequency",
                )
            })?;
        Ok(Self { rule, start, end })
    }

    /// Local times in order, from the first on.
    pub fn all(&self) -> impl Iterator<Item = NaiveDateTime> {
        self.walk(self.start)
    }

    /// Local times in order, beginning not after the first one that is at or past `from`.
    pub fn from(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        self.walk(self.forward(from))
    }

    /// The last local time; `None` when it never ends, or so far away that nobody has counted.
    pub fn last(&self) -> Option<NaiveDateTime> {
        match self.end {
            RuleEnd::Never => None,
            RuleEnd::Until(until) if until < self.start => Some(self.start),
            RuleEnd::Until(until) => {
                let near = self.from(until - Duration::days(366));
                let last = near.take(COUNTED_MAX + 1).enumerate().last();
                // Not found near its end, or too much there: the end itself is a bound that is not too early.
                Some(
                    last.filter(|(n, _)| *n < COUNTED_MAX)
                        .map_or(until, |(_, at)| at),
                )
            }
            RuleEnd::Count => {
                let last = self.all().take(COUNTED_MAX + 1).enumerate().last();
                match last {
                    None => Some(self.start),
                    Some((n, at)) => (n < COUNTED_MAX).then_some(at),
                }
            }
        }
    }

    /// Whether it counts years: the only kind that a time zone has use for.
    pub fn is_yearly(&self) -> bool {
        self.rule.get_freq() == Frequency::Yearly
    }

    fn walk(&self, start: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        let end = self.end;
        let set = RRuleSet::new(Tz::UTC.from_utc_datetime(&start))
            .rrule(self.rule.clone())
            .limit();
        (&set)
            .into_iter()
            .map(|at| at.naive_utc())
            .take_while(move |at| match end {
                RuleEnd::Until(until) => *at <= until,
                RuleEnd::Never | RuleEnd::Count => true,
            })
    }

    /// A later start from which the rule goes on just the same: whole periods are skipped. A rule that counts must begin
    /// at its beginning, and months and years are few.
    fn forward(&self, from: NaiveDateTime) -> NaiveDateTime {
        let unit = match self.rule.get_freq() {
            _ if self.end == RuleEnd::Count => return self.start,
            Frequency::Yearly | Frequency::Monthly => return self.start,
            Frequency::Weekly => 7 * 86_400,
            Frequency::Daily => 86_400,
            Frequency::Hourly => 3_600,
            Frequency::Minutely => 60,
            Frequency::Secondly => 1,
        };
        let period = unit * i64::from(self.rule.get_interval());
        // One period less: the occurrences of the period that `from` lies in may begin before it.
        let periods = (from - self.start).num_seconds() / period - 1;
        self.start + Duration::seconds(periods.max(0) * period)
    }
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
