//! What is to be done next with a pair: plain data, which a dry run prints and a test compares.

use crate::diff::Legs;
use crate::model::{
    Anchor, Changes, Direction, Field, Fields, Link, Marker, Moment, Object, Outcome, Reason,
    RemoteChanges, RemoteId, Span,
};
use crate::rules::Verdict;
use std::collections::BTreeSet;

/// The next thing to do with a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "actions are made one at a time and moved, not stored"
)]
pub enum Action {
    /// Nothing.
    Rest,
    /// Ask the remote for the event itself: a listing, or what we wrote last, leaves a doubt.
    Look,
    /// Keep what was seen; neither side is written.
    Keep(Link, Conclusion),
    /// An event becomes a note.
    Import {
        /// What the note says.
        fields: Fields,
        /// Of a series, which occurrence it is.
        anchor: Option<Anchor>,
        /// Only that its owner is busy.
        masked: bool,
    },
    /// An event and an object belong together.
    Adopt {
        /// The link that waited for its event.
        link: Option<Link>,
        /// We made the event: where they differ, ADVANTA is right. Otherwise it is the person's own.
        ours: bool,
    },
    /// What was edited in the remote goes to ADVANTA, as far as the rules let it.
    Edit(Edited),
    /// What was deleted in the remote is deleted in ADVANTA.
    DeleteObject(Deletion),
    /// The event is gone and should not be: it is made again.
    Restore {
        /// The link without its event.
        link: Link,
        /// Why the deletion does not count.
        outcome: Outcome,
    },
    /// An object gets an event. A link that waits for one is made first.
    Create(Option<Link>),
    /// Fields of the event are written.
    Write(RemoteEdit),
    /// The event is deleted.
    DeleteEvent(Deletion),
    /// The mark of a copied or restored event is taken off or replaced.
    Remark {
        /// Which event.
        id: RemoteId,
        /// At which version.
        version: String,
        /// The new mark.
        marker: Option<Marker>,
    },
    /// The pair is over.
    Forget(Link),
}

/// What is concluded along with keeping a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Nothing that anybody has to be told.
    Quiet,
    /// These fields stay in ADVANTA: the event may not be written.
    NotWritable(Vec<Field>),
    /// The item is frozen: an alarm.
    Frozen,
}

/// An edit made in the remote, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The link with what was seen, and with what the remote has to be told.
    pub link: Link,
    /// What differs from the bases.
    pub legs: Legs,
    /// What the rules say.
    pub verdict: Verdict,
    /// What the person wanted.
    pub wanted: Fields,
    /// The object as it will stand for this person.
    pub after: Object,
}

/// A deletion on one side, to be done on the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The link; of a note, as it is until ADVANTA confirms.
    pub link: Link,
    /// Whether the mass-delete guard counts it.
    pub counted: bool,
    /// The event is made anew afterwards: it kept a schedule that it should have lost.
    pub replace: bool,
}

/// A write of some fields to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteEdit {
    /// The link.
    pub link: Link,
    /// What is written.
    pub deed: EditDeed,
    /// Which fields that settles.
    pub fields: BTreeSet<Field>,
    /// Whether a refused or lost edit is written back.
    pub write_back: bool,
}

/// How fields are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditDeed {
    /// Fields of the event itself.
    Change(RemoteChanges),
    /// One occurrence of its series moves.
    Move(Moment, Span),
}

impl Action {
    /// The word for it in data.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Look => "look",
            Self::Keep(..) => "keep",
            Self::Import { .. } => "import",
            Self::Adopt { .. } => "adopt",
            Self::Edit(_) => "edit",
            Self::DeleteObject(_) => "delete-object",
            Self::Restore { .. } => "restore",
            Self::Create(_) => "create",
            Self::Write(_) => "write",
            Self::DeleteEvent(_) => "delete-event",
            Self::Remark { .. } => "remark",
            Self::Forget(_) => "forget",
        }
    }

    /// Whether it changes anything that a person sees.
    pub fn is_visible(&self) -> bool {
        match self {
            Self::Import { .. }
            | Self::Edit(_)
            | Self::DeleteObject(_)
            | Self::Restore { .. }
            | Self::Create(_)
            | Self::Write(_)
            | Self::DeleteEvent(_) => true,
            Self::Rest
            | Self::Look
            | Self::Keep(..)
            | Self::Adopt { .. }
            | Self::Remark { .. }
            | Self::Forget(_) => false,
        }
    }

    /// Whether it writes to the remote.
    pub fn writes_remote(&self) -> bool {
        match self {
            Self::Create(_) | Self::Write(_) | Self::DeleteEvent(_) | Self::Remark { .. } => true,
            Self::Rest
            | Self::Look
            | Self::Keep(..)
            | Self::Import { .. }
            | Self::Adopt { .. }
            | Self::Edit(_)
            | Self::DeleteObject(_)
            | Self::Restore { .. }
            | Self::Forget(_) => false,
        }
    }

    /// Which deletion it is, if it is one that the guard counts.
    pub fn counted_deletion(&self) -> Option<Direction> {
        match self {
            Self::DeleteObject(deletion) if deletion.counted => Some(Direction::ToAdvanta),
            Self::DeleteEvent(deletion) if deletion.counted => Some(Direction::ToRemote),
            _ => None,
        }
    }

    /// The fields that it is about.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Self::Edit(edited) => edited.legs.keys().copied().collect(),
            Self::Write(write) => write.fields.iter().copied().collect(),
            Self::Restore { .. } => vec![Field::Existence],
            _ => vec![],
        }
    }
}

/// The values of changes that ADVANTA gets, for whoever compares.
impl Edited {
    /// What goes to ADVANTA.
    pub fn changes(&self) -> &Changes {
        &self.verdict.changes
    }

    /// The reasons of what was refused.
    pub fn refusals(&self) -> impl Iterator<Item = (Field, Reason)> {
        self.verdict
            .rulings
            .iter()
            .filter_map(|ruling| match ruling.outcome {
                Outcome::Refused(reason) => Some((ruling.field, reason)),
                Outcome::Applied | Outcome::Pending | Outcome::Superseded => None,
            })
    }
}
