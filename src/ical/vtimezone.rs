//! A zone that a text defines itself (RFC 5545 §3.6.5).

use super::recurrence::Rule;
use super::value::{self, Written};
use super::work::Budget;
use super::{Component, Property};
use crate::model::Timestamp;
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, TimeZone, Utc};

/// Onsets after this year are not worked out: the last offset goes on.
const YEAR_MAX: i32 = 2100;
/// Onsets of all observances together.
const ONSETS_MAX: usize = 2_000;
/// STANDARD and DAYLIGHT parts of one zone.
const OBSERVANCES_MAX: usize = 100;

/// The offsets of a zone over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Seconds east of Greenwich before the first onset.
    first: i32,
    /// In order of time; never empty.
    onsets: Vec<Onset>,
    /// The local seconds at which each onset, or one before it, is reached.
    reached: Vec<i64>,
}

/// A change of the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Onset {
    /// Seconds since 1970.
    at: i64,
    /// Seconds east of Greenwich from then on.
    offset: i32,
}

impl Definition {
    /// Works out the onsets of a VTIMEZONE; `None` when it has none that can be understood.
    pub fn read(zone: &Observances, budget: &Budget) -> Option<Self> {
        let mut onsets = Vec::new();
        let mut earliest: Option<(i64, i32)> = None;
        for observance in zone.0.as_ref()? {
            observance.push_onsets(&mut onsets, budget)?;
            let start = observance.at(observance.start);
            if earliest.is_none_or(|(at, _)| start < at) {
                earliest = Some((start, observance.from));
            }
        }
        onsets.sort_unstable();
        onsets.dedup_by_key(|onset| onset.at);
        let first = earliest?.1;
        Some(Self {
            first,
            reached: reached(first, &onsets),
            onsets,
        })
    }

    /// See [`Zone::to_utc`](super::Zone::to_utc).
    pub fn to_utc(&self, local: NaiveDateTime) -> Timestamp {
        let seconds = local.and_utc().timestamp();
        let past = self.reached.partition_point(|reached| *reached <= seconds);
        utc(seconds - i64::from(self.offset_after(past)))
    }

    /// See [`Zone::to_local`](super::Zone::to_local).
    pub fn to_local(&self, at: Timestamp) -> NaiveDateTime {
        let past = self
            .onsets
            .partition_point(|onset| onset.at <= at.timestamp());
        at.naive_utc() + Duration::seconds(self.offset_after(past).into())
    }

    fn offset_after(&self, onsets: usize) -> i32 {
        match onsets {
            0 => self.first,
            past => self.onsets[past - 1].offset,
        }
    }
}

/// When the local clock is past each onset. With the later of both local readings of an onset, a time in a gap and the first of
/// two fall to the old offset. Never falling, so that it can be searched.
fn reached(first: i32, onsets: &[Onset]) -> Vec<i64> {
    let mut offset = first;
    let mut latest = i64::MIN;
    let past = onsets.iter().map(|onset| {
        latest = latest.max(onset.at + i64::from(offset.max(onset.offset)));
        offset = onset.offset;
        latest
    });
    past.collect()
}

/// The STANDARD and DAYLIGHT parts of a zone, their rules not yet worked out; `None` when one cannot be understood.
#[derive(Clone, Debug)]
pub struct Observances(Option<Vec<Observance>>);

impl Observances {
    /// Reads the parts of a VTIMEZONE.
    pub fn read(zone: &Component) -> Self {
        let parts = zone
            .components()
            .filter(|part| matches!(part.name(), "STANDARD" | "DAYLIGHT"));
        Self(parts.take(OBSERVANCES_MAX).map(Observance::read).collect())
    }
}

fn utc(seconds: i64) -> Timestamp {
    Utc.timestamp_opt(seconds, 0)
        .single()
        .unwrap_or(DateTime::UNIX_EPOCH)
}

/// One STANDARD or DAYLIGHT part.
#[derive(Clone, Debug)]
struct Observance {
    start: NaiveDateTime,
    from: i32,
    to: i32,
    /// Its RRULE as it stands.
    rule: Option<String>,
    dates: Vec<NaiveDateTime>,
}

impl Observance {
    fn read(part: &Component) -> Option<Self> {
        let start = match Written::parse(part.property("DTSTART")?.value())? {
            Written::Local(at) | Written::Utc(at) => at,
            Written::Date(day) => day.and_time(chrono::NaiveTime::MIN),
        };
        let from = value::utc_offset(part.property("TZOFFSETFROM")?.value())?;
        let to = value::utc_offset(part.property("TZOFFSETTO")?.value())?;
        let rule = part.property("RRULE").map(|rule| rule.value().to_owned());
        let dates = part.properties_named("RDATE").flat_map(rdates);
        let dates = dates.take(ONSETS_MAX).collect();
        Some(Self {
            start,
            from,
            to,
            rule,
            dates,
        })
    }

    fn at(&self, local: NaiveDateTime) -> i64 {
        local.and_utc().timestamp() - i64::from(self.from)
    }

    /// Adds its onsets; `None` when its rule is no yearly one, hits nothing, or costs more than there is to spend.
    fn push_onsets(&self, onsets: &mut Vec<Onset>, budget: &Budget) -> Option<()> {
        let end = NaiveDate::from_ymd_opt(YEAR_MAX, 1, 1).unwrap_or(NaiveDate::MAX);
        let room = ONSETS_MAX.saturating_sub(onsets.len());
        let onset = |local| Onset {
            at: self.at(local),
            offset: self.to,
        };
        let single = std::iter::once(self.start).chain(self.dates.iter().copied());
        onsets.extend(single.take(room).map(onset));
        let Some(rule) = &self.rule else {
            return Some(());
        };
        let rule = self.onset_rule(rule, budget)?;
        let mut walk = rule.walk(budget);
        let first = walk.next()?;
        let room = ONSETS_MAX.saturating_sub(onsets.len());
        let ruled = std::iter::once(first).chain(walk.by_ref());
        let ruled = ruled.take_while(|local| local.date() < end);
        onsets.extend(ruled.take(room).map(onset));
        (!walk.is_cut()).then_some(())
    }

    fn onset_rule(&self, text: &str, budget: &Budget) -> Option<Rule> {
        let until = |at: NaiveDateTime| at + Duration::seconds(self.from.into());
        let rule = Rule::parse(text, self.start, until, budget).ok()?;
        rule.is_yearly().then_some(rule)
    }
}

fn rdates(property: &Property) -> impl Iterator<Item = NaiveDateTime> {
    let local = |text| match Written::parse(text)? {
        Written::Local(at) | Written::Utc(at) => Some(at),
        Written::Date(_) => None,
    };
    property.value().split(',').filter_map(local)
}
