//! What waits for ADVANTA, and how the bridge is.

use super::{Instant, JournalBody, ObjectBody, PersonBody};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A command that waits for ADVANTA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandBody {
    /// Order of writing.
    pub id: u64,
    /// What it is done to.
    pub object: ObjectBody,
    /// Whose edit it is.
    pub user: PersonBody,
    /// `create`, `change`, `delete`.
    pub action: String,
    /// Which fields it changes.
    pub fields: Vec<String>,
    /// `waiting`, `dead`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due: Instant,
    /// The journal row that says what became of it.
    pub journal: u64,
}

/// `GET outbox`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxBody {
    /// How many commands there are, dead ones too.
    pub size: u64,
    /// Whether it is held for an administrator.
    pub held: bool,
    /// When the edit of the oldest command was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Instant>,
    /// Oldest first.
    pub commands: Vec<CommandBody>,
    /// The `after` of the next page, if there may be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// `POST outbox/release`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedBody {
    /// Whether it was held before.
    pub released: bool,
    /// How many commands go on.
    pub size: u64,
}

/// `GET dead-letters`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLettersBody {
    /// Oldest first.
    pub dead_letters: Vec<CommandBody>,
}

/// `GET dead-letters/{object}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterBody {
    /// The command.
    pub command: CommandBody,
    /// How many commands of the same object wait behind it.
    pub behind: u64,
    /// The edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<JournalBody>,
}

/// `POST reconcile`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciledBody {
    /// Things that ADVANTA listed.
    pub listed: u64,
    /// Of these, news to us.
    pub news: u64,
    /// Objects that were gone although no hook had said so.
    pub gone: u64,
    /// Things that could not be understood and were left out; the log says which.
    #[serde(default)]
    pub flawed: u64,
    /// Whether everything was compared.
    pub everything: bool,
}

/// Something that went wrong too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmBody {
    /// When the limit was passed.
    pub at: Instant,
    /// `refused`: a device, more often in an hour than the limit; `frozen`: an item of a remote calendar, written back too often;
    /// `barred`: a remote calendar that refuses us.
    pub kind: String,
    /// The object, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectBody>,
    /// The device's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_password: Option<Uuid>,
    /// The subscription in which the item is frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// What the device or the remote calendar is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whose device or calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<PersonBody>,
}

/// `GET alarms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmsBody {
    /// Since the bridge started, oldest first.
    pub alarms: Vec<AlarmBody>,
}

/// `GET status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusBody {
    /// Version of the program.
    pub version: String,
    /// Whether a running bridge answers, or the command itself opened the store.
    pub running: bool,
    /// Life of the store.
    pub epoch: String,
    /// `own` or `advanta`.
    pub authority: String,
    /// People who may come in.
    pub users: u64,
    /// Notices that wait.
    pub inbox: u64,
    /// Commands that wait, dead ones too.
    pub outbox: u64,
    /// Commands that cannot succeed.
    pub dead_letters: u64,
    /// Whether the outbox is held for an administrator.
    pub held: bool,
    /// ADVANTA's bookmark of the last reconcile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Alarms since the start.
    pub alarms: u64,
    /// Sign-ins that failed since the start, at all doors.
    #[serde(default)]
    pub failed_sign_ins: u64,
}
