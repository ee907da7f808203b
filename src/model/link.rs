//! The pair *ADVANTA object ↔ remote event*.

use super::{Base, LinkId, ObjectId, Revision, SubscriptionId};

/// The remote's own identity of an event, opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteId(pub String);

/// A stored link. In one subscription an object has at most one event and an event at most one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its identity.
    pub id: LinkId,
    /// The subscription it belongs to.
    pub subscription: SubscriptionId,
    /// The subscription's life in which it was made.
    pub epoch: u64,
    /// ADVANTA's side.
    pub object: ObjectId,
    /// The remote's side.
    pub remote: RemoteId,
    /// The remote's iCalendar UID, unique in the subscription as well.
    pub remote_uid: String,
    /// ADVANTA's version when both sides last agreed.
    pub our_revision: Revision,
    /// The remote's version when both sides last agreed, opaque.
    pub their_version: String,
    /// ADVANTA's fields when both sides last agreed.
    pub base_ours: Base,
    /// The remote's fields in normal form when both sides last agreed.
    pub base_theirs: Base,
}
