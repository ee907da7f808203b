//! People, their passwords and feeds.

use super::{Instant, JournalBody};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
