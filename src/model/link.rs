//! The pair *ADVANTA object ↔ remote event*.

use super::{
    Base, Field, LinkId, Marker, Moment, ObjectId, RemoteId, Revision, Span, SubscriptionId,
    Timestamp,
};
use std::collections::BTreeSet;

/// A stored link. In one subscription an object has at most one event and an event at most one object.
///
/// The two bases are what was last *seen* on each side; `owed` is what the remote has yet to be told. A side has changed only
/// where it differs from its own base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its identity.
    pub id: LinkId,
    /// The subscription it belongs to.
    pub subscription: SubscriptionId,
    /// The subscription's life in which it was made.
    pub epoch: u64,
    /// Counts its changes: whoever writes it expects the one that it read.
    pub step: u64,
    /// ADVANTA's side.
    pub object: ObjectId,
    /// The remote's side; `None` while there is no event yet, or none any more.
    pub remote: Option<RemoteId>,
    /// The event's iCalendar UID, unique in the subscription as well.
    pub remote_uid: Option<String>,
    /// How often the event had to be created again; part of its mark.
    pub generation: u32,
    /// Where the pair began.
    pub born: Born,
    /// Whether both sides are kept in step.
    pub state: LinkState,
    /// ADVANTA's version when its fields were last seen.
    pub our_revision: Revision,
    /// The remote's version when its fields were last seen, opaque.
    pub their_version: String,
    /// ADVANTA's fields when last seen, with what this subscription's own edits asked for.
    pub base_ours: Base,
    /// The remote's fields in normal form when last seen, or as [`Intent::wrote_theirs`] expects them.
    pub base_theirs: Base,
    /// Fields of which `base_theirs` is what we expect the remote to make of our write; nobody has looked yet.
    pub unseen: BTreeSet<Field>,
    /// Of a series: where it stood, and which of its occurrences the note is.
    pub anchor: Option<Anchor>,
    /// The event is private and its note only says «Занято»: texts travel neither way.
    pub masked: bool,
    /// The event may not be written, as far as was seen.
    pub locked: bool,
    /// The event's owner organises it and invited others, as far as was seen.
    pub guests: bool,
    /// Fields that the remote has yet to be told, whatever the bases say: refused and lost edits.
    pub owed: BTreeSet<Field>,
    /// A write to the remote of which it is not known whether it was done.
    pub intent: Option<Intent>,
    /// Why it is not worked on, or not yet.
    pub trouble: Option<Trouble>,
    /// When refused or lost edits were written back, newest last, at most [`Link::WRITE_BACKS_KEPT`].
    pub write_backs: Vec<Timestamp>,
}

impl Link {
    /// How many times of write-backs are kept.
    pub const WRITE_BACKS_KEPT: usize = 8;

    /// The mark on its event.
    pub fn marker(&self) -> Marker {
        Marker {
            subscription: self.subscription.clone(),
            epoch: self.epoch,
            object: self.object,
            generation: self.generation,
        }
    }
}

/// Where a pair began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Born {
    /// An event became a note.
    Imported,
    /// An object got an event.
    Exported,
}

/// Whether both sides are kept in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// They are.
    Live,
    /// A note was asked for, and ADVANTA has not confirmed it yet.
    Awaited,
    /// ADVANTA's side is gone, and the event stays: it cannot be deleted, or its note was refused. It is not imported again.
    Parted,
}

/// Of a series: where it stood, and which of its occurrences the note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Anchor {
    /// The series' start when last seen: the note moves by as much as this does.
    pub series: Span,
    /// Where the series puts the occurrence that the note is.
    pub occurrence: Moment,
}

/// A write to the remote, durable before it is tried. What is seen afterwards tells whether it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// What was to be done.
    pub deed: IntentDeed,
    /// Which fields.
    pub fields: BTreeSet<Field>,
    /// *Our* base once it is done.
    pub wrote_ours: Base,
    /// *Their* base once it is done: what the remote is expected to make of the fields.
    pub wrote_theirs: Base,
    /// Since when.
    pub at: Timestamp,
}

/// What a write to the remote was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntentDeed {
    /// Make an event for the object.
    Create,
    /// Change fields of the event.
    Update,
    /// Delete the event because the object is gone.
    Delete,
    /// Delete the event to make it anew: it kept a schedule that it should have lost.
    Replace,
    /// Delete the event because its subscription ends. When that breaks off and the subscription goes on, so does the pair.
    Remove,
}

impl IntentDeed {
    /// The word for it in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

/// Why a link is not worked on, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The last try failed; the next is not before `due`.
    Waits {
        /// Failures in a row.
        attempts: u32,
        /// Not before.
        due: Timestamp,
    },
    /// It cannot succeed: a dead letter, until an administrator lets it be tried again. What the remote said.
    Dead(String),
    /// Too many write-backs in too short a time: somebody else keeps writing.
    Frozen,
    /// A deletion that the mass-delete guard holds until somebody accepts or rejects it.
    Held(Direction),
    /// A held deletion that was accepted: it goes on without being counted.
    Accepted(Direction),
}

/// Which way something travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the remote calendar into ADVANTA.
    ToAdvanta,
    /// From ADVANTA into the remote calendar.
    ToRemote,
}

impl Direction {
    /// The word for it in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::ToAdvanta => "to-advanta",
            Self::ToRemote => "to-remote",
        }
    }

    /// The direction of a word of [`Direction::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::ToAdvanta, Self::ToRemote]
            .into_iter()
            .find(|each| each.word() == word)
    }
}
