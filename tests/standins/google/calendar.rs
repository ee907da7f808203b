//! One calendar: its events, and the order in which they changed.

use super::event::{self, Fields, When};
use super::series;
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a user may do in a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See when somebody is busy.
    FreeBusyReader,
    /// See events.
    Reader,
    /// Change events.
    Writer,
    /// Everything.
    Owner,
}

impl Role {
    /// Google's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::FreeBusyReader => "freeBusyReader",
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Owner => "owner",
        }
    }

    /// Reads [`Self::word`].
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [
            Self::FreeBusyReader,
            Self::Reader,
            Self::Writer,
            Self::Owner,
        ];
        all.into_iter().find(|role| role.word() == word)
    }
}

/// An event, and what is not told of it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What is told.
    pub fields: Fields,
    /// When it changed last, in changes of the calendar.
    pub changed: u64,
    /// A client of the API made it, not a person.
    pub by_client: bool,
}

/// A calendar with everything that was ever in it.
#[derive(Debug)]
pub struct Calendar {
    /// Its id; that of a primary one is its owner's address.
    pub id: String,
    /// What people call it.
    pub summary: String,
    /// Where it is.
    pub zone: Tz,
    /// Tokens of another life are expired.
    pub life: u32,
    events: BTreeMap<String, Kept>,
    order: BTreeMap<u64, String>,
    changes: u64,
}

impl Calendar {
    /// An empty one.
    pub fn new(id: &str, summary: &str) -> Self {
        Self {
            id: id.to_owned(),
            summary: summary.to_owned(),
            zone: Tz::Europe__Moscow,
            life: 0,
            events: BTreeMap::new(),
            order: BTreeMap::new(),
            changes: 0,
        }
    }

    /// How many changes there were.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// An event as it is kept, deleted ones too.
    pub fn kept(&self, id: &str) -> Option<&Kept> {
        self.events.get(id)
    }

    /// All events, deleted ones too.
    pub fn all(&self) -> impl Iterator<Item = &Kept> {
        self.events.values()
    }

    /// Those that changed after one change and not after another, in the order of their changes.
    pub fn changed(&self, after: u64, until: u64) -> impl Iterator<Item = &Kept> {
        let after = after.min(until);
        let ids = self.order.range(after + 1..=until.max(after + 1));
        ids.filter(move |(at, _)| **at <= until)
            .filter_map(|(_, id)| self.events.get(id))
    }

    /// Keeps an event as it is now; its etag and time are in it already.
    pub fn keep(&mut self, fields: Fields, by_client: bool) {
        let id = event::text(&fields, "id").to_owned();
        let old = self.events.get(&id);
        let by_client = old.map_or(by_client, |old| old.by_client);
        if let Some(old) = old {
            self.order.remove(&old.changed);
        }
        self.changes += 1;
        self.order.insert(self.changes, id.clone());
        let changed = self.changes;
        self.events.insert(
            id,
            Kept {
                fields,
                changed,
                by_client,
            },
        );
    }

    /// Forgets an event as if it had never been.
    pub fn forget(&mut self, id: &str) {
        if let Some(old) = self.events.remove(id) {
            self.order.remove(&old.changed);
        }
    }

    /// The moved and cancelled occurrences of a series.
    pub fn exceptions<'a>(&'a self, series: &'a str) -> impl Iterator<Item = &'a Kept> {
        let before = before_split(series);
        let from = format!("{before}_");
        // The character after `_` ends the range.
        let to = format!("{before}`");
        let named = self.events.range(from..to).map(|(_, kept)| kept);
        named.filter(move |kept| event::text(&kept.fields, "recurringEventId") == series)
    }

    /// An event, or an occurrence that is nothing by itself yet, as it would be told.
    pub fn find(&self, id: &str) -> Option<Fields> {
        if let Some(kept) = self.events.get(id) {
            return Some(kept.fields.clone());
        }
        let (series, suffix) = id.rsplit_once('_')?;
        let start = When::of_suffix(suffix)?;
        // Whichever half of a series has it now.
        let halves = self.events.range(series.to_owned()..format!("{series}`"));
        let masters = halves.map(|(_, kept)| &kept.fields);
        let mut masters =
            masters.filter(|master| before_split(event::text(master, "id")) == series);
        let master = masters.find(|master| {
            !event::is_cancelled(master) && series::starts(master, self.zone).contains(&start)
        })?;
        Some(self.occurrence(master, start))
    }

    /// An occurrence as its series makes it.
    pub fn occurrence(&self, master: &Fields, start: When) -> Fields {
        let series = event::text(master, "id");
        let mut fields = master.clone();
        fields.remove("recurrence");
        let length = series::length(master, self.zone).unwrap_or_default();
        let named = master
            .get("start")
            .and_then(event::zone)
            .unwrap_or(self.zone);
        let id = format!("{}_{}", before_split(series), start.suffix());
        let more = [
            ("id", json!(id)),
            ("recurringEventId", json!(series)),
            ("originalStartTime", start.written(self.zone, named)),
            ("start", start.written(self.zone, named)),
            ("end", start.plus(length).written(self.zone, named)),
        ];
        fields.extend(more.map(|(name, value)| (name.to_owned(), value)));
        fields
    }

    /// All occurrences of a series as they are now, cancelled ones left out.
    pub fn occurrences(&self, master: &Fields) -> Vec<Fields> {
        let id = event::text(master, "id");
        let usual = series::starts(master, self.zone);
        let at = |start: When| format!("{}_{}", before_split(id), start.suffix());
        let usual = usual.into_iter();
        let usual = usual.filter(|start| !self.events.contains_key(&at(*start)));
        let usual = usual.map(|start| self.occurrence(master, start));
        let moved = self.exceptions(id).map(|kept| kept.fields.clone());
        let moved = moved.filter(|fields| !event::is_cancelled(fields));
        usual.chain(moved).collect()
    }

    /// How a list of calendars shows it.
    pub fn entry(&self, role: Role, is_primary: bool) -> Value {
        let mut entry = json!({
            "kind": "calendar#calendarListEntry",
            "etag": format!("\"{}\"", self.changes * 2),
            "id": self.id,
            "summary": self.summary,
            "timeZone": self.zone.name(),
            "accessRole": role.word(),
        });
        if is_primary {
            entry["primary"] = json!(true);
        }
        entry
    }
}

/// What a series was called before it was split: the new half of "this and the following" is called `ID_R<range>`, and its occurrences
/// `ID_<timestamp>`.
fn before_split(series: &str) -> &str {
    series.split_once("_R").map_or(series, |(before, _)| before)
}
