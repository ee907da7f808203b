//! Users, app passwords and feeds.

use super::Transaction;
use crate::model::{AppPassword, Feed, User, UserId};
use crate::ports::{CommitError, StoreError};
use crate::store::keys;
use crate::store::queries;
use crate::store::tables::Table;

impl Transaction<'_> {
    pub(super) fn put_user(&mut self, user: &User) -> Result<(), CommitError> {
        let login = keys::login(&user.login);
        let holder = queries::text_at(&self.view(), Table::UserByLogin, &login)?;
        if let Some(holder) = holder.filter(|holder| *holder != user.id.as_str()) {
            return Err(CommitError::LoginTaken(UserId::new(holder)));
        }
        if let Some(old) = queries::user(&self.view(), &user.id)? {
            self.remove(keys::login(&old.login));
            self.forget_ways_to(&old)?;
        }
        self.point(login, user.id.as_str());
        if let Some(person) = &user.advanta {
            self.point(keys::user_by_advanta(person)?, user.id.as_str());
        }
        if let Some(email) = &user.email {
            let key = keys::users_by_email(email).text(user.id.as_str())?.done();
            self.point(key, user.id.as_str());
        }
        Ok(self.put(keys::user(&user.id)?, user)?)
    }

    /// Removes what leads to a user besides their login.
    fn forget_ways_to(&mut self, old: &User) -> Result<(), StoreError> {
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
        }
        let listed = keys::app_password_of(&password.user, password.created, password.id)?;
        self.point(listed, *password.id.0.as_bytes());
        self.put(keys::app_password(password.id), password)
    }
}
