//! Stored forms of users and app passwords.

use super::time::{Instant, optional};
use super::{Invalid, Record};
use crate::model::{AppPassword, AppPasswordId, Language, User, UserId};
use crate::store::tables::Table;
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
    active: bool,
}

#[derive(Serialize, Deserialize)]
enum LanguageRow {
    Russian,
    English,
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
            language: match self.language {
                Language::Russian => LanguageRow::Russian,
                Language::English => LanguageRow::English,
            },
            active: self.active,
        }
    }

    fn restored(row: UserRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: UserId(row.id),
            login: row.login,
            name: row.name,
            email: row.email,
            language: match row.language {
                LanguageRow::Russian => Language::Russian,
                LanguageRow::English => Language::English,
            },
            active: row.active,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct AppPasswordRow {
    id: Uuid,
    user: Arc<str>,
    label: String,
    hash: String,
    created: Instant,
    revoked: Option<Instant>,
}

impl Record for AppPassword {
    const TABLE: Table = Table::AppPasswords;
    type Stored = AppPasswordRow;

    fn stored(&self) -> AppPasswordRow {
        AppPasswordRow {
            id: self.id.0,
            user: self.user.0.clone(),
            label: self.label.clone(),
            hash: self.hash.clone(),
            created: self.created.into(),
            revoked: self.revoked.map(Into::into),
        }
    }

    fn restored(row: AppPasswordRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: AppPasswordId(row.id),
            user: UserId(row.user),
            label: row.label,
            hash: row.hash,
            created: row.created.try_into()?,
            revoked: optional(row.revoked)?,
        })
    }
}
