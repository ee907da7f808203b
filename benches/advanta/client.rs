//! A calendar client of one person: looks for news, reads and writes.

use crate::wire::{Line, Reply};
use uuid::Uuid;

const XML: (&str, &str) = ("content-type", "application/xml; charset=utf-8");
const ICS: (&str, &str) = ("content-type", "text/calendar; charset=utf-8");

/// A client over one connection.
pub struct Client {
    line: Line,
    home: String,
}

impl Client {
    /// A client of the calendar of `person`.
    pub fn new(url: &str, person: &str, authorization: &str) -> Self {
        Self {
            line: Line::to(url, Some(authorization)),
            home: format!("/dav/calendars/{person}/advanta/"),
        }
    }

    /// What is new since a token: the new token, and how many members moved.
    pub fn sync(&mut self, token: &str) -> (String, usize) {
        let body = format!(
            "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{token}</D:sync-token>\
             <D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
        );
        let reply = self.line.ask("REPORT", &self.home, &[XML], &body);
        assert_eq!(reply.status, 207, "{reply:?}");
        let moved = reply.body.matches("<D:response>").count();
        let token = between(&reply.body, "<D:sync-token>", "</D:sync-token>");
        (token.to_owned(), moved)
    }

    /// Where an object of ADVANTA is.
    pub fn href(&self, object: Uuid) -> String {
        format!("{}{object}.ics", self.home)
    }

    /// The text of an event.
    pub fn get(&mut self, href: &str) -> String {
        let reply = self.line.ask("GET", href, &[], "");
        assert_eq!(reply.status, 200, "{href}: {reply:?}");
        reply.body
    }

    /// Writes an event.
    pub fn put(&mut self, href: &str, text: &str) -> Reply {
        let reply = self.line.ask("PUT", href, &[ICS], text);
        assert_eq!(reply.status, 204, "{href}: {reply:?}");
        reply
    }
}

/// The event with another title.
pub fn renamed(text: &str, title: &str) -> String {
    let old = text.lines().find(|line| line.starts_with("SUMMARY:"));
    let old = old.expect("an event with a title");
    text.replacen(old, &format!("SUMMARY:{title}"), 1)
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let found = text
        .split_once(open)
        .and_then(|(_, rest)| rest.split_once(close));
    found.unwrap_or_else(|| panic!("no {open} in {text}")).0
}
