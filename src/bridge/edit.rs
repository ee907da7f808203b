//! The shapes of an edit: what comes in, what comes out.

use crate::ical;
use crate::model::{
    AppPasswordId, CollectionId, Field, Origin, Reason, ResourceName, UserId, ViewRevision,
};
use crate::ports::{Committed, StoreError};
use std::sync::Arc;

/// How a forbidden edit is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalMode {
    /// The allowed fields are applied, the original of the rest is served again.
    Restore,
    /// The whole edit is turned down with its reasons.
    Strict,
}

/// A list of entity tags, those of other epochs left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// `*`.
    Any,
    /// Revisions of this epoch.
    Revisions(Vec<ViewRevision>),
}

/// If-Match and If-None-Match (RFC 9110 §13.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// If-Match.
    pub if_match: Option<Tags>,
    /// If-None-Match.
    pub if_none_match: Option<Tags>,
}

/// Who edits what, and from where.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// Who.
    pub who: &'a UserId,
    /// From where.
    pub door: Door<'a>,
    /// Where.
    pub collection: &'a CollectionId,
    /// Which member.
    pub name: &'a ResourceName,
    /// Under which conditions.
    pub conditions: &'a Conditions,
    /// How a "no" is said.
    pub mode: RefusalMode,
}

/// Through what an edit comes in.
#[derive(Clone, Copy, Debug)]
pub enum Door<'a> {
    /// A CalDAV client, which remembers what it was shown and waits for an answer.
    Device {
        /// The device's password.
        app_password: AppPasswordId,
        /// Its User-Agent, shortened.
        client: &'a str,
    },
    /// An import by an administrator: nobody looks at what it was shown, and ADVANTA's answer is not waited for.
    Import,
}

impl Standing<'_> {
    /// The revision that a commit gave to this very member.
    pub(super) fn revision_in(&self, committed: &Committed) -> Option<ViewRevision> {
        let own = |(collection, name, _): &&(CollectionId, ResourceName, ViewRevision)| {
            collection == self.collection && name == self.name
        };
        committed
            .members
            .iter()
            .find(own)
            .map(|(_, _, revision)| *revision)
    }

    /// Where the edit came from, for the journal.
    pub fn origin(&self) -> Origin {
        match self.door {
            Door::Device {
                app_password,
                client,
            } => Origin::CalDav {
                app_password,
                client: client.to_owned(),
            },
            Door::Import => Origin::Import,
        }
    }

    /// The device whose memory counts.
    pub(super) fn device(&self) -> Option<AppPasswordId> {
        match self.door {
            Door::Device { app_password, .. } => Some(app_password),
            Door::Import => None,
        }
    }

    /// Whether what is served must move once more after a restore. No client is exempt: one that fetches again when it is
    /// online may replay what it wrote offline, and then keeps the ETag of the original with the text of its own.
    pub(super) fn needs_settling(&self) -> bool {
        match self.door {
            Door::Device { .. } => true,
            Door::Import => false,
        }
    }

    /// Whether ADVANTA's answer is waited for a moment.
    pub(super) fn waits(&self) -> bool {
        match self.door {
            Door::Device { .. } => true,
            Door::Import => false,
        }
    }
}

/// A text that a person puts at a name.
#[derive(Clone, Debug)]
pub struct Put<'a> {
    /// Who, where, under which conditions.
    pub standing: Standing<'a>,
    /// The iCalendar text as it came. Clients fold in the middle of characters, so it need not be UTF-8 yet.
    pub bytes: &'a [u8],
}

/// A deletion.
pub type Removal<'a> = Standing<'a>;

/// One refused field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which field.
    pub field: Field,
    /// Why.
    pub reason: Reason,
    /// The value that stands.
    pub kept: String,
}

/// A text as it is served, and the revision that it is served at.
#[derive(Clone, Debug)]
pub struct Representation {
    /// The text.
    pub text: Arc<str>,
    /// `None` when the member went while its text was made.
    pub revision: Option<ViewRevision>,
}

/// What became of a PUT.
#[derive(Clone, Debug)]
pub enum PutDone {
    /// It is stored.
    Stored {
        /// There was nothing of that name before.
        created: bool,
        /// The revision to make an ETag of; `None` unless the bytes served are the bytes sent.
        exact: Option<ViewRevision>,
        /// What is served now.
        served: Representation,
        /// Fields that went back to the original.
        refused: Vec<Refusal>,
    },
    /// Strict mode: nothing of it is stored.
    Forbidden(Vec<Refusal>),
}

impl PutDone {
    /// Whether any field was refused.
    pub(super) fn has_refusals(&self) -> bool {
        match self {
            Self::Stored { refused, .. } | Self::Forbidden(refused) => !refused.is_empty(),
        }
    }
}

/// What became of a DELETE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemovalDone {
    /// It is gone.
    Removed,
    /// It was refused and stays; the answer does not say so.
    Restored,
    /// Strict mode.
    Forbidden(Vec<Refusal>),
}

impl From<ical::Panicked> for EditError {
    fn from(panicked: ical::Panicked) -> Self {
        Self::Rejected(panicked.into())
    }
}

/// Why an edit was not even judged.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is nothing of that name.
    #[error("no such resource")]
    Missing,
    /// If-Match or If-None-Match does not hold.
    #[error("a condition does not hold")]
    Condition,
    /// The text is not what a calendar object resource may be.
    #[error(transparent)]
    Rejected(#[from] ical::Rejected),
    /// The UID is another member's, or the text changes the UID of this one.
    #[error("the uid is used by {0}")]
    UidConflict(ResourceName),
    /// Too many commands wait for ADVANTA; some will be done soon.
    #[error("too many edits wait for ADVANTA")]
    OutboxFull,
    /// The person would have more stored than they may.
    #[error("the quota is exceeded")]
    QuotaExceeded,
    /// Too many others wrote at the same time.
    #[error("somebody else keeps writing the same object")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
