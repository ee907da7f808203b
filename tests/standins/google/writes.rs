//! What changes events: insert, import, patch, update, delete.

use super::answer::{Answer, forbidden, invalid, not_found, stale};
use super::calls::Asked;
use super::event::{self, Fields};
use super::series;
use super::troubles::Op;
use super::world::World;
use serde_json::{Value, json};

/// Nobody but Google sets these; `id` and `iCalUID` are set once.
const GOOGLES: [&str; 11] = [
    "kind",
    "etag",
    "id",
    "iCalUID",
    "created",
    "updated",
    "creator",
    "organizer",
    "htmlLink",
    "recurringEventId",
    "originalStartTime",
];
/// What a guest may change in their own copy.
const GUESTS: [&str; 6] = [
    "extendedProperties",
    "reminders",
    "colorId",
    "transparency",
    "visibility",
    "attendees",
];

fn is_good_id(id: &str) -> bool {
    let good = |c: char| matches!(c, 'a'..='v' | '0'..='9');
    (5..=1024).contains(&id.len()) && id.chars().all(good)
}

/// `events.insert`
pub fn insert(world: &mut World, asked: &Asked, calendar: &str) -> Answer {
    let body = asked.fields();
    let id = match body.get("id").and_then(Value::as_str) {
        Some(id) if !is_good_id(id) => return invalid("Invalid resource id value."),
        Some(id) => id.to_owned(),
        None => format!("g{:025}", world.serial()),
    };
    let known = world.look(calendar).and_then(|calendar| calendar.kept(&id));
    if let Some(known) = known {
        let is_live = !event::is_cancelled(&known.fields);
        if is_live || world.switches.deleted_ids_stay_taken {
            let message = "The requested identifier already exists.";
            return Answer::error(409, "duplicate", message);
        }
        // Used again, it is another event.
        world.calendar(calendar).forget(&id);
    }
    create(world, asked, calendar, body, &id)
}

/// `events.import`: by its `iCalUID`, the same one is the same event.
pub fn import(world: &mut World, asked: &Asked, calendar: &str) -> Answer {
    let body = asked.fields();
    let uid = event::text(&body, "iCalUID").to_owned();
    if uid.is_empty() {
        return Answer::error(400, "required", "Missing iCal UID.");
    }
    let same = |kept: &&super::calendar::Kept| event::text(&kept.fields, "iCalUID") == uid;
    let known = world
        .look(calendar)
        .and_then(|calendar| calendar.all().find(same));
    let known = known.map(|kept| event::text(&kept.fields, "id").to_owned());
    let id = known.unwrap_or_else(|| format!("i{:025}", world.serial()));
    create(world, asked, calendar, body, &id)
}

fn create(world: &mut World, asked: &Asked, calendar: &str, mut body: Fields, id: &str) -> Answer {
    let uid = event::text(&body, "iCalUID").to_owned();
    for name in GOOGLES {
        body.remove(name);
    }
    // A null says nothing in a new event.
    body.retain(|_, value| !value.is_null());
    body.insert("id".to_owned(), json!(id));
    if !uid.is_empty() {
        body.insert("iCalUID".to_owned(), json!(uid));
    }
    mail(world, asked, &body);
    let user = asked.user.clone();
    let by_client = world.complete(body, calendar, &user);
    match by_client {
        Ok(fields) if world.is_empty(&fields, calendar) => empty_range(),
        Ok(fields) => answer(&world.keep(calendar, fields, true)),
        Err(no) => no,
    }
}

/// `events.patch` and `events.update`
pub fn change(world: &mut World, asked: &Asked, calendar: &str) -> Answer {
    let old = match target(world, asked, calendar) {
        Ok(old) => old,
        Err(no) => return no,
    };
    if event::is_cancelled(&old) || old.get("locked") == Some(&json!(true)) {
        return forbidden();
    }
    let mut body = asked.fields();
    let own_only = body.keys().all(|name| GUESTS.contains(&name.as_str()));
    let may = event::is_own(&old) || old.get("guestsCanModify") == Some(&json!(true));
    if !may && !own_only {
        let message = "Shared properties can only be changed by the organizer of the event.";
        return Answer::error(403, "forbiddenForNonOrganizer", message);
    }
    let sequence = body.remove("sequence");
    let is_early = sequence.and_then(|number| number.as_i64());
    if is_early.is_some_and(|number| number < sequence_of(&old)) {
        return invalid("Invalid sequence value.");
    }
    for name in GOOGLES {
        body.remove(name);
    }
    ignore_recurrence(world, &mut body);
    let new = if asked.op == Op::Update {
        updated(&old, body)
    } else {
        let mut new = old.clone();
        event::patch(&mut new, &body);
        new
    };
    mail(world, asked, &new);
    let user = asked.user.clone();
    match world.complete(new, calendar, &user) {
        Ok(new) if world.is_empty(&new, calendar) => empty_range(),
        Ok(new) if new == old && !world.switches.same_value_moves => answer(&old),
        Ok(mut new) => {
            if ["start", "end", "recurrence"]
                .iter()
                .any(|name| new.get(*name) != old.get(*name))
            {
                new.insert("sequence".to_owned(), json!(sequence_of(&old) + 1));
            }
            answer(&world.keep(calendar, new, true))
        }
        Err(no) => no,
    }
}

/// `events.delete`
pub fn delete(world: &mut World, asked: &Asked, calendar: &str) -> Answer {
    let old = match target(world, asked, calendar) {
        Ok(old) => old,
        Err(no) => return no,
    };
    if event::is_cancelled(&old) {
        return Answer::error(410, "deleted", "Resource has been deleted");
    }
    if old.get("locked") == Some(&json!(true)) {
        return forbidden();
    }
    mail(world, asked, &old);
    world.cancel(calendar, old, true);
    Answer::nothing()
}

/// The event of a write, if it is as the writer saw it.
fn target(world: &World, asked: &Asked, calendar: &str) -> Result<Fields, Answer> {
    let calendar = world.look(calendar).ok_or_else(not_found)?;
    let old = calendar.find(&asked.event).ok_or_else(not_found)?;
    let etag = event::text(&old, "etag");
    match asked.if_match.as_deref() {
        Some(expected) if expected != "*" && expected != etag => Err(stale()),
        Some(_) | None => Ok(old),
    }
}

/// Some Googles do not let a recurrence be dropped.
fn ignore_recurrence(world: &World, body: &mut Fields) {
    let is_ignored = match body.get("recurrence") {
        Some(Value::Null) => !world.switches.drops_by_null,
        Some(Value::Array(lines)) if lines.is_empty() => !world.switches.drops_by_empty,
        Some(_) | None => false,
    };
    if is_ignored {
        body.remove("recurrence");
    }
}

/// What is left out of an update is gone.
fn updated(old: &Fields, mut body: Fields) -> Fields {
    body.retain(|_, value| !value.is_null());
    for name in GOOGLES {
        if let Some(value) = old.get(name) {
            body.insert(name.to_owned(), value.clone());
        }
    }
    body.insert("sequence".to_owned(), json!(sequence_of(old) + 1));
    body
}

fn sequence_of(fields: &Fields) -> i64 {
    fields
        .get("sequence")
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// Guests get mail when the writer wants it.
fn mail(world: &mut World, asked: &Asked, fields: &Fields) {
    let guests = fields.get("attendees").and_then(Value::as_array);
    let guests = u32::try_from(guests.map_or(0, Vec::len)).unwrap_or(u32::MAX);
    if matches!(asked.one("sendUpdates"), Some("all" | "externalOnly")) {
        world.mails = world.mails.saturating_add(guests);
    }
}

fn empty_range() -> Answer {
    let message = "The specified time range is empty.";
    Answer::error(400, "timeRangeEmpty", message)
}

fn answer(fields: &Fields) -> Answer {
    let etag = event::text(fields, "etag").to_owned();
    let mut answer = Answer::json(Value::Object(fields.clone()));
    answer.headers.push(("etag", etag));
    answer
}

impl World {
    /// An event with everything that Google adds; its times as Google writes them.
    ///
    /// # Errors
    /// Its times or its recurrence make no sense.
    pub(super) fn complete(
        &self,
        mut fields: Fields,
        calendar: &str,
        user: &str,
    ) -> Result<Fields, Answer> {
        let place = self.look(calendar).ok_or_else(not_found)?;
        let missing = ["start", "end"]
            .iter()
            .find(|name| !fields.contains_key(**name));
        if missing.is_some() {
            return Err(Answer::error(400, "required", "Missing end time."));
        }
        let Some((start, end)) = event::span(&fields, place.zone) else {
            return Err(empty_range());
        };
        for (name, when) in [("start", start), ("end", end)] {
            let named = fields.get(name).and_then(event::zone);
            let needs = series::is_series(&fields) && matches!(when, event::When::At(_));
            if named.is_none() && needs {
                let message = format!("Missing time zone definition for {name} time.");
                return Err(Answer::error(400, "required", &message));
            }
            let written = when.written(place.zone, named.unwrap_or(place.zone));
            fields.insert(name.to_owned(), written);
        }
        if fields.get("recurrence") == Some(&json!([])) {
            fields.remove("recurrence");
        }
        if series::is_series(&fields) && !series::is_readable(&fields, place.zone) {
            return Err(invalid("Invalid recurrence rule."));
        }
        let id = event::text(&fields, "id").to_owned();
        let who = json!({ "email": user, "self": user == calendar || !user.is_empty() });
        let defaults = [
            ("kind", json!("calendar#event")),
            ("status", json!("confirmed")),
            ("htmlLink", json!(format!("{}/event?eid={id}", self.root))),
            ("creator", who.clone()),
            ("organizer", who),
            ("iCalUID", json!(format!("{id}@google.com"))),
            ("sequence", json!(0)),
            ("reminders", json!({ "useDefault": true })),
            ("eventType", json!("default")),
        ];
        for (name, value) in defaults {
            fields.entry(name).or_insert(value);
        }
        Ok(fields)
    }

    /// Whether an event ends when it starts. A client may leave none like this behind, whatever it changed.
    fn is_empty(&self, fields: &Fields, calendar: &str) -> bool {
        self.look(calendar)
            .is_some_and(|place| event::is_empty(fields, place.zone))
    }

    /// Deletes an event with everything that belongs to it.
    pub(super) fn cancel(&mut self, calendar: &str, mut fields: Fields, by_client: bool) {
        fields.insert("status".to_owned(), json!("cancelled"));
        let id = event::text(&fields, "id").to_owned();
        let is_series = series::is_series(&fields);
        let exceptions: Vec<_> = self
            .calendar(calendar)
            .exceptions(&id)
            .map(|kept| kept.fields.clone())
            .collect();
        self.keep(calendar, fields, by_client);
        if is_series {
            for mut exception in exceptions {
                exception.insert("status".to_owned(), json!("cancelled"));
                self.keep(calendar, exception, by_client);
            }
        }
    }
}
