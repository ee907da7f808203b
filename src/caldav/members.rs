//! Responses of members in a multistatus: what is asked is compiled once, each member is then only appended.

use super::elements::{PropertyName, Propfind};
use super::get::CALENDAR;
use super::properties::{self, MEMBER_PRIVILEGES};
use super::target::Hrefs;
use crate::bridge::snapshot::Entry;
use crate::bridge::spelling::segment;
use crate::model::{Epoch, ResourceName, UserId};
use crate::xml::Namespace;
use crate::xml::write;
use std::fmt::Write as _;

/// A part of a member's `prop`.
enum Part {
    /// The same for all.
    Fixed(String),
    Etag,
    Length,
    Data,
}

/// How each member of one answer is written.
pub struct Template {
    start: String,
    epoch: Epoch,
    parts: Vec<Part>,
    missing: String,
}

impl Template {
    /// Compiles a wish. `data` says whether `calendar-data` may be among it: in reports, not in PROPFIND
    /// (RFC 4791 §9.6). `minimal` leaves out what is not there.
    pub fn new(wish: &Propfind, user: &UserId, epoch: &Epoch, data: bool, minimal: bool) -> Self {
        let mut template = Self {
            start: format!("<D:response><D:href>{}", Hrefs::collection(user)),
            epoch: epoch.clone(),
            parts: vec![],
            missing: String::new(),
        };
        match wish {
            Propfind::Prop(names) => names.iter().for_each(|name| template.add(name, user, data)),
            Propfind::AllProp { include } => {
                for name in [
                    "getetag",
                    "getcontenttype",
                    "getcontentlength",
                    "resourcetype",
                ] {
                    template.add(&PropertyName::dav(name), user, data);
                }
                include
                    .iter()
                    .for_each(|name| template.add(name, user, data));
            }
            Propfind::PropName => {
                let names = "<D:getetag/><D:getcontenttype/><D:getcontentlength/><D:resourcetype/>\
                             <D:current-user-privilege-set/><D:current-user-principal/><D:owner/>";
                template.parts.push(Part::Fixed(names.to_owned()));
            }
        }
        if minimal {
            template.missing.clear();
        }
        if !template.missing.is_empty() {
            template.missing = format!(
                "<D:propstat><D:prop>{}</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>",
                template.missing
            );
        }
        template
    }

    fn add(&mut self, name: &PropertyName, user: &UserId, data: bool) {
        let part = match (&name.ns, &*name.local) {
            (Namespace::Dav, "getetag") => Part::Etag,
            (Namespace::Dav, "getcontentlength") => Part::Length,
            (Namespace::CalDav, "calendar-data") if data => Part::Data,
            (Namespace::Dav, "getcontenttype") => {
                Part::Fixed(format!("<D:getcontenttype>{CALENDAR}</D:getcontenttype>"))
            }
            (Namespace::Dav, "resourcetype") => Part::Fixed("<D:resourcetype/>".to_owned()),
            (Namespace::Dav, "supported-report-set") => {
                Part::Fixed("<D:supported-report-set/>".to_owned())
            }
            (Namespace::Dav, "current-user-privilege-set") => {
                Part::Fixed(MEMBER_PRIVILEGES.to_owned())
            }
            (Namespace::Dav, "current-user-principal" | "owner") => Part::Fixed(
                properties::href_property(&name.local, &Hrefs::principal(user)),
            ),
            _ => {
                write::empty_name(&mut self.missing, name);
                return;
            }
        };
        self.parts.push(part);
    }

    /// Whether bodies go out.
    pub fn has_data(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Data))
    }

    /// Appends one member.
    pub fn member(&self, out: &mut String, entry: &Entry) {
        out.push_str(&self.start);
        out.push_str(&entry.segment);
        out.push_str("</D:href>");
        if !self.parts.is_empty() || self.missing.is_empty() {
            out.push_str("<D:propstat><D:prop>");
            for part in &self.parts {
                self.part(out, part, entry);
            }
            out.push_str("</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>");
        }
        out.push_str(&self.missing);
        out.push_str("</D:response>");
    }

    fn part(&self, out: &mut String, part: &Part, entry: &Entry) {
        match part {
            Part::Fixed(text) => out.push_str(text),
            Part::Etag => {
                // Writing to a String cannot fail.
                let _infallible = write!(
                    out,
                    "<D:getetag>\"{}-{}\"</D:getetag>",
                    self.epoch, entry.resource.revision
                );
            }
            Part::Length => {
                let bytes = entry.text.len();
                let _infallible = write!(out, "<D:getcontentlength>{bytes}</D:getcontentlength>");
            }
            Part::Data => {
                out.push_str("<C:calendar-data>");
                out.push_str(&entry.escaped);
                out.push_str("</C:calendar-data>");
            }
        }
    }

    /// Appends "there is nothing of that name" (RFC 6578 §3.4, RFC 4791 §7.9).
    pub fn gone(&self, out: &mut String, name: &ResourceName) {
        out.push_str(&self.start);
        out.push_str(&segment(name.as_str()));
        out.push_str("</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>");
    }
}

/// Appends "there is nothing at this href", whatever a client sent as one.
pub fn not_found(out: &mut String, href: &str) {
    out.push_str("<D:response><D:href>");
    write::escape_text_into(out, href);
    out.push_str("</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>");
}
