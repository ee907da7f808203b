//! JSON ↔ model, pure. Values are checked here, once; what is wrong is named by its field.
//!
//! Start at [`object`] and [`person`] (what ADVANTA says), [`new_object`] and [`object_change`] (what it is asked).

use super::flaw::{self, Flaw, list};
use super::options::Bounds;
use super::values::{
    address, bounded, instant, key, local, optional, percent, person_id, revision,
};
use super::wire::{
    WireChanges, WireHookData, WireNewObject, WireObject, WireObjectChange, WireParent,
    WireParticipant, WirePerson, WireReference, WireRemoved,
};
use crate::model::{
    Changes, Cursor, Draft, Kind, Language, Notice, Object, Parent, Person, Planned, Revision,
    Rights, Settings, Status, UserId,
};
use crate::ports::{Changed, Flawed};
use chrono::NaiveDateTime;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// `Changes`: a page. People come first, so that objects name nobody unknown.
pub(super) fn changed(wire: WireChanges, bounds: &Bounds) -> Result<Changed, Flaw> {
    if wire.cursor.is_empty() {
        return Err(Flaw::new("cursor", "is empty"));
    }
    let cursor = bounded("cursor", wire.cursor, bounds.cursor_bytes_max)?;
    let mut page = Page::default();
    page.read("people", wire.people, |each| {
        person(each, bounds).map(Notice::Person)
    });
    page.read("objects", wire.objects, |each| {
        object(each, bounds).map(Notice::Object)
    });
    page.read("removed", wire.removed, removed);
    Ok(Changed {
        notices: page.notices,
        flawed: page.flawed,
        cursor: Cursor(cursor),
        more: wire.more,
    })
}

/// What can be read of a page, and what cannot.
#[derive(Default)]
struct Page {
    notices: Vec<Notice>,
    flawed: Vec<Flawed>,
}

impl Page {
    fn read<W: DeserializeOwned>(
        &mut self,
        name: &str,
        items: Vec<Value>,
        read: impl Fn(W) -> Result<Notice, Flaw>,
    ) {
        for (at, item) in items.into_iter().enumerate() {
            let object = item_key(&item);
            match flaw::of_value(item).and_then(&read) {
                Ok(notice) => self.notices.push(notice),
                Err(flaw) => self.flawed.push(Flawed {
                    object,
                    what: flaw.within(format_args!("{name}[{at}]")).to_string(),
                }),
            }
        }
    }
}

/// Which object an item is about, whatever else is wrong with it.
fn item_key(item: &Value) -> Option<crate::model::ObjectId> {
    let text = |name| item.get(name).and_then(Value::as_str);
    key(text("id")?, text("externalId")).ok()
}

/// `HookData`, people first.
pub(super) fn notices(
    wire: WireHookData,
    items_max: usize,
    bounds: &Bounds,
) -> Result<Vec<Notice>, Flaw> {
    let (people, gone) = (
        wire.people.unwrap_or_default(),
        wire.removed.unwrap_or_default(),
    );
    let (objects, changed) = (
        wire.objects.unwrap_or_default(),
        wire.changed.unwrap_or_default(),
    );
    let changed_people = wire.changed_people.unwrap_or_default();
    let items = people.len() + changed_people.len() + objects.len() + changed.len() + gone.len();
    if items > items_max {
        return Err(Flaw::new("", format!("holds more than {items_max} items")));
    }
    let mut notices = list("people", people, |each| {
        person(each, bounds).map(Notice::Person)
    })?;
    notices.extend(list("changedPeople", changed_people, |id| {
        person_id("", id).map(Notice::LookPerson)
    })?);
    notices.extend(list("objects", objects, |each| {
        object(each, bounds).map(Notice::Object)
    })?);
    notices.extend(list("changed", changed, look)?);
    notices.extend(list("removed", gone, removed)?);
    Ok(notices)
}

/// `Object`.
pub(super) fn object(wire: WireObject, bounds: &Bounds) -> Result<Object, Flaw> {
    Ok(Object {
        id: key(&wire.id, wire.external_id.as_deref())?,
        kind: Kind::from_word(&wire.kind).ok_or_else(|| {
            Flaw::new(
                "kind",
                "expected one of task, stage, project, note, meeting",
            )
        })?,
        revision: revision(wire.revision)?,
        title: bounded("title", wire.title, bounds.title_bytes_max)?,
        description: optional(
            "description",
            wire.description,
            bounds.description_bytes_max,
        )?
        .unwrap_or_default(),
        location: optional("location", wire.location, bounds.location_bytes_max)?
            .unwrap_or_default(),
        planned: Planned {
            start: local("plannedStart", wire.planned_start.as_deref())?,
            end: local("plannedEnd", wire.planned_end.as_deref())?,
        },
        actual_start: local("actualStart", wire.actual_start.as_deref())?,
        actual_end: local("actualEnd", wire.actual_end.as_deref())?,
        status: wire.status.map(Status),
        percent: percent(wire.percent)?,
        owner: wire.owner.map(|id| person_id("owner", id)).transpose()?,
        responsible: wire
            .responsible
            .map(|id| person_id("responsible", id))
            .transpose()?,
        participants: participants(wire.participants, bounds)?,
        parent: wire
            .parent
            .map(|parent| self::parent(parent, bounds).map_err(|flaw| flaw.within("parent")))
            .transpose()?,
        card: wire.card.map(|card| address(card, bounds)).transpose()?,
        changed: instant("changed", &wire.changed)?,
    })
}

/// `Person`. A language or zone that the bridge does not know is taken for none.
pub(super) fn person(wire: WirePerson, bounds: &Bounds) -> Result<Person, Flaw> {
    let told = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(Person {
        id: person_id("id", wire.id)?,
        revision: revision(wire.revision)?,
        login: optional("login", told(wire.login), bounds.login_bytes_max)?,
        name: bounded("name", wire.name, bounds.name_bytes_max)?,
        email: optional("email", told(wire.email), bounds.email_bytes_max)?,
        language: wire.language.as_deref().and_then(Language::from_tag),
        zone: wire.zone.and_then(|name| name.parse().ok()),
        active: wire.active,
    })
}

/// `NewObject`.
pub(super) fn new_object<'a>(draft: &'a Draft, settings: &Settings) -> WireNewObject<'a> {
    let planned = draft
        .fields
        .span
        .map(|span| Planned::from_span(span, settings))
        .unwrap_or_default();
    WireNewObject {
        external_id: draft.id.to_string(),
        kind: draft.kind.word(),
        author: draft.author.as_str(),
        title: &draft.fields.title,
        description: &draft.fields.description,
        location: &draft.fields.location,
        planned_start: planned.start.map(written),
        planned_end: planned.end.map(written),
    }
}

/// `ObjectChange`.
pub(super) fn object_change<'a>(
    by: &'a UserId,
    expected: Revision,
    changes: &'a Changes,
    settings: &Settings,
) -> WireObjectChange<'a> {
    let start = changes
        .start
        .map(|start| Planned::start_of(start, settings));
    let end = changes.end.map(|end| Planned::end_of(end, settings));
    WireObjectChange {
        by: by.as_str(),
        expected_revision: expected.0,
        title: changes.title.as_deref(),
        description: changes.description.as_deref(),
        location: changes.location.as_deref(),
        planned_start: start.map(written),
        planned_end: end.map(written),
    }
}

/// ADVANTA keeps minutes, as calendars do.
fn written(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%dT%H:%M").to_string()
}

fn removed(wire: WireRemoved) -> Result<Notice, Flaw> {
    Ok(Notice::Removed {
        id: key(&wire.id, wire.external_id.as_deref())?,
        revision: revision(wire.revision)?,
    })
}

fn look(wire: WireReference) -> Result<Notice, Flaw> {
    key(&wire.id, wire.external_id.as_deref()).map(Notice::Look)
}

fn parent(wire: WireParent, bounds: &Bounds) -> Result<Parent, Flaw> {
    Ok(Parent {
        id: key(&wire.id, wire.external_id.as_deref())?,
        title: bounded("title", wire.title, bounds.title_bytes_max)?,
    })
}

fn participants(
    wire: Vec<WireParticipant>,
    bounds: &Bounds,
) -> Result<BTreeMap<UserId, Rights>, Flaw> {
    if wire.len() > bounds.participants_max {
        let why = format!("more than {} people", bounds.participants_max);
        return Err(Flaw::new("participants", why));
    }
    let read = list("participants", wire, |each| {
        let rights = rights(&each.rights)?;
        Ok((person_id("person", each.person)?, rights))
    })?;
    let mut participants = BTreeMap::new();
    for (at, (person, rights)) in read.into_iter().enumerate() {
        if participants.insert(person, rights).is_some() {
            let field = format_args!("participants[{at}].person");
            return Err(Flaw::new(field, "is listed twice"));
        }
    }
    Ok(participants)
}

fn rights(words: &[String]) -> Result<Rights, Flaw> {
    let mut rights = Rights::READ;
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "dates" => rights.dates = true,
            "title" => rights.title = true,
            "text" => rights.text = true,
            "delete" => rights.delete = true,
            _ => {
                let why = "expected one of dates, title, text, delete";
                return Err(Flaw::new(format_args!("rights[{at}]"), why));
            }
        }
    }
    Ok(rights)
}
