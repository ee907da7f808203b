//! Stored form of a notice that waits in the inbox.

use super::object::ObjectRow;
use super::people::PersonRow;
use super::{Invalid, Record};
use crate::model::{Notice, Object, ObjectId, Revision, UserId};
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
pub enum NoticeRow {
    Object(Box<ObjectRow>),
    Removed { id: Uuid, revision: u64 },
    Look(Uuid),
    Person(PersonRow),
    LookPerson(Arc<str>),
}

impl Record for Notice {
    const TABLE: Table = Table::Notices;
    type Stored = NoticeRow;

    fn stored(&self) -> NoticeRow {
        match self {
            Self::Object(object) => NoticeRow::Object(Box::new(object.stored())),
            Self::Removed { id, revision } => NoticeRow::Removed {
                id: id.0,
                revision: revision.0,
            },
            Self::Look(id) => NoticeRow::Look(id.0),
            Self::Person(person) => NoticeRow::Person(person.into()),
            Self::LookPerson(id) => NoticeRow::LookPerson(id.0.clone()),
        }
    }

    fn restored(row: NoticeRow) -> Result<Self, Invalid> {
        Ok(match row {
            NoticeRow::Object(row) => Self::Object(Object::restored(*row)?),
            NoticeRow::Removed { id, revision } => Self::Removed {
                id: ObjectId(id),
                revision: Revision(revision),
            },
            NoticeRow::Look(id) => Self::Look(ObjectId(id)),
            NoticeRow::Person(row) => Self::Person(row.try_into()?),
            NoticeRow::LookPerson(id) => Self::LookPerson(UserId(id)),
        })
    }
}
