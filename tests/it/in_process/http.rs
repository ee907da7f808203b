//! CalDAV as clients speak it: requests out, answers as data.

use super::manners::Manners;
use super::world::{World, collection};
use crate::harness::{Element, Listing, Multistatus};
use base64::Engine as _;
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// An answer as the bridge gave it.
    pub fn new(parts: &::http::response::Parts, body: &[u8]) -> Self {
        let text =
            |value: &::http::HeaderValue| String::from_utf8(value.as_bytes().to_vec()).unwrap();
        Self {
            status: parts.status.as_u16(),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// An answer without words.
    pub fn bare(status: u16) -> Self {
        Self {
            status,
            headers: BTreeMap::new(),
            body: String::new(),
        }
    }

    /// The ETag header.
    pub fn etag(&self) -> Option<String> {
        self.headers.get("etag").cloned()
    }

    /// Whether it is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as a multistatus.
    pub fn multistatus(&self) -> Multistatus {
        assert_eq!(self.status, 207, "{}", self.body);
        Multistatus::parse(&self.body)
    }

    /// Whether a refusal names the precondition `need-privileges`, by which DAVx5 and Evolution know it.
    pub fn needs_privileges(&self) -> bool {
        self.status == 403 && self.body.contains("<D:need-privileges>")
    }
}

/// Under which condition a write goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum If {
    /// None.
    Always,
    /// If-Match.
    Match(String),
    /// If-None-Match: *.
    New,
}

impl If {
    /// If-Match with the version of a copy; none when the copy has none.
    pub fn matches(etag: Option<&String>) -> Self {
        etag.cloned().map_or(Self::Always, Self::Match)
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path.
    pub href: &'a str,
    /// Its headers but for the password.
    pub headers: Vec<(&'a str, String)>,
    /// Its body.
    pub body: String,
}

/// One device of one person.
pub struct Http {
    world: Rc<World>,
    login: String,
    authorization: String,
    agent: &'static str,
    manners: RefCell<Manners>,
    /// Methods that were sent, in order.
    sent: RefCell<Vec<String>>,
    /// Headers that each request of this client carries.
    prefer: Option<&'static str>,
}

/// As Evolution writes it, quotation marks and all.
pub const CALENDAR: (&str, &str) = ("Content-Type", "text/calendar; charset=\"utf-8\"");

const XMLNS: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:CS=\"http://calendarserver.org/ns/\"";

impl Http {
    /// A new device with an app password of its own.
    pub fn new(world: &Rc<World>, login: &str, agent: &'static str) -> Self {
        let pair = format!("{login}:{}", world.device(login));
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        Self {
            world: Rc::clone(world),
            login: login.to_owned(),
            authorization: format!("Basic {encoded}"),
            agent,
            manners: RefCell::new(Manners::Ours),
            sent: RefCell::default(),
            prefer: None,
        }
    }

    /// The same, with `Prefer` in every request.
    #[must_use]
    pub fn preferring(mut self, prefer: &'static str) -> Self {
        self.prefer = Some(prefer);
        self
    }

    /// From here on the server has other manners.
    pub fn behave(&self, manners: Manners) {
        *self.manners.borrow_mut() = manners;
    }

    /// The person's collection.
    pub fn collection(&self) -> String {
        collection(&self.login)
    }

    /// How many PUTs and DELETEs went out.
    pub fn writes(&self) -> usize {
        let is_write = |method: &&String| matches!(method.as_str(), "PUT" | "DELETE");
        self.sent.borrow().iter().filter(is_write).count()
    }

    /// One request, through whatever manners the server has.
    pub fn send(&self, asked: &Asked<'_>) -> Answer {
        self.sent.borrow_mut().push(asked.method.to_owned());
        self.manners.borrow_mut().answer(self, asked)
    }

    /// One request to the bridge itself.
    pub fn send_honestly(&self, asked: &Asked<'_>) -> Answer {
        let mut request = ::http::Request::builder()
            .method(asked.method)
            .uri(asked.href)
            .header("User-Agent", self.agent)
            .header("Authorization", &self.authorization);
        for (name, value) in &asked.headers {
            request = request.header(*name, value);
        }
        if let Some(prefer) = self.prefer {
            request = request.header("Prefer", prefer);
        }
        let body = Bytes::from(asked.body.clone());
        self.world.answer(request.body(body).unwrap())
    }

    /// PUT of a calendar text.
    pub fn put(&self, href: &str, text: &str, condition: &If) -> Answer {
        self.put_with(href, text, condition, vec![CALENDAR])
    }

    /// PUT of a text with headers of its own.
    pub fn put_with(
        &self,
        href: &str,
        text: &str,
        condition: &If,
        more: Vec<(&str, &str)>,
    ) -> Answer {
        let mut headers: Vec<_> = more
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        headers.extend(header(condition));
        self.send(&Asked {
            method: "PUT",
            href,
            headers,
            body: text.to_owned(),
        })
    }

    /// DELETE.
    pub fn delete(&self, href: &str, condition: &If) -> Answer {
        let headers = header(condition).into_iter().collect();
        self.send(&Asked {
            method: "DELETE",
            href,
            headers,
            body: String::new(),
        })
    }

    /// GET.
    pub fn get(&self, href: &str) -> Answer {
        self.send(&Asked {
            method: "GET",
            href,
            headers: vec![],
            body: String::new(),
        })
    }

    /// PROPFIND of some properties.
    pub fn propfind(&self, href: &str, depth: &str, properties: &str) -> Answer {
        let body = format!("<D:propfind {XMLNS}><D:prop>{properties}</D:prop></D:propfind>");
        let headers = vec![("Depth", depth.to_owned()), xml_type()];
        self.send(&Asked {
            method: "PROPFIND",
            href,
            headers,
            body,
        })
    }

    /// The ctag of the collection.
    pub fn ctag(&self) -> String {
        let answer = self
            .propfind(&self.collection(), "0", "<CS:getctag/>")
            .multistatus();
        answer
            .only()
            .text("{http://calendarserver.org/ns/}getctag")
            .to_owned()
    }

    /// The version of one member by PROPFIND; `None` when it is not there.
    pub fn etag(&self, href: &str) -> Option<String> {
        let answer = self.propfind(href, "0", "<D:getetag/>");
        if answer.status == 404 {
            None
        } else {
            answer.multistatus().only().etag()
        }
    }

    /// What is there, by PROPFIND at depth 1.
    pub fn list(&self) -> Listing {
        let wanted = "<D:getcontenttype/><D:resourcetype/><D:getetag/>";
        let mut answer = self.propfind(&self.collection(), "1", wanted).multistatus();
        let is_event = |kind: &Element| kind.text.starts_with("text/calendar");
        answer
            .responses
            .retain(|each| each.found.get("{DAV:}getcontenttype").is_some_and(is_event));
        answer.listing()
    }

    /// What is there since ninety days ago, by calendar-query.
    pub fn query(&self) -> Listing {
        let since = (self.world.now() - chrono::Days::new(90)).format("%Y%m%dT000000Z");
        let body = format!(
            "<C:calendar-query {XMLNS}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">\
             <C:comp-filter name=\"VEVENT\"><C:time-range start=\"{since}\"/></C:comp-filter></C:comp-filter>\
             </C:filter></C:calendar-query>"
        );
        self.report(body).listing()
    }

    /// What changed since a token; without one, what is there.
    pub fn sync(&self, token: &str) -> Multistatus {
        self.report(format!(
            "<D:sync-collection {XMLNS}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>\
             <D:prop><D:getcontenttype/><D:getetag/></D:prop></D:sync-collection>"
        ))
    }

    /// Version and text of some members; what is gone is left out.
    pub fn multiget(&self, hrefs: &[&str]) -> Vec<(String, Option<String>, String)> {
        let hrefs: String = hrefs
            .iter()
            .map(|href| format!("<D:href>{href}</D:href>"))
            .collect();
        let answer = self.report(format!(
            "<C:calendar-multiget {XMLNS}><D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}</C:calendar-multiget>"
        ));
        let found = answer
            .responses
            .iter()
            .filter(|response| response.status.is_none());
        found
            .map(|response| {
                let data = &response.found["{urn:ietf:params:xml:ns:caldav}calendar-data"];
                (response.href.clone(), response.etag(), data.text.clone())
            })
            .collect()
    }

    fn report(&self, body: String) -> Multistatus {
        let href = self.collection();
        let headers = vec![("Depth", "1".to_owned()), xml_type()];
        self.send(&Asked {
            method: "REPORT",
            href: &href,
            headers,
            body,
        })
        .multistatus()
    }
}

fn xml_type() -> (&'static str, String) {
    (
        "Content-Type",
        "application/xml; charset=\"utf-8\"".to_owned(),
    )
}

fn header(condition: &If) -> Option<(&'static str, String)> {
    match condition {
        If::Always => None,
        If::Match(etag) => Some(("If-Match", etag.clone())),
        If::New => Some(("If-None-Match", "*".to_owned())),
    }
}
