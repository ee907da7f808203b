//! Changes a client's own text as little as possible.
//!
//! Start at [`patch`]. Only the properties that hold a changed field are rewritten; everything else stays where and as it was.

use super::guard::guarded;
use super::ours::{Ours, for_events, put_ours};
use super::read::{Incoming, read_document, spoken};
use super::render::edges;
use super::timing::{Edge, Timing, When};
use super::work::Budget;
use super::{Component, Document, Item, Limits, Property, Rejected, Zones, text, value};
use crate::model::{Settings, Span};

/// Units for a text that was taken once, whatever budget it was taken with: more than any that an installation may set.
const AGAIN_UNITS_MAX: u64 = 2 * super::limits::WORK_UNITS_CEILING;

/// What is to be changed; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// New title, of the master and of overrides that had the same as the master.
    pub title: Option<String>,
    /// New dates: of a single event itself, of a series the first occurrence (as an override; the schedule stays).
    pub span: Option<Span>,
    /// New description of the master, without the card line.
    pub description: Option<String>,
    /// New location of the master.
    pub location: Option<String>,
    /// Makes a series a single event on `span`, or on its first occurrence.
    pub drop_recurrence: bool,
    /// What the bridge says of the object.
    pub ours: Option<Ours>,
    /// Address of the card, to keep its line under a new description. Taken from `ours` when that is given.
    pub card: Option<String>,
}

/// Changes a document that [`read`](super::read) took.
///
/// # Errors
/// When the document is no calendar object after all; it is then unchanged as far as the failure was noticed.
pub fn patch(document: &mut Document, patch: &Patch, settings: &Settings) -> Result<(), Rejected> {
    guarded(|| patch_unguarded(document, patch, settings))?
}

fn patch_unguarded(
    document: &mut Document,
    patch: &Patch,
    settings: &Settings,
) -> Result<(), Rejected> {
    if patch.drop_recurrence {
        drop_recurrence(document, patch.span, settings)?;
    } else if let Some(span) = patch.span {
        put_span(document, span, settings)?;
    }
    if let Some(title) = &patch.title {
        put_title(document, title);
    }
    put_texts(document, patch);
    if let Some(ours) = &patch.ours {
        put_ours(document, ours);
    }
    Ok(())
}

/// The document read again. It was taken once, so its dates are not counted anew.
fn reread(document: &Document, settings: &Settings) -> Result<Incoming, Rejected> {
    let limits = Limits {
        dates_max: usize::MAX,
        ..Limits::default()
    };
    let budget = Budget::new(AGAIN_UNITS_MAX);
    read_document(document.clone(), None, settings, &limits, &budget)
}

/// The component that speaks for the whole: the master, else the first event.
fn speaker(document: &mut Document) -> Option<&mut Component> {
    let index = spoken(document)?.0;
    nth_event(document, index)
}

fn nth_event(document: &mut Document, index: usize) -> Option<&mut Component> {
    let items = document.calendar_mut().items_mut();
    items
        .iter_mut()
        .filter_map(|item| match item {
            Item::Component(event) if event.name() == "VEVENT" => Some(event),
            Item::Component(_) | Item::Property(_) | Item::Blank(_) => None,
        })
        .nth(index)
}

fn put_title(document: &mut Document, title: &str) {
    let Some(event) = speaker(document) else {
        return;
    };
    let old = event.property("SUMMARY").map(Property::as_text);
    for_events(document, |event| {
        let theirs = event.property("SUMMARY").map(Property::as_text);
        if theirs == old {
            put_line(event, "SUMMARY", title);
        }
    });
}

fn put_texts(document: &mut Document, patch: &Patch) {
    let ours = patch.ours.as_ref().and_then(|ours| ours.card.as_deref());
    let card = ours.or(patch.card.as_deref());
    let Some(event) = speaker(document) else {
        return;
    };
    if let Some(description) = patch.description.as_deref().map(text::as_read) {
        let old = event.property("DESCRIPTION").map(Property::as_text);
        let (theirs, had_card) = text::without_card(old.as_deref().unwrap_or_default(), card);
        if theirs != description {
            // Outlook's HTML copy of the old description would still be shown.
            event.remove(|property| property.name() == "X-ALT-DESC");
            let line = if had_card { card } else { None };
            put_text(event, "DESCRIPTION", &text::with_card(&description, line));
        }
    }
    if let Some(location) = &patch.location {
        put_line(event, "LOCATION", location);
    }
}

/// Sets a TEXT property to one line, unless it is read as that line already.
fn put_line(event: &mut Component, name: &str, line: &str) {
    let line = text::one_line(line);
    let old = event.property(name).map(Property::as_text);
    if old.is_none_or(|old| text::one_line(&old) != line) {
        put_text(event, name, &line);
    }
}

/// Sets a TEXT property, unless it says so already. An empty text is no property.
fn put_text(event: &mut Component, name: &str, text: &str) {
    let new = match event.property(name) {
        Some(old) if old.as_text() == text => return,
        Some(_) if text.is_empty() => {
            event.remove(|property| property.name() == name);
            return;
        }
        None if text.is_empty() => return,
        Some(old) => old.with_value(text::escape(text)),
        None => Property::text(name, text),
    };
    event.set(new);
}

/// Moves a single event, or the first occurrence of a series.
fn put_span(document: &mut Document, span: Span, settings: &Settings) -> Result<(), Rejected> {
    let whole = reread(document, settings)?;
    let zones = Zones::of(document, settings.zone, &Budget::new(AGAIN_UNITS_MAX));
    if whole.fields.span == Some(span) {
        return Ok(());
    }
    let Some(occurrence) = whole.occurrence else {
        return match speaker(document) {
            Some(event) if !whole.recurs => move_event(event, span, &zones),
            // A series without any occurrence: moving its master would bring forth new ones.
            Some(_) | None => Ok(()),
        };
    };
    let is_override = nth_event(document, occurrence.event)
        .is_some_and(|event| event.property("RECURRENCE-ID").is_some());
    if !is_override {
        add_override(document, occurrence.event, occurrence.id, &zones)?;
    }
    let index = occurrence.event + usize::from(!is_override);
    match nth_event(document, index) {
        Some(event) => move_event(event, span, &zones),
        None => Ok(()),
    }
}

/// Puts a copy of the master behind it that stands for one occurrence.
fn add_override(
    document: &mut Document,
    event: usize,
    id: Edge,
    zones: &Zones,
) -> Result<(), Rejected> {
    let Some(master) = nth_event(document, event) else {
        return Ok(());
    };
    let mut copy = master.clone();
    let timing = Timing::read(&copy, zones)?;
    copy.remove(|property| matches!(property.name(), "RRULE" | "RDATE" | "EXDATE" | "EXRULE"));
    if let Some(start) = copy.property("DTSTART") {
        let recurrence_id = placed_like(start, "RECURRENCE-ID", id, &timing.start);
        let start = placed_like(start, "DTSTART", id, &timing.start);
        copy.insert_after("UID", recurrence_id);
        copy.set(start);
    }
    if let Some(end) = copy.property("DTEND") {
        let start = timing.start.at_local(local_of(id, &timing.start));
        let old_end = When::read(end, zones)?;
        let end = placed_like(end, "DTEND", timing.length.end(&start), &old_end);
        copy.set(end);
    }
    let items = document.calendar_mut().items_mut();
    let place = place_of_event(items, event);
    items.insert(place + 1, Item::Component(copy));
    Ok(())
}

fn local_of(edge: Edge, like: &When) -> chrono::NaiveDateTime {
    match (edge, like) {
        (Edge::Day(day), _) => day.and_time(chrono::NaiveTime::MIN),
        (Edge::At(at), When::Local(_, zone)) => zone.to_local(at),
        (Edge::At(at), When::Day(_)) => at.naive_utc(),
    }
}

fn place_of_event(items: &[Item], event: usize) -> usize {
    let events = items.iter().enumerate().filter(
        |(_, item)| matches!(item, Item::Component(component) if component.name() == "VEVENT"),
    );
    events.map(|(place, _)| place).nth(event).unwrap_or(0)
}

/// Rewrites what differs of DTSTART, DTEND and DURATION.
fn move_event(event: &mut Component, span: Span, zones: &Zones) -> Result<(), Rejected> {
    let timing = Timing::read(event, zones)?;
    let Some(old) = timing.span() else {
        return Ok(());
    };
    if old == span {
        return Ok(());
    }
    let (start, mut end) = edges(span);
    let Some(old_start) = event.property("DTSTART").cloned() else {
        return Ok(());
    };
    if old.start() == span.start() {
        // The core knows minutes only: a kept start may lie some seconds behind the new end.
        end = end.max(timing.start.edge());
    } else {
        event.set(placed_like(&old_start, "DTSTART", start, &timing.start));
    }
    // A duration would move the end along with the start, and what has neither ends with its start.
    let moved = old.end() != span.end() || old.start() != span.start();
    match event.property("DTEND").cloned() {
        Some(old_end) if old.end() != span.end() => {
            let like = When::read(&old_end, zones)?;
            event.set(placed_like(&old_end, "DTEND", end, &like));
        }
        None if moved => put_new_end(event, placed_like(&old_start, "DTEND", end, &timing.start)),
        Some(_) | None => {}
    }
    Ok(())
}

/// Puts a DTEND in the place of DURATION, or behind DTSTART.
fn put_new_end(event: &mut Component, end: Property) {
    let items = event.items_mut();
    let duration = items.iter_mut().find_map(|item| match item {
        Item::Property(property) if property.name() == "DURATION" => Some(property),
        _ => None,
    });
    match duration {
        Some(duration) => *duration = end,
        None => event.insert_after("DTSTART", end),
    }
}

/// A date property that says `edge` in the manner of an old one: in its zone or floating, if it can; else in UTC, or as
/// a day. Parameters that have nothing to do with the form stay.
fn placed_like(old: &Property, name: &str, edge: Edge, like: &When) -> Property {
    let bare = |value: String| {
        let property = old.clone().renamed(name).with_value(value);
        property.without_params(&["VALUE", "TZID"])
    };
    let at = match edge {
        Edge::Day(day) => return bare(value::format_date(day)).with_param("VALUE", "DATE"),
        Edge::At(at) => at,
    };
    let written_utc = old.value().trim().ends_with(['Z', 'z']);
    if let (When::Local(_, zone), false) = (like, written_utc) {
        let local = zone.to_local(at);
        // The second of two equal local times cannot be said in the zone.
        if zone.to_utc(local) == at {
            let property = bare(value::format_local(local));
            return match old.param("TZID") {
                Some(tzid) => property.with_param("TZID", tzid),
                None => property,
            };
        }
    }
    bare(format!("{}Z", value::format_local(at.naive_utc())))
}

/// Makes a series a single event.
fn drop_recurrence(
    document: &mut Document,
    span: Option<Span>,
    settings: &Settings,
) -> Result<(), Rejected> {
    let whole = reread(document, settings)?;
    let zones = Zones::of(document, settings.zone, &Budget::new(AGAIN_UNITS_MAX));
    let keep = spoken(document).map_or(0, |(index, _)| index);
    let mut index = 0;
    document.calendar_mut().items_mut().retain(|item| {
        let event = matches!(item, Item::Component(component) if component.name() == "VEVENT");
        index += usize::from(event);
        !event || index == keep + 1
    });
    let Some(event) = nth_event(document, 0) else {
        return Ok(());
    };
    event.remove(|property| {
        matches!(
            property.name(),
            "RRULE" | "RDATE" | "EXDATE" | "EXRULE" | "RECURRENCE-ID"
        )
    });
    match span.or(whole.fields.span) {
        Some(span) => move_event(event, span, &zones),
        None => Ok(()),
    }
}
