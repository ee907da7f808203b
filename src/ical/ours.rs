//! What only the bridge says in a calendar: X-ADVANTA-*, URL and the card line.

use super::{Component, Document, Item, Property, text};
use crate::model::{Field, Object, ObjectId, Settings, Status, Timestamp};
use chrono::NaiveDateTime;

/// An object as one person sees it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The object.
    pub object: &'a Object,
    /// UID of the resource.
    pub uid: &'a str,
    /// The fields that this person may not change, of title, start and end; others are left out.
    pub locks: &'a [Field],
    /// DTSTAMP and LAST-MODIFIED.
    pub stamp: Timestamp,
}

/// The bridge's part of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ours {
    /// X-ADVANTA-* in order, STATUS of an object that has one, the relation to its parent, URL when it has a card.
    pub properties: Vec<Property>,
    /// Address of the card: the last line of the description.
    pub card: Option<String>,
}

/// What every UID of ours ends with.
const UID_SUFFIX: &str = "@advanta-bridge";

/// The UID under which everyone but its author sees an object. The same for ever.
pub fn uid_of(object: ObjectId) -> String {
    format!("{object}{UID_SUFFIX}")
}

/// The object whose UID of ours it is.
pub fn id_of_uid(uid: &str) -> Option<ObjectId> {
    let id = uid.trim().strip_suffix(UID_SUFFIX)?;
    id.parse().ok().map(ObjectId)
}

/// What the bridge says of an object.
pub fn ours_of(view: &View<'_>, settings: &Settings) -> Ours {
    let object = view.object;
    let card = object
        .card
        .as_deref()
        .map(address)
        .filter(|card| !card.is_empty());
    let mut properties = Vec::new();
    let mut say = |name: &str, value: Option<String>| {
        properties.extend(value.map(|value| Property::text(name, &value)));
    };
    let local = |at: NaiveDateTime| local_as_utc(at, settings);
    say("X-ADVANTA-KIND", Some(object.kind.word().to_owned()));
    say(
        "X-ADVANTA-STATUS",
        object.status.map(|status| status.to_string()),
    );
    say(
        "X-ADVANTA-PERCENT",
        object.percent.map(|percent| percent.to_string()),
    );
    say("X-ADVANTA-ACTUAL-START", object.actual_start.map(local));
    say("X-ADVANTA-ACTUAL-END", object.actual_end.map(local));
    say(
        "X-ADVANTA-OWNER",
        object.owner.as_ref().map(ToString::to_string),
    );
    say(
        "X-ADVANTA-RESPONSIBLE",
        object.responsible.as_ref().map(ToString::to_string),
    );
    properties.extend(lock(view.locks));
    if let Some(status) = object.status {
        properties.push(Property::new("STATUS", event_status(status)));
    }
    if let Some(parent) = &object.parent {
        let relation = Property::new("RELATED-TO", uid_of(parent.id));
        properties.push(relation.with_param("RELTYPE", "PARENT"));
    }
    if let Some(card) = &card {
        properties.push(Property::new("URL", card.clone()));
    }
    Ours { properties, card }
}

/// An address as one line without spaces at its ends: the value of a URL is not escaped.
pub(super) fn address(card: &str) -> String {
    text::one_line(card).trim().to_owned()
}

/// What X-ADVANTA-LOCK calls the fields that may be locked, in its order.
pub(super) const LOCKS: [(Field, &str); 3] = [
    (Field::Start, "DTSTART"),
    (Field::End, "DTEND"),
    (Field::Title, "SUMMARY"),
];

fn lock(locks: &[Field]) -> Option<Property> {
    let locked = LOCKS.iter().filter(|(field, _)| locks.contains(field));
    let names: Vec<&str> = locked.map(|(_, name)| *name).collect();
    (!names.is_empty()).then(|| Property::new("X-ADVANTA-LOCK", names.join(",")))
}

fn local_as_utc(at: NaiveDateTime, settings: &Settings) -> String {
    let at = super::Zone::Iana(settings.zone).to_utc(at);
    format!("{}Z", super::value::format_local(at.naive_utc()))
}

/// STATUS of an event (RFC 5545 §3.8.1.11) for a status of ADVANTA; unknown ones are confirmed.
fn event_status(status: Status) -> &'static str {
    match status {
        Status::PROPOSED | Status::POSTPONED => "TENTATIVE",
        Status::CANCELLED => "CANCELLED",
        _ => "CONFIRMED",
    }
}

/// Makes every event of a document say what the bridge says, and nothing else in its name. What stands there already stays.
pub fn put_ours(document: &mut Document, ours: &Ours) {
    for_events(document, |event| {
        strip_old_card(event, ours.card.as_deref());
        event.remove(|old| is_ours(old) && !ours.properties.iter().any(|new| replaces(new, old)));
        for property in &ours.properties {
            if property.name() != "RELATED-TO" {
                event.set(property.clone());
            } else if !event.properties().any(|old| old == property) {
                event.insert_after("RELATED-TO", property.clone());
            }
        }
        put_card(event, ours.card.as_deref());
    });
}

/// Whether only the bridge sets it: X-ADVANTA-*, and the relation to an object of ADVANTA.
fn is_ours(property: &Property) -> bool {
    property.name().starts_with("X-ADVANTA-")
        || (property.name() == "RELATED-TO" && property.value().ends_with(UID_SUFFIX))
}

/// Whether a new property stands in the place of an old one. Of relations there may be many.
fn replaces(new: &Property, old: &Property) -> bool {
    new == old || (new.name() == old.name() && new.name() != "RELATED-TO")
}

/// Takes the line of a card that has moved to another address off the description.
fn strip_old_card(event: &mut Component, card: Option<&str>) {
    let old = event.property("URL").map(|url| url.value().to_owned());
    if let (Some(old), Some(card)) = (old, card)
        && old != card
    {
        strip_card(event, &old);
    }
}

/// Ends the description with the card line. An override without a description of its own gets none.
fn put_card(event: &mut Component, card: Option<&str>) {
    if card.is_none() {
        return;
    }
    let Some(old) = event.property("DESCRIPTION") else {
        if event.property("RECURRENCE-ID").is_none() {
            let line = text::with_card("", card);
            event.set(Property::text("DESCRIPTION", &line));
        }
        return;
    };
    let description = old.as_text();
    if text::without_card(&description, card).1 {
        return;
    }
    let new = old.with_value(text::escape(&text::with_card(&description, card)));
    event.set(new);
}

/// Removes everything that the bridge alone may say; returns whether there was anything.
pub fn strip_ours(document: &mut Document, card: Option<&str>) -> bool {
    let mut any = false;
    for_events(document, |event| {
        any |= event.remove(is_ours);
        if let Some(card) = card {
            any |= event.remove(|old| old.name() == "URL" && old.value() == card);
            any |= strip_card(event, card);
        }
    });
    any
}

fn strip_card(event: &mut Component, card: &str) -> bool {
    let Some(old) = event.property("DESCRIPTION") else {
        return false;
    };
    let description = old.as_text();
    let (rest, had) = text::without_card(&description, Some(card));
    if had && rest.is_empty() {
        event.remove(|old| old.name() == "DESCRIPTION");
    } else if had {
        let new = old.with_value(text::escape(rest));
        event.set(new);
    }
    had
}

/// Does something to each event of a document.
pub(super) fn for_events(document: &mut Document, mut change: impl FnMut(&mut Component)) {
    for item in document.calendar_mut().items_mut() {
        match item {
            Item::Component(event) if event.name() == "VEVENT" => change(event),
            Item::Component(_) | Item::Property(_) | Item::Blank(_) => {}
        }
    }
}
