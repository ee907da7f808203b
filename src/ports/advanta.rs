//! The authority: ADVANTA, or in standalone mode our own store.

use crate::model::{Changes, Cursor, Draft, Notice, Object, ObjectId, Person, Revision, UserId};
use async_trait::async_trait;
use std::time::Duration;

/// What the caller of [`Advanta`] will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdvantaErrorKind {
    /// The object is not there (any more); of a list of changes: its cursor is too old.
    Gone,
    /// The expected revision is not the present one: read again and rebase.
    Stale,
    /// Too fast: wait.
    Throttled {
        /// At least so long.
        retry_after: Duration,
    },
    /// We are not let in: an administrator has to act.
    Denied,
    /// ADVANTA's own rules say no, for good.
    Refused,
    /// Try again later.
    Transient,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("advanta: {detail}")]
pub struct AdvantaError {
    /// The caller's branch.
    pub kind: AdvantaErrorKind,
    /// For the operator: no secrets, no user content.
    pub detail: String,
}

/// A page of what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What changed, as it stands now.
    pub notices: Vec<Notice>,
    /// What is there but cannot be understood: left out, and said so.
    pub flawed: Vec<Flawed>,
    /// Where the next page begins; the same as before when nothing changed.
    pub cursor: Cursor,
    /// Whether there is more already.
    pub more: bool,
}

/// An item of a list that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flawed {
    /// Which object it is about, if that can be told: it is there, whatever it says.
    pub object: Option<ObjectId>,
    /// Where and what: `objects[3].plannedStart: …`. No user content.
    pub what: String,
}

/// Commands to and reads from ADVANTA. Writes are done on behalf of a person.
#[async_trait]
pub trait Advanta: Send + Sync + 'static {
    /// One object as it stands now; `None` when it is not there.
    async fn get(&self, id: ObjectId) -> Result<Option<Object>, AdvantaError>;
    /// A page of what changed since a cursor; without one, of everything that is there.
    async fn changes(&self, cursor: Option<&Cursor>) -> Result<Changed, AdvantaError>;
    /// One person as they stand now; `None` when ADVANTA does not know them.
    async fn person(&self, id: &UserId) -> Result<Option<Person>, AdvantaError>;
    /// Makes an object. The draft's id goes out as `externalId`: the same id returns the same object.
    async fn create(&self, draft: &Draft) -> Result<Object, AdvantaError>;
    /// Changes fields, if the object is still at `expected`. What was really stored only a [`get`](Self::get) tells.
    async fn change(
        &self,
        id: ObjectId,
        by: &UserId,
        expected: Revision,
        changes: &Changes,
    ) -> Result<(), AdvantaError>;
    /// Deletes an object, if it is still at `expected`.
    async fn delete(
        &self,
        id: ObjectId,
        by: &UserId,
        expected: Revision,
    ) -> Result<(), AdvantaError>;
}
