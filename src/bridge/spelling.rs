//! Two spellings that both the snapshots and the protocol need, so that they are made once per change and not per read.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 §2.3, and `@`, which a path segment may hold and UIDs often do.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// One path segment, percent-encoded.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A text as XML character data. A carriage return is written as a reference: a parser would turn a bare CRLF into LF
/// (XML 1.0 §2.11), and the client would not get the bytes that it sent.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    crate::xml::write::escape_text_into(&mut out, text);
    out
}
