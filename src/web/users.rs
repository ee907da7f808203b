//! People and the passwords of their devices.

use super::Answer;
use super::ask::{Ask, created, done, identity, json};
use super::feeds;
use super::problem::Problem;
use super::wire::{
    AppPasswordBody, AppPasswordsBody, DeactivatedBody, Instant, NewAppPasswordBody, NewUserBody,
    SecretBody, UserBody, UserShownBody, UsersBody,
};
use crate::bridge::NewUser;
use crate::model::{AppPassword, AppPasswordId, CollectionId, Language, User, UserId};
use crate::ports::{JournalQuery, Outcomes, StoreError};

/// Refusals shown with a person.
const LAST_REFUSALS: usize = 10;
/// Commands looked at together.
const COMMANDS_AT_ONCE: usize = 512;

impl Ask<'_> {
    pub(super) async fn users(&self) -> Answer {
        self.only(&[])?;
        let users = self.bridge.store().users().await?;
        json(&UsersBody {
            users: users.iter().map(user_body).collect(),
        })
    }

    pub(super) async fn add_user(&self) -> Answer {
        self.only(&[])?;
        let new: NewUserBody = self.json()?;
        let language = match new.language.as_deref() {
            None => Language::default(),
            Some(tag) => Language::from_tag(tag)
                .ok_or_else(|| Problem::invalid("language", "it is neither ru nor en"))?,
        };
        let new = NewUser {
            login: new.login,
            name: new.name,
            email: new.email,
            language,
        };
        created(&user_body(&self.bridge.add_user(new).await?))
    }

    pub(super) async fn show_user(&self, named: &str) -> Answer {
        self.only(&[])?;
        let user = self.person(named).await?;
        let store = self.bridge.store();
        let passwords = store.app_passwords(&user.id).await?;
        let feeds = store.feeds(&user.id).await?;
        let collection = CollectionId::events(&user.id);
        let members = self.bridge.snapshot(&collection).await?.len() as u64;
        let query = JournalQuery {
            who: Some(user.id.clone()),
            outcomes: Outcomes::Refused,
            rows_max: LAST_REFUSALS,
            ..JournalQuery::default()
        };
        json(&UserShownBody {
            app_passwords: passwords.iter().map(app_password_body).collect(),
            feeds: feeds.iter().map(feeds::body).collect(),
            members,
            pending_commands: self.commands_by(&user.id).await?,
            last_refusals: self.rows(query).await?,
            user: user_body(&user),
        })
    }

    async fn commands_by(&self, author: &UserId) -> Result<u64, StoreError> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self
                .bridge
                .store()
                .commands(after, COMMANDS_AT_ONCE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(count);
            };
            after = Some(last.id);
            count += page.iter().filter(|each| each.author == *author).count() as u64;
        }
    }

    pub(super) async fn deactivate(&self, named: &str) -> Answer {
        self.only(&[])?;
        let user = self.person(named).await?;
        let revoked = self.bridge.deactivate_user(&user.id).await?;
        tracing::info!(user.id = %user.id, "an administrator deactivated a person: {revoked} passwords and feeds are dead");
        json(&DeactivatedBody {
            revoked: revoked as u64,
        })
    }

    pub(super) async fn app_passwords(&self, named: &str) -> Answer {
        self.only(&[])?;
        let user = self.person(named).await?;
        let passwords = self.bridge.store().app_passwords(&user.id).await?;
        json(&AppPasswordsBody {
            app_passwords: passwords.iter().map(app_password_body).collect(),
        })
    }

    pub(super) async fn add_app_password(&self, named: &str) -> Answer {
        self.only(&[])?;
        let new: NewAppPasswordBody = self.json()?;
        let user = self.person(named).await?;
        let made = self.bridge.add_app_password(&user.id, &new.label).await?;
        created(&SecretBody {
            id: made.id.0,
            secret: made.secret,
        })
    }

    pub(super) async fn revoke_app_password(&self, id: &str) -> Answer {
        self.only(&[])?;
        let id = AppPasswordId(identity(id, "app password")?);
        self.bridge.revoke_app_password(id).await?;
        done()
    }
}

fn user_body(user: &User) -> UserBody {
    UserBody {
        id: user.id.to_string(),
        login: user.login.clone(),
        name: user.name.clone(),
        email: user.email.clone(),
        language: user.language.tag().to_owned(),
        zone: user.zone.map(|zone| zone.name().to_owned()),
        active: user.active,
        advanta: user.advanta.as_ref().map(ToString::to_string),
    }
}

fn app_password_body(password: &AppPassword) -> AppPasswordBody {
    AppPasswordBody {
        id: password.id.0,
        label: password.label.clone(),
        created: Instant(password.created),
        revoked: password.revoked.map(Instant),
    }
}
