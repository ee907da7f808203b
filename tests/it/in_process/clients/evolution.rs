//! Evolution: writes without a condition, reads back what came without an ETag, looks at nothing but the ctag.

use super::{Client, Device, Held};
use crate::in_process::http::{Answer, Http, If};
use crate::in_process::ics;
use crate::in_process::world::World;
use std::rc::Rc;

/// Evolution.
pub struct Evolution {
    device: Device,
    ctag: String,
}

impl Evolution {
    /// On a desktop.
    pub fn new(world: &Rc<World>, login: &str) -> Self {
        let http = Http::new(world, login, "Evolution/3.46.4").preferring("return=minimal");
        Self {
            device: Device::new(http),
            ctag: String::new(),
        }
    }

    /// Takes the server's text as it stands.
    fn read_back(&mut self, href: &str) {
        let answer = self.device.http.get(href);
        if answer.status == 200 {
            let held = Held {
                etag: answer.etag(),
                text: answer.body,
            };
            self.device.copy.insert(href.to_owned(), held);
        }
    }

    /// What it shows of a refusal is the description, if there is one.
    fn tell(&mut self, answer: &Answer) {
        let words = answer.body.split_once("<D:responsedescription>");
        let words = words.and_then(|(_, rest)| rest.split_once("</D:responsedescription>"));
        let words = words.map_or_else(
            || format!("error {}", answer.status),
            |(words, _)| words.to_owned(),
        );
        self.device.tell(words);
    }
}

impl Client for Evolution {
    fn device(&self) -> &Device {
        &self.device
    }

    fn prints(&self, text: &str) -> String {
        ics::reprinted(text, "-//Ximian//NONSGML Evolution Calendar//EN", true)
    }

    fn sync(&mut self) {
        let ctag = self.device.http.ctag();
        if ctag == self.ctag {
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
        let condition = if self.device.copy.contains_key(href) {
            If::Always
        } else {
            If::New
        };
        let answer = self.device.http.put(href, text, &condition);
        self.device.answered = Some(answer.clone());
        match (answer.is_success(), answer.etag()) {
            (true, Some(etag)) => {
                let held = Held {
                    etag: Some(etag),
                    text: text.to_owned(),
                };
                self.device.copy.insert(href.to_owned(), held);
            }
            (true, None) => self.read_back(href),
            (false, _) => {
                self.tell(&answer);
                self.read_back(href);
            }
        }
    }

    fn delete(&mut self, href: &str) {
        let answer = self.device.http.delete(href, &If::Always);
        self.device.answered = Some(answer.clone());
        if answer.is_success() || answer.status == 404 {
            self.device.copy.remove(href);
        } else {
            self.tell(&answer);
        }
    }

    fn waiting(&self) -> Vec<String> {
        vec![]
    }
}
