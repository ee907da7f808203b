//! People and the passwords of their devices.

use super::{AppPasswordId, Timestamp, UserId};

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
    /// What they type as user name; unique, may change.
    pub login: String,
    /// Shown name.
    pub name: String,
    /// E-mail, if ADVANTA told one.
    pub email: Option<String>,
    /// Language of refusal texts and pages.
    pub language: Language,
    /// A deactivated person's app passwords are dead.
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
    /// argon2id hash in PHC string form.
    pub hash: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked; a revoked one never works again.
    pub revoked: Option<Timestamp>,
}
