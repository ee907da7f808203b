//! What one unfolded line says, of what matters to an index.

use super::broken::Foreign;
use crate::ical::{Property, content_line};
use std::borrow::Cow;

/// Parameters of one property; of a property with more, no time zone is read.
const PARAMETERS_MAX: usize = 64;

/// A line without a byte order mark: files that were put together have one at the beginning of each.
pub(super) fn unmarked(content: Cow<'_, str>) -> Cow<'_, str> {
    match content {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) if text.starts_with('\u{feff}') => {
            Cow::Owned(text.trim_start_matches('\u{feff}').to_owned())
        }
        owned => owned,
    }
}

/// A line as a property; `None` when it is none.
pub(super) fn parsed(content: &str) -> Option<Property> {
    content_line::parse(content, PARAMETERS_MAX).ok()
}

/// The name in a BEGIN or END.
pub(super) fn component_name(content: &str) -> Option<String> {
    parsed(content).map(|property| property.value().trim().to_ascii_uppercase())
}

/// The time zone that a property with parameters names.
pub(super) fn tzid_of(content: &str) -> Option<String> {
    let named = content
        .as_bytes()
        .windows(5)
        .any(|word| word.eq_ignore_ascii_case(b"TZID="));
    let property = named.then(|| parsed(content)).flatten()?;
    property.param("TZID").map(|tzid| tzid.trim().to_owned())
}

/// The UID, borrowed from the file where it stands there as it is.
pub(super) fn uid(content: Cow<'_, str>, name_end: usize) -> Option<Cow<'_, str>> {
    match content {
        Cow::Borrowed(text) if text[name_end..].starts_with(':') && !text.contains('\\') => {
            Some(Cow::Borrowed(&text[name_end + 1..]))
        }
        content => parsed(&content).map(|property| Cow::Owned(property.as_text())),
    }
}

/// Why the events of a calendar with this property cannot be taken.
pub(super) fn foreign(property: &Property) -> Option<Foreign> {
    let value = property.value().trim().to_ascii_uppercase();
    match (property.name(), &*value) {
        ("VERSION", "2.0") | ("CALSCALE", "GREGORIAN") => None,
        ("VERSION", _) => Some(Foreign::Version),
        ("CALSCALE", _) => Some(Foreign::Scale),
        ("METHOD", "CANCEL" | "REPLY" | "REFRESH" | "COUNTER" | "DECLINECOUNTER") => {
            Some(Foreign::Message)
        }
        _ => None,
    }
}
