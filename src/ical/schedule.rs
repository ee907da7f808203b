//! When a calendar object takes place: all its occurrences, worked out on demand and within bounds.
//!
//! Start at [`Schedule::occurrences`].

use super::recurrence::{Ends, Rule};
use super::timing::{Edge, Length, Timing, When, span};
use super::work::Budget;
use crate::model::{Span, Timestamp};
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};

/// Occurrences that a walk looks at before it gives up.
const STEPS_MAX: usize = 50_000;
/// Beyond every difference of two zones: local times are compared with instants this much apart.
const SLACK_SECONDS: i64 = 2 * 86_400;

/// More occurrences than were asked for, or more work than is done for one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many occurrences")]
pub struct TooMany;

/// One occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Start.
    pub start: Edge,
    /// End, exclusive; of a zero-length occurrence its start.
    pub end: Edge,
    /// What its RECURRENCE-ID is, or would be: the start that the rules give it.
    pub id: Edge,
    /// Which event of the document it is made of, in order of the document.
    pub event: usize,
}

impl Occurrence {
    /// As the core knows it.
    pub fn span(&self) -> Option<Span> {
        span(self.start, self.end)
    }

    fn overlaps(&self, range: &Range<i64>, zone: Tz) -> bool {
        let (start, end) = (self.start.seconds(zone), self.end.seconds(zone));
        // RFC 4791 §9.9: what has no length is in the range when its start is.
        start < range.end && (end > range.start || (start == end && start >= range.start))
    }
}

/// Everything that decides when an object takes place, without its text.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub(super) zone: Tz,
    pub(super) series: Option<Series>,
    /// Components with a RECURRENCE-ID, by that. THISANDFUTURE counts as a change of that one occurrence: no client
    /// that is in use writes it.
    pub(super) overrides: BTreeMap<Edge, Override>,
    /// Units of work that one question may cost.
    pub(super) work_units_max: u64,
}

/// A rule, and what a walk over it found.
#[derive(Clone, Debug)]
pub(super) struct Ruled {
    pub rule: Rule,
    pub ends: Ends,
}

/// The master component.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub timing: Timing,
    /// Whether it says that it repeats, be it that no rule hits anything.
    pub repeats: bool,
    pub rules: Vec<Ruled>,
    pub dates: Vec<Timing>,
    pub excluded: BTreeSet<Edge>,
    pub event: usize,
}

/// An occurrence that a component of its own describes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Override {
    pub start: Edge,
    pub end: Edge,
    pub event: usize,
}

impl Schedule {
    /// Whether it does not repeat: no RRULE, no RDATE, no overrides.
    pub fn is_single(&self) -> bool {
        self.overrides.is_empty() && self.series.as_ref().is_some_and(|series| !series.repeats)
    }

    /// The occurrences that overlap a range (RFC 4791 §9.9), in order of their start. Days begin in the installation's zone.
    ///
    /// # Errors
    /// When there are more than `occurrences_max`, or finding them takes too long.
    pub fn occurrences(
        &self,
        range: Range<Timestamp>,
        occurrences_max: usize,
    ) -> Result<Vec<Occurrence>, TooMany> {
        let mut found = BTreeMap::new();
        let walked = self.visit(&seconds(&range), |occurrence| {
            found.insert(occurrence.id, occurrence);
            if found.len() > occurrences_max {
                return ControlFlow::Break(TooMany);
            }
            ControlFlow::Continue(())
        });
        if walked.is_break() {
            return Err(TooMany);
        }
        let mut found: Vec<Occurrence> = found.into_values().collect();
        found.sort_by_key(|occurrence| (occurrence.start.seconds(self.zone), occurrence.id));
        Ok(found)
    }

    /// Whether any occurrence overlaps a range. When that takes too long to find out: yes, so that nothing is hidden.
    pub fn overlaps(&self, range: Range<Timestamp>) -> bool {
        self.visit(&seconds(&range), |_| ControlFlow::Break(TooMany))
            .is_break()
    }

    /// The first occurrence in the order of the rules, wherever it was moved; `None` when all are excluded.
    ///
    /// Not the earliest one: a later occurrence that is moved to the front must not become another first.
    ///
    /// `budget` bounds how many excluded ones are passed over.
    pub(super) fn first_within(&self, budget: &Budget) -> Option<Occurrence> {
        let ruled = self.series.as_ref().and_then(|series| series.first(budget));
        let moved = self.overrides.iter().next();
        match (ruled, moved) {
            (Some(ruled), Some((id, changed))) if *id <= ruled.id => Some(changed.occurrence(*id)),
            (Some(ruled), _) => Some(ruled),
            (None, Some((id, changed))) => Some(changed.occurrence(*id)),
            (None, None) => None,
        }
    }

    /// The first occurrence, as far as it can be found with the work of one question.
    pub fn first(&self) -> Option<Occurrence> {
        self.first_within(&Budget::new(self.work_units_max))
    }

    /// Seconds since 1970 of the first start, and of the last end: exclusive, `i64::MAX` when it never ends.
    /// What has no length counts as lasting a second.
    pub fn bounds(&self) -> (i64, i64) {
        let mut bounds = match &self.series {
            Some(series) => series.bounds(self.zone),
            None => (i64::MAX, i64::MIN),
        };
        for changed in self.overrides.values() {
            let start = changed.start.seconds(self.zone);
            bounds.0 = bounds.0.min(start);
            bounds.1 = bounds.1.max(changed.end.seconds(self.zone)).max(start + 1);
        }
        bounds
    }

    /// Shows every occurrence that overlaps a range, one that both a rule and a date give twice; breaks off when told to,
    /// or when it takes too long.
    fn visit(
        &self,
        range: &Range<i64>,
        mut see: impl FnMut(Occurrence) -> ControlFlow<TooMany>,
    ) -> ControlFlow<TooMany> {
        for (id, changed) in &self.overrides {
            let occurrence = changed.occurrence(*id);
            if occurrence.overlaps(range, self.zone) {
                see(occurrence)?;
            }
        }
        let Some(series) = &self.series else {
            return ControlFlow::Continue(());
        };
        let budget = Budget::new(self.work_units_max);
        series.visit(range, &budget, |occurrence| {
            let plain = !self.overrides.contains_key(&occurrence.id);
            if plain && occurrence.overlaps(range, self.zone) {
                see(occurrence)?;
            }
            ControlFlow::Continue(())
        })
    }
}

impl Override {
    fn occurrence(self, id: Edge) -> Occurrence {
        Occurrence {
            start: self.start,
            end: self.end,
            id,
            event: self.event,
        }
    }
}

impl Series {
    /// The first occurrence that is not excluded.
    fn first(&self, budget: &Budget) -> Option<Occurrence> {
        let mut first: Option<Occurrence> = None;
        let mut offer = |occurrence: Occurrence| {
            if first.is_none_or(|first| occurrence.id < first.id) {
                first = Some(occurrence);
            }
        };
        self.explicit()
            .filter(|occurrence| !self.is_excluded(occurrence))
            .for_each(&mut offer);
        for Ruled { rule, ends } in &self.rules {
            let begin = self.ruled(ends.first);
            let found = if self.is_excluded(&begin) {
                let mut walk = rule.walk(budget).take(STEPS_MAX).map(|at| self.ruled(at));
                walk.find(|occurrence| !self.is_excluded(occurrence))
            } else {
                Some(begin)
            };
            found.into_iter().for_each(&mut offer);
        }
        first
    }

    fn bounds(&self, zone: Tz) -> (i64, i64) {
        let mut bounds = (i64::MAX, i64::MIN);
        let mut include = |occurrence: Occurrence| {
            let start = occurrence.start.seconds(zone);
            bounds.0 = bounds.0.min(start);
            bounds.1 = bounds.1.max(occurrence.end.seconds(zone)).max(start + 1);
        };
        self.explicit().for_each(&mut include);
        for Ruled { ends, .. } in &self.rules {
            match ends.last {
                Some(last) => include(self.ruled(last)),
                None => return (bounds.0, i64::MAX),
            }
        }
        bounds
    }

    /// DTSTART, which is the first occurrence whether a rule hits it or not (RFC 5545 §3.8.5.3), and every RDATE.
    fn explicit(&self) -> impl Iterator<Item = Occurrence> {
        std::iter::once(&self.timing)
            .chain(&self.dates)
            .map(|timing| self.occurrence(timing.start.clone(), timing.length))
    }

    fn ruled(&self, local: NaiveDateTime) -> Occurrence {
        self.occurrence(self.timing.start.at_local(local), self.timing.length)
    }

    fn occurrence(&self, start: When, length: Length) -> Occurrence {
        Occurrence {
            start: start.edge(),
            end: length.end(&start),
            id: start.edge(),
            event: self.event,
        }
    }

    /// Whether an EXDATE names it; one that is a day names all that begin on that day in the series' own zone.
    fn is_excluded(&self, occurrence: &Occurrence) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let day = match (occurrence.id, &self.timing.start) {
            (Edge::At(at), When::Local(_, zone)) => Edge::Day(zone.to_local(at).date()),
            (id, _) => id,
        };
        self.excluded.contains(&occurrence.id) || self.excluded.contains(&day)
    }

    /// Shows every occurrence that is not excluded and may overlap a range.
    fn visit(
        &self,
        range: &Range<i64>,
        budget: &Budget,
        mut see: impl FnMut(Occurrence) -> ControlFlow<TooMany>,
    ) -> ControlFlow<TooMany> {
        for occurrence in self.explicit() {
            if !self.is_excluded(&occurrence) {
                see(occurrence)?;
            }
        }
        let lead = self.timing.length.seconds_max() + SLACK_SECONDS;
        let from = local_of(range.start.saturating_sub(lead));
        let to = local_of(range.end.saturating_add(SLACK_SECONDS));
        let mut steps = 0;
        for Ruled { rule, ends } in &self.rules {
            if ends.first >= to || ends.last.is_some_and(|last| last < from) {
                continue;
            }
            let mut walk = rule.walk_from(from, budget);
            for local in walk.by_ref().take_while(|local| *local < to) {
                if steps == STEPS_MAX {
                    return ControlFlow::Break(TooMany);
                }
                steps += 1;
                let occurrence = self.ruled(local);
                if !self.is_excluded(&occurrence) {
                    see(occurrence)?;
                }
            }
            if walk.is_cut() {
                return ControlFlow::Break(TooMany);
            }
        }
        ControlFlow::Continue(())
    }
}

fn seconds(range: &Range<Timestamp>) -> Range<i64> {
    range.start.timestamp()..range.end.timestamp()
}

/// A number of seconds as a wall-clock time, kept within what a date can hold.
fn local_of(seconds: i64) -> NaiveDateTime {
    let day = Duration::days(1).num_seconds();
    // The years 1 and 9999, a little apart from the edges of what can be written.
    let bounded = seconds.clamp(-62_135_596_800 + day, 253_402_300_800 - day);
    DateTime::<Utc>::from_timestamp(bounded, 0)
        .unwrap_or_default()
        .naive_utc()
}
