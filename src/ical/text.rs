//! TEXT values (RFC 5545 §3.3.11) and the card line of a description.

/// Escapes a text. Control characters other than line breaks and tabs have no place in iCalendar and are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' if chars.peek() != Some(&'\n') => out.push_str("\\n"),
            c if is_forbidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Reads an escaped text. A backslash before any other character stands for itself.
pub fn unescape(value: &str) -> String {
    if !value.contains('\\') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let read = match after.chars().next() {
            Some('n' | 'N') => Some('\n'),
            Some(special @ ('\\' | ';' | ',')) => Some(special),
            _ => None,
        };
        out.push(read.unwrap_or('\\'));
        rest = if read.is_some() { &after[1..] } else { after };
    }
    out.push_str(rest);
    out
}

/// Splits a list of texts at the commas that are not escaped.
pub fn split(value: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    value.split(move |c| {
        let separates = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        separates
    })
}

/// A text as it comes back when it was written and read: line breaks of one kind, no control characters.
pub fn as_read(text: &str) -> String {
    unescape(&escape(text))
}

/// One line of plain text: what a title is in a calendar. Line breaks and tabs become spaces, control characters go.
pub fn one_line(text: &str) -> String {
    let spaced = text.replace("\r\n", " ");
    let spaced = spaced.replace(['\r', '\n', '\t'], " ");
    spaced.chars().filter(|c| !is_forbidden(*c)).collect()
}

/// Characters that neither iCalendar (RFC 5545 §3.1, CONTROL) nor XML 1.0 (§2.2) can hold.
pub fn is_forbidden(c: char) -> bool {
    (c.is_ascii_control() && c != '\t') || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A description with the address of the card as its last line.
pub fn with_card(description: &str, card: Option<&str>) -> String {
    match card {
        None => description.to_owned(),
        Some(card) if description.is_empty() => card.to_owned(),
        Some(card) => format!("{description}\n\n{card}"),
    }
}

/// A description without the card line, and whether it had one. Clients trim or add line breaks at the end.
pub fn without_card<'a>(description: &'a str, card: Option<&str>) -> (&'a str, bool) {
    let Some(rest) = card.and_then(|card| description.trim_end().strip_suffix(card)) else {
        return (description, false);
    };
    if rest.is_empty() {
        return ("", true);
    }
    match rest.strip_suffix('\n') {
        Some(before) => (before.strip_suffix('\n').unwrap_or(before), true),
        None => (description, false),
    }
}
