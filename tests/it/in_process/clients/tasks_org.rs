//! Tasks.org: asks for the ctag, writes without a condition, and lists only if that ctag was new.

use super::{Client, Device, Held};
use crate::in_process::http::{Http, If};
use crate::in_process::ics;
use crate::in_process::world::World;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Tasks.org.
pub struct TasksOrg {
    device: Device,
    changed: BTreeSet<String>,
    deleted: BTreeSet<String>,
    ctag: String,
}

impl TasksOrg {
    /// On a telephone.
    pub fn new(world: &Rc<World>, login: &str) -> Self {
        Self {
            device: Device::new(Http::new(
                world,
                login,
                "org.tasks/14.0 (okhttp3) Android/14",
            )),
            changed: BTreeSet::new(),
            deleted: BTreeSet::new(),
            ctag: String::new(),
        }
    }

    /// Sends what waits; an error ends the synchronisation of the whole account.
    fn push(&mut self) -> bool {
        for href in self.deleted.clone() {
            let answer = self.device.http.delete(&href, &If::Always);
            self.device.answered = Some(answer.clone());
            if !answer.is_success() && answer.status != 404 {
                return self.account_error(answer.status);
            }
            self.deleted.remove(&href);
        }
        for href in self.changed.clone() {
            let held = self.device.copy[&href].clone();
            let answer = self.device.http.put(&href, &held.text, &If::Always);
            self.device.answered = Some(answer.clone());
            if !answer.is_success() {
                return self.account_error(answer.status);
            }
            let etag = answer.etag().or(held.etag);
            self.device.copy.insert(
                href.clone(),
                Held {
                    etag,
                    text: held.text,
                },
            );
            self.changed.remove(&href);
        }
        true
    }

    fn account_error(&mut self, status: u16) -> bool {
        self.device.tell(format!("account error {status}"));
        false
    }
}

impl Client for TasksOrg {
    fn device(&self) -> &Device {
        &self.device
    }

    fn prints(&self, text: &str) -> String {
        ics::reprinted(text, "+//IDN tasks.org//android-140000//EN", true)
    }

    fn sync(&mut self) {
        let ctag = self.device.http.ctag();
        if !self.push() || ctag == self.ctag {
            return;
        }
        let listing = self.device.http.query();
        self.device
            .copy
            .retain(|href, _| listing.contains_key(href));
        let moved = self.device.moved_in(&listing);
        self.device
            .download(&moved.iter().map(String::as_str).collect::<Vec<_>>());
        self.ctag = ctag;
    }

    fn save(&mut self, href: &str, text: &str) {
        self.device.keep(href, text);
        self.changed.insert(href.to_owned());
    }

    fn delete(&mut self, href: &str) {
        self.device.copy.remove(href);
        self.changed.remove(href);
        self.deleted.insert(href.to_owned());
    }

    fn waiting(&self) -> Vec<String> {
        self.changed.iter().chain(&self.deleted).cloned().collect()
    }
}
