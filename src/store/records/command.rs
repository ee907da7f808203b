//! Stored forms of commands and timers: work that is still to be done.

use super::journal::OriginRow;
use super::object::{FieldsRow, KindRow};
use super::resource::{CollectionIdRow, name};
use super::time::{Instant, MomentRow, optional};
use super::{Invalid, Record};
use crate::model::{
    Changes, CollectionId, Command, CommandId, CommandState, Deed, Draft, JournalId, ObjectId,
    Overlay, UserId, ViewRevision, Withdrawn,
};
use crate::ports::{Timer, TimerKind};
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
struct ChangesRow {
    title: Option<String>,
    start: Option<MomentRow>,
    end: Option<MomentRow>,
    description: Option<String>,
    location: Option<String>,
}

impl From<&Changes> for ChangesRow {
    fn from(changes: &Changes) -> Self {
        Self {
            title: changes.title.clone(),
            start: changes.start.map(Into::into),
            end: changes.end.map(Into::into),
            description: changes.description.clone(),
            location: changes.location.clone(),
        }
    }
}

impl TryFrom<ChangesRow> for Changes {
    type Error = Invalid;

    fn try_from(row: ChangesRow) -> Result<Self, Invalid> {
        Ok(Self {
            title: row.title,
            start: optional(row.start)?,
            end: optional(row.end)?,
            description: row.description,
            location: row.location,
        })
    }
}

#[derive(Serialize, Deserialize)]
enum DeedRow {
    Create {
        id: Uuid,
        kind: KindRow,
        author: Arc<str>,
        fields: FieldsRow,
    },
    Change(ChangesRow),
    Delete {
        name: String,
        uid: String,
        body: Arc<str>,
        /// `authored` of the overlay.
        overlay: Option<bool>,
    },
}

impl From<&Deed> for DeedRow {
    fn from(deed: &Deed) -> Self {
        match deed {
            Deed::Create(draft) => Self::Create {
                id: draft.id.0,
                kind: draft.kind.into(),
                author: draft.author.0.clone(),
                fields: (&draft.fields).into(),
            },
            Deed::Change(changes) => Self::Change(changes.into()),
            Deed::Delete(withdrawn) => Self::Delete {
                name: withdrawn.name.as_str().to_owned(),
                uid: withdrawn.uid.clone(),
                body: Arc::clone(&withdrawn.body),
                overlay: withdrawn.overlay.map(|overlay| overlay.authored),
            },
        }
    }
}

impl TryFrom<DeedRow> for Deed {
    type Error = Invalid;

    fn try_from(row: DeedRow) -> Result<Self, Invalid> {
        Ok(match row {
            DeedRow::Create {
                id,
                kind,
                author,
                fields,
            } => Self::Create(Draft {
                id: ObjectId(id),
                kind: kind.into(),
                author: UserId(author),
                fields: fields.try_into()?,
            }),
            DeedRow::Change(changes) => Self::Change(changes.try_into()?),
            DeedRow::Delete {
                name: text,
                uid,
                body,
                overlay,
            } => Self::Delete(Withdrawn {
                name: name(&text)?,
                uid,
                body,
                overlay: overlay.map(|authored| Overlay { authored }),
            }),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct WithdrawnRow {
    name: String,
    uid: String,
    body: Arc<str>,
    /// `authored` of the overlay.
    overlay: Option<bool>,
}

impl Record for Withdrawn {
    const TABLE: Table = Table::Aside;
    type Stored = WithdrawnRow;

    fn stored(&self) -> WithdrawnRow {
        WithdrawnRow {
            name: self.name.as_str().to_owned(),
            uid: self.uid.clone(),
            body: Arc::clone(&self.body),
            overlay: self.overlay.map(|overlay| overlay.authored),
        }
    }

    fn restored(row: WithdrawnRow) -> Result<Self, Invalid> {
        Ok(Self {
            name: name(&row.name)?,
            uid: row.uid,
            body: row.body,
            overlay: row.overlay.map(|authored| Overlay { authored }),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct CommandRow {
    id: u64,
    object: Uuid,
    author: Arc<str>,
    origin: OriginRow,
    deed: DeedRow,
    attempts: u32,
    #[serde(default)]
    stale: u32,
    due: Instant,
    dead: bool,
    journal: u64,
}

impl Record for Command {
    const TABLE: Table = Table::Commands;
    type Stored = CommandRow;

    fn stored(&self) -> CommandRow {
        CommandRow {
            id: self.id.0,
            object: self.object.0,
            author: self.author.0.clone(),
            origin: (&self.origin).into(),
            deed: (&self.deed).into(),
            attempts: self.attempts,
            stale: self.stale,
            due: self.due.into(),
            dead: match self.state {
                CommandState::Waiting => false,
                CommandState::Dead => true,
            },
            journal: self.journal.0,
        }
    }

    fn restored(row: CommandRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: CommandId(row.id),
            object: ObjectId(row.object),
            author: UserId(row.author),
            origin: row.origin.into(),
            deed: row.deed.try_into()?,
            attempts: row.attempts,
            stale: row.stale,
            due: row.due.try_into()?,
            state: if row.dead {
                CommandState::Dead
            } else {
                CommandState::Waiting
            },
            journal: JournalId(row.journal),
        })
    }
}

#[derive(Serialize, Deserialize)]
enum TimerKindRow {
    FanOut {
        object: Uuid,
        after: Arc<str>,
    },
    Rename {
        from: Arc<str>,
        to: Arc<str>,
    },
    Settle {
        collection: CollectionIdRow,
        name: String,
        revision: u64,
    },
}

#[derive(Serialize, Deserialize)]
pub struct TimerRow {
    due: Instant,
    kind: TimerKindRow,
}

impl Record for Timer {
    const TABLE: Table = Table::Timers;
    type Stored = TimerRow;

    fn stored(&self) -> TimerRow {
        let kind = match &self.kind {
            TimerKind::FanOut { object, after } => TimerKindRow::FanOut {
                object: object.0,
                after: after.0.clone(),
            },
            TimerKind::Rename { from, to } => TimerKindRow::Rename {
                from: from.0.clone(),
                to: to.0.clone(),
            },
            TimerKind::Settle {
                collection,
                name,
                revision,
            } => TimerKindRow::Settle {
                collection: collection.stored(),
                name: name.as_str().to_owned(),
                revision: revision.0,
            },
        };
        TimerRow {
            due: self.due.into(),
            kind,
        }
    }

    fn restored(row: TimerRow) -> Result<Self, Invalid> {
        let kind = match row.kind {
            TimerKindRow::FanOut { object, after } => TimerKind::FanOut {
                object: ObjectId(object),
                after: UserId(after),
            },
            TimerKindRow::Rename { from, to } => TimerKind::Rename {
                from: UserId(from),
                to: UserId(to),
            },
            TimerKindRow::Settle {
                collection,
                name: text,
                revision,
            } => TimerKind::Settle {
                collection: CollectionId::restored(collection)?,
                name: name(&text)?,
                revision: ViewRevision(revision),
            },
        };
        Ok(Self {
            due: row.due.try_into()?,
            kind,
        })
    }
}
