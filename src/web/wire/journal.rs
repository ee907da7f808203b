//! The journal.

use super::Instant;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An object by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectBody {
    /// Its GUID.
    pub id: Uuid,
    /// Its title; of one that is gone, what the person knew it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A person by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonBody {
    /// Immutable identity.
    pub id: String,
    /// Login, if they are still known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
}

/// Where an edit came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
pub enum OriginBody {
    /// A CalDAV client.
    CalDav {
        /// Its device's password.
        app_password: Uuid,
        /// What the device is called, if its password is still known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// Its User-Agent, shortened.
        client: String,
    },
    /// An administrator's import.
    Import,
    /// A remote calendar.
    Remote {
        /// Of which subscription.
        subscription: String,
    },
    /// ADVANTA itself.
    Advanta,
}

/// Whose change stands where another gave way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum WinnerBody {
    /// ADVANTA's.
    Advanta,
    /// A person's.
    User {
        /// Who.
        user: PersonBody,
        /// From where; said to administrators, and to the person themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<OriginBody>,
    },
}

/// One field of an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldBody {
    /// `title`, `start`, `end`, `description`, `location`, `recurrence`, `overlay`, `existence`.
    pub field: String,
    /// `applied`, `pending`, `superseded`, `refused`.
    pub outcome: String,
    /// Why it was refused: `actual-start`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The value that the person wanted.
    pub attempted: String,
    /// The value that stands.
    pub kept: String,
    /// Of a superseded one: whose change stands, if that is still known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<WinnerBody>,
    /// All of it in one line, in the language of the request.
    pub words: String,
}

/// A row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalBody {
    /// Order of writing.
    pub id: u64,
    /// When it was first done.
    pub at: Instant,
    /// When it was last repeated.
    pub last_at: Instant,
    /// How often.
    pub count: u32,
    /// Who.
    pub user: PersonBody,
    /// From where.
    pub origin: OriginBody,
    /// What it was done to.
    pub object: ObjectBody,
    /// `create`, `change`, `delete`.
    pub action: String,
    /// Each field and what became of it.
    pub fields: Vec<FieldBody>,
    /// Whether the text of a refused create is kept.
    pub text: bool,
}

/// `GET refusals`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPageBody {
    /// Newest first.
    pub rows: Vec<JournalBody>,
    /// The `before` of the next page, if there may be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
