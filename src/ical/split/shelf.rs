//! What is kept of a file: where its components stand.

use super::SplitLimits;
use super::broken::{Broken, Foreign, Why};
use super::group::Group;
use crate::ical::zone;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Physical lines of the file.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// Its first line, from 1.
    pub(super) line: usize,
}

/// A whole `VEVENT`.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) piece: Piece,
    /// As it stands in the text, unfolded and unescaped; empty when it has none.
    pub(super) uid: Cow<'a, str>,
    pub(super) is_override: bool,
    /// Place of the time zones that it names among [`Shelf::names`].
    pub(super) names: u32,
    /// Number of its calendar in the file.
    pub(super) calendar: u32,
    /// Place of the next part of the same item.
    pub(super) next: Option<u32>,
}

/// A whole `VTIMEZONE`.
#[derive(Debug)]
pub(super) struct ZonePart {
    pub(super) piece: Piece,
}

/// The index over a file.
#[derive(Debug)]
pub(super) struct Shelf<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) limits: SplitLimits,
    pub(super) parts: Vec<Part<'a>>,
    pub(super) broken: Vec<Broken>,
    pub(super) zones: Vec<ZonePart>,
    /// By name and calendar: the place of the zone. A later one of a calendar stands for an earlier one, as in one text.
    pub(super) zone_places: BTreeMap<(u32, u32), u32>,
    /// Numbers of the names of time zones.
    pub(super) tzids: BTreeMap<String, u32>,
    /// Of each name by its number: whether it is known without a definition.
    pub(super) known: Vec<bool>,
    /// Sets of such numbers. Events that name the same zones share one.
    pub(super) names: Vec<Vec<u32>>,
    /// What is wrong with each calendar.
    pub(super) calendars: Vec<Option<Foreign>>,
    /// Bytes of the parts.
    pub(super) events: usize,
    /// Bytes of components that are no parts, and of what was not looked at.
    pub(super) lost: usize,
    /// Bytes that stand around the components.
    pub(super) around: usize,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: SplitLimits) -> Self {
        Self {
            bytes,
            limits,
            parts: Vec::new(),
            broken: Vec::new(),
            zones: Vec::new(),
            zone_places: BTreeMap::new(),
            tzids: BTreeMap::new(),
            known: Vec::new(),
            names: Vec::new(),
            calendars: Vec::new(),
            events: 0,
            lost: 0,
            around: 0,
        }
    }

    /// Whether as much was found as may be found.
    pub(super) fn is_full(&self) -> bool {
        let found = self.parts.len() + self.broken.len() + self.zones.len() + self.calendars.len();
        found >= self.limits.components_max
    }

    pub(super) fn fault(&mut self, line: usize, why: Why) {
        self.broken.push(Broken { line, why });
    }

    /// The number of the name of a time zone; `None` when there is no room for another one.
    pub(super) fn number(&mut self, tzid: &str) -> Option<u32> {
        if let Some(number) = self.tzids.get(tzid) {
            return Some(*number);
        }
        if self.tzids.len() >= self.limits.zone_names_max {
            return None;
        }
        let new = u32::try_from(self.tzids.len()).unwrap_or(u32::MAX);
        self.tzids.insert(tzid.to_owned(), new);
        self.known.push(zone::known(tzid).is_some());
        Some(new)
    }

    /// The bytes of a piece.
    pub(super) fn of(&self, piece: &Piece) -> &'a [u8] {
        &self.bytes[piece.range.clone()]
    }

    /// The parts of an item in the order of the file.
    pub(super) fn chain(&self, group: &Group) -> impl Iterator<Item = &Part<'a>> {
        let part = |place: u32| self.parts.get(place as usize);
        std::iter::successors(part(group.first), move |last| last.next.and_then(part))
    }

    /// The names and definitions of the time zones that a part needs: of its own calendar, else the first in the file.
    pub(super) fn zones_of(&self, of: &Part<'a>) -> impl Iterator<Item = (u32, &ZonePart)> {
        let (names, calendar) = (self.names.get(of.names as usize), of.calendar);
        names.into_iter().flatten().filter_map(move |name| {
            let own = self.zone_places.get(&(*name, calendar));
            let any = || {
                self.zone_places
                    .range((*name, 0)..=(*name, u32::MAX))
                    .next()
            };
            let place = own.or_else(|| any().map(|(_, place)| place))?;
            Some((*name, self.zones.get(*place as usize)?))
        })
    }
}
