//! Calendar clients, each with a copy of its own that ends up as the real one's does.
//!
//! Written from the clients' sources and from watching them: in which order they send what, what they believe after
//! each answer, when they fetch again. [`ALL`] lists them; what they share is [`Device`].

mod davx5;
mod evolution;
mod outlook;
mod tasks_org;
mod thunderbird;
mod vdirsyncer;

pub use davx5::{Davx5, Generation, Lists};
pub use evolution::Evolution;
pub use outlook::{Outlook, Wins};
pub use tasks_org::TasksOrg;
pub use thunderbird::Thunderbird;
pub use vdirsyncer::{Conflicts, Vdirsyncer};

use super::http::{Answer, Http};
use super::ics;
use super::world::World;
use crate::harness::Listing;
use std::collections::BTreeMap;
use std::rc::Rc;

/// One event in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The version that the client believes this text to have on the server.
    pub etag: Option<String>,
    /// The text that its person sees.
    pub text: String,
}

/// What every client has.
pub struct Device {
    /// Its way to the server.
    pub http: Http,
    /// Its copy of the collection by href.
    pub copy: BTreeMap<String, Held>,
    /// What it told its person, oldest first.
    pub told: Vec<String>,
    /// The status of its last PUT or DELETE and whether an ETag came with it.
    pub answered: Option<Answer>,
}

impl Device {
    fn new(http: Http) -> Self {
        Self {
            http,
            copy: BTreeMap::new(),
            told: vec![],
            answered: None,
        }
    }

    /// The version of a copy.
    fn etag(&self, href: &str) -> Option<String> {
        self.copy.get(href)?.etag.clone()
    }

    /// The person's text stands in the copy; the version that it was made from stays.
    fn keep(&mut self, href: &str, text: &str) {
        let etag = self.etag(href);
        self.copy.insert(
            href.to_owned(),
            Held {
                etag,
                text: text.to_owned(),
            },
        );
    }

    /// Takes the server's text and version of some members.
    fn download(&mut self, hrefs: &[&str]) {
        if hrefs.is_empty() {
            return;
        }
        for (href, etag, text) in self.http.multiget(hrefs) {
            self.copy.insert(href, Held { etag, text });
        }
    }

    /// What a listing of everything shows in another version than the copy has.
    fn moved_in(&self, listing: &Listing) -> Vec<String> {
        let moved = listing
            .iter()
            .filter(|(href, etag)| self.etag(href).as_ref() != Some(*etag));
        moved.map(|(href, _)| href.clone()).collect()
    }

    fn tell(&mut self, words: impl Into<String>) {
        self.told.push(words.into());
    }
}

/// A calendar client.
pub trait Client {
    /// What it has.
    fn device(&self) -> &Device;
    /// How it prints a text that its person edited.
    fn prints(&self, text: &str) -> String;
    /// One round of synchronisation.
    fn sync(&mut self);
    /// Its person saves an event, new or edited.
    fn save(&mut self, href: &str, text: &str);
    /// Its person deletes an event.
    fn delete(&mut self, href: &str);
    /// Edits that it still means to send.
    fn waiting(&self) -> Vec<String>;
}

impl dyn Client + '_ {
    /// What its person sees, an event a line.
    pub fn shows(&self) -> Vec<String> {
        let mut shown: Vec<String> = self
            .device()
            .copy
            .values()
            .map(|held| ics::shown(&held.text))
            .collect();
        shown.sort();
        shown
    }

    /// The text of an event in its copy.
    pub fn holds(&self, href: &str) -> &str {
        &self
            .device()
            .copy
            .get(href)
            .unwrap_or_else(|| panic!("no {href} in the copy"))
            .text
    }

    /// Its person edits an event; the client prints it anew.
    pub fn edit(&mut self, href: &str, edit: impl FnOnce(&str) -> String) {
        let edited = edit(self.holds(href));
        let text = self.prints(&edited);
        self.save(href, &text);
    }

    /// How many PUTs and DELETEs it sent.
    pub fn writes(&self) -> usize {
        self.device().http.writes()
    }
}

/// A client on a new device of a person.
pub type Make = fn(&Rc<World>, &str) -> Box<dyn Client>;

/// A client and how soon its person sees the original again.
#[derive(Clone, Copy)]
pub struct Known {
    /// What people call it.
    pub name: &'static str,
    /// A new one.
    pub make: Make,
    /// Synchronisations after a refused PUT until the copy is the original.
    pub put: Soon,
    /// Synchronisations after a refused DELETE until the copy is the original.
    pub delete: Soon,
}

/// When a copy is the original again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soon {
    /// Before the next synchronisation.
    AtOnce,
    /// After so many.
    Syncs(usize),
    /// Never, if the version does not move once more a minute later.
    Settle,
}

/// Every client that the bridge promises the original to.
pub const ALL: [Known; 9] = [
    Known {
        name: "Thunderbird online",
        make: |world, login| Box::new(Thunderbird::online(world, login)),
        put: Soon::AtOnce,
        delete: Soon::Syncs(1),
    },
    Known {
        name: "Thunderbird replaying what was edited offline",
        make: |world, login| Box::new(Thunderbird::offline(world, login)),
        put: Soon::Syncs(1),
        delete: Soon::Syncs(1),
    },
    Known {
        name: "DAVx5 until 2025",
        make: |world, login| Box::new(Davx5::new(world, login, Generation::Older, Lists::Query)),
        put: Soon::Syncs(1),
        delete: Soon::Syncs(1),
    },
    Known {
        name: "DAVx5 until 2025 without a time limit",
        make: |world, login| Box::new(Davx5::new(world, login, Generation::Older, Lists::Token)),
        put: Soon::Syncs(1),
        delete: Soon::Syncs(1),
    },
    Known {
        name: "DAVx5 of 2026",
        make: |world, login| Box::new(Davx5::new(world, login, Generation::Of2026, Lists::Token)),
        put: Soon::Syncs(1),
        delete: Soon::Syncs(1),
    },
    Known {
        name: "Evolution",
        make: |world, login| Box::new(Evolution::new(world, login)),
        put: Soon::AtOnce,
        delete: Soon::Syncs(1),
    },
    Known {
        name: "Outlook CalDav Synchronizer",
        make: |world, login| Box::new(Outlook::new(world, login, Wins::Server)),
        put: Soon::Settle,
        delete: Soon::Syncs(2),
    },
    Known {
        name: "Tasks.org",
        make: |world, login| Box::new(TasksOrg::new(world, login)),
        put: Soon::Syncs(2),
        delete: Soon::Syncs(2),
    },
    Known {
        name: "vdirsyncer",
        make: |world, login| Box::new(Vdirsyncer::new(world, login, Conflicts::ServerWins)),
        put: Soon::Syncs(2),
        delete: Soon::Syncs(2),
    },
];
