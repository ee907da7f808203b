//! A component whose END has not come yet.

use super::broken::Why;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What a component directly in a calendar is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `VEVENT`.
    Event,
    /// `VTIMEZONE`.
    Zone,
    /// Anything else, by its name.
    Other(&'static str),
}

impl Role {
    fn of(name: &str) -> Self {
        match name {
            "VEVENT" => Self::Event,
            "VTIMEZONE" => Self::Zone,
            "VTODO" => Self::Other("VTODO"),
            "VJOURNAL" => Self::Other("VJOURNAL"),
            "VFREEBUSY" => Self::Other("VFREEBUSY"),
            "VALARM" => Self::Other("VALARM"),
            "VAVAILABILITY" => Self::Other("VAVAILABILITY"),
            _ => Self::Other("a component of another kind"),
        }
    }
}

/// A component whose END has not come yet.
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) role: Role,
    /// Place of its first byte.
    pub(super) from: usize,
    pub(super) line: usize,
    /// Its name and the names of the components open inside it.
    stack: Vec<String>,
    /// The first thing that was found wrong with it.
    pub(super) why: Option<Why>,
    pub(super) uid: Option<Cow<'a, str>>,
    pub(super) is_override: bool,
    /// Numbers of the time zones that it names.
    pub(super) names: BTreeSet<u32>,
    /// Of a time zone its own number.
    pub(super) tzid: Option<u32>,
}

/// What an END did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// A component inside, or nothing.
    Inner,
    /// The component itself.
    Whole,
}

impl Open<'_> {
    pub(super) fn new(name: String, from: usize, line: usize) -> Self {
        Self {
            role: Role::of(&name),
            from,
            line,
            stack: vec![name],
            why: None,
            uid: None,
            is_override: false,
            names: BTreeSet::new(),
            tzid: None,
        }
    }

    pub(super) fn fail(&mut self, why: Why) {
        self.why.get_or_insert(why);
    }

    /// Whether properties that follow are its own.
    pub(super) fn is_at_its_own_level(&self) -> bool {
        self.stack.len() == 1
    }

    /// A component begins inside. Past the bound only the end of the whole is looked for.
    pub(super) fn begin(&mut self, name: String, depth_max: usize) {
        // The calendar around it counts.
        if self.stack.len() + 1 < depth_max {
            self.stack.push(name);
        } else {
            self.fail(Why::TooDeep);
        }
    }

    /// An END inside it.
    pub(super) fn end(&mut self, name: &str) -> Ended {
        match self.stack.iter().rposition(|open| open == name) {
            Some(place) => {
                if place + 1 < self.stack.len() {
                    self.fail(Why::Unfinished);
                }
                self.stack.truncate(place);
            }
            None => self.fail(Why::StrayEnd),
        }
        if self.stack.is_empty() {
            Ended::Whole
        } else {
            Ended::Inner
        }
    }
}
