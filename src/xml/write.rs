//! Appending XML to a `String`: nothing is allocated per item, and what is appended is always well-formed text.
//!
//! Documents declare fixed prefixes on their root ([`start_document`]): `D` DAV, `C` CalDAV, `CS` calendarserver.org,
//! `A` Apple, `X` ours. Everything below may use them, so fragments can be rendered once and kept.

use super::parse::is_legal;
use super::{Attribute, Element, Name, Namespace, Node};

/// The declarations of the fixed prefixes, as they stand in a root element's start tag.
pub const DECLARATIONS: &str = concat!(
    r#" xmlns:D="DAV:""#,
    r#" xmlns:C="urn:ietf:params:xml:ns:caldav""#,
    r#" xmlns:CS="http://calendarserver.org/ns/""#,
    r#" xmlns:A="http://apple.com/ns/ical/""#,
    r#" xmlns:X="urn:advanta-bridge:ns""#,
);

/// Starts a document: XML declaration and the root's start tag with all prefixes. `root` is a prefixed name such as
/// `D:multistatus`; close it with [`end`].
pub fn start_document(out: &mut String, root: &str) {
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<");
    out.push_str(root);
    out.push_str(DECLARATIONS);
    out.push('>');
}

/// `<name>`; `name` is a prefixed name.
pub fn start(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

/// `</name>`.
pub fn end(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// `<name/>`.
pub fn empty(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
    out.push_str("/>");
}

/// `<name>text</name>`, escaped.
pub fn text_element(out: &mut String, name: &str, text: &str) {
    start(out, name);
    escape_text_into(out, text);
    end(out, name);
}

/// Appends text for element content.
///
/// Escapes `&`, `<`, `>` and carriage returns (a parser would turn a bare CR LF into LF, and iCalendar ends its lines
/// with CR LF). Characters that XML 1.0 §2.2 forbids even as references become U+FFFD.
pub fn escape_text_into(out: &mut String, text: &str) {
    escape_into(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

/// Appends text for an attribute value in double quotes; as [`escape_text_into`], and quotes, tabs and line ends too,
/// which a parser would turn into spaces.
pub fn escape_attr_into(out: &mut String, text: &str) {
    escape_into(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\r' => Some("&#13;"),
        b'\n' => Some("&#10;"),
        b'\t' => Some("&#9;"),
        _ => None,
    });
}

fn escape_into(out: &mut String, text: &str, escape: impl Fn(u8) -> Option<&'static str>) {
    out.reserve(text.len());
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        // The first two cover all that is common: nothing above '>' needs care in UTF-8 but EF, which starts U+FFFE.
        let (replacement, width) = match byte {
            0xEF => match text[at..].chars().next() {
                Some(c) if !is_legal(c) => ("\u{FFFD}", c.len_utf8()),
                _ => continue,
            },
            b'?'.. => continue,
            _ => match escape(byte) {
                Some(replacement) => (replacement, 1),
                None if is_legal(char::from(byte)) => continue,
                None => ("\u{FFFD}", 1),
            },
        };
        out.push_str(&text[copied..at]);
        out.push_str(replacement);
        copied = at + width;
    }
    out.push_str(&text[copied..]);
}

/// `<name/>` for any name: with its fixed prefix, else with a declaration of its own.
pub fn empty_name(out: &mut String, name: &Name) {
    open_tag(out, name, None);
    out.push_str("/>");
}

/// `<name>text</name>` for any name, escaped.
pub fn text_name(out: &mut String, name: &Name, text: &str) {
    open_tag(out, name, None);
    out.push('>');
    escape_text_into(out, text);
    end_tag(out, name);
}

/// An element as it was read, with fixed prefixes where they exist. The text stands by itself inside any of our
/// documents, so a dead property can be kept in this form. Prefixes that only its text mentions (QNames in content) are
/// not kept.
pub fn element(out: &mut String, element: &Element) {
    element_in(out, element, None);
}

/// `default` is the URI that names without a prefix have here.
fn element_in(out: &mut String, element: &Element, default: Option<&str>) {
    let default = open_tag(out, &element.name, default);
    for (n, attribute) in element.attributes.iter().enumerate() {
        write_attribute(out, attribute, n);
    }
    if element.children.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for child in &element.children {
        match child {
            Node::Text(text) => escape_text_into(out, text),
            Node::Element(child) => element_in(out, child, default),
        }
    }
    end_tag(out, &element.name);
}

/// Writes `<name` with the declaration it needs; gives back the default namespace inside.
fn open_tag<'a>(out: &mut String, name: &'a Name, default: Option<&'a str>) -> Option<&'a str> {
    out.push('<');
    push_name(out, name);
    if name.ns.prefix().is_some() || default.unwrap_or_default() == name.ns.uri() {
        return default;
    }
    out.push_str(" xmlns=\"");
    escape_attr_into(out, name.ns.uri());
    out.push('"');
    Some(name.ns.uri())
}

fn end_tag(out: &mut String, name: &Name) {
    out.push_str("</");
    push_name(out, name);
    out.push('>');
}

fn push_name(out: &mut String, name: &Name) {
    if let Some(prefix) = name.ns.prefix() {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(&name.local);
}

/// Names without a prefix have no namespace here, so a foreign one gets a prefix of its own, numbered in the element.
fn write_attribute(out: &mut String, attribute: &Attribute, number: usize) {
    use std::fmt::Write as _;
    out.push(' ');
    if let Namespace::Other(uri) = &attribute.name.ns {
        // Writing to a String cannot fail.
        let _ = write!(out, "xmlns:n{number}=\"");
        escape_attr_into(out, uri);
        let _ = write!(out, "\" n{number}:");
    }
    push_name(out, &attribute.name);
    out.push_str("=\"");
    escape_attr_into(out, &attribute.value);
    out.push('"');
}
