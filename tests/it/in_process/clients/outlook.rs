//! Outlook with CalDav Synchronizer: compares versions first, then writes, then believes that its own text is stored.

use super::{Client, Device, Held};
use crate::harness::Listing;
use crate::in_process::http::{Http, If};
use crate::in_process::ics;
use crate::in_process::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Its conflict mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wins {
    /// The server's version is taken.
    Server,
    /// Outlook's version is sent.
    Outlook,
}

/// Outlook CalDav Synchronizer.
pub struct Outlook {
    device: Device,
    wins: Wins,
    changed: BTreeSet<String>,
    deleted: BTreeMap<String, Option<String>>,
}

impl Outlook {
    /// On a desktop.
    pub fn new(world: &Rc<World>, login: &str, wins: Wins) -> Self {
        let device = Device::new(Http::new(world, login, "CalDavSynchronizer/4.4"));
        Self {
            device,
            wins,
            changed: BTreeSet::new(),
            deleted: BTreeMap::new(),
        }
    }

    /// What both sides changed.
    fn resolve(&mut self, listing: &Listing) {
        if self.wins == Wins::Outlook {
            for href in &self.changed {
                if let (Some(held), Some(etag)) =
                    (self.device.copy.get_mut(href), listing.get(href))
                {
                    held.etag = Some(etag.clone());
                }
            }
            return;
        }
        let device = &self.device;
        let conflict = |href: &String, known: Option<&String>| {
            known.is_some() && listing.get(href).is_some_and(|now| Some(now) != known)
        };
        self.changed
            .retain(|href| !conflict(href, device.etag(href).as_ref()));
        self.deleted
            .retain(|href, etag| !conflict(href, etag.as_ref()));
    }

    fn take(&mut self, listing: &Listing) {
        let waits = |href: &String| self.changed.contains(href) || self.deleted.contains_key(href);
        self.device
            .copy
            .retain(|href, _| listing.contains_key(href) || self.changed.contains(href));
        let moved: Vec<String> = self
            .device
            .moved_in(listing)
            .into_iter()
            .filter(|it| !waits(it))
            .collect();
        self.device
            .download(&moved.iter().map(String::as_str).collect::<Vec<_>>());
    }

    fn send(&mut self) {
        for href in self.changed.clone() {
            let held = self.device.copy[&href].clone();
            let condition = held.etag.map_or(If::New, If::Match);
            let answer = self.device.http.put(&href, &held.text, &condition);
            self.device.answered = Some(answer.clone());
            if !answer.is_success() {
                // Tried again at the next synchronisation, unless the server's version wins by then.
                self.device.tell(format!("error {}", answer.status));
                continue;
            }
            let etag = answer.etag().or_else(|| self.device.http.etag(&href));
            self.device.copy.insert(
                href.clone(),
                Held {
                    etag,
                    text: held.text,
                },
            );
            self.changed.remove(&href);
        }
        for (href, etag) in self.deleted.clone() {
            let answer = self.device.http.delete(&href, &If::matches(etag.as_ref()));
            self.device.answered = Some(answer.clone());
            if answer.is_success() || answer.status == 404 {
                self.deleted.remove(&href);
            } else {
                self.device.tell(format!("error {}", answer.status));
            }
        }
    }
}

impl Client for Outlook {
    fn device(&self) -> &Device {
        &self.device
    }

    /// An appointment of Outlook holds no unknown properties.
    fn prints(&self, text: &str) -> String {
        ics::reprinted(text, "-//CalDavSynchronizer//EN", false)
    }

    fn sync(&mut self) {
        let listing = self.device.http.query();
        self.resolve(&listing);
        self.take(&listing);
        self.send();
    }

    fn save(&mut self, href: &str, text: &str) {
        self.device.keep(href, text);
        self.changed.insert(href.to_owned());
    }

    fn delete(&mut self, href: &str) {
        if let Some(held) = self.device.copy.remove(href) {
            self.changed.remove(href);
            self.deleted.insert(href.to_owned(), held.etag);
        }
    }

    fn waiting(&self) -> Vec<String> {
        self.changed
            .iter()
            .chain(self.deleted.keys())
            .cloned()
            .collect()
    }
}
