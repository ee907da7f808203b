//! Components of one UID become one item.

use super::broken::Why;
use super::shelf::{Piece, Shelf};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The components of one item.
#[derive(Debug)]
pub(super) struct Group {
    /// Place of its first part.
    pub(super) first: u32,
    last: u32,
    has_master: bool,
}

/// Chains the parts of each item; those that cannot be part of one become faults.
pub(super) fn group(shelf: &mut Shelf<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<Cow<'_, str>, usize> = BTreeMap::new();
    for place in 0..shelf.parts.len() {
        let (Ok(number), part) = (u32::try_from(place), &shelf.parts[place]) else {
            break;
        };
        let group = places.get(&*part.uid).copied();
        let has_master = group.is_some_and(|group| groups[group].has_master);
        let (is_master, line) = (!part.is_override, part.piece.line);
        let foreign = shelf
            .calendars
            .get(part.calendar as usize)
            .copied()
            .flatten();
        let why = match (foreign, part.uid.trim().is_empty()) {
            (Some(foreign), _) => Some(Why::Calendar(foreign)),
            (None, true) => Some(Why::NoUid),
            (None, false) if is_master && has_master => Some(Why::SecondMaster),
            (None, false) => None,
        };
        match (why, group) {
            (Some(why), _) => shelf.fault(line, why),
            (None, Some(group)) => {
                let group = &mut groups[group];
                shelf.parts[group.last as usize].next = Some(number);
                group.last = number;
                group.has_master |= is_master;
            }
            (None, None) => {
                places.insert(part.uid.clone(), groups.len());
                groups.push(Group {
                    first: number,
                    last: number,
                    has_master: is_master,
                });
            }
        }
    }
    groups.retain(|group| is_sound(shelf, group));
    groups
}

/// Whether an item keeps the bounds and its time zones are clear; says so if not.
fn is_sound(shelf: &mut Shelf<'_>, group: &Group) -> bool {
    let why = if is_too_long(shelf, group) {
        Why::ItemTooLong
    } else if has_two_zones(shelf, group) {
        Why::TwoZones
    } else {
        return true;
    };
    let line = shelf.parts[group.first as usize].piece.line;
    shelf.fault(line, why);
    false
}

fn is_too_long(shelf: &Shelf<'_>, group: &Group) -> bool {
    let mut zones: BTreeMap<u32, usize> = BTreeMap::new();
    let mut bytes = 0;
    for part in shelf.chain(group) {
        bytes += part.piece.range.len();
        zones.extend(
            shelf
                .zones_of(part)
                .map(|(name, zone)| (name, zone.piece.range.len())),
        );
    }
    bytes + zones.values().sum::<usize>() > shelf.limits.item_bytes_max
}

/// Whether components in several calendars mean different things by one name. What everybody knows needs no definition.
fn has_two_zones(shelf: &Shelf<'_>, group: &Group) -> bool {
    let used = shelf.chain(group).flat_map(|part| shelf.zones_of(part));
    let unknown =
        used.filter(|(name, _)| !shelf.known.get(*name as usize).is_some_and(|known| *known));
    // Each definition once, however many components use it.
    let pieces: BTreeMap<(u32, usize), &Piece> = unknown
        .map(|(name, zone)| ((name, zone.piece.range.start), &zone.piece))
        .collect();
    let mut firsts: BTreeMap<u32, &[u8]> = BTreeMap::new();
    pieces.into_iter().any(|((name, _), piece)| {
        let text = shelf.of(piece);
        *firsts.entry(name).or_insert(text) != text
    })
}
