//! A file of many events to one text for each of them.
//!
//! Start at [`split`]. The file is not copied: what is kept of it is where each component begins and ends, its UID and
//! the time zones that it names. The text of an item is put together when it is asked for. A component that cannot be part of
//! an item is named with its line in the file, and does not stop the rest.

mod broken;
mod group;
mod item;
mod line;
mod open;
mod scan;
mod shelf;

#[cfg(test)]
mod tests;

pub use broken::{Broken, Foreign, Why};
pub use item::Item;

use group::Group;
use shelf::Shelf;

/// Bounds on one file. Each is the largest value that is still taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitLimits {
    /// Components at the level of an event, calendars and faults together: what stands behind them is not looked at.
    pub components_max: usize,
    /// Different names of time zones; events that name further ones get no definitions of them.
    pub zone_names_max: usize,
    /// Bytes of one line with its folds.
    pub line_bytes_max: usize,
    /// Bytes of the text of one item, its time zones included.
    pub item_bytes_max: usize,
    /// How deep components are nested; `VCALENDAR` is at 1, `VALARM` of an event at 3.
    pub depth_max: usize,
}

impl Default for SplitLimits {
    fn default() -> Self {
        Self {
            components_max: 200_000,
            zone_names_max: 10_000,
            line_bytes_max: 1024 * 1024,
            item_bytes_max: 1024 * 1024,
            depth_max: 8,
        }
    }
}

/// A file taken to pieces.
#[derive(Debug)]
pub struct Split<'a> {
    shelf: Shelf<'a>,
    groups: Vec<Group>,
    /// Bytes of the file that stand in items.
    taken: usize,
}

/// Takes a file to pieces: one or several `VCALENDAR`s (RFC 5545 §3.4), any line endings, with or without byte order marks.
///
/// Components of one UID are one item wherever they stand in the file; a `VTIMEZONE` serves all events of the file, those of
/// its own calendar first. Anything is taken: what is no calendar at all gives no item and a fault.
pub fn split(bytes: &[u8], limits: SplitLimits) -> Split<'_> {
    let mut shelf = scan::scan(bytes, limits);
    let groups = group::group(&mut shelf);
    shelf.broken.sort_by_key(|broken| broken.line);
    let taken = groups
        .iter()
        .flat_map(|group| shelf.chain(group))
        .map(|part| part.piece.range.len())
        .sum();
    Split {
        shelf,
        groups,
        taken,
    }
}

impl<'a> Split<'a> {
    /// The items, in the order of their first component in the file.
    pub fn items(&self) -> impl ExactSizeIterator<Item = Item<'_>> {
        self.groups
            .iter()
            .map(|group| Item::new(&self.shelf, group))
    }

    /// What cannot be an item, in the order of the file.
    pub fn broken(&self) -> &[Broken] {
        &self.shelf.broken
    }

    /// How many of [`broken`](Self::broken) are whole components that are no events: tasks, journals, free-busy times.
    pub fn not_events(&self) -> usize {
        let faults = self.shelf.broken.iter();
        faults
            .filter(|broken| matches!(broken.why, Why::NotAnEvent(_)))
            .count()
    }

    /// Where the bytes of the file went.
    pub fn account(&self) -> Account {
        Account {
            items: self.taken,
            broken: self.shelf.events - self.taken + self.shelf.lost,
            zones: self
                .shelf
                .zones
                .iter()
                .map(|zone| zone.piece.range.len())
                .sum(),
            around: self.shelf.around,
        }
    }
}

/// Where the bytes of a file went; together they are the length of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Stand in items, byte for byte.
    pub items: usize,
    /// Stand in components of which a fault says that they are no items, or behind the last one looked at.
    pub broken: usize,
    /// Definitions of time zones.
    pub zones: usize,
    /// Properties of the calendars, blank lines and what stands outside of any calendar.
    pub around: usize,
}

impl Account {
    /// All bytes of the file.
    pub fn total(&self) -> usize {
        self.items + self.broken + self.zones + self.around
    }
}
