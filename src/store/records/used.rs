//! What a person has stored, in numbers.

use super::{Invalid, Record};
use crate::model::Used;
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};

/// What is counted of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsedRow {
    /// What counts against their quota.
    pub used: Used,
    /// Rows of the journal that the bound on rows counts: decided and without a kept text.
    pub journal_rows: u64,
    /// No such row is older than this one.
    pub journal_from: u64,
}

#[derive(Serialize, Deserialize)]
pub struct StoredUsed {
    bytes: u64,
    resources: u64,
    journal_rows: u64,
    journal_from: u64,
}

impl Record for UsedRow {
    const TABLE: Table = Table::Used;
    type Stored = StoredUsed;

    fn stored(&self) -> StoredUsed {
        StoredUsed {
            bytes: self.used.bytes,
            resources: self.used.resources,
            journal_rows: self.journal_rows,
            journal_from: self.journal_from,
        }
    }

    fn restored(row: StoredUsed) -> Result<Self, Invalid> {
        Ok(Self {
            used: Used {
                bytes: row.bytes,
                resources: row.resources,
            },
            journal_rows: row.journal_rows,
            journal_from: row.journal_from,
        })
    }
}
