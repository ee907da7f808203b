//! Thunderbird: fetches after every write that succeeded; keeps in a queue what it could not send.

use super::{Client, Device};
use crate::in_process::http::{Http, If};
use crate::in_process::ics;
use crate::in_process::world::World;
use std::collections::BTreeMap;
use std::rc::Rc;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.0";

/// An edit that waits.
struct Queued {
    /// The version of the copy that it was made from.
    etag: Option<String>,
    /// The text; none deletes.
    text: Option<String>,
}

/// Thunderbird.
pub struct Thunderbird {
    device: Device,
    /// Edits are made without a network and replayed at the next synchronisation.
    offline: bool,
    /// What its person says to "overwrite the server's version?".
    pub overwrites: bool,
    queue: BTreeMap<String, Queued>,
    ctag: String,
    token: String,
}

impl Thunderbird {
    /// With a network all the time.
    pub fn online(world: &Rc<World>, login: &str) -> Self {
        Self {
            device: Device::new(Http::new(world, login, AGENT)),
            offline: false,
            overwrites: false,
            queue: BTreeMap::new(),
            ctag: String::new(),
            token: String::new(),
        }
    }

    /// With a network only while it synchronises.
    pub fn offline(world: &Rc<World>, login: &str) -> Self {
        Self {
            offline: true,
            ..Self::online(world, login)
        }
    }

    fn send(&mut self, href: &str, edit: Queued) {
        let condition = match &edit.etag {
            Some(etag) => If::Match(etag.clone()),
            None => If::New,
        };
        self.send_under(href, edit, &condition);
    }

    fn send_under(&mut self, href: &str, edit: Queued, condition: &If) {
        let answer = match &edit.text {
            Some(text) => self.device.http.put(href, text, condition),
            None => self.device.http.delete(href, condition),
        };
        let status = answer.status;
        self.device.answered = Some(answer);
        match (status, &edit.text) {
            (200..300, Some(_)) => self.device.download(&[href]),
            (200..300 | 404 | 410, None) => drop(self.device.copy.remove(href)),
            (409 | 412, _) => self.ask_to_overwrite(href, edit, condition),
            (500.., text) => {
                if let Some(text) = text.clone() {
                    self.device.keep(href, &text);
                }
                self.queue.insert(href.to_owned(), edit);
            }
            (status, _) => {
                self.device.tell(format!("error {status}"));
                if self.offline {
                    self.queue.insert(href.to_owned(), edit);
                }
            }
        }
    }

    fn ask_to_overwrite(&mut self, href: &str, edit: Queued, condition: &If) {
        self.device.tell("overwrite the server's version?");
        if self.overwrites && *condition != If::Always {
            self.send_under(href, edit, &If::Always);
        } else {
            self.device.copy.remove(href);
            self.device.download(&[href]);
        }
    }

    fn replay(&mut self) {
        for (href, edit) in std::mem::take(&mut self.queue) {
            self.send(&href, edit);
        }
    }

    fn look(&mut self) {
        let ctag = self.device.http.ctag();
        if ctag == self.ctag {
            return;
        }
        let answer = self.device.http.sync(&self.token);
        for response in answer
            .responses
            .iter()
            .filter(|response| response.status == Some(404))
        {
            self.device.copy.remove(&response.href);
            self.queue.remove(&response.href);
        }
        for href in self.device.moved_in(&answer.listing()) {
            self.device.download(&[&href]);
            self.queue.remove(&href);
        }
        self.ctag = ctag;
        self.token = answer.sync_token.expect("a sync-token");
    }

    fn edit(&mut self, href: &str, text: Option<&str>) {
        let edit = Queued {
            etag: self.device.etag(href),
            text: text.map(str::to_owned),
        };
        if !self.offline {
            return self.send(href, edit);
        }
        match text {
            Some(text) => self.device.keep(href, text),
            None => drop(self.device.copy.remove(href)),
        }
        self.queue.insert(href.to_owned(), edit);
    }
}

impl Client for Thunderbird {
    fn device(&self) -> &Device {
        &self.device
    }

    fn prints(&self, text: &str) -> String {
        ics::reprinted(
            text,
            "-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN",
            true,
        )
    }

    fn sync(&mut self) {
        self.replay();
        self.look();
    }

    fn save(&mut self, href: &str, text: &str) {
        self.edit(href, Some(text));
    }

    fn delete(&mut self, href: &str) {
        self.edit(href, None);
    }

    fn waiting(&self) -> Vec<String> {
        self.queue.keys().cloned().collect()
    }
}
