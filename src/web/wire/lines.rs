//! Answers that are a line of JSON after the other.

use super::ProblemBody;
use serde::{Deserialize, Serialize};

/// A refused field of an imported item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalBody {
    /// Which field.
    pub field: String,
    /// Why.
    pub reason: String,
    /// The value that stands.
    pub kept: String,
}

/// A line of the answer to `POST users/{user}/import`. The last one is `done` or `failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ImportLine {
    /// The text was taken to pieces.
    Started {
        /// How many.
        items: u64,
    },
    /// From time to time.
    Progress {
        /// Items that are done.
        done: u64,
    },
    /// Fields of an item were refused; the rest of it was taken.
    Refused {
        /// Line of the file.
        line: u64,
        /// UID of the item.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
        /// Which fields.
        fields: Vec<RefusalBody>,
        /// All of it in one line, in the language of the request.
        words: String,
    },
    /// An item that cannot be read or stored.
    Broken {
        /// Line of the file.
        line: u64,
        /// UID of the item.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
        /// What is wrong.
        why: String,
    },
    /// It is at its end.
    Done {
        /// New notes.
        created: u64,
        /// Objects that changed.
        changed: u64,
        /// As they were.
        unchanged: u64,
        /// Made anew.
        rebuilt: u64,
        /// With a refused field.
        refused: u64,
        /// Unreadable.
        broken: u64,
        /// No events.
        skipped: u64,
    },
    /// It broke off.
    Failed {
        /// Why.
        problem: ProblemBody,
    },
}

/// A line of the answer to `POST check`. The last one is `done` or `failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum CheckLine {
    /// From time to time.
    Progress {
        /// Rows that were looked at.
        rows: u64,
    },
    /// Something that cannot be so in a sound store.
    Finding {
        /// Which kind of record, or which files.
        table: String,
        /// The record's key in hexadecimal, or the file's name.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// It is at its end.
    Done {
        /// Rows that were looked at.
        rows: u64,
        /// How many findings there are, those not listed too.
        findings: u64,
    },
    /// It broke off.
    Failed {
        /// Why.
        problem: ProblemBody,
    },
}
