//! The shapes of an edit: what comes in, what comes out.

use super::accounts::Session;
use crate::ical;
use crate::model::{CollectionId, Field, Origin, Reason, ResourceName, ViewRevision};
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
    pub session: &'a Session,
    /// The User-Agent, shortened.
    pub client: &'a str,
    /// Where.
    pub collection: &'a CollectionId,
    /// Which member.
    pub name: &'a ResourceName,
    /// Under which conditions.
    pub conditions: &'a Conditions,
    /// How a "no" is said.
    pub mode: RefusalMode,
    /// Whether this client fetches again after a PUT without ETag; others get a settle bump.
    pub fetches_again: bool,
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
        Origin::CalDav {
            app_password: self.session.app_password,
            client: self.client.to_owned(),
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
        body: Arc<str>,
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
    /// Too many others wrote at the same time.
    #[error("somebody else keeps writing the same object")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
