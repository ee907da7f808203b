//! Goes through a file line by line and notes where its components stand.
//!
//! A component that does not end is given up where something begins that cannot be inside it, so that one broken event
//! costs no other.

use super::SplitLimits;
use super::broken::Why;
use super::line::{component_name, foreign, parsed, tzid_of, uid, unmarked};
use super::open::{Ended, Open, Role};
use super::shelf::{Part, Piece, Shelf, ZonePart};
use crate::ical::lines::{Logical, NOT_UTF8, logical, logical_end};
use crate::ical::read::NOT_INSIDE;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Finds the components of a file.
pub(super) fn scan(bytes: &[u8], limits: SplitLimits) -> Shelf<'_> {
    let mut scan = Scan {
        shelf: Shelf::new(bytes, limits),
        sets: BTreeMap::new(),
        calendar: None,
        open: None,
        covered: 0,
        is_full: false,
        is_outside: false,
    };
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let (length, lines) = logical_end(&bytes[at..]);
        scan.take(at, length, line);
        if scan.is_full {
            return scan.full(at, line);
        }
        at += length;
        line += lines;
    }
    scan.finish(line - 1)
}

struct Scan<'a> {
    shelf: Shelf<'a>,
    /// Sets of names of time zones, by content.
    sets: BTreeMap<Vec<u32>, u32>,
    /// The calendar that is open: its number and line.
    calendar: Option<(u32, usize)>,
    open: Option<Open<'a>>,
    /// Where the last component ended.
    covered: usize,
    /// Whether there was no room for something.
    is_full: bool,
    /// Whether the text outside of calendars was named already.
    is_outside: bool,
}

impl<'a> Scan<'a> {
    /// Takes one logical line.
    fn take(&mut self, at: usize, length: usize, line: usize) {
        let raw = &self.shelf.bytes[at..at + length];
        if length > self.shelf.limits.line_bytes_max {
            self.fail(Why::LineTooLong);
        } else {
            match logical(raw, line) {
                Ok(logical) => self.line(logical, at, at + length, line),
                Err(invalid) if invalid.what == NOT_UTF8 => self.fail(Why::NotUtf8),
                // The reader of the item says the rest.
                Err(_) => {}
            }
        }
        // Lines of a component are counted as a whole, when it ends.
        if !self.is_full && self.open.is_none() && self.covered < at + length {
            self.shelf.around += length;
        }
    }

    /// Notes what is wrong with the component that is open.
    fn fail(&mut self, why: Why) {
        if let Some(open) = &mut self.open {
            open.fail(why);
        }
    }

    fn line(&mut self, logical: Logical<'a>, at: usize, end: usize, line: usize) {
        if logical.is_blank() {
            return;
        }
        let content = unmarked(logical.content);
        let name_end = content.find([':', ';']).unwrap_or(content.len());
        let is = |name: &str| content[..name_end].eq_ignore_ascii_case(name);
        if is("BEGIN")
            && let Some(name) = component_name(&content)
        {
            return self.begin(name, at, line);
        }
        if is("END")
            && let Some(name) = component_name(&content)
        {
            return self.end(&name, at, end, line);
        }
        match (&mut self.open, self.calendar) {
            (Some(_), _) => self.inside(content, name_end),
            (None, Some((calendar, _))) => self.calendar_property(calendar, &content),
            (None, None) => self.outside(line),
        }
    }

    fn begin(&mut self, name: String, at: usize, line: usize) {
        if let Some(open) = &mut self.open {
            if !NOT_INSIDE.contains(&&*name) {
                return open.begin(name, self.shelf.limits.depth_max);
            }
            self.give_up(Why::Unfinished, at);
        }
        if !self.has_room() {
            return;
        }
        if name != "VCALENDAR" {
            let mut open = Open::new(name, at, line);
            if self.calendar.is_none() {
                open.fail(Why::Outside);
            }
            self.open = Some(open);
            return;
        }
        if let Some((_, line)) = self.calendar {
            self.shelf.fault(line, Why::Unfinished);
        }
        let number = u32::try_from(self.shelf.calendars.len()).unwrap_or(u32::MAX);
        self.shelf.calendars.push(None);
        self.calendar = Some((number, line));
        self.is_outside = false;
    }

    fn end(&mut self, name: &str, at: usize, end: usize, line: usize) {
        match &mut self.open {
            Some(_) if name == "VCALENDAR" => self.give_up(Why::Unfinished, at),
            Some(open) => {
                if open.end(name) == Ended::Whole {
                    self.close(end);
                }
                return;
            }
            None => {}
        }
        if name == "VCALENDAR" && self.calendar.is_some() {
            self.calendar = None;
        } else if self.has_room() {
            self.shelf.fault(line, Why::StrayEnd);
        }
    }

    /// Whether something more may be found. Each of them takes memory.
    fn has_room(&mut self) -> bool {
        self.is_full |= self.shelf.is_full();
        !self.is_full
    }

    /// Ends the open component where it does not end itself.
    fn give_up(&mut self, why: Why, at: usize) {
        if let Some(open) = &mut self.open {
            open.why = Some(why);
            self.close(at);
        }
    }

    /// The open component ends before `end`.
    fn close(&mut self, end: usize) {
        let Some(open) = self.open.take() else {
            return;
        };
        self.covered = end;
        let range = open.from..end;
        let (bytes, line) = (range.len(), open.line);
        let piece = Piece { range, line };
        let calendar = self.calendar.map_or(0, |(number, _)| number);
        let why = match (open.why, open.role, open.tzid) {
            (Some(why), _, _) => why,
            (None, Role::Other(name), _) => Why::NotAnEvent(name),
            (None, Role::Event, _) => {
                self.shelf.events += bytes;
                let part = self.part(open, piece, calendar);
                return self.shelf.parts.push(part);
            }
            (None, Role::Zone, Some(name)) => return self.zone(name, piece, calendar),
            // A zone without a name serves nobody, and its loss nobody notices.
            (None, Role::Zone, None) => {
                self.shelf.around += bytes;
                return;
            }
        };
        self.shelf.lost += bytes;
        self.shelf.fault(line, why);
    }

    fn part(&mut self, open: Open<'a>, piece: Piece, calendar: u32) -> Part<'a> {
        let set: Vec<u32> = open.names.into_iter().collect();
        let names = match self.sets.get(&set) {
            Some(names) => *names,
            None => {
                let new = u32::try_from(self.shelf.names.len()).unwrap_or(u32::MAX);
                self.shelf.names.push(set.clone());
                self.sets.insert(set, new);
                new
            }
        };
        Part {
            piece,
            uid: open.uid.unwrap_or_default(),
            is_override: open.is_override,
            names,
            calendar,
            next: None,
        }
    }

    fn zone(&mut self, name: u32, piece: Piece, calendar: u32) {
        let place = u32::try_from(self.shelf.zones.len()).unwrap_or(u32::MAX);
        self.shelf.zones.push(ZonePart { piece });
        self.shelf.zone_places.insert((name, calendar), place);
    }

    /// A property in the open component.
    fn inside(&mut self, content: Cow<'a, str>, name_end: usize) {
        let Some(open) = &mut self.open else {
            return;
        };
        let is = |name: &str| content[..name_end].eq_ignore_ascii_case(name);
        let (own, role) = (open.is_at_its_own_level(), open.role);
        if role == Role::Event && content[name_end..].starts_with(';') {
            let tzid = tzid_of(&content);
            open.names
                .extend(tzid.and_then(|tzid| self.shelf.number(&tzid)));
        }
        if own && role == Role::Event && is("RECURRENCE-ID") {
            open.is_override = true;
        } else if own && role == Role::Event && open.uid.is_none() && is("UID") {
            open.uid = uid(content, name_end);
        } else if own && role == Role::Zone && open.tzid.is_none() && is("TZID") {
            let tzid = parsed(&content).map(|tzid| tzid.value().trim().to_owned());
            open.tzid = tzid.and_then(|tzid| self.shelf.number(&tzid));
        }
    }

    fn calendar_property(&mut self, calendar: u32, content: &str) {
        let Some(property) = ["VERSION", "CALSCALE", "METHOD"]
            .iter()
            .any(|name| {
                content
                    .get(..name.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(name))
            })
            .then(|| parsed(content))
            .flatten()
        else {
            return;
        };
        if let Some(state) = self.shelf.calendars.get_mut(calendar as usize) {
            *state = state.or(foreign(&property));
        }
    }

    fn outside(&mut self, line: usize) {
        if !self.is_outside && self.has_room() {
            self.is_outside = true;
            self.shelf.fault(line, Why::Outside);
        }
    }

    /// There is no room for more.
    fn full(mut self, at: usize, line: usize) -> Shelf<'a> {
        let from = self.open.map_or(at, |open| open.from);
        self.shelf.lost += self.shelf.bytes.len() - from;
        self.shelf.fault(line, Why::TooMany);
        self.shelf
    }

    /// The file ends after `line`.
    fn finish(mut self, line: usize) -> Shelf<'a> {
        if self.open.is_some() {
            self.give_up(Why::CutOff, self.shelf.bytes.len());
        } else if self.calendar.is_some() {
            self.shelf.fault(line, Why::CutOff);
        } else if self.shelf.calendars.is_empty() && self.shelf.broken.is_empty() {
            self.shelf.fault(1, Why::Empty);
        }
        self.shelf
    }
}
