//! Stored forms of what a link waits for: a write that may have been done, and a reason not to work on it.

use super::Invalid;
use super::journal::FieldRow;
use super::resource::BaseRow;
use super::time::Instant;
use super::words::words;
use crate::model::{Direction, Intent, IntentDeed, Trouble};
use serde::{Deserialize, Serialize};

words!(DeedRow for IntentDeed: Create, Update, Delete, Replace, Remove);
words!(DirectionRow for Direction: ToAdvanta, ToRemote);

#[derive(Serialize, Deserialize)]
pub(super) struct IntentRow {
    deed: DeedRow,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldRow>,
    wrote_ours: BaseRow,
    wrote_theirs: BaseRow,
    at: Instant,
}

impl From<&Intent> for IntentRow {
    fn from(intent: &Intent) -> Self {
        Self {
            deed: intent.deed.into(),
            fields: intent.fields.iter().map(|field| (*field).into()).collect(),
            wrote_ours: (&intent.wrote_ours).into(),
            wrote_theirs: (&intent.wrote_theirs).into(),
            at: intent.at.into(),
        }
    }
}

impl TryFrom<IntentRow> for Intent {
    type Error = Invalid;

    fn try_from(row: IntentRow) -> Result<Self, Invalid> {
        Ok(Self {
            deed: row.deed.into(),
            fields: row.fields.into_iter().map(Into::into).collect(),
            wrote_ours: row.wrote_ours.try_into()?,
            wrote_theirs: row.wrote_theirs.try_into()?,
            at: row.at.try_into()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum TroubleRow {
    Waits { attempts: u32, due: Instant },
    Dead(String),
    Frozen,
    Held(DirectionRow),
    Accepted(DirectionRow),
}

impl From<&Trouble> for TroubleRow {
    fn from(trouble: &Trouble) -> Self {
        match trouble {
            Trouble::Waits { attempts, due } => Self::Waits {
                attempts: *attempts,
                due: (*due).into(),
            },
            Trouble::Dead(why) => Self::Dead(why.clone()),
            Trouble::Frozen => Self::Frozen,
            Trouble::Held(direction) => Self::Held((*direction).into()),
            Trouble::Accepted(direction) => Self::Accepted((*direction).into()),
        }
    }
}

impl TryFrom<TroubleRow> for Trouble {
    type Error = Invalid;

    fn try_from(row: TroubleRow) -> Result<Self, Invalid> {
        Ok(match row {
            TroubleRow::Waits { attempts, due } => Self::Waits {
                attempts,
                due: due.try_into()?,
            },
            TroubleRow::Dead(why) => Self::Dead(why),
            TroubleRow::Frozen => Self::Frozen,
            TroubleRow::Held(direction) => Self::Held(direction.into()),
            TroubleRow::Accepted(direction) => Self::Accepted(direction.into()),
        })
    }
}
