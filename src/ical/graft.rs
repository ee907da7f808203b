//! The schedule of a text in the place of another's.

use super::read::spoken;
use super::{Component, Document, Item};

/// Properties that say when.
const SCHEDULE: [&str; 7] = [
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE",
];

/// Gives a text the schedule of another: its dates, its rules, its overrides and their time zones. Everything else of the
/// text stays; a text without a master, which has no schedule of its own, is replaced as a whole.
pub fn put_schedule(document: &mut Document, from: &Document) {
    let (Some(index), Some(master)) = (master(document), master(from)) else {
        document.clone_from(from);
        return;
    };
    let items = from.calendar().items();
    let Item::Component(master) = &items[master] else {
        return;
    };
    if let Item::Component(event) = &mut document.calendar_mut().items_mut()[index] {
        put_dates(event, master);
    }
    let ours = document.calendar_mut().items_mut();
    // Behind the master first: what is put before it would move its place.
    ours.splice(
        index + 1..index + 1,
        items.iter().filter(|item| is_override(item)).cloned(),
    );
    let overrides = index + 1..index + 1 + items.iter().filter(|item| is_override(item)).count();
    let mut place = 0;
    ours.retain(|item| {
        let new = overrides.contains(&place);
        place += 1;
        new || !is_override(item)
    });
    put_zones(ours, items);
}

/// The place of the event without RECURRENCE-ID among the items.
fn master(document: &Document) -> Option<usize> {
    let (_, master) = spoken(document)?;
    let items = document.calendar().items();
    let is_master =
        |item: &Item| matches!(item, Item::Component(event) if std::ptr::eq(event, master));
    let place = items.iter().position(is_master)?;
    (!is_override(&items[place])).then_some(place)
}

fn is_override(item: &Item) -> bool {
    matches!(item, Item::Component(event) if event.name() == "VEVENT" && event.property("RECURRENCE-ID").is_some())
}

fn says_when(item: &Item) -> bool {
    matches!(item, Item::Property(property) if SCHEDULE.contains(&property.name()))
}

/// The dates of another event, in the place of the first date.
fn put_dates(event: &mut Component, from: &Component) {
    let items = event.items_mut();
    let place = items.iter().position(says_when).unwrap_or(0);
    items.retain(|item| !says_when(item));
    let dates = from.items().iter().filter(|item| says_when(item)).cloned();
    items.splice(place..place, dates);
}

/// The time zones of another text in the place of those of the same name.
fn put_zones(items: &mut Vec<Item>, from: &[Item]) {
    let zones: Vec<&Component> = from.iter().filter_map(zone).collect();
    let is_theirs = |item: &Item| {
        let id = zone(item).and_then(|zone| zone.property("TZID"));
        id.is_some_and(|id| {
            zones
                .iter()
                .any(|zone| zone.property("TZID").map(super::Property::value) == Some(id.value()))
        })
    };
    items.retain(|item| !is_theirs(item));
    let first = items
        .iter()
        .position(|item| matches!(item, Item::Component(_)))
        .unwrap_or(items.len());
    let zones = zones.into_iter().cloned().map(Item::Component);
    items.splice(first..first, zones);
}

fn zone(item: &Item) -> Option<&Component> {
    match item {
        Item::Component(zone) if zone.name() == "VTIMEZONE" => Some(zone),
        Item::Component(_) | Item::Property(_) | Item::Blank(_) => None,
    }
}
