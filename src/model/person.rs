//! People and the passwords of their devices.

use super::{AppPasswordId, Digest, FeedId, Revision, SecretDigest, Timestamp, UserId};
use chrono_tz::Tz;

/// The language of words shown to a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Русский.
    #[default]
    Russian,
    /// English.
    English,
}

impl Language {
    /// BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// Reads a BCP 47 tag by its first subtag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag
            .split(['-', '_'])
            .next()
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("ru") => Some(Self::Russian),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }
}

/// An employee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Immutable identity; part of every href.
    pub id: UserId,
    /// What they type as user name; unique whatever the case of its letters, may change.
    pub login: String,
    /// Shown name.
    pub name: String,
    /// E-mail, if ADVANTA told one.
    pub email: Option<String>,
    /// Language of refusal texts and pages.
    pub language: Language,
    /// Their own zone, if ADVANTA told one.
    pub zone: Option<Tz>,
    /// A deactivated person's app passwords are dead.
    pub active: bool,
    /// An administrator keeps them out, whatever ADVANTA says.
    pub kept_out: bool,
    /// Who they are in ADVANTA; `None` for people whom only an administrator of the bridge knows.
    pub advanta: Option<UserId>,
    /// ADVANTA's count of the changes of this person; 0 when it never told of them.
    pub revision: Revision,
}

/// A person as ADVANTA tells of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// ADVANTA's identity of them.
    pub id: UserId,
    /// ADVANTA's count of their changes: a higher one is newer.
    pub revision: Revision,
    /// What they type as user name, if ADVANTA chooses it.
    pub login: Option<String>,
    /// Shown name.
    pub name: String,
    /// E-mail.
    pub email: Option<String>,
    /// Language, if it is one that we speak.
    pub language: Option<Language>,
    /// Their own zone.
    pub zone: Option<Tz>,
    /// Whether they may still come in.
    pub active: bool,
}

/// A password of one device. The secret itself is shown once and never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPassword {
    /// Its identity.
    pub id: AppPasswordId,
    /// Whose it is.
    pub user: UserId,
    /// What the owner called the device.
    pub label: String,
    /// By what it is known again.
    pub hash: PasswordHash,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked; a revoked one never works again.
    pub revoked: Option<Timestamp>,
}

/// What is kept of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordHash {
    /// The digest of a secret that the bridge drew.
    Digest(SecretDigest),
    /// argon2id, in PHC string form, of a secret that an older version drew. The digest takes its place at the first success.
    Old(String),
    /// argon2id, in PHC string form, of a password that a person chose.
    Chosen(String),
}

/// A user name or an e-mail as they are compared: without case and without the blanks around it.
pub fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A secret address under which anyone who knows it reads a person's calendar. The secret itself is shown once and never
/// stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its identity, for revoking.
    pub id: FeedId,
    /// Whose calendar.
    pub user: UserId,
    /// Of the secret part of its address.
    pub digest: Digest,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked; a revoked one never works again.
    pub revoked: Option<Timestamp>,
}
