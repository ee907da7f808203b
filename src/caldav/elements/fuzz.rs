//! What a fuzzer replays: any bytes, bounded time, no panic.

use super::{Propfind, Proppatch, Report};
use crate::xml::{self, Limits};

/// Reads any bytes as every kind of body, and checks that a document which is accepted survives being written.
///
/// # Panics
/// When an accepted document changes by being written and read again: that is what fuzzing looks for.
pub fn fuzz_xml(bytes: &[u8]) {
    let _ = Propfind::parse(bytes);
    let _ = Proppatch::parse(bytes);
    if let Ok(Report::CalendarQuery(query)) = Report::parse(bytes) {
        let _ = query.filter.reach();
    }
    let Ok(read) = xml::parse(bytes, &Limits::BODY) else {
        return;
    };
    let mut text = String::new();
    xml::write::start_document(&mut text, "D:prop");
    xml::write::element(&mut text, &read);
    xml::write::end(&mut text, "D:prop");
    // The frame is one element more in depth and number, and escapes may take more room than what they stand for.
    let wider = Limits {
        bytes: text.len(),
        depth: Limits::BODY.depth + 1,
        elements: Limits::BODY.elements + 1,
        attributes: text.len(),
        text_bytes: text.len(),
    };
    let again = xml::parse(text.as_bytes(), &wider);
    let again = again.ok().and_then(|root| root.elements().next().cloned());
    assert_eq!(again.as_ref(), Some(&read), "written and read again");
}
