//! A zone that a text defines itself (RFC 5545 §3.6.5).

use super::recurrence::Rule;
use super::value::{self, Written};
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
    pub fn read(zone: &Component) -> Option<Self> {
        let parts = zone
            .components()
            .filter(|part| matches!(part.name(), "STANDARD" | "DAYLIGHT"));
        let mut onsets = Vec::new();
        let mut earliest: Option<(i64, i32)> = None;
        for part in parts.take(OBSERVANCES_MAX) {
            let observance = Observance::read(part)?;
            observance.push_onsets(&mut onsets);
            let start = observance.at(observance.start);
            if earliest.is_none_or(|(at, _)| start < at) {
                earliest = Some((start, observance.from));
            }
        }
        onsets.sort_unstable();
        onsets.dedup_by_key(|onset| onset.at);
        Some(Self {
            first: earliest?.1,
            onsets,
        })
    }

    /// See [`Zone::to_utc`](super::Zone::to_utc).
    pub fn to_utc(&self, local: NaiveDateTime) -> Timestamp {
        let seconds = local.and_utc().timestamp();
        // With the later of both local readings of an onset, a time in a gap and the first of two fall to the old offset.
        let mut offset = self.first;
        for onset in &self.onsets {
            let reached = onset.at + i64::from(offset.max(onset.offset));
            if seconds < reached {
                break;
            }
            offset = onset.offset;
        }
        utc(seconds - i64::from(offset))
    }

    /// See [`Zone::to_local`](super::Zone::to_local).
    pub fn to_local(&self, at: Timestamp) -> NaiveDateTime {
        let past = self
            .onsets
            .partition_point(|onset| onset.at <= at.timestamp());
        let offset = match past {
            0 => self.first,
            past => self.onsets[past - 1].offset,
        };
        at.naive_utc() + Duration::seconds(offset.into())
    }
}

fn utc(seconds: i64) -> Timestamp {
    Utc.timestamp_opt(seconds, 0)
        .single()
        .unwrap_or(DateTime::UNIX_EPOCH)
}

/// One STANDARD or DAYLIGHT part.
struct Observance {
    start: NaiveDateTime,
    from: i32,
    to: i32,
    rule: Option<Rule>,
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
        let rule = match part.property("RRULE") {
            Some(rule) => Some(onset_rule(rule, start, from)?),
            None => None,
        };
        let dates = part.properties_named("RDATE").flat_map(rdates).collect();
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

    fn push_onsets(&self, onsets: &mut Vec<Onset>) {
        let end = NaiveDate::from_ymd_opt(YEAR_MAX, 1, 1).unwrap_or(NaiveDate::MAX);
        let ruled = self.rule.iter().flat_map(|rule| rule.all());
        let room = ONSETS_MAX.saturating_sub(onsets.len());
        let locals = std::iter::once(self.start)
            .chain(self.dates.iter().copied())
            .chain(ruled.take_while(|local| local.date() < end))
            .take(room);
        onsets.extend(locals.map(|local| Onset {
            at: self.at(local),
            offset: self.to,
        }));
    }
}

/// The rule of an observance; `None` when it is no yearly one, or hits nothing.
fn onset_rule(property: &Property, start: NaiveDateTime, from: i32) -> Option<Rule> {
    let until = |at: NaiveDateTime| at + Duration::seconds(from.into());
    let rule = Rule::parse(property.value(), start, until).ok()?;
    (rule.is_yearly() && rule.all().next().is_some()).then_some(rule)
}

fn rdates(property: &Property) -> Vec<NaiveDateTime> {
    let local = |text| match Written::parse(text)? {
        Written::Local(at) | Written::Utc(at) => Some(at),
        Written::Date(_) => None,
    };
    property.value().split(',').filter_map(local).collect()
}
