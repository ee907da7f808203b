//! Stored form of a link. There are as many as there are events in all calendars, so what is as usual is left out.

use super::journal::FieldRow;
use super::resource::BaseRow;
use super::time::{Instant, MomentRow, SpanRow, optional};
use super::trouble::{IntentRow, TroubleRow};
use super::words::words;
use super::{Invalid, Record};
use crate::model::{
    Anchor, Born, Link, LinkId, LinkState, ObjectId, RemoteId, Revision, SubscriptionId,
};
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

words!(BornRow for Born: Imported, Exported);
words!(StateRow for LinkState: Live, Awaited, Parted);

#[derive(Serialize, Deserialize)]
struct AnchorRow {
    series: SpanRow,
    occurrence: MomentRow,
}

impl From<&Anchor> for AnchorRow {
    fn from(anchor: &Anchor) -> Self {
        Self {
            series: anchor.series.into(),
            occurrence: anchor.occurrence.into(),
        }
    }
}

impl TryFrom<AnchorRow> for Anchor {
    type Error = Invalid;

    fn try_from(row: AnchorRow) -> Result<Self, Invalid> {
        Ok(Self {
            series: row.series.try_into()?,
            occurrence: row.occurrence.try_into()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct LinkRow {
    id: Uuid,
    subscription: Arc<str>,
    epoch: u64,
    step: u64,
    object: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remote_uid: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    generation: u32,
    born: BornRow,
    state: StateRow,
    our_revision: u64,
    their_version: String,
    base_ours: BaseRow,
    /// `None`: the same as ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base_theirs: Option<BaseRow>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<FieldRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anchor: Option<AnchorRow>,
    #[serde(default, skip_serializing_if = "is_default")]
    masked: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    locked: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    guests: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    owed: Vec<FieldRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intent: Option<IntentRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleRow>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    write_backs: Vec<Instant>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Record for Link {
    const TABLE: Table = Table::Links;
    type Stored = LinkRow;

    fn stored(&self) -> LinkRow {
        let differs = self.base_theirs != self.base_ours;
        LinkRow {
            id: self.id.0,
            subscription: self.subscription.0.clone(),
            epoch: self.epoch,
            step: self.step,
            object: self.object.0,
            remote: self.remote.as_ref().map(|id| id.0.clone()),
            remote_uid: self.remote_uid.clone(),
            generation: self.generation,
            born: self.born.into(),
            state: self.state.into(),
            our_revision: self.our_revision.0,
            their_version: self.their_version.clone(),
            base_ours: (&self.base_ours).into(),
            base_theirs: differs.then(|| (&self.base_theirs).into()),
            unseen: self.unseen.iter().map(|field| (*field).into()).collect(),
            anchor: self.anchor.as_ref().map(Into::into),
            masked: self.masked,
            locked: self.locked,
            guests: self.guests,
            owed: self.owed.iter().map(|field| (*field).into()).collect(),
            intent: self.intent.as_ref().map(Into::into),
            trouble: self.trouble.as_ref().map(Into::into),
            write_backs: self.write_backs.iter().map(|at| (*at).into()).collect(),
        }
    }

    fn restored(row: LinkRow) -> Result<Self, Invalid> {
        let base_ours = row.base_ours.try_into()?;
        let base_theirs = optional(row.base_theirs)?;
        let write_backs: Result<_, Invalid> =
            row.write_backs.into_iter().map(TryInto::try_into).collect();
        Ok(Self {
            id: LinkId(row.id),
            subscription: SubscriptionId(row.subscription),
            epoch: row.epoch,
            step: row.step,
            object: ObjectId(row.object),
            remote: row.remote.map(RemoteId),
            remote_uid: row.remote_uid,
            generation: row.generation,
            born: row.born.into(),
            state: row.state.into(),
            our_revision: Revision(row.our_revision),
            their_version: row.their_version,
            base_theirs: base_theirs.unwrap_or_else(|| Clone::clone(&base_ours)),
            base_ours,
            unseen: row.unseen.into_iter().map(Into::into).collect(),
            anchor: optional(row.anchor)?,
            masked: row.masked,
            locked: row.locked,
            guests: row.guests,
            owed: row.owed.into_iter().map(Into::into).collect(),
            intent: optional(row.intent)?,
            trouble: optional(row.trouble)?,
            write_backs: write_backs?,
        })
    }
}
