//! vdirsyncer: compares both sides with what it noted of the last round; a version that nobody told it stays the old one.

use super::{Client, Device, Held};
use crate::in_process::http::{Http, If};
use crate::in_process::ics;
use crate::in_process::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Its setting `conflict_resolution`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// Not set: it names the conflict at every round and does nothing.
    Named,
    /// The server's side wins.
    ServerWins,
}

/// vdirsyncer with a folder.
pub struct Vdirsyncer {
    device: Device,
    conflicts: Conflicts,
    /// What both sides had after the last round: the remote's version, and the text.
    noted: BTreeMap<String, Held>,
}

/// What one side did since the last round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Did {
    Nothing,
    Changed,
    Deleted,
}

impl Vdirsyncer {
    /// On a desktop, with khal over its folder.
    pub fn new(world: &Rc<World>, login: &str, conflicts: Conflicts) -> Self {
        let device = Device::new(Http::new(world, login, "vdirsyncer/0.21.0"));
        Self {
            device,
            conflicts,
            noted: BTreeMap::new(),
        }
    }

    fn here(&self, href: &str) -> Did {
        match (self.noted.get(href), self.device.copy.get(href)) {
            (Some(noted), Some(held)) if noted.text == held.text => Did::Nothing,
            (None, None) => Did::Nothing,
            (_, Some(_)) => Did::Changed,
            (Some(_), None) => Did::Deleted,
        }
    }

    fn there(&self, href: &str, etag: Option<&String>) -> Did {
        match (self.noted.get(href), etag) {
            (Some(noted), Some(_)) if noted.etag.as_ref() == etag => Did::Nothing,
            (None, None) => Did::Nothing,
            (_, Some(_)) => Did::Changed,
            (Some(_), None) => Did::Deleted,
        }
    }

    fn upload(&mut self, href: &str, listed: Option<&String>) {
        let text = self.device.copy[href].text.clone();
        let condition = listed.cloned().map_or(If::New, If::Match);
        let answer = self.device.http.put(href, &text, &condition);
        self.device.answered = Some(answer.clone());
        if answer.is_success() {
            let etag = answer.etag().or_else(|| listed.cloned());
            self.noted.insert(href.to_owned(), Held { etag, text });
        } else {
            self.device.tell(format!("error {}", answer.status));
        }
    }

    fn remove(&mut self, href: &str, listed: Option<&String>) {
        let answer = self.device.http.delete(href, &If::matches(listed));
        self.device.answered = Some(answer.clone());
        if answer.is_success() {
            self.noted.remove(href);
        } else {
            self.device.tell(format!("error {}", answer.status));
        }
    }

    fn fetch(&mut self, href: &str) {
        self.device.download(&[href]);
        self.noted
            .insert(href.to_owned(), self.device.copy[href].clone());
    }
}

impl Client for Vdirsyncer {
    fn device(&self) -> &Device {
        &self.device
    }

    fn device_mut(&mut self) -> &mut Device {
        &mut self.device
    }

    fn prints(&self, text: &str) -> String {
        ics::reprinted(text, "PIMUTILS.ORG//NONSGML khal / icalendar //EN", true)
    }

    fn sync(&mut self) {
        let listing = self.device.http.list();
        let mut all: BTreeSet<String> = self.noted.keys().cloned().collect();
        all.extend(listing.keys().cloned());
        all.extend(self.device.copy.keys().cloned());
        for href in all {
            let listed = listing.get(&href);
            match (self.here(&href), self.there(&href, listed)) {
                (Did::Nothing, Did::Nothing) => {}
                (Did::Changed, Did::Nothing) => self.upload(&href, listed),
                (Did::Deleted, Did::Nothing) => self.remove(&href, listed),
                (Did::Nothing | Did::Deleted, Did::Changed) => self.fetch(&href),
                (Did::Nothing | Did::Deleted, Did::Deleted) => {
                    self.device.copy.remove(&href);
                    self.noted.remove(&href);
                }
                (Did::Changed, Did::Deleted) => self.upload(&href, None),
                (Did::Changed, Did::Changed) => match self.conflicts {
                    Conflicts::Named => self.device.tell("conflict"),
                    Conflicts::ServerWins => self.fetch(&href),
                },
            }
        }
    }

    fn save(&mut self, href: &str, text: &str) {
        self.device.keep(href, text);
    }

    fn delete(&mut self, href: &str) {
        self.device.copy.remove(href);
    }

    fn waiting(&self) -> Vec<String> {
        let all = self.noted.keys().chain(self.device.copy.keys());
        let mut waiting: Vec<String> = all
            .filter(|href| self.here(href) != Did::Nothing)
            .cloned()
            .collect();
        waiting.dedup();
        waiting
    }
}
