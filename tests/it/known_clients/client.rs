//! A calendar client with a copy of the collection, as careful or careless as the real one.

use crate::harness::{Dav, Listing};
use std::collections::BTreeMap;

/// What a client does when its PUT is answered with 2xx and without an ETag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterPut {
    /// Reads the resource at once.
    Fetches,
    /// Keeps its own text with no version, so that the next look differs.
    ForgetsVersion,
    /// Keeps the old version and its own text, and believes the text to be stored.
    KeepsVersion,
    /// Keeps the old version and counts the edit as open until the version moves; then it downloads. If it does not move it sends again.
    KeepsVersionAndWaits,
    /// Asks for the version, and believes its own text to be stored at it.
    AsksVersion,
}

/// How a client finds what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finds {
    /// sync-collection.
    Token,
    /// Every ETag by a calendar-query with a time range.
    Query,
    /// Every ETag by PROPFIND, but only when the ctag moved.
    Ctag,
}

/// What matters of one client.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// What people call it.
    pub name: &'static str,
    /// Its User-Agent.
    pub agent: &'static str,
    /// Whether its writes carry If-Match.
    pub conditional: bool,
    /// See [`AfterPut`].
    pub after_put: AfterPut,
    /// See [`Finds`].
    pub finds: Finds,
    /// Whether edits wait until the next synchronisation.
    pub offline: bool,
}

/// One event in the copy.
struct Held {
    etag: Option<String>,
    body: String,
}

/// One client.
pub struct Client {
    /// How it behaves.
    pub behaviour: Behaviour,
    /// PUTs and DELETEs sent so far.
    pub writes: usize,
    dav: Dav,
    collection: String,
    held: BTreeMap<String, Held>,
    /// Edits that were not sent, or not believed to be stored, with the version that they name; `None` deletes.
    open: BTreeMap<String, (Option<String>, Option<String>)>,
    /// The last sync-token or ctag.
    mark: String,
}

impl Client {
    /// A client that has seen nothing yet.
    pub fn new(dav: Dav, collection: String, behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            writes: 0,
            dav,
            collection,
            held: BTreeMap::new(),
            open: BTreeMap::new(),
            mark: String::new(),
        }
    }

    /// What its person sees of an event.
    pub fn holds(&self, href: &str) -> Option<&str> {
        self.held.get(href).map(|held| held.body.as_str())
    }

    /// How many events its person sees.
    pub fn members(&self) -> usize {
        self.held.len()
    }

    /// Its person changes an event, or deletes it.
    pub fn edit(&mut self, href: &str, body: Option<String>) {
        let held = self.held.get_mut(href).expect("the event is in the copy");
        let version = held.etag.clone();
        match &body {
            Some(body) => held.body.clone_from(body),
            None => {
                self.held.remove(href);
            }
        }
        self.open.insert(href.to_owned(), (version, body));
        if !self.behaviour.offline {
            self.upload();
        }
    }

    /// One synchronisation: up, then down.
    pub fn sync(&mut self) {
        self.upload();
        match self.behaviour.finds {
            Finds::Token => self.find_by_token(),
            Finds::Query => {
                let listing = self.query();
                self.take(listing);
            }
            Finds::Ctag => self.find_by_ctag(),
        }
    }

    fn upload(&mut self) {
        for (href, (version, body)) in std::mem::take(&mut self.open) {
            self.writes += 1;
            let condition = version.clone().filter(|_| self.behaviour.conditional);
            let mut headers = vec![("User-Agent", self.behaviour.agent), CALENDAR];
            if let Some(condition) = &condition {
                headers.push(("If-Match", condition));
            }
            let (method, text) = match &body {
                Some(text) => ("PUT", text.as_str()),
                None => ("DELETE", ""),
            };
            let answer = self.dav.send(method, &href, &headers, text);
            let status = answer.status;
            assert_eq!(
                status, 204,
                "{}: {method} {}",
                self.behaviour.name, answer.body
            );
            assert_eq!(answer.etag(), None, "{}: {method}", self.behaviour.name);
            if body.is_some() {
                self.put_without_version(href, version, body);
            }
        }
    }

    fn put_without_version(&mut self, href: String, old: Option<String>, body: Option<String>) {
        let held = self.held.get_mut(&href).expect("the event is in the copy");
        match self.behaviour.after_put {
            AfterPut::Fetches => self.fetch(&href),
            AfterPut::ForgetsVersion => held.etag = None,
            AfterPut::KeepsVersion => {}
            AfterPut::KeepsVersionAndWaits => {
                self.open.insert(href, (old, body));
            }
            AfterPut::AsksVersion => {
                let answer = self.dav.propfind(&href, "0", "<D:getetag/>");
                held.etag = answer.multistatus().only().etag();
            }
        }
    }

    fn find_by_token(&mut self) {
        let answer = self.dav.sync(&self.collection, &self.mark);
        for response in &answer.responses {
            if response.status == Some(404) {
                self.held.remove(&response.href);
            }
        }
        for (href, etag) in answer.listing() {
            self.look_at(&href, &etag);
        }
        self.mark = answer.sync_token.expect("a sync-token");
    }

    fn find_by_ctag(&mut self) {
        let answer = self.dav.propfind(&self.collection, "0", "<CS:getctag/>");
        let answer = answer.multistatus();
        let ctag = answer.only().text("{http://calendarserver.org/ns/}getctag");
        if ctag != self.mark {
            self.mark = ctag.to_owned();
            let listing = self.dav.list(&self.collection);
            self.take(listing);
        }
    }

    /// Every ETag, as a client asks that shows the last ninety days and all that is to come.
    fn query(&self) -> Listing {
        let since = chrono::Utc::now() - chrono::Days::new(90);
        let range = since.format("%Y%m%dT000000Z");
        let filter = format!(
            "<C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
             <C:time-range start=\"{range}\"/></C:comp-filter></C:comp-filter>"
        );
        self.dav
            .query(&self.collection, "<D:getetag/>", &filter)
            .listing()
    }

    /// Takes over a listing of everything.
    fn take(&mut self, listing: Listing) {
        self.held.retain(|href, _| listing.contains_key(href));
        for (href, etag) in listing {
            self.look_at(&href, &etag);
        }
    }

    /// Downloads what has another version than the copy.
    fn look_at(&mut self, href: &str, etag: &str) {
        let known = self.held.get(href).and_then(|held| held.etag.as_deref());
        if known != Some(etag) {
            self.open.remove(href);
            self.fetch(href);
        }
    }

    /// Downloads one event by a multiget.
    fn fetch(&mut self, href: &str) {
        let answer = self.dav.multiget(&self.collection, &[href]);
        let response = answer.only();
        let body = response.found["{urn:ietf:params:xml:ns:caldav}calendar-data"]
            .text
            .clone();
        let etag = response.etag();
        self.held.insert(href.to_owned(), Held { etag, body });
    }
}

const CALENDAR: (&str, &str) = ("Content-Type", "text/calendar; charset=\"utf-8\"");
