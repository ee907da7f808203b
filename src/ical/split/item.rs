//! One object of a file.

use super::group::Group;
use super::shelf::{Piece, Shelf};
use crate::ical::render::PRODID;
use std::collections::BTreeMap;

/// One object of a file: the master and the overrides of one UID.
#[derive(Clone, Debug)]
pub struct Item<'s> {
    /// UID of its components.
    pub uid: &'s str,
    /// Physical line of its first component in the file, from 1.
    pub line: usize,
    pieces: Vec<&'s Piece>,
    bytes: &'s [u8],
}

impl<'s> Item<'s> {
    pub(super) fn new(shelf: &'s Shelf<'_>, group: &Group) -> Self {
        let first = &shelf.parts[group.first as usize];
        let zones: BTreeMap<u32, &Piece> = shelf
            .chain(group)
            .flat_map(|part| shelf.zones_of(part))
            .map(|(name, zone)| (name, &zone.piece))
            .collect();
        let parts = shelf.chain(group).map(|part| &part.piece);
        Self {
            uid: &first.uid,
            line: first.piece.line,
            pieces: zones.into_values().chain(parts).collect(),
            bytes: shelf.bytes,
        }
    }

    /// A `VCALENDAR` of its own: the time zones that its components name, and the components byte for byte. Only a fold
    /// inside a character, which no text can hold, is moved to its border.
    pub fn text(&self) -> String {
        let mut text = head();
        for piece in &self.pieces {
            push_lines(&self.bytes[piece.range.clone()], &mut text);
        }
        text.push_str("END:VCALENDAR\r\n");
        text
    }

    /// The line of the file that a line of [`text`](Self::text) was; of lines that no file has, the line of the item.
    pub fn file_line(&self, line: usize) -> usize {
        let mut before = head().lines().count();
        for piece in &self.pieces {
            let lines = lines(&self.bytes[piece.range.clone()]).count();
            if line > before && line <= before + lines {
                return piece.line + line - before - 1;
            }
            before += lines;
        }
        self.line
    }
}

fn head() -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODID}\r\n")
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// Appends physical lines, the last one with an ending. The number of lines stays.
fn push_lines(bytes: &[u8], text: &mut String) {
    match std::str::from_utf8(bytes) {
        Ok(whole) => text.push_str(whole),
        Err(_) => push_repaired(bytes, text),
    }
    if !text.ends_with('\n') {
        text.push_str("\r\n");
    }
}

/// Appends lines some of which are folded inside a character: its first bytes go to the line on which it ends.
fn push_repaired(bytes: &[u8], text: &mut String) {
    let mut begun: Vec<u8> = Vec::new();
    for line in lines(bytes) {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let ending = &line[content.len()..];
        let mut whole = content.to_vec();
        if !begun.is_empty() && !whole.is_empty() {
            // Behind the space that marks the continuation.
            whole.splice(1..1, begun.drain(..));
        }
        let cut = match std::str::from_utf8(&whole) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Ok(_) | Err(_) => whole.len(),
        };
        begun = whole.split_off(cut);
        text.push_str(&String::from_utf8_lossy(&whole));
        text.push_str(&String::from_utf8_lossy(ending));
    }
}
