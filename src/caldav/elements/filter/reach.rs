//! How much of a filter an index by time can answer.

use super::{CompFilter, CompMatch, CompTest};
use crate::caldav::elements::TimeRange;

/// What a filter means for a collection that holds VEVENT objects only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// No member can match.
    Nothing,
    /// Exactly the members that overlap this match; no text has to be read.
    Exactly(TimeRange),
    /// Only members that overlap this can match, and each one's text decides.
    Within(TimeRange),
}

impl CompFilter {
    /// How much of it an index by time answers, in a collection that holds VEVENT objects only.
    pub fn reach(&self) -> Reach {
        let CompTest::Matches(calendar) = &self.test else {
            return Reach::Nothing;
        };
        let start = match calendar.prop_filters.is_empty() {
            true => Reach::Exactly(TimeRange::ALL),
            false => Reach::Within(TimeRange::ALL),
        };
        calendar
            .comp_filters
            .iter()
            .map(reach_in_calendar)
            .fold(start, Reach::and)
    }

    /// The range of the common query VCALENDAR > VEVENT \[time-range\], or [`TimeRange::ALL`] where it asks for no range:
    /// members that overlap it match, and nothing has to be parsed. `None` for any other filter.
    pub fn time_range_only(&self) -> Option<TimeRange> {
        match self.reach() {
            Reach::Exactly(range) => Some(range),
            Reach::Nothing | Reach::Within(_) => None,
        }
    }
}

fn reach_in_calendar(filter: &CompFilter) -> Reach {
    match (filter.name.as_str(), &filter.test) {
        ("VEVENT", CompTest::IsNotDefined) => Reach::Nothing,
        ("VEVENT", CompTest::Matches(event)) => reach_of_event(event),
        // A resource may hold zones beside its events; only its text tells.
        ("VTIMEZONE", _) => Reach::Within(TimeRange::ALL),
        (_, CompTest::IsNotDefined) => Reach::Exactly(TimeRange::ALL),
        (_, CompTest::Matches(_)) => Reach::Nothing,
    }
}

fn reach_of_event(event: &CompMatch) -> Reach {
    let range = event.time_range.unwrap_or(TimeRange::ALL);
    match event.prop_filters.is_empty() && event.comp_filters.is_empty() {
        true => Reach::Exactly(range),
        false => Reach::Within(range),
    }
}

impl Reach {
    /// Both hold. Two ranges may be met by two components of one object, so neither narrows the other.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::Exactly(TimeRange::ALL), reach) | (reach, Self::Exactly(TimeRange::ALL)) => {
                reach
            }
            (Self::Within(TimeRange::ALL), Self::Exactly(range) | Self::Within(range))
            | (Self::Exactly(range) | Self::Within(range), Self::Within(_) | Self::Exactly(_)) => {
                Self::Within(range)
            }
        }
    }
}
