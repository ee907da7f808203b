//! All that ADVANTA knows. Its own users change it here; the bridge changes it through [`super::calls`].

use super::contract::Contract;
use super::dice::Dice;
use super::hooks::{Hooks, Notice};
use super::listing::{List, Listing, Page, Row};
use super::manners::{Manners, Op};
use super::thing::{Person, Thing, Tomb};
use chrono::Utc;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;
use uuid::Uuid;

/// A call as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When it came.
    pub at: Instant,
    /// Which call.
    pub op: Op,
    /// What it was about: the id in the path, or the `externalId` of a new thing.
    pub key: String,
    /// The answer; `None` when the connection was closed instead.
    pub status: Option<u16>,
    /// Whether it changed something.
    pub has_acted: bool,
}

/// What lets the bridge in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// `Authorization: Bearer`.
    Token,
    /// A certificate that the stand-in's authority signed.
    Certificate,
    /// Both of them.
    Both,
}

/// The state of the stand-in. Public fields may be set at any time.
pub struct World {
    /// How ADVANTA misbehaves.
    pub manners: Manners,
    /// How it tells the bridge of changes.
    pub hooks: Hooks,
    /// What the bridge has to show.
    pub admission: Admission,
    /// The token that it has to show, if any.
    pub token: String,
    /// Whether whoever has the right deletes anything, not only notes: the installation's choice.
    pub delete_by_right: bool,
    /// What `changes` lists.
    pub listing: Listing,
    /// Every call of the contract, in order.
    pub calls: Vec<Logged>,
    pub(super) contract: Arc<Contract>,
    /// For what is left to chance on the wire.
    pub(super) dice: Dice,
    /// For ids alone, so that they do not depend on what the wire does.
    ids: Dice,
    things: BTreeMap<Uuid, Thing>,
    tombs: BTreeMap<Uuid, Tomb>,
    externals: BTreeMap<Uuid, Uuid>,
    people: BTreeMap<String, Person>,
    /// The newest revision of each thing that the bridge was told.
    told: BTreeMap<String, u64>,
    violations: Vec<String>,
    wake: Arc<Notify>,
}

impl World {
    pub(super) fn new(seed: u64, token: String, secret: String, wake: Arc<Notify>) -> Self {
        Self {
            manners: Manners::default(),
            hooks: Hooks::new(secret),
            admission: Admission::Token,
            token,
            delete_by_right: false,
            listing: Listing::new(),
            calls: Vec::new(),
            contract: Contract::published(),
            dice: Dice::new(seed),
            ids: Dice::new(!seed),
            things: BTreeMap::new(),
            tombs: BTreeMap::new(),
            externals: BTreeMap::new(),
            people: BTreeMap::new(),
            told: BTreeMap::new(),
            violations: Vec::new(),
            wake,
        }
    }

    /// A thing by either of its ids.
    pub fn thing(&self, key: Uuid) -> Option<&Thing> {
        self.things.get(&self.own_id(key))
    }

    /// Every thing, in order of their ids.
    pub fn things(&self) -> impl Iterator<Item = &Thing> {
        self.things.values()
    }

    /// A person.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.get(id)
    }

    /// Every person, also those who left.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Whether an id that the bridge gave belonged to a thing that is deleted.
    pub fn is_used_up(&self, external_id: Uuid) -> bool {
        self.tombs.contains_key(&self.own_id(external_id))
    }

    /// Makes a thing; its id.
    pub fn add(&mut self, thing: Thing) -> Uuid {
        let id = self.ids.guid();
        let made = Thing {
            id,
            revision: 1,
            changed: Utc::now(),
            ..thing
        };
        if let Some(external_id) = made.external_id {
            self.externals.insert(external_id, id);
        }
        self.things.insert(id, made);
        self.tell_thing(id);
        id
    }

    /// Changes a thing; whether that made a difference. A thing that is not there is a mistake of the test.
    pub fn edit(&mut self, key: Uuid, change: impl FnOnce(&mut Thing)) -> bool {
        let id = self.own_id(key);
        let before = self.things.get(&id).expect("a thing to change");
        let mut after = before.clone();
        change(&mut after);
        if after == *before {
            return false;
        }
        let has_new_title = after.title != before.title;
        after.revision = before.revision + 1;
        after.changed = Utc::now();
        self.things.insert(id, after);
        self.tell_thing(id);
        if has_new_title {
            self.tell_children(id);
        }
        true
    }

    /// Deletes a thing, if it is there.
    pub fn delete(&mut self, key: Uuid) {
        let Some(thing) = self.things.remove(&self.own_id(key)) else {
            return;
        };
        let tomb = Tomb {
            id: thing.id,
            external_id: thing.external_id,
            revision: thing.revision + 1,
        };
        let json = Arc::new(tomb.json());
        self.note(
            thing.id.to_string(),
            tomb.revision,
            List::Removed,
            Arc::clone(&json),
        );
        self.tombs.insert(thing.id, tomb);
        self.owe(Notice::Removed(json));
        for child in self.children(thing.id) {
            self.edit(child, |child| child.parent = None);
        }
    }

    /// Hires a person, or changes one who is there.
    pub fn put_person(&mut self, person: Person) {
        let id = person.id.clone();
        let revision = self.people.get(&id).map_or(1, |before| before.revision + 1);
        let person = Person { revision, ..person };
        let json = Arc::new(person.json());
        self.people.insert(id.clone(), person);
        self.note(
            format!("person {id}"),
            revision,
            List::People,
            Arc::clone(&json),
        );
        self.owe(Notice::Person { id, json });
    }

    /// Changes a person. One who is not there is a mistake of the test.
    pub fn edit_person(&mut self, id: &str, change: impl FnOnce(&mut Person)) {
        let mut person = self.people.get(id).expect("a person to change").clone();
        change(&mut person);
        self.put_person(person);
    }

    /// A person leaves.
    pub fn deactivate(&mut self, id: &str) {
        self.edit_person(id, |person| person.active = false);
    }

    /// Tests the line to the bridge.
    pub fn ping(&mut self) {
        self.owe(Notice::Ping);
    }

    /// How often a call was made.
    pub fn count(&self, op: Op) -> usize {
        self.calls.iter().filter(|call| call.op == op).count()
    }

    /// How many calls changed something.
    pub fn count_acted(&self) -> usize {
        self.calls.iter().filter(|call| call.has_acted).count()
    }

    /// What the bridge did that it may never do, and where either side broke the contract.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// The same, and forgets them: for a test that breaks a rule on purpose.
    pub fn take_violations(&mut self) -> Vec<String> {
        std::mem::take(&mut self.violations)
    }

    pub(super) fn violate(&mut self, text: String) {
        self.violations.push(text);
    }

    /// Notes that the bridge was shown an object.
    pub(super) fn has_told(&mut self, object: &Value) {
        if let (Some(id), Some(revision)) = (object["id"].as_str(), object["revision"].as_u64()) {
            let told = self.told.entry(id.to_owned()).or_default();
            *told = revision.max(*told);
        }
    }

    /// Whether the bridge was ever shown this revision, or a later one.
    pub(super) fn was_told(&self, id: Uuid, revision: u64) -> bool {
        let told = self.told.get(&id.to_string());
        told.is_some_and(|told| *told >= revision)
    }

    /// A page of the listing; `None` when the cursor is expired.
    pub(super) fn page(&mut self, cursor: Option<&str>, limit: usize) -> Option<Value> {
        let Page { body, told } = self.listing.page(cursor, limit)?;
        for (id, revision) in told {
            self.has_told(&json!({ "id": id, "revision": revision }));
        }
        Some(body)
    }

    /// A thing as the contract shows it.
    pub(super) fn json_of(&self, thing: &Thing) -> Value {
        thing.json(thing.parent.and_then(|parent| self.things.get(&parent)))
    }

    /// ADVANTA's own id of what may be an id of the bridge's.
    fn own_id(&self, key: Uuid) -> Uuid {
        self.externals.get(&key).copied().unwrap_or(key)
    }

    fn children(&self, id: Uuid) -> Vec<Uuid> {
        let children = self.things.values().filter(|each| each.parent == Some(id));
        children.map(|child| child.id).collect()
    }

    /// A thing shows its parent's title: a new one is a change of the child.
    fn tell_children(&mut self, id: Uuid) {
        for child in self.children(id) {
            if let Some(child) = self.things.get_mut(&child) {
                child.revision += 1;
                child.changed = Utc::now();
            }
            self.tell_thing(child);
        }
    }

    fn tell_thing(&mut self, id: Uuid) {
        let Some(thing) = self.things.get(&id) else {
            return;
        };
        let json = Arc::new(self.json_of(thing));
        let seen = !thing.people.is_empty();
        let revision = thing.revision;
        let reference = match thing.external_id {
            Some(external_id) => json!({ "id": id, "externalId": external_id }),
            None => json!({ "id": id }),
        };
        self.note(
            id.to_string(),
            revision,
            List::Objects { seen },
            Arc::clone(&json),
        );
        self.owe(Notice::Thing { reference, json });
    }

    fn note(&mut self, id: String, revision: u64, list: List, json: Arc<Value>) {
        self.listing.note(Row {
            id,
            revision,
            list,
            json,
        });
    }

    fn owe(&mut self, notice: Notice) {
        self.hooks.owe(notice);
        self.wake.notify_one();
    }
}
