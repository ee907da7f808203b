//! Stored form of a link.

use super::resource::BaseRow;
use super::{Invalid, Record};
use crate::model::{Link, LinkId, ObjectId, RemoteId, Revision, SubscriptionId};
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
pub struct LinkRow {
    id: Uuid,
    subscription: Arc<str>,
    epoch: u64,
    object: Uuid,
    remote: String,
    remote_uid: String,
    our_revision: u64,
    their_version: String,
    base_ours: BaseRow,
    base_theirs: BaseRow,
}

impl Record for Link {
    const TABLE: Table = Table::Links;
    type Stored = LinkRow;

    fn stored(&self) -> LinkRow {
        LinkRow {
            id: self.id.0,
            subscription: self.subscription.0.clone(),
            epoch: self.epoch,
            object: self.object.0,
            remote: self.remote.0.clone(),
            remote_uid: self.remote_uid.clone(),
            our_revision: self.our_revision.0,
            their_version: self.their_version.clone(),
            base_ours: (&self.base_ours).into(),
            base_theirs: (&self.base_theirs).into(),
        }
    }

    fn restored(row: LinkRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: LinkId(row.id),
            subscription: SubscriptionId(row.subscription),
            epoch: row.epoch,
            object: ObjectId(row.object),
            remote: RemoteId(row.remote),
            remote_uid: row.remote_uid,
            our_revision: Revision(row.our_revision),
            their_version: row.their_version,
            base_ours: row.base_ours.try_into()?,
            base_theirs: row.base_theirs.try_into()?,
        })
    }
}
