//! Whether a calendar object meets a filter (RFC 4791 §9.7, §9.9).
//!
//! Start at [`matches()`]. Only for what [`CompFilter::reach`] leaves open: the common queries need no text.

use super::elements::{
    CompFilter, CompMatch, CompTest, ParamFilter, ParamTest, PropFilter, PropMatch, PropTest,
    TimeRange, ValueTest,
};
use crate::ical::{Budget, Component, Document, Edge, Limits, Property, Schedule, When, Zones};
use chrono_tz::Tz;
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// Occurrences that one question about one object looks at.
const OCCURRENCES_MAX: usize = 10_000;

/// A calendar object and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its text.
    pub document: &'a Document,
    /// When its events take place.
    pub schedule: &'a Schedule,
    /// The zone of floating times and days.
    pub zone: Tz,
}

/// Whether the object meets the filter.
///
/// A series with more occurrences in a range than are looked at counts as being in it: nothing is hidden.
pub fn matches(filter: &CompFilter, subject: &Subject<'_>) -> bool {
    let calendar = subject.document.calendar();
    match &filter.test {
        // The outermost filter is on VCALENDAR, and every text is one.
        CompTest::IsNotDefined => false,
        CompTest::Matches(test) => calendar_meets(test, calendar, subject),
    }
}

/// A time range on VCALENDAR itself does not exist: such a filter is not valid.
fn calendar_meets(test: &CompMatch, calendar: &Component, subject: &Subject<'_>) -> bool {
    let budget = Budget::new(Limits::default().work_units_max);
    let zones = Zones::of(subject.document, subject.zone, &budget);
    let evaluation = Evaluation { subject, zones };
    evaluation.properties_meet(&test.prop_filters, calendar)
        && test
            .comp_filters
            .iter()
            .all(|filter| evaluation.top_level(filter, calendar))
}

struct Evaluation<'a> {
    subject: &'a Subject<'a>,
    zones: Zones,
}

impl Evaluation<'_> {
    /// A filter on components directly in VCALENDAR: only these take place at a time.
    fn top_level(&self, filter: &CompFilter, calendar: &Component) -> bool {
        let mut found = calendar.components_named(&filter.name);
        match &filter.test {
            CompTest::IsNotDefined => found.next().is_none(),
            CompTest::Matches(test) => {
                let within = self.within(test.time_range, &filter.name);
                found
                    .enumerate()
                    .any(|(n, component)| within.holds(n) && self.meets(test, component))
            }
        }
    }

    /// Which of the components of a name take place in the range. Only events are ever stored, so others never do.
    fn within(&self, range: Option<TimeRange>, name: &str) -> Within {
        match range {
            None => Within::All,
            Some(range) if name == "VEVENT" => self.events_within(range),
            Some(_) => Within::Only(BTreeSet::new()),
        }
    }

    fn events_within(&self, range: TimeRange) -> Within {
        let schedule = self.subject.schedule;
        let single = self.subject.document.events().nth(1).is_none();
        let (first, last) = schedule.bounds();
        match range.overlaps_bounds(first, last, !schedule.is_single()) {
            Some(false) => return Within::Only(BTreeSet::new()),
            Some(true) if single => return Within::All,
            Some(true) | None => {}
        }
        match schedule.occurrences(range.bounds(), OCCURRENCES_MAX) {
            Ok(found) => Within::Only(found.iter().map(|occurrence| occurrence.event).collect()),
            Err(_) => Within::All,
        }
    }

    /// Whether one component meets everything but the time range.
    fn meets(&self, test: &CompMatch, component: &Component) -> bool {
        self.properties_meet(&test.prop_filters, component)
            && test
                .comp_filters
                .iter()
                .all(|filter| self.inner(filter, component))
    }

    /// A filter on components inside another one, such as VALARM; it has no time range.
    fn inner(&self, filter: &CompFilter, parent: &Component) -> bool {
        let mut found = parent.components_named(&filter.name);
        match &filter.test {
            CompTest::IsNotDefined => found.next().is_none(),
            CompTest::Matches(test) => found.any(|component| self.meets(test, component)),
        }
    }

    fn properties_meet(&self, filters: &[PropFilter], component: &Component) -> bool {
        filters
            .iter()
            .all(|filter| self.property_meets(filter, component))
    }

    fn property_meets(&self, filter: &PropFilter, component: &Component) -> bool {
        let mut found = component.properties_named(&filter.name);
        match &filter.test {
            PropTest::IsNotDefined => found.next().is_none(),
            PropTest::Matches(test) => found.any(|property| self.value_meets(test, property)),
        }
    }

    fn value_meets(&self, test: &PropMatch, property: &Property) -> bool {
        let value = match &test.value {
            None => true,
            Some(ValueTest::Text(text)) => text.matches(&property.as_text()),
            Some(ValueTest::Within(range)) => self.dated(property, *range),
        };
        value
            && test
                .param_filters
                .iter()
                .all(|filter| param_meets(filter, property))
    }

    /// Whether one of the dates or times of a property lies in a range; a day counts whole.
    fn dated(&self, property: &Property, range: TimeRange) -> bool {
        let zone = self.subject.zone;
        property.value().split(',').any(|value| {
            let Ok(when) = When::read_value(property, value, &self.zones) else {
                return false;
            };
            let start = when.edge();
            let last = match start {
                Edge::Day(day) => day
                    .succ_opt()
                    .map_or(i64::MAX, |next| Edge::Day(next).seconds(zone)),
                Edge::At(at) => at.timestamp() + 1,
            };
            range.overlaps_bounds(start.seconds(zone), last, false) == Some(true)
        })
    }
}

/// Which components, by their place among those of their name.
enum Within {
    All,
    Only(BTreeSet<usize>),
}

impl Within {
    fn holds(&self, n: usize) -> bool {
        match self {
            Self::All => true,
            Self::Only(places) => places.contains(&n),
        }
    }
}

fn param_meets(filter: &ParamFilter, property: &Property) -> bool {
    let mut found = property
        .params()
        .iter()
        .filter(|param| param.name == filter.name);
    match &filter.test {
        ParamTest::IsNotDefined => found.next().is_none(),
        ParamTest::IsDefined => found.next().is_some(),
        ParamTest::Text(text) => found.any(|param| param.values.iter().any(|v| text.matches(v))),
    }
}
