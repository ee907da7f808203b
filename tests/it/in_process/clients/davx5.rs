//! DAVx5: sends what is dirty, then lists; a 403 that names the privilege is the item's own matter, a bare one stops all.

use super::{Client, Device, Held};
use crate::in_process::http::{Http, If};
use crate::in_process::ics;
use crate::in_process::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Which code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// After a PUT without an ETag it forgets the version, so the next list differs.
    Older,
    /// It keeps the version and sends again unless the next list shows another one.
    Of2026,
}

/// How it lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// By calendar-query from ninety days ago.
    Query,
    /// By sync-collection.
    Token,
}

/// DAVx5.
pub struct Davx5 {
    device: Device,
    generation: Generation,
    lists: Lists,
    dirty: BTreeSet<String>,
    deleted: BTreeMap<String, Held>,
    /// The ctag (for lists by query) or sync-token of the last round.
    state: String,
}

/// The whole round is given up.
struct Aborted;

impl Davx5 {
    /// On a telephone.
    pub fn new(world: &Rc<World>, login: &str, generation: Generation, lists: Lists) -> Self {
        let agent = match generation {
            Generation::Older => "DAVx5/4.4.9-ose (dav4jvm; okhttp/4.12.0) Android/14",
            Generation::Of2026 => "DAVx5/4.6-ose (dav4jvm; okhttp/5.0) Android/16",
        };
        Self {
            device: Device::new(Http::new(world, login, agent)),
            generation,
            lists,
            dirty: BTreeSet::new(),
            deleted: BTreeMap::new(),
            state: String::new(),
        }
    }

    fn round(&mut self) -> Result<(), Aborted> {
        let sent = !self.deleted.is_empty() || !self.dirty.is_empty();
        self.send_deletions()?;
        self.send_edits()?;
        match self.lists {
            Lists::Query => self.list_by_query(sent),
            Lists::Token => self.list_by_token(),
        }
        Ok(())
    }

    /// Whatever the answer: "may be downloaded again".
    fn send_deletions(&mut self) -> Result<(), Aborted> {
        for (href, held) in std::mem::take(&mut self.deleted) {
            let answer = self
                .device
                .http
                .delete(&href, &If::matches(held.etag.as_ref()));
            let status = answer.status;
            self.device.answered = Some(answer);
            if status == 503 {
                self.deleted.insert(href, held);
                return Err(self.abort("retry later"));
            }
        }
        Ok(())
    }

    fn send_edits(&mut self) -> Result<(), Aborted> {
        for href in self.dirty.clone() {
            let condition = self.device.etag(&href).map_or(If::New, If::Match);
            self.send_edit(&href, &condition)?;
        }
        Ok(())
    }

    fn send_edit(&mut self, href: &str, condition: &If) -> Result<(), Aborted> {
        let text = self.device.copy[href].text.clone();
        let answer = self.device.http.put(href, &text, condition);
        self.device.answered = Some(answer.clone());
        match answer.status {
            200..300 => self.sent(href, answer.etag()),
            // Expects to download the server's version.
            409 | 412 => {}
            403 if answer.needs_privileges() => {}
            404 | 410 if *condition != If::New => return self.send_edit(href, &If::New),
            503 => return Err(self.abort("retry later")),
            status => return Err(self.abort(&format!("error {status}"))),
        }
        Ok(())
    }

    fn sent(&mut self, href: &str, etag: Option<String>) {
        let forgets = etag.is_some() || self.generation == Generation::Older;
        if let (true, Some(held)) = (forgets, self.device.copy.get_mut(href)) {
            held.etag = etag;
            self.dirty.remove(href);
        }
    }

    fn abort(&mut self, words: &str) -> Aborted {
        self.device.tell(words);
        Aborted
    }

    fn list_by_query(&mut self, sent: bool) {
        let ctag = self.device.http.ctag();
        if ctag == self.state && !sent {
            return;
        }
        let listing = self.device.http.query();
        let dirty = &self.dirty;
        self.device
            .copy
            .retain(|href, _| listing.contains_key(href) || dirty.contains(href));
        self.take(self.device.moved_in(&listing));
        self.state = ctag;
    }

    fn list_by_token(&mut self) {
        let answer = self.device.http.sync(&self.state);
        for response in answer
            .responses
            .iter()
            .filter(|response| response.status == Some(404))
        {
            self.device.copy.remove(&response.href);
            self.dirty.remove(&response.href);
        }
        self.take(self.device.moved_in(&answer.listing()));
        self.state = answer.sync_token.expect("a sync-token");
    }

    fn take(&mut self, moved: Vec<String>) {
        for href in moved {
            self.device.download(&[&href]);
            self.dirty.remove(&href);
        }
    }
}

impl Client for Davx5 {
    fn device(&self) -> &Device {
        &self.device
    }

    fn prints(&self, text: &str) -> String {
        ics::reprinted(text, "DAVx5/4.4.9-ose ical4j/3.2.19", true)
    }

    fn sync(&mut self) {
        // The words are told already.
        let _given_up = self.round().is_err();
    }

    fn save(&mut self, href: &str, text: &str) {
        self.device.keep(href, text);
        self.dirty.insert(href.to_owned());
    }

    fn delete(&mut self, href: &str) {
        if let Some(held) = self.device.copy.remove(href) {
            self.dirty.remove(href);
            self.deleted.insert(href.to_owned(), held);
        }
    }

    fn waiting(&self) -> Vec<String> {
        self.dirty
            .iter()
            .chain(self.deleted.keys())
            .cloned()
            .collect()
    }
}
