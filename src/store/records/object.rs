//! Stored form of an object of the mirror, and of the fields of one.

use super::time::{Instant, Local, PlannedRow, SpanRow, optional};
use super::{Invalid, Record};
use crate::model::{Fields, Kind, Object, ObjectId, Parent, Revision, Rights, Status, UserId};
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
pub struct ObjectRow {
    id: Uuid,
    kind: KindRow,
    revision: u64,
    title: String,
    description: String,
    location: String,
    planned: PlannedRow,
    actual_start: Option<Local>,
    actual_end: Option<Local>,
    status: Option<u16>,
    percent: Option<u8>,
    owner: Option<Arc<str>>,
    responsible: Option<Arc<str>>,
    participants: BTreeMap<Arc<str>, RightsRow>,
    parent: Option<ParentRow>,
    card: Option<String>,
    changed: Instant,
}

#[derive(Serialize, Deserialize)]
pub(super) enum KindRow {
    Task,
    Stage,
    Project,
    Note,
    Meeting,
}

impl From<Kind> for KindRow {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Task => Self::Task,
            Kind::Stage => Self::Stage,
            Kind::Project => Self::Project,
            Kind::Note => Self::Note,
            Kind::Meeting => Self::Meeting,
        }
    }
}

impl From<KindRow> for Kind {
    fn from(row: KindRow) -> Self {
        match row {
            KindRow::Task => Self::Task,
            KindRow::Stage => Self::Stage,
            KindRow::Project => Self::Project,
            KindRow::Note => Self::Note,
            KindRow::Meeting => Self::Meeting,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RightsRow {
    dates: bool,
    title: bool,
    text: bool,
    delete: bool,
}

impl From<Rights> for RightsRow {
    fn from(rights: Rights) -> Self {
        Self {
            dates: rights.dates,
            title: rights.title,
            text: rights.text,
            delete: rights.delete,
        }
    }
}

impl From<RightsRow> for Rights {
    fn from(row: RightsRow) -> Self {
        Self {
            dates: row.dates,
            title: row.title,
            text: row.text,
            delete: row.delete,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct ParentRow {
    id: Uuid,
    title: String,
}

impl Record for Object {
    const TABLE: Table = Table::Objects;
    type Stored = ObjectRow;

    fn stored(&self) -> ObjectRow {
        ObjectRow {
            id: self.id.0,
            kind: self.kind.into(),
            revision: self.revision.0,
            title: self.title.clone(),
            description: self.description.clone(),
            location: self.location.clone(),
            planned: self.planned.into(),
            actual_start: self.actual_start.map(Into::into),
            actual_end: self.actual_end.map(Into::into),
            status: self.status.map(|status| status.0),
            percent: self.percent,
            owner: self.owner.as_ref().map(|id| id.0.clone()),
            responsible: self.responsible.as_ref().map(|id| id.0.clone()),
            participants: self
                .participants
                .iter()
                .map(|(user, rights)| (user.0.clone(), (*rights).into()))
                .collect(),
            parent: self.parent.as_ref().map(|parent| ParentRow {
                id: parent.id.0,
                title: parent.title.clone(),
            }),
            card: self.card.clone(),
            changed: self.changed.into(),
        }
    }

    fn restored(row: ObjectRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: ObjectId(row.id),
            kind: row.kind.into(),
            revision: Revision(row.revision),
            title: row.title,
            description: row.description,
            location: row.location,
            planned: row.planned.try_into()?,
            actual_start: optional(row.actual_start)?,
            actual_end: optional(row.actual_end)?,
            status: row.status.map(Status),
            percent: row.percent,
            owner: row.owner.map(UserId),
            responsible: row.responsible.map(UserId),
            participants: row
                .participants
                .into_iter()
                .map(|(user, rights)| (UserId(user), rights.into()))
                .collect(),
            parent: row.parent.map(|parent| Parent {
                id: ObjectId(parent.id),
                title: parent.title,
            }),
            card: row.card,
            changed: row.changed.try_into()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct FieldsRow {
    title: String,
    span: Option<SpanRow>,
    description: String,
    location: String,
    recurs: bool,
}

impl From<&Fields> for FieldsRow {
    fn from(fields: &Fields) -> Self {
        Self {
            title: fields.title.clone(),
            span: fields.span.map(Into::into),
            description: fields.description.clone(),
            location: fields.location.clone(),
            recurs: fields.recurs,
        }
    }
}

impl TryFrom<FieldsRow> for Fields {
    type Error = Invalid;

    fn try_from(row: FieldsRow) -> Result<Self, Invalid> {
        Ok(Self {
            title: row.title,
            span: optional(row.span)?,
            description: row.description,
            location: row.location,
            recurs: row.recurs,
        })
    }
}
