//! People acting in Google Calendar themselves.

use super::event::{self, Fields, When};
use super::world::World;
use serde_json::{Value, json};

/// One occurrence of a series: which, by its original start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence<'a> {
    /// Of an all-day series: `2026-12-01`.
    Day(&'a str),
    /// Of any other, with its offset: `2026-12-01T09:00:00+03:00`.
    At(&'a str),
}

impl Occurrence<'_> {
    fn of(self, series: &str) -> String {
        let start = match self {
            Self::Day(day) => When::Day(day.parse().expect("a day")),
            Self::At(time) => When::At(time.parse().expect("a time with its offset")),
        };
        format!("{series}_{}", start.suffix())
    }
}

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        other => panic!("fields of an event, not {other}"),
    }
}

impl World {
    /// Somebody makes an event, or a series; tells its id.
    pub fn add_event(&mut self, calendar: &str, event: Value) -> String {
        let id = format!("p{:025}", self.serial());
        let mut event = fields(event);
        event.entry("id").or_insert(json!(id));
        let id = event::text(&event, "id").to_owned();
        let event = self.complete(event, calendar, calendar);
        let event = event.unwrap_or_else(|no| panic!("no event: {no:?}"));
        self.keep(calendar, event, false);
        id
    }

    /// An event as it has stood there for years: nobody would be let make it today. Tells its id.
    pub fn add_raw(&mut self, calendar: &str, mut event: Value) -> String {
        let lines = event["recurrence"].take();
        let id = self.add_event(calendar, event);
        let mut event = self.found(calendar, &id);
        if !lines.is_null() {
            event.insert("recurrence".to_owned(), lines);
        }
        self.keep(calendar, event, false);
        id
    }

    /// Somebody changes an event: what is null is cleared, the rest stays.
    pub fn edit(&mut self, calendar: &str, id: &str, patch: Value) {
        let mut event = self.found(calendar, id);
        event::patch(&mut event, &fields(patch));
        let event = self.complete(event, calendar, calendar);
        let event = event.unwrap_or_else(|no| panic!("no event: {no:?}"));
        self.keep(calendar, event, false);
    }

    /// Somebody deletes an event, or a whole series.
    pub fn remove(&mut self, calendar: &str, id: &str) {
        let event = self.found(calendar, id);
        self.cancel(calendar, event, false);
    }

    /// Somebody brings a deleted event back.
    pub fn restore(&mut self, calendar: &str, id: &str) {
        self.edit(calendar, id, json!({ "status": "confirmed" }));
    }

    /// Somebody moves, or otherwise changes, one occurrence; tells its id.
    pub fn edit_one(
        &mut self,
        calendar: &str,
        series: &str,
        which: Occurrence<'_>,
        patch: Value,
    ) -> String {
        let id = which.of(series);
        self.edit(calendar, &id, patch);
        id
    }

    /// Somebody cancels one occurrence; tells its id.
    pub fn cancel_one(&mut self, calendar: &str, series: &str, which: Occurrence<'_>) -> String {
        let id = which.of(series);
        self.remove(calendar, &id);
        id
    }

    /// Somebody changes "this and the following": the series ends before, and another one begins; tells its id.
    pub fn split(&mut self, calendar: &str, series: &str, until: &str, following: Value) -> String {
        let old = self.found(calendar, series);
        let lines = old["recurrence"].as_array().cloned().unwrap_or_default();
        let cut = |line: &Value| {
            let line = line.as_str().unwrap_or_default();
            let parts = line.split(';');
            let kept = parts.filter(|part| !part.contains("UNTIL=") && !part.contains("COUNT="));
            json!(format!(
                "{};UNTIL={until}",
                kept.collect::<Vec<_>>().join(";")
            ))
        };
        let cut: Vec<_> = lines.iter().map(cut).collect();
        self.edit(calendar, series, json!({ "recurrence": cut }));
        let mut new = old;
        for name in ["id", "iCalUID", "etag", "created", "updated", "htmlLink"] {
            new.remove(name);
        }
        event::patch(&mut new, &fields(following));
        let start = &new["start"];
        let stamp = start["dateTime"].as_str().or(start["date"].as_str());
        let stamp = stamp.expect("a start").chars().filter(char::is_ascii_digit);
        let stamp: String = stamp.take(14).collect();
        let before = series.split_once("_R").map_or(series, |(before, _)| before);
        let stamp = match stamp.split_at_checked(8) {
            Some((_, "")) | None => stamp.clone(),
            Some((day, time)) => format!("{day}T{time}"),
        };
        new.insert("id".to_owned(), json!(format!("{before}_R{stamp}")));
        self.add_event(calendar, Value::Object(new))
    }

    /// Somebody copies an event, with its private properties, as some programs do; tells the copy's id.
    pub fn copy(&mut self, calendar: &str, id: &str) -> String {
        let mut event = self.found(calendar, id);
        for name in ["id", "iCalUID", "etag", "created", "updated", "htmlLink"] {
            event.remove(name);
        }
        self.add_event(calendar, Value::Object(event))
    }

    /// The event has another organizer from now on.
    pub fn change_organizer(&mut self, calendar: &str, id: &str, email: &str) {
        let organizer = json!({ "email": email, "self": email == calendar });
        self.set(calendar, id, "organizer", organizer);
    }

    /// Nobody else sees what it is about.
    pub fn make_private(&mut self, calendar: &str, id: &str) {
        self.edit(calendar, id, json!({ "visibility": "private" }));
    }

    /// The user says no to an invitation.
    pub fn decline(&mut self, calendar: &str, id: &str) {
        let me = json!([{ "email": calendar, "self": true, "responseStatus": "declined" }]);
        self.edit(calendar, id, json!({ "attendees": me }));
    }

    /// Nobody can change it any more.
    pub fn lock(&mut self, calendar: &str, id: &str) {
        self.set(calendar, id, "locked", json!(true));
    }

    /// Somebody changes an event just before a write of the bridge arrives.
    pub(super) fn edit_elsewhere(&mut self, calendar: &str, id: &str) {
        let found = self.look(calendar).and_then(|calendar| calendar.find(id));
        if let Some(mut event) = found.filter(|event| !event::is_cancelled(event)) {
            event.insert("location".to_owned(), json!("changed elsewhere"));
            self.keep(calendar, event, false);
        }
    }

    fn set(&mut self, calendar: &str, id: &str, name: &str, value: Value) {
        let mut event = self.found(calendar, id);
        event.insert(name.to_owned(), value);
        self.keep(calendar, event, false);
    }

    fn found(&mut self, calendar: &str, id: &str) -> Fields {
        let found = self.calendar(calendar).find(id);
        found.unwrap_or_else(|| panic!("no event {id}"))
    }
}
