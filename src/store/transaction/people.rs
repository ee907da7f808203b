//! Users, app passwords and feeds.

use super::Transaction;
use crate::model::{AppPassword, AppPasswordId, Feed, PasswordHash, SecretDigest, User, folded};
use crate::ports::{CommitError, StoreError};
use crate::store::keys;
use crate::store::queries;

impl Transaction<'_> {
    pub(super) fn put_user(&mut self, user: &User) -> Result<(), CommitError> {
        let old = queries::user(&self.view(), &user.id)?;
        // Two who have had it since case counted keep it.
        let had = |old: &User| folded(&old.login) == folded(&user.login);
        if !old.as_ref().is_some_and(had) {
            let holders = queries::users_by_login(&self.view(), &user.login)?;
            if let Some(holder) = holders.into_iter().find(|holder| holder.id != user.id) {
                return Err(CommitError::LoginTaken(holder.id));
            }
        }
        if let Some(old) = &old {
            self.forget_ways_to(old)?;
        }
        self.point(keys::login(&user.login, &user.id)?, user.id.as_str());
        if let Some(person) = &user.advanta {
            self.point(keys::user_by_advanta(person)?, user.id.as_str());
        }
        if let Some(email) = &user.email {
            let key = keys::users_by_email(email).text(user.id.as_str())?.done();
            self.point(key, user.id.as_str());
        }
        Ok(self.put(keys::user(&user.id)?, user)?)
    }

    /// Removes what leads to a user.
    fn forget_ways_to(&mut self, old: &User) -> Result<(), StoreError> {
        self.remove(keys::login(&old.login, &old.id)?);
        if let Some(person) = &old.advanta {
            self.remove(keys::user_by_advanta(person)?);
        }
        if let Some(email) = &old.email {
            self.remove(keys::users_by_email(email).text(old.id.as_str())?.done());
        }
        Ok(())
    }

    pub(super) fn put_feed(&mut self, feed: &Feed) -> Result<(), StoreError> {
        if let Some(old) = queries::feed(&self.view(), feed.id)? {
            self.remove(keys::feed_of(&old.user, old.created, old.id)?);
            self.remove(keys::feed_by_digest(old.digest));
        }
        let id = *feed.id.0.as_bytes();
        self.point(keys::feed_of(&feed.user, feed.created, feed.id)?, id);
        self.point(keys::feed_by_digest(feed.digest), id);
        self.put(keys::feed(feed.id), feed)
    }

    pub(super) fn put_app_password(&mut self, password: &AppPassword) -> Result<(), StoreError> {
        if let Some(old) = queries::app_password(&self.view(), password.id)? {
            self.remove(keys::app_password_of(&old.user, old.created, old.id)?);
            if let PasswordHash::Digest(digest) = &old.hash {
                self.remove(keys::app_password_by_digest(digest));
            }
        }
        if let PasswordHash::Digest(digest) = &password.hash {
            let id = *password.id.0.as_bytes();
            self.point(keys::app_password_by_digest(digest), id);
        }
        let listed = keys::app_password_of(&password.user, password.created, password.id)?;
        self.point(listed, *password.id.0.as_bytes());
        self.put(keys::app_password(password.id), password)
    }

    /// The digest takes the place of an old hash; not of one that was revoked meanwhile.
    pub(super) fn rehash(
        &mut self,
        id: AppPasswordId,
        digest: SecretDigest,
    ) -> Result<(), StoreError> {
        match queries::app_password(&self.view(), id)? {
            Some(old) if old.revoked.is_none() && matches!(old.hash, PasswordHash::Old(_)) => self
                .put_app_password(&AppPassword {
                    hash: PasswordHash::Digest(digest),
                    ..old
                }),
            Some(_) | None => Ok(()),
        }
    }
}
