//! Stored forms of members, tombstones and collections.

use super::time::{Instant, SpanRow, optional};
use super::{Invalid, Record};
use crate::model::{
    Base, Collection, CollectionId, CollectionKind, Digest, JournalId, ObjectId, Overlay,
    Properties, Resource, ResourceName, Tombstone, UserId, ViewRevision,
};
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// A text known by its digest, as a number: shorter than a list of bytes.
#[derive(Serialize, Deserialize)]
struct DigestRow(u64, u64);

impl From<Digest> for DigestRow {
    fn from(digest: Digest) -> Self {
        let whole = u128::from_be_bytes(digest.0);
        Self((whole >> 64) as u64, whole as u64)
    }
}

impl From<DigestRow> for Digest {
    fn from(DigestRow(high, low): DigestRow) -> Self {
        Self((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct BaseRow {
    title: String,
    span: Option<SpanRow>,
    description: DigestRow,
    location: DigestRow,
    recurs: bool,
}

impl From<&Base> for BaseRow {
    fn from(base: &Base) -> Self {
        Self {
            title: base.title.clone(),
            span: base.span.map(Into::into),
            description: base.description.into(),
            location: base.location.into(),
            recurs: base.recurs,
        }
    }
}

impl TryFrom<BaseRow> for Base {
    type Error = Invalid;

    fn try_from(row: BaseRow) -> Result<Self, Invalid> {
        Ok(Self {
            title: row.title,
            span: optional(row.span)?,
            description: row.description.into(),
            location: row.location.into(),
            recurs: row.recurs,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct ResourceRow {
    object: Uuid,
    name: String,
    uid: String,
    revision: u64,
    solid: u64,
    restored: Option<u64>,
    born: u64,
    body: Arc<str>,
    first: i64,
    last: i64,
    recurs: bool,
    shown: BaseRow,
    mirrored: BaseRow,
    /// `authored` of the overlay.
    overlay: Option<bool>,
    stamp: Instant,
    rendering: u32,
    history: Vec<(u64, BaseRow)>,
    refusal: Option<u64>,
}

impl Record for Resource {
    const TABLE: Table = Table::Members;
    type Stored = ResourceRow;

    fn stored(&self) -> ResourceRow {
        ResourceRow {
            object: self.object.0,
            name: self.name.as_str().to_owned(),
            uid: self.uid.clone(),
            revision: self.revision.0,
            solid: self.solid.0,
            restored: self.restored.map(|revision| revision.0),
            born: self.born.0,
            body: self.body.clone(),
            first: self.first,
            last: self.last,
            recurs: self.recurs,
            shown: (&self.shown).into(),
            mirrored: (&self.mirrored).into(),
            overlay: self.overlay.map(|overlay| overlay.authored),
            stamp: self.stamp.into(),
            rendering: self.rendering,
            history: self
                .history
                .iter()
                .map(|(revision, base)| (revision.0, base.into()))
                .collect(),
            refusal: self.refusal.map(|id| id.0),
        }
    }

    fn restored(row: ResourceRow) -> Result<Self, Invalid> {
        let history: Result<_, Invalid> = row
            .history
            .into_iter()
            .map(|(revision, base)| Ok((ViewRevision(revision), base.try_into()?)))
            .collect();
        Ok(Self {
            object: ObjectId(row.object),
            name: name(&row.name)?,
            uid: row.uid,
            revision: ViewRevision(row.revision),
            solid: ViewRevision(row.solid),
            restored: row.restored.map(ViewRevision),
            born: ViewRevision(row.born),
            body: row.body,
            first: row.first,
            last: row.last,
            recurs: row.recurs,
            shown: row.shown.try_into()?,
            mirrored: row.mirrored.try_into()?,
            overlay: row.overlay.map(|authored| Overlay { authored }),
            stamp: row.stamp.try_into()?,
            rendering: row.rendering,
            history: history?,
            refusal: row.refusal.map(JournalId),
        })
    }
}

/// A stored name was checked when it came in; a stored one that fails is damage.
pub(super) fn name(text: &str) -> Result<ResourceName, Invalid> {
    ResourceName::new(text).map_err(|_| Invalid("a name"))
}

#[derive(Serialize, Deserialize)]
pub struct TombstoneRow {
    name: String,
    revision: u64,
    born: u64,
}

impl Record for Tombstone {
    const TABLE: Table = Table::Tombstones;
    type Stored = TombstoneRow;

    fn stored(&self) -> TombstoneRow {
        TombstoneRow {
            name: self.name.as_str().to_owned(),
            revision: self.revision.0,
            born: self.born.0,
        }
    }

    fn restored(row: TombstoneRow) -> Result<Self, Invalid> {
        Ok(Self {
            name: name(&row.name)?,
            revision: ViewRevision(row.revision),
            born: ViewRevision(row.born),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct CollectionIdRow(Arc<str>, CollectionKindRow);

#[derive(Serialize, Deserialize)]
enum CollectionKindRow {
    Events,
}

impl From<&CollectionId> for CollectionIdRow {
    fn from(id: &CollectionId) -> Self {
        let kind = match id.kind {
            CollectionKind::Events => CollectionKindRow::Events,
        };
        Self(id.owner.0.clone(), kind)
    }
}

impl From<CollectionIdRow> for CollectionId {
    fn from(CollectionIdRow(owner, kind): CollectionIdRow) -> Self {
        let kind = match kind {
            CollectionKindRow::Events => CollectionKind::Events,
        };
        Self {
            owner: UserId(owner),
            kind,
        }
    }
}

impl Record for CollectionId {
    const TABLE: Table = Table::CollectionsOf;
    type Stored = CollectionIdRow;

    fn stored(&self) -> CollectionIdRow {
        self.into()
    }

    fn restored(row: CollectionIdRow) -> Result<Self, Invalid> {
        Ok(row.into())
    }
}

/// A collection and what only the store needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionRow {
    /// The collection.
    pub collection: Collection,
    /// How many tombstones it has, so that the limit costs no scan.
    pub tombstones: u64,
}

#[derive(Serialize, Deserialize)]
pub struct StoredCollection {
    id: CollectionIdRow,
    change: u64,
    floor: u64,
    name: Option<String>,
    description: Option<String>,
    color: Option<String>,
    order: Option<String>,
    timezone: Option<String>,
    tombstones: u64,
}

impl Record for CollectionRow {
    const TABLE: Table = Table::Collections;
    type Stored = StoredCollection;

    fn stored(&self) -> StoredCollection {
        let properties = self.collection.properties.clone();
        StoredCollection {
            id: self.collection.id.stored(),
            change: self.collection.change.0,
            floor: self.collection.floor.0,
            name: properties.name,
            description: properties.description,
            color: properties.color,
            order: properties.order,
            timezone: properties.timezone,
            tombstones: self.tombstones,
        }
    }

    fn restored(row: StoredCollection) -> Result<Self, Invalid> {
        Ok(Self {
            collection: Collection {
                id: CollectionId::restored(row.id)?,
                change: ViewRevision(row.change),
                floor: ViewRevision(row.floor),
                properties: Properties {
                    name: row.name,
                    description: row.description,
                    color: row.color,
                    order: row.order,
                    timezone: row.timezone,
                },
            },
            tombstones: row.tombstones,
        })
    }
}
