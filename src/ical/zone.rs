//! Time zones: IANA names, Windows names and the VTIMEZONEs of a text.
//!
//! Start at [`Zones::resolve`]. A name that the IANA or Windows lists know wins over the text's own VTIMEZONE: clients
//! ship shortened definitions that are wrong outside of the present year.

use super::vtimezone::{Definition, Observances};
use super::windows_zones;
use super::work::Budget;
use super::{Component, Document};
use crate::model::Timestamp;
use chrono::{Duration, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A zone that turns local times into instants and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// A zone of the IANA database, UTC included.
    Iana(Tz),
    /// A zone that only the text defines.
    Defined(Arc<Definition>),
}

impl Zone {
    /// UTC.
    pub const UTC: Self = Self::Iana(Tz::UTC);

    /// The instant of a local time (RFC 5545 §3.3.5): the first of two; in a gap, by the offset before the gap.
    pub fn to_utc(&self, local: NaiveDateTime) -> Timestamp {
        match self {
            Self::Iana(tz) => iana_to_utc(*tz, local),
            Self::Defined(definition) => definition.to_utc(local),
        }
    }

    /// The local time of an instant.
    pub fn to_local(&self, at: Timestamp) -> NaiveDateTime {
        match self {
            Self::Iana(tz) => at.with_timezone(tz).naive_local(),
            Self::Defined(definition) => definition.to_local(at),
        }
    }
}

/// Hours before a local time that does not exist, in which one that exists is looked for.
const GAP_HOURS: [i64; 6] = [1, 2, 3, 12, 24, 48];

fn iana_to_utc(tz: Tz, local: NaiveDateTime) -> Timestamp {
    match tz.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => {
            // The widest gap that any zone had is a day (Samoa, 2011), so an hour within two days before it exists.
            let before = GAP_HOURS.into_iter().find_map(|hours| {
                tz.from_local_datetime(&(local - Duration::hours(hours)))
                    .latest()
            });
            let offset = before.map_or(0, |at| at.offset().fix().local_minus_utc());
            Utc.from_utc_datetime(&(local - Duration::seconds(offset.into())))
        }
    }
}

/// The zones that a text may name. The rules of one that it defines itself are worked out when a property names it.
#[derive(Clone, Debug)]
pub struct Zones {
    floating: Tz,
    defined: BTreeMap<String, Defined>,
    budget: Budget,
}

/// What a VTIMEZONE says.
#[derive(Clone, Debug)]
struct Defined {
    /// X-LIC-LOCATION, if it is a known name.
    known_as: Option<Tz>,
    observances: Observances,
    /// Its own rules, if they can be understood, once they are worked out.
    definition: OnceCell<Option<Arc<Definition>>>,
}

impl Zones {
    /// The zones of a text whose floating times count in `floating`.
    /// Working out their rules costs of the budget.
    pub fn of(document: &Document, floating: Tz, budget: &Budget) -> Self {
        let mut defined = BTreeMap::new();
        for component in document.calendar().components_named("VTIMEZONE") {
            let Some(id) = component.property("TZID") else {
                continue;
            };
            // Most texts name a zone that everybody knows: reading its rules would be in vain.
            if known(id.value()).is_none() {
                defined.insert(id.value().trim().to_owned(), Defined::read(component));
            }
        }
        Self {
            floating,
            defined,
            budget: budget.clone(),
        }
    }

    /// The zone of floating times.
    pub fn floating(&self) -> Zone {
        Zone::Iana(self.floating)
    }

    /// The zone of a TZID (RFC 5545 §3.2.19); `None` when neither the lists nor the text know it.
    pub fn resolve(&self, tzid: &str) -> Option<Zone> {
        if let Some(tz) = known(tzid) {
            return Some(Zone::Iana(tz));
        }
        let defined = self.defined.get(tzid.trim())?;
        match defined.known_as {
            Some(tz) => Some(Zone::Iana(tz)),
            None => defined.worked_out(&self.budget).map(Zone::Defined),
        }
    }
}

impl Defined {
    fn read(component: &Component) -> Self {
        let location = component.property("X-LIC-LOCATION");
        Self {
            known_as: location.and_then(|location| known(location.value())),
            observances: Observances::read(component),
            definition: OnceCell::new(),
        }
    }

    fn worked_out(&self, budget: &Budget) -> Option<Arc<Definition>> {
        let work = || Definition::read(&self.observances, budget).map(Arc::new);
        self.definition.get_or_init(work).clone()
    }
}

/// The longest name that is looked up: looking for a vendor's prefix takes time that grows with the square of the length.
const NAME_BYTES_MAX: usize = 255;

/// A zone known by name, IANA or Windows, also behind a vendor's prefix.
pub(super) fn known(tzid: &str) -> Option<Tz> {
    let tzid = tzid.trim().trim_matches('"');
    if tzid.len() > NAME_BYTES_MAX {
        return None;
    }
    if let Some(tz) = listed(tzid) {
        return Some(tz);
    }
    // `/freeassociation.sourceforge.net/Europe/Moscow`, `/mozilla.org/20050126_1/Europe/Berlin`: the name is at the end, and no
    // zone of the lists has more than three parts.
    let rest = tzid.strip_prefix('/')?;
    let ends: Vec<usize> = rest.rmatch_indices('/').take(3).map(|(at, _)| at).collect();
    ends.iter().rev().find_map(|at| listed(&rest[at + 1..]))
}

/// A zone of the lists.
fn listed(tzid: &str) -> Option<Tz> {
    if let Ok(tz) = tzid.parse() {
        return Some(tz);
    }
    if let Some(tz) = windows_zones::find(tzid) {
        return Some(tz);
    }
    if tzid.eq_ignore_ascii_case("utc") || tzid.eq_ignore_ascii_case("tzone://Microsoft/Utc") {
        return Some(Tz::UTC);
    }
    None
}

/// The zone of an IANA or Windows name.
pub fn iana_zone(name: &str) -> Option<Tz> {
    listed(name)
}
