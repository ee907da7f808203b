//! vdirsyncer: compares both sides with what it noted of the last round.
//!
//! Two habits of it matter. A version that nobody told it stays the old one; and after an upload it keeps the remote's
//! *old content*, by which a new version counts as a change only if the content differs from that, stamps aside.

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
    /// What both sides had after the last round.
    noted: BTreeMap<String, Noted>,
}

/// A line of its status.
#[derive(Clone)]
struct Noted {
    /// The text in the folder.
    here: String,
    /// The remote's version.
    etag: Option<String>,
    /// The remote's content.
    there: String,
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
            (Some(noted), Some(held)) if noted.here == held.text => Did::Nothing,
            (None, None) => Did::Nothing,
            (_, Some(_)) => Did::Changed,
            (Some(_), None) => Did::Deleted,
        }
    }

    fn there(&mut self, href: &str, etag: Option<&String>) -> Did {
        match (self.noted.get(href), etag) {
            (Some(noted), Some(_)) if noted.etag.as_ref() == etag => Did::Nothing,
            (Some(noted), Some(_)) => {
                let noted = content(&noted.there);
                let now = self.device.http.multiget(&[href]);
                let (_, etag, text) = now.into_iter().next().expect("it was listed");
                if content(&text) != noted {
                    return Did::Changed;
                }
                self.noted.get_mut(href).expect("it was noted").etag = etag;
                Did::Nothing
            }
            (None, None) => Did::Nothing,
            (None, Some(_)) => Did::Changed,
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
            let there = match self.noted.get(href) {
                Some(noted) => noted.there.clone(),
                None => text.clone(),
            };
            let here = text;
            self.noted
                .insert(href.to_owned(), Noted { here, etag, there });
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
        let Held { etag, text } = self.device.copy[href].clone();
        let (here, there) = (text.clone(), text);
        self.noted
            .insert(href.to_owned(), Noted { here, etag, there });
    }
}

/// What its hash is made of: everything but product, stamps and UID.
fn content(text: &str) -> Vec<String> {
    let left_out = [
        "PRODID",
        "METHOD",
        "X-WR-CALNAME",
        "REV",
        "LAST-MODIFIED",
        "CREATED",
        "DTSTAMP",
        "UID",
    ];
    let unfolded = text.replace("\r\n ", "");
    let lines = unfolded.split("\r\n");
    let mut kept: Vec<String> = lines
        .filter(|line| !left_out.contains(&line.split([':', ';']).next().unwrap_or_default()))
        .map(str::to_owned)
        .collect();
    kept.sort();
    kept
}

impl Client for Vdirsyncer {
    fn device(&self) -> &Device {
        &self.device
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
            let (here, there) = (self.here(&href), self.there(&href, listed));
            match (here, there) {
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
