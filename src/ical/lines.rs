//! Physical lines to logical ones (RFC 5545 §3.1, unfolding).

use super::{Invalid, Limits, text};
use std::borrow::Cow;

/// A content line unfolded.
pub(crate) struct Logical<'a> {
    /// Its content without line endings and folds.
    pub content: Cow<'a, str>,
    /// Its physical lines with their endings; `None` when they are no good XML text (see `document`).
    pub raw: Option<&'a str>,
    /// Its first physical line, from 1.
    pub line: usize,
    /// How its first physical line ends.
    pub ends_with_crlf: bool,
}

impl Logical<'_> {
    /// Whether it holds nothing but white space.
    pub(crate) fn is_blank(&self) -> bool {
        self.content
            .chars()
            .all(|c| matches!(c, ' ' | '\t' | '\u{feff}'))
    }
}

/// What is said of text in another encoding.
pub(crate) const NOT_UTF8: &str = "the text is not UTF-8";

/// The logical lines of a text, or the first line that is none.
pub(crate) fn logical_lines<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> impl Iterator<Item = Result<Logical<'a>, Invalid>> {
    Lines {
        rest: bytes,
        line: 1,
        limits: *limits,
        failed: bytes.len() > limits.bytes_max,
        first: true,
    }
}

struct Lines<'a> {
    rest: &'a [u8],
    line: usize,
    limits: Limits,
    failed: bool,
    first: bool,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Logical<'a>, Invalid>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed && self.first {
            self.first = false;
            return Some(Err(Invalid::new(1, "the text is too long")));
        }
        if self.failed || self.rest.is_empty() {
            return None;
        }
        self.first = false;
        let line = self.line;
        if line > self.limits.lines_max {
            self.failed = true;
            return Some(Err(Invalid::new(line, "there are too many lines")));
        }
        let raw = self.cut();
        let logical = logical(raw, line);
        self.failed = logical.is_err();
        Some(logical)
    }
}

impl<'a> Lines<'a> {
    /// Cuts the physical lines of the next logical line off the rest.
    fn cut(&mut self) -> &'a [u8] {
        let (end, lines) = logical_end(self.rest);
        self.line += lines;
        let (raw, rest) = self.rest.split_at(end);
        self.rest = rest;
        raw
    }
}

/// Length in bytes and number of the physical lines that make the first logical line.
pub(crate) fn logical_end(bytes: &[u8]) -> (usize, usize) {
    let mut end = physical(bytes);
    let mut lines = 1;
    // A blank line continues nothing and is continued by nothing.
    let blank = bytes[..end].iter().all(u8::is_ascii_whitespace);
    while !blank && matches!(bytes.get(end), Some(b' ' | b'\t')) {
        end += physical(&bytes[end..]);
        lines += 1;
    }
    (end, lines)
}

/// Length of the first physical line with its ending.
fn physical(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |index| index + 1)
}

/// Reads the physical lines of one logical line, the first of which has the number `line`.
pub(crate) fn logical(raw: &[u8], line: usize) -> Result<Logical<'_>, Invalid> {
    let ends_with_crlf = raw[..physical(raw)].ends_with(b"\r\n") || !raw.contains(&b'\n');
    let whole = std::str::from_utf8(raw).ok();
    let content = match whole {
        Some(text) if physical(raw) == raw.len() => Cow::Borrowed(without_ending(text)),
        _ => Cow::Owned(unfold(raw).ok_or_else(|| Invalid::new(line, NOT_UTF8))?),
    };
    if content.starts_with([' ', '\t']) && !content.trim().is_empty() {
        return Err(Invalid::new(line, "a folded line continues nothing"));
    }
    if content.contains(text::is_forbidden) {
        let content = content.replace(text::is_forbidden, "");
        return Ok(Logical {
            content: Cow::Owned(content),
            raw: None,
            line,
            ends_with_crlf,
        });
    }
    let content = match content {
        Cow::Borrowed(text) if line == 1 => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) if line == 1 => Cow::Owned(text.trim_start_matches('\u{feff}').to_owned()),
        other => other,
    };
    Ok(Logical {
        content,
        raw: whole,
        line,
        ends_with_crlf,
    })
}

fn without_ending(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Joins physical lines before looking at their characters: a fold may stand inside one. `None`: not UTF-8.
fn unfold(raw: &[u8]) -> Option<String> {
    let mut joined = Vec::with_capacity(raw.len());
    for (index, line) in raw.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        joined.extend_from_slice(if index == 0 { line } else { line.get(1..)? });
    }
    String::from_utf8(joined).ok()
}
