//! JSON ↔ model, pure. Values are checked here, once; what is wrong is named by its field.
//!
//! Start at [`object`] and [`person`] (what ADVANTA says), [`new_object`] and [`object_change`] (what it is asked).

use super::flaw::{Flaw, list};
use super::options::Bounds;
use super::wire::{
    WireChanges, WireHookData, WireNewObject, WireObject, WireObjectChange, WireParent,
    WireParticipant, WirePerson, WireReference, WireRemoved,
};
use crate::model::{
    Changes, Cursor, Draft, Kind, Language, Notice, Object, ObjectId, Parent, Person, Planned,
    Revision, Rights, Settings, Status, Timestamp, UserId,
};
use crate::ports::Changed;
use chrono::{DateTime, Datelike as _, NaiveDateTime, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The highest revision: the last whole number that every JSON reader keeps exactly (RFC 8259 §6).
const REVISION_MAX: u64 = (1 << 53) - 1;
/// The longest id of a person, in characters.
const PERSON_ID_MAX: usize = 128;
/// Dates beyond these years cannot be written in every zone and form of a calendar.
const YEARS: std::ops::RangeInclusive<i32> = 1601..=8999;

/// `Changes`: a page. People come first, so that objects name nobody unknown.
pub(super) fn changed(wire: WireChanges, bounds: &Bounds) -> Result<Changed, Flaw> {
    if wire.cursor.is_empty() {
        return Err(Flaw::new("cursor", "is empty"));
    }
    let cursor = bounded("cursor", wire.cursor, bounds.cursor_bytes_max)?;
    let mut notices = list("people", wire.people, |each| person(each, bounds))?
        .into_iter()
        .map(Notice::Person)
        .collect::<Vec<_>>();
    let objects = list("objects", wire.objects, |each| object(each, bounds))?;
    notices.extend(objects.into_iter().map(Notice::Object));
    notices.extend(list("removed", wire.removed, removed)?);
    Ok(Changed {
        notices,
        cursor: Cursor(cursor),
        more: wire.more,
    })
}

/// `HookData`, people first.
pub(super) fn notices(
    wire: WireHookData,
    items_max: usize,
    bounds: &Bounds,
) -> Result<Vec<Notice>, Flaw> {
    let items = wire.objects.len()
        + wire.changed.len()
        + wire.removed.len()
        + wire.people.len()
        + wire.changed_people.len();
    if items > items_max {
        return Err(Flaw::new("", format!("holds more than {items_max} items")));
    }
    let mut notices = list("people", wire.people, |each| {
        person(each, bounds).map(Notice::Person)
    })?;
    notices.extend(list("changedPeople", wire.changed_people, |id| {
        person_id("", id).map(Notice::LookPerson)
    })?);
    notices.extend(list("objects", wire.objects, |each| {
        object(each, bounds).map(Notice::Object)
    })?);
    notices.extend(list("changed", wire.changed, look)?);
    notices.extend(list("removed", wire.removed, removed)?);
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

/// The bridge knows an object by what it gave at its making, else by ADVANTA's own id.
fn key(id: &str, external: Option<&str>) -> Result<ObjectId, Flaw> {
    let own = guid("id", id)?;
    let given = external.map(|id| guid("externalId", id)).transpose()?;
    Ok(ObjectId(given.unwrap_or(own)))
}

fn guid(field: &str, text: &str) -> Result<Uuid, Flaw> {
    let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
    match Uuid::try_parse(text) {
        // A forgotten value of .NET; all of them would be taken for one object.
        Ok(guid) if guid.is_nil() => Err(Flaw::new(field, "is all zeros")),
        Ok(guid) if hyphenated => Ok(guid),
        _ => Err(Flaw::new(field, "not a GUID with hyphens")),
    }
}

fn person_id(field: &str, id: String) -> Result<UserId, Flaw> {
    let fits = (1..=PERSON_ID_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        // In the path of a call these would be another address.
        && !matches!(id.as_str(), "." | "..");
    if fits {
        Ok(UserId::new(id))
    } else {
        let why = format!("not 1 to {PERSON_ID_MAX} characters of A-Z a-z 0-9 . _ -");
        Err(Flaw::new(field, why))
    }
}

fn revision(revision: u64) -> Result<Revision, Flaw> {
    if (1..=REVISION_MAX).contains(&revision) {
        Ok(Revision(revision))
    } else {
        Err(Flaw::new(
            "revision",
            format!("not from 1 to {REVISION_MAX}"),
        ))
    }
}

fn percent(percent: Option<u8>) -> Result<Option<u8>, Flaw> {
    match percent {
        Some(101..) => Err(Flaw::new("percent", "more than 100")),
        percent => Ok(percent),
    }
}

fn optional(field: &str, text: Option<String>, bytes_max: usize) -> Result<Option<String>, Flaw> {
    text.map(|text| bounded(field, text, bytes_max)).transpose()
}

fn bounded(field: &str, text: String, bytes_max: usize) -> Result<String, Flaw> {
    if text.len() <= bytes_max {
        Ok(text)
    } else {
        Err(Flaw::new(field, format!("longer than {bytes_max} bytes")))
    }
}

fn address(card: String, bounds: &Bounds) -> Result<String, Flaw> {
    let card = bounded("card", card, bounds.card_bytes_max)?;
    let plain = !card.chars().any(|c| c.is_whitespace() || c.is_control());
    let scheme = card.split_once("://").filter(|(_, rest)| !rest.is_empty());
    let web = scheme.is_some_and(|(scheme, _)| {
        ["http", "https"]
            .iter()
            .any(|web| scheme.eq_ignore_ascii_case(web))
    });
    if plain && web {
        Ok(card)
    } else {
        Err(Flaw::new("card", "not an http or https address"))
    }
}

fn local(field: &str, text: Option<&str>) -> Result<Option<NaiveDateTime>, Flaw> {
    text.map(|text| {
        let at = local_time(text)
            .ok_or_else(|| Flaw::new(field, "not a local time like 2026-12-01T09:00"))?;
        if YEARS.contains(&at.year()) {
            Ok(at)
        } else {
            let why = format!("not in the years {} to {}", YEARS.start(), YEARS.end());
            Err(Flaw::new(field, why))
        }
    })
    .transpose()
}

/// `YYYY-MM-DDTHH:MM[:SS]` and nothing else; chrono alone would take signs, blanks and a sixtieth second.
fn local_time(text: &str) -> Option<NaiveDateTime> {
    let pattern: &[u8] = match text.len() {
        16 => b"0000-00-00T00:00",
        19 => b"0000-00-00T00:00:00",
        _ => return None,
    };
    let fits = text.bytes().zip(pattern).all(|(is, wanted)| match wanted {
        b'0' => is.is_ascii_digit(),
        wanted => is == *wanted,
    });
    if !fits || text.get(17..).is_some_and(|seconds| seconds > "59") {
        return None;
    }
    let format = &"%Y-%m-%dT%H:%M:%S"[..if text.len() == 16 { 14 } else { 17 }];
    NaiveDateTime::parse_from_str(text, format).ok()
}

fn instant(field: &str, text: &str) -> Result<Timestamp, Flaw> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| Flaw::new(field, "not an instant of RFC 3339"))
}
