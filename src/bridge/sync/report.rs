//! What a round is asked to do, and what it did.

use crate::bridge::EditError;
use crate::model::{Field, ObjectId, RemoteId, SubscriptionState};
use crate::ports::{RemoteError, StoreError};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What a round is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncAsk {
    /// The window begins on this day, if that is earlier than it does; a later day changes nothing.
    pub from: Option<NaiveDate>,
    /// Everything on both sides is compared, not only what changed.
    pub full: bool,
    /// The remote is listed; otherwise only our own changes go out.
    pub listing: bool,
    /// Nothing is written anywhere: what would be done is reported.
    pub dry_run: bool,
}

impl SyncAsk {
    /// What changed on both sides.
    pub const LOOK: Self = Self {
        from: None,
        full: false,
        listing: true,
        dry_run: false,
    };
    /// What changed on our side.
    pub const OURS: Self = Self {
        listing: false,
        ..Self::LOOK
    };
    /// Everything.
    pub const FULL: Self = Self {
        full: true,
        ..Self::LOOK
    };
}

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoundReport {
    /// Items of the remote's listing.
    pub listed: u64,
    /// How often each action was taken, by its word.
    pub counts: BTreeMap<&'static str, u64>,
    /// Of a dry run: everything that would be done.
    pub planned: Vec<PlannedItem>,
    /// Deletions that wait for a person's word.
    pub held: u64,
    /// Writes to the remote, each item of a batch counted.
    pub writes: u64,
    /// Items that could not be brought in step now: they wait, or are dead letters.
    pub troubles: u64,
}

impl RoundReport {
    /// One more of an action.
    pub(super) fn count(&mut self, word: &'static str) {
        *self.counts.entry(word).or_default() += 1;
    }
}

/// Something that a round would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedItem {
    /// The word of the action.
    pub action: &'static str,
    /// Which object.
    pub object: Option<ObjectId>,
    /// Which event.
    pub event: Option<RemoteId>,
    /// What it is called.
    pub title: String,
    /// Which fields it is about.
    pub fields: Vec<Field>,
}

/// Why a round did not go through. What it did until then stays done.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// There is no such subscription.
    #[error("there is no such subscription")]
    NotThere,
    /// It is paused, inactive or over.
    #[error("the subscription is {}", .0.word())]
    NotActive(SubscriptionState),
    /// The store was restored, and an administrator has not looked yet.
    #[error("this bridge was restored from a backup and waits for an administrator")]
    Held,
    /// A round of it is under way.
    #[error("a round of this subscription is under way")]
    Busy,
    /// The remote calendar.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// More items in one listing than are taken.
    #[error("the remote calendar lists more than {0} items")]
    TooMany(usize),
    /// An edit could not be taken now: too many wait for ADVANTA, or others keep writing.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far a round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncProgress {
    /// What it is at.
    pub stage: SyncStage,
    /// Items done in this stage.
    pub done: u64,
    /// Of how many, if that is known.
    pub total: Option<u64>,
}

/// What a round is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncStage {
    /// Asking the remote what is there.
    Listing,
    /// Comparing and writing.
    Working,
}

impl SyncStage {
    /// The word for it in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Working => "working",
        }
    }
}
