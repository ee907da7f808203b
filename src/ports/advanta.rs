//! The authority: ADVANTA, or in standalone mode our own store.

use crate::model::{Changes, Draft, Object, ObjectId, Revision, UserId};
use async_trait::async_trait;
use std::time::Duration;

/// What the caller of [`Advanta`] will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdvantaErrorKind {
    /// The object is not there (any more).
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

/// Commands to and reads from ADVANTA. Writes are done on behalf of a person.
#[async_trait]
pub trait Advanta: Send + Sync + 'static {
    /// One object as it stands now; `None` when it is not there.
    async fn get(&self, id: ObjectId) -> Result<Option<Object>, AdvantaError>;
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
