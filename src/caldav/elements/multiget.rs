//! `CALDAV:calendar-multiget` (RFC 4791 §7.9, §9.10).

use super::body::BodyError;
use super::{CalendarData, Precondition, Propfind};
use crate::xml::{Element, Namespace};

/// Members by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarMultiget {
    /// Which properties of each. `calendar-data` stays among them, so that answers keep the order.
    pub props: Propfind,
    /// How `calendar-data` is wanted, if it is.
    pub calendar_data: Option<CalendarData>,
    /// The hrefs in order, as they were sent but for white space around them; at least one.
    pub hrefs: Vec<String>,
}

impl CalendarMultiget {
    /// How many members one request may name; some clients name all they have at once.
    pub const HREFS_MAX: usize = 10_000;

    pub(super) fn of(root: &Element) -> Result<Self, BodyError> {
        let hrefs = root.children_of(Namespace::Dav, "href");
        let hrefs: Vec<String> = hrefs.map(|href| href.text().trim().to_owned()).collect();
        match hrefs.len() {
            0 => return Err(BodyError::Invalid("calendar-multiget without href")),
            n if n > Self::HREFS_MAX => {
                return Err(Precondition::NumberOfMatchesWithinLimits.into());
            }
            _ => {}
        }
        Ok(Self {
            props: Propfind::of(root)?.unwrap_or(Propfind::Prop(Vec::new())),
            calendar_data: CalendarData::of_report(root)?,
            hrefs,
        })
    }
}
