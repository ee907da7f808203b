//! Stored form of a journal row.

use super::time::Instant;
use super::words::words;
use super::{Invalid, Record};
use crate::model::{
    Action, AppPasswordId, Field, FieldOutcome, JournalId, JournalRow, ObjectId, Origin, Outcome,
    Reason, SubscriptionId, UserId,
};
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

words!(FieldRow for Field: Title, Start, End, Description, Location, Recurrence, Overlay, Existence);
words!(ReasonRow for Reason: ActualStart, ActualEnd, NoRightToDates, NoRightToTitle, NoRightToText,
    NoRightToDelete, NotDeletable, NoRecurrence, MixedDates, EndBeforeStart, WholeDrag, EmptyTitle, Authority,
    NotWritable);
words!(ActionRow for Action: Create, Change, Delete);

#[derive(Serialize, Deserialize)]
enum OutcomeRow {
    Applied,
    Pending,
    Superseded,
    Refused(ReasonRow),
}

impl From<Outcome> for OutcomeRow {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Applied => Self::Applied,
            Outcome::Pending => Self::Pending,
            Outcome::Superseded => Self::Superseded,
            Outcome::Refused(reason) => Self::Refused(reason.into()),
        }
    }
}

impl From<OutcomeRow> for Outcome {
    fn from(row: OutcomeRow) -> Self {
        match row {
            OutcomeRow::Applied => Self::Applied,
            OutcomeRow::Pending => Self::Pending,
            OutcomeRow::Superseded => Self::Superseded,
            OutcomeRow::Refused(reason) => Self::Refused(reason.into()),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FieldOutcomeRow {
    field: FieldRow,
    outcome: OutcomeRow,
    attempted: String,
    kept: String,
}

impl From<&FieldOutcome> for FieldOutcomeRow {
    fn from(each: &FieldOutcome) -> Self {
        Self {
            field: each.field.into(),
            outcome: each.outcome.into(),
            attempted: each.attempted.clone(),
            kept: each.kept.clone(),
        }
    }
}

impl From<FieldOutcomeRow> for FieldOutcome {
    fn from(row: FieldOutcomeRow) -> Self {
        Self {
            field: row.field.into(),
            outcome: row.outcome.into(),
            attempted: row.attempted,
            kept: row.kept,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum OriginRow {
    CalDav { app_password: Uuid, client: String },
    Import,
    Advanta,
    Remote { subscription: Arc<str> },
}

impl From<&Origin> for OriginRow {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::CalDav {
                app_password,
                client,
            } => Self::CalDav {
                app_password: app_password.0,
                client: client.clone(),
            },
            Origin::Import => Self::Import,
            Origin::Advanta => Self::Advanta,
            Origin::Remote(subscription) => Self::Remote {
                subscription: subscription.0.clone(),
            },
        }
    }
}

impl From<OriginRow> for Origin {
    fn from(row: OriginRow) -> Self {
        match row {
            OriginRow::CalDav {
                app_password,
                client,
            } => Self::CalDav {
                app_password: AppPasswordId(app_password),
                client,
            },
            OriginRow::Import => Self::Import,
            OriginRow::Advanta => Self::Advanta,
            OriginRow::Remote { subscription } => Self::Remote(SubscriptionId::new(subscription)),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub struct StoredJournal {
    id: u64,
    at: Instant,
    last_at: Instant,
    count: u32,
    who: Arc<str>,
    origin: OriginRow,
    object: Uuid,
    #[serde(default)]
    title: String,
    action: ActionRow,
    outcomes: Vec<FieldOutcomeRow>,
    kept_text: Option<String>,
}

impl Record for JournalRow {
    const TABLE: Table = Table::Journal;
    type Stored = StoredJournal;

    fn stored(&self) -> StoredJournal {
        StoredJournal {
            id: self.id.0,
            at: self.at.into(),
            last_at: self.last_at.into(),
            count: self.count,
            who: self.who.0.clone(),
            origin: (&self.origin).into(),
            object: self.object.0,
            title: self.title.clone(),
            action: self.action.into(),
            outcomes: self.outcomes.iter().map(Into::into).collect(),
            kept_text: self.kept_text.clone(),
        }
    }

    fn restored(row: StoredJournal) -> Result<Self, Invalid> {
        Ok(Self {
            id: JournalId(row.id),
            at: row.at.try_into()?,
            last_at: row.last_at.try_into()?,
            count: row.count,
            who: UserId(row.who),
            origin: row.origin.into(),
            object: ObjectId(row.object),
            title: row.title,
            action: row.action.into(),
            outcomes: row.outcomes.into_iter().map(Into::into).collect(),
            kept_text: row.kept_text,
        })
    }
}
