//! `CALDAV:calendar-query` (RFC 4791 §7.8, §9.5).

use super::body::{BodyError, at_most_one, limit};
use super::{CalendarData, CompFilter, Precondition, Propfind};
use crate::xml::{Element, Namespace};

/// A search by filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarQuery {
    /// Which properties of each match. `calendar-data` stays among them, so that answers keep the order.
    pub props: Propfind,
    /// How `calendar-data` is wanted, if it is.
    pub calendar_data: Option<CalendarData>,
    /// What must match; the outermost is VCALENDAR.
    pub filter: CompFilter,
    /// The iCalendar text of `timezone` (RFC 4791 §9.8), in which floating times and days count. Unchecked: it must be a
    /// calendar with a single VTIMEZONE, else [`Precondition::ValidCalendarData`] (RFC 4791 §7.8).
    pub timezone: Option<String>,
    /// At most so many matches.
    pub limit: Option<u32>,
}

impl CalendarQuery {
    pub(super) fn of(root: &Element) -> Result<Self, BodyError> {
        let filter = at_most_one(root, Namespace::CalDav, "filter", "more than one filter")?;
        let filter = filter.ok_or(Precondition::ValidFilter)?;
        let timezone = at_most_one(
            root,
            Namespace::CalDav,
            "timezone",
            "more than one timezone",
        )?;
        Ok(Self {
            props: Propfind::of(root)?.unwrap_or(Propfind::Prop(Vec::new())),
            calendar_data: CalendarData::of_report(root)?,
            filter: CompFilter::of_filter(filter)?,
            timezone: timezone.map(|timezone| timezone.text().into_owned()),
            limit: limit(root)?,
        })
    }
}
