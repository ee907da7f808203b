//! How ADVANTA misbehaves: each manner is switched on and off at any time, and counts how often it happened.

use super::dice::Dice;
use super::thing::Sort;
use std::time::Duration;
use uuid::Uuid;

/// A call of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// `GET changes`
    Changes,
    /// `GET objects/{key}`
    Get,
    /// `POST objects`
    Create,
    /// `PATCH objects/{key}`
    Change,
    /// `DELETE objects/{key}`
    Delete,
    /// `GET people/{id}`
    Person,
}

impl Op {
    /// Whether it is meant to change something.
    pub fn writes(self) -> bool {
        match self {
            Self::Create | Self::Change | Self::Delete => true,
            Self::Changes | Self::Get | Self::Person => false,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The answer takes so much longer.
    Slow(Duration),
    /// The connection is closed before anything is done.
    Away,
    /// 503, with so many seconds in Retry-After or without the header.
    Unavailable(Option<u32>),
    /// 429 with so many seconds in Retry-After.
    Throttled(u32),
    /// 404 with a page for people, as a web server answers to a wrong address.
    WrongAddress,
    /// A 200 that no JSON parser takes.
    Garbage,
    /// A write is refused for good: 422.
    Refuse,
    /// A change or a deletion is told that it is too late, though it is not: 409.
    Stale,
    /// The planned start of a write is left as it is, and nobody is told.
    IgnoreStart,
    /// The same for the planned end.
    IgnoreEnd,
    /// All is done; then the connection is closed without an answer.
    AnswerLost,
    /// All is done; then the answer is a bare 500.
    AnswerBroken,
}

impl Mishap {
    /// Whether it can happen in a call at all.
    fn fits(self, op: Op) -> bool {
        match self {
            Self::Refuse => op.writes(),
            Self::Stale => matches!(op, Op::Change | Op::Delete),
            Self::IgnoreStart | Self::IgnoreEnd => matches!(op, Op::Create | Op::Change),
            Self::Slow(_)
            | Self::Away
            | Self::Unavailable(_)
            | Self::Throttled(_)
            | Self::WrongAddress
            | Self::Garbage
            | Self::AnswerLost
            | Self::AnswerBroken => true,
        }
    }
}

/// Where and how often a mishap happens; [`Manner::of`] is everywhere and always.
#[derive(Clone, Debug)]
pub struct Manner {
    mishap: Mishap,
    calls: Vec<Op>,
    sort: Option<Sort>,
    key: Option<Uuid>,
    left: Option<u32>,
    one_in: u64,
    happened: u32,
}

impl Manner {
    /// The mishap in every call that it fits, until it is switched off.
    pub fn of(mishap: Mishap) -> Self {
        Self {
            mishap,
            calls: Vec::new(),
            sort: None,
            key: None,
            left: None,
            one_in: 1,
            happened: 0,
        }
    }

    /// Only in these calls.
    pub fn in_calls(mut self, calls: &[Op]) -> Self {
        self.calls = calls.to_vec();
        self
    }

    /// Only with things of this kind.
    pub fn with_sort(mut self, sort: Sort) -> Self {
        self.sort = Some(sort);
        self
    }

    /// Only with this thing, by either of its ids.
    pub fn with_thing(mut self, key: Uuid) -> Self {
        self.key = Some(key);
        self
    }

    /// Only so many times.
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// Only once in so many calls on average.
    pub fn one_in(mut self, calls: u64) -> Self {
        self.one_in = calls;
        self
    }
}

/// What a call is about, as far as manners care.
#[derive(Clone, Debug)]
pub struct About {
    /// The call.
    pub op: Op,
    /// The kind of the thing, when it is known.
    pub sort: Option<Sort>,
    /// Both ids of the thing, as far as they are known.
    pub keys: Vec<Uuid>,
}

/// The name of a manner that was switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MannerId(usize);

/// All manners, also those that are over.
#[derive(Debug, Default)]
pub struct Manners(Vec<(Manner, bool)>);

impl Manners {
    /// Switches a manner on.
    pub fn on(&mut self, manner: Manner) -> MannerId {
        self.0.push((manner, true));
        MannerId(self.0.len() - 1)
    }

    /// Switches a manner off; its count stays.
    pub fn off(&mut self, id: MannerId) {
        if let Some((_, on)) = self.0.get_mut(id.0) {
            *on = false;
        }
    }

    /// Switches every manner off.
    pub fn all_off(&mut self) {
        for (_, on) in &mut self.0 {
            *on = false;
        }
    }

    /// How often it happened.
    pub fn happened(&self, id: MannerId) -> u32 {
        self.0.get(id.0).map_or(0, |(manner, _)| manner.happened)
    }

    /// What goes wrong in a call; each that is named here is counted.
    pub fn strike(&mut self, about: &About, dice: &mut Dice) -> Vec<Mishap> {
        let on = self.0.iter_mut().filter(|(_, on)| *on);
        on.filter_map(|(manner, _)| manner.strike(about, dice))
            .collect()
    }
}

impl Manner {
    fn strike(&mut self, about: &About, dice: &mut Dice) -> Option<Mishap> {
        let here = self.mishap.fits(about.op)
            && (self.calls.is_empty() || self.calls.contains(&about.op))
            && self.sort.is_none_or(|sort| about.sort == Some(sort))
            && self.key.is_none_or(|key| about.keys.contains(&key))
            && self.left != Some(0);
        if !here || !dice.one_in(self.one_in) {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        self.happened += 1;
        Some(self.mishap)
    }
}
