//! Stored forms of users and app passwords.

use super::time::{Instant, optional};
use super::{Invalid, Record};
use crate::model::{
    AppPassword, AppPasswordId, Digest, Feed, FeedId, Language, PasswordHash, Person, Revision,
    SecretDigest, User, UserId,
};
use crate::store::tables::Table;
use chrono_tz::Tz;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
pub struct UserRow {
    id: Arc<str>,
    login: String,
    name: String,
    email: Option<String>,
    language: LanguageRow,
    #[serde(default)]
    zone: Option<String>,
    active: bool,
    #[serde(default)]
    kept_out: bool,
    #[serde(default)]
    advanta: Option<Arc<str>>,
    #[serde(default)]
    revision: u64,
}

#[derive(Serialize, Deserialize)]
enum LanguageRow {
    Russian,
    English,
}

impl From<Language> for LanguageRow {
    fn from(language: Language) -> Self {
        match language {
            Language::Russian => Self::Russian,
            Language::English => Self::English,
        }
    }
}

impl From<LanguageRow> for Language {
    fn from(row: LanguageRow) -> Self {
        match row {
            LanguageRow::Russian => Self::Russian,
            LanguageRow::English => Self::English,
        }
    }
}

fn zone(name: Option<String>) -> Result<Option<Tz>, Invalid> {
    let parsed = name.map(|name| name.parse().map_err(|_| Invalid("zone")));
    parsed.transpose()
}

impl Record for User {
    const TABLE: Table = Table::Users;
    type Stored = UserRow;

    fn stored(&self) -> UserRow {
        UserRow {
            id: self.id.0.clone(),
            login: self.login.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            language: self.language.into(),
            zone: self.zone.map(|zone| zone.name().to_owned()),
            active: self.active,
            kept_out: self.kept_out,
            advanta: self.advanta.as_ref().map(|id| id.0.clone()),
            revision: self.revision.0,
        }
    }

    fn restored(row: UserRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: UserId(row.id),
            login: row.login,
            name: row.name,
            email: row.email,
            language: row.language.into(),
            zone: zone(row.zone)?,
            active: row.active,
            kept_out: row.kept_out,
            advanta: row.advanta.map(UserId),
            revision: Revision(row.revision),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct AppPasswordRow {
    id: Uuid,
    user: Arc<str>,
    label: String,
    /// argon2id; of old rows the only form.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    hash: String,
    /// Whether a person chose what was hashed so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    chosen: bool,
    /// In hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    created: Instant,
    revoked: Option<Instant>,
}

fn digest(text: &str) -> Result<SecretDigest, Invalid> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok();
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(SecretDigest).ok_or(Invalid("a digest"))
}

impl Record for AppPassword {
    const TABLE: Table = Table::AppPasswords;
    type Stored = AppPasswordRow;

    fn stored(&self) -> AppPasswordRow {
        let (hash, chosen, digest) = match &self.hash {
            PasswordHash::Digest(digest) => {
                (String::new(), false, Some(HEXLOWER.encode(&digest.0)))
            }
            PasswordHash::Old(hash) => (hash.clone(), false, None),
            PasswordHash::Chosen(hash) => (hash.clone(), true, None),
        };
        AppPasswordRow {
            id: self.id.0,
            user: self.user.0.clone(),
            label: self.label.clone(),
            hash,
            chosen,
            digest,
            created: self.created.into(),
            revoked: self.revoked.map(Into::into),
        }
    }

    fn restored(row: AppPasswordRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: AppPasswordId(row.id),
            user: UserId(row.user),
            label: row.label,
            hash: match (row.digest, row.chosen) {
                (Some(text), _) => PasswordHash::Digest(digest(&text)?),
                (None, true) => PasswordHash::Chosen(row.hash),
                (None, false) => PasswordHash::Old(row.hash),
            },
            created: row.created.try_into()?,
            revoked: optional(row.revoked)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct FeedRow {
    id: Uuid,
    user: Arc<str>,
    digest: [u8; 16],
    created: Instant,
    revoked: Option<Instant>,
}

impl Record for Feed {
    const TABLE: Table = Table::Feeds;
    type Stored = FeedRow;

    fn stored(&self) -> FeedRow {
        FeedRow {
            id: self.id.0,
            user: self.user.0.clone(),
            digest: self.digest.0,
            created: self.created.into(),
            revoked: self.revoked.map(Into::into),
        }
    }

    fn restored(row: FeedRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: FeedId(row.id),
            user: UserId(row.user),
            digest: Digest(row.digest),
            created: row.created.try_into()?,
            revoked: optional(row.revoked)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct PersonRow {
    id: Arc<str>,
    revision: u64,
    login: Option<String>,
    name: String,
    email: Option<String>,
    language: Option<LanguageRow>,
    zone: Option<String>,
    active: bool,
}

impl From<&Person> for PersonRow {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id.0.clone(),
            revision: person.revision.0,
            login: person.login.clone(),
            name: person.name.clone(),
            email: person.email.clone(),
            language: person.language.map(Into::into),
            zone: person.zone.map(|zone| zone.name().to_owned()),
            active: person.active,
        }
    }
}

impl TryFrom<PersonRow> for Person {
    type Error = Invalid;

    fn try_from(row: PersonRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: UserId(row.id),
            revision: Revision(row.revision),
            login: row.login,
            name: row.name,
            email: row.email,
            language: row.language.map(Into::into),
            zone: zone(row.zone)?,
            active: row.active,
        })
    }
}
