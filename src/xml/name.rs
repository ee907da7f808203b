//! Names with resolved namespaces.

use std::sync::Arc;

/// The namespaces that we speak, and the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// `DAV:` (RFC 4918).
    Dav,
    /// `urn:ietf:params:xml:ns:caldav` (RFC 4791).
    CalDav,
    /// `http://calendarserver.org/ns/`: `getctag` and relatives.
    CalendarServer,
    /// `http://apple.com/ns/ical/`: calendar colour and order.
    AppleIcal,
    /// Our own, [`Namespace::ADVANTA`]: what a refusal says for machines.
    Advanta,
    /// `http://www.w3.org/XML/1998/namespace`: `xml:lang`.
    Xml,
    /// No namespace.
    None,
    /// Any other.
    Other(Arc<str>),
}

impl Namespace {
    /// Our own namespace; part of the answers, so it never changes.
    pub const ADVANTA: &'static str = "urn:advanta-bridge:ns";

    /// The namespace of a URI.
    pub fn of(uri: &str) -> Self {
        match uri {
            "" => Self::None,
            "DAV:" => Self::Dav,
            "urn:ietf:params:xml:ns:caldav" => Self::CalDav,
            "http://calendarserver.org/ns/" => Self::CalendarServer,
            "http://apple.com/ns/ical/" => Self::AppleIcal,
            Self::ADVANTA => Self::Advanta,
            "http://www.w3.org/XML/1998/namespace" => Self::Xml,
            other => Self::Other(other.into()),
        }
    }

    /// The URI.
    pub fn uri(&self) -> &str {
        match self {
            Self::Dav => "DAV:",
            Self::CalDav => "urn:ietf:params:xml:ns:caldav",
            Self::CalendarServer => "http://calendarserver.org/ns/",
            Self::AppleIcal => "http://apple.com/ns/ical/",
            Self::Advanta => Self::ADVANTA,
            Self::Xml => "http://www.w3.org/XML/1998/namespace",
            Self::None => "",
            Self::Other(uri) => uri,
        }
    }

    /// The prefix that [`super::write::start_document`] declares for it on every root element.
    pub fn prefix(&self) -> Option<&'static str> {
        match self {
            Self::Dav => Some("D"),
            Self::CalDav => Some("C"),
            Self::CalendarServer => Some("CS"),
            Self::AppleIcal => Some("A"),
            Self::Advanta => Some("X"),
            Self::Xml => Some("xml"),
            Self::None | Self::Other(_) => None,
        }
    }
}

/// A name in its namespace; the local part has the form of an NCName.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Its namespace.
    pub ns: Namespace,
    /// The local part.
    pub local: Arc<str>,
}

impl Name {
    /// A name; `local` must be an NCName.
    pub fn new(ns: Namespace, local: &str) -> Self {
        debug_assert!(is_ncname(local));
        Self {
            ns,
            local: local.into(),
        }
    }

    /// A name of `DAV:`.
    pub fn dav(local: &str) -> Self {
        Self::new(Namespace::Dav, local)
    }

    /// A name of CalDAV.
    pub fn caldav(local: &str) -> Self {
        Self::new(Namespace::CalDav, local)
    }

    /// Whether it is this name.
    pub fn is(&self, ns: &Namespace, local: &str) -> bool {
        self.ns == *ns && &*self.local == local
    }
}

/// Whether a text is an NCName (Namespaces in XML 1.0 §3, XML 1.0 §2.3): names that are written back must be names.
pub(super) fn is_ncname(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(starts_name) && chars.all(continues_name)
}

fn starts_name(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
