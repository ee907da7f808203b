//! The JSON shapes of the administrator's API. The command line reads what the bridge writes, so both use these types.
//!
//! Names are in camelCase; instants are RFC 3339 in UTC; what is absent is left out. Readers ignore what they do not know, so
//! a shape may grow within `v1`.

use crate::model::Timestamp;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// A point in time, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = DateTime::parse_from_rfc3339(&text).map_err(de::Error::custom)?;
        Ok(Self(parsed.with_timezone(&Utc)))
    }
}

/// RFC 9457 §3.1, with the name of the value that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemBody {
    /// `urn:advanta-bridge:problem:…`
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem, in the language of the request.
    pub title: String,
    /// The status code once more.
    pub status: u16,
    /// What exactly, for the administrator: English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Which value is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserBody {
    /// Immutable identity: part of every href.
    pub id: String,
    /// What they type as user name.
    pub login: String,
    /// Shown name.
    pub name: String,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `ru` or `en`.
    pub language: String,
    /// IANA name of their zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Whether they may come in.
    pub active: bool,
    /// Who they are in ADVANTA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advanta: Option<String>,
}

/// `GET users`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersBody {
    /// Everybody, by identity.
    pub users: Vec<UserBody>,
}

/// `POST users`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUserBody {
    /// What they type as user name.
    pub login: String,
    /// Shown name.
    pub name: String,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `ru` (when absent) or `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// `GET users/{user}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserShownBody {
    /// The person.
    pub user: UserBody,
    /// Their devices' passwords, oldest first.
    pub app_passwords: Vec<AppPasswordBody>,
    /// Their secret addresses, oldest first.
    pub feeds: Vec<FeedBody>,
    /// How many events their calendar holds.
    pub members: u64,
    /// How many of their edits wait for ADVANTA.
    pub pending_commands: u64,
    /// Their last refusals, newest first.
    pub last_refusals: Vec<JournalBody>,
}

/// `POST users/{user}/deactivate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeactivatedBody {
    /// App passwords and feeds that died with it.
    pub revoked: u64,
}

/// An app password, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordBody {
    /// By which it is revoked.
    pub id: Uuid,
    /// What the device is called.
    pub label: String,
    /// When it was made.
    pub created: Instant,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Instant>,
}

/// `GET users/{user}/app-passwords`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppPasswordsBody {
    /// Revoked ones too, oldest first.
    pub app_passwords: Vec<AppPasswordBody>,
}

/// `POST users/{user}/app-passwords`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAppPasswordBody {
    /// What the device is called.
    pub label: String,
}

/// A new app password: the only time that its secret is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretBody {
    /// By which it is revoked.
    pub id: Uuid,
    /// The password.
    pub secret: String,
}

/// A secret address, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedBody {
    /// By which it is revoked.
    pub id: Uuid,
    /// When it was made.
    pub created: Instant,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Instant>,
}

/// `GET users/{user}/feeds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedsBody {
    /// Revoked ones too, oldest first.
    pub feeds: Vec<FeedBody>,
}

/// A new secret address: the only time that it is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFeedBody {
    /// By which it is revoked.
    pub id: Uuid,
    /// Its path on this bridge.
    pub path: String,
    /// The whole address, when `server.public_url` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// An object by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectBody {
    /// Its GUID.
    pub id: Uuid,
    /// Its title, if it is still there.
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
    /// ADVANTA itself.
    Advanta,
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
    /// Whether everything was compared.
    pub everything: bool,
}

/// A device that was refused too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmBody {
    /// When the limit was passed.
    pub at: Instant,
    /// The object.
    pub object: ObjectBody,
    /// The device's password.
    pub app_password: Uuid,
    /// What the device is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whose device.
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
}

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
