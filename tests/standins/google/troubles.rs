//! What goes wrong: each trouble is switched on and off at any time, and counts how often it happened.

use std::time::Duration;

/// What Google is asked, and what it tells by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// `calendarList.list`
    CalendarList,
    /// `events.list`
    List,
    /// `events.get`
    Get,
    /// `events.instances`
    Instances,
    /// `events.insert`
    Insert,
    /// `events.import`
    Import,
    /// `events.patch`
    Patch,
    /// `events.update`
    Update,
    /// `events.delete`
    Delete,
    /// `events.watch`
    Watch,
    /// `channels.stop`
    Stop,
    /// A whole batch; its parts count as what they are.
    Batch,
    /// The page where people agree.
    Authorize,
    /// Where tokens are given.
    Token,
    /// Where consent is given back.
    Revoke,
    /// A notice that Google sends.
    Notice,
}

impl Op {
    /// The method's id in the discovery document.
    pub fn method(self) -> Option<&'static str> {
        match self {
            Self::CalendarList => Some("calendar.calendarList.list"),
            Self::List => Some("calendar.events.list"),
            Self::Get => Some("calendar.events.get"),
            Self::Instances => Some("calendar.events.instances"),
            Self::Insert => Some("calendar.events.insert"),
            Self::Import => Some("calendar.events.import"),
            Self::Patch => Some("calendar.events.patch"),
            Self::Update => Some("calendar.events.update"),
            Self::Delete => Some("calendar.events.delete"),
            Self::Watch => Some("calendar.events.watch"),
            Self::Stop => Some("calendar.channels.stop"),
            Self::Batch | Self::Authorize | Self::Token | Self::Revoke | Self::Notice => None,
        }
    }

    /// Whether it is meant to change events.
    pub fn writes(self) -> bool {
        matches!(
            self,
            Self::Insert | Self::Import | Self::Patch | Self::Update | Self::Delete
        )
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The answer, or the notice, takes so much longer.
    Slow(Duration),
    /// The connection is closed before anything is done; a notice is not sent.
    Lost,
    /// All is done; then the connection is closed without an answer. In a batch that part is told 500.
    AnswerLost,
    /// 401, though the token is good.
    Unauthorized,
    /// 403 `rateLimitExceeded`.
    RateLimited,
    /// 403 `quotaExceeded`.
    QuotaExceeded,
    /// 429, with so many seconds in Retry-After or without the header.
    TooMany(Option<u32>),
    /// An error of this status and reason.
    Says(u16, &'static str),
    /// Not Google answers, but a wall on the way: this status, and a page for people.
    Wall(u16),
    /// 500.
    Broken,
    /// 503, with so many seconds in Retry-After or without the header.
    Unavailable(Option<u32>),
    /// 410 `fullSyncRequired` to a listing with a sync token.
    FullSyncRequired,
    /// 400 "Invalid sync token value." to a listing with a sync token.
    BadSyncToken,
    /// Somebody edits the event just before the write is looked at.
    ForeignEdit,
    /// A 200 that no JSON parser takes.
    Garbage,
    /// 400 `invalid_grant` at the token door.
    InvalidGrant,
    /// A notice is sent twice.
    Twice,
}

impl Mishap {
    /// Whether it can happen there at all.
    fn fits(self, op: Op, has_sync_token: bool) -> bool {
        match self {
            Self::Slow(_) | Self::Lost => true,
            Self::FullSyncRequired | Self::BadSyncToken => op == Op::List && has_sync_token,
            Self::ForeignEdit => matches!(op, Op::Patch | Op::Update | Op::Delete),
            Self::InvalidGrant => op == Op::Token,
            Self::Twice => op == Op::Notice,
            Self::Unauthorized
            | Self::RateLimited
            | Self::QuotaExceeded
            | Self::Says(..)
            | Self::Wall(_) => op.method().is_some() || op == Op::Batch,
            Self::AnswerLost
            | Self::TooMany(_)
            | Self::Broken
            | Self::Unavailable(_)
            | Self::Garbage => op != Op::Notice,
        }
    }
}

/// Where and how often a mishap happens; [`Trouble::of`] is everywhere and always.
#[derive(Clone, Debug)]
pub struct Trouble {
    mishap: Mishap,
    calls: Vec<Op>,
    event: Option<String>,
    after: u32,
    left: Option<u32>,
    happened: u32,
}

impl Trouble {
    /// The mishap wherever it fits, until it is switched off.
    pub fn of(mishap: Mishap) -> Self {
        Self {
            mishap,
            calls: Vec::new(),
            event: None,
            after: 0,
            left: None,
            happened: 0,
        }
    }

    /// Only there.
    pub fn in_calls(mut self, calls: &[Op]) -> Self {
        self.calls = calls.to_vec();
        self
    }

    /// Only with this event.
    pub fn with_event(mut self, id: &str) -> Self {
        self.event = Some(id.to_owned());
        self
    }

    /// Only after so many calls where it would have happened.
    pub fn after(mut self, calls: u32) -> Self {
        self.after = calls;
        self
    }

    /// Only so many times.
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    fn strike(&mut self, op: Op, event: &str, has_sync_token: bool) -> Option<Mishap> {
        let here = self.mishap.fits(op, has_sync_token)
            && (self.calls.is_empty() || self.calls.contains(&op))
            && self.event.as_deref().is_none_or(|id| id == event)
            && self.left != Some(0);
        if !here {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        self.happened += 1;
        Some(self.mishap)
    }
}

/// The name of a trouble that was switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TroubleId(usize);

/// All troubles, also those that are over.
#[derive(Debug, Default)]
pub struct Troubles(Vec<(Trouble, bool)>);

impl Troubles {
    /// Switches a trouble on.
    pub fn on(&mut self, trouble: Trouble) -> TroubleId {
        self.0.push((trouble, true));
        TroubleId(self.0.len() - 1)
    }

    /// Switches a trouble off; its count stays.
    pub fn off(&mut self, id: TroubleId) {
        if let Some((_, on)) = self.0.get_mut(id.0) {
            *on = false;
        }
    }

    /// Switches every trouble off.
    pub fn all_off(&mut self) {
        for (_, on) in &mut self.0 {
            *on = false;
        }
    }

    /// How often it happened.
    pub fn happened(&self, id: TroubleId) -> u32 {
        self.0.get(id.0).map_or(0, |(trouble, _)| trouble.happened)
    }

    /// What goes wrong now; each that is named here is counted.
    pub fn strike(&mut self, op: Op, event: &str, has_sync_token: bool) -> Vec<Mishap> {
        let on = self.0.iter_mut().filter(|(_, on)| *on);
        on.filter_map(|(trouble, _)| trouble.strike(op, event, has_sync_token))
            .collect()
    }
}
