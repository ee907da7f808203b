//! Users, app passwords and the journal.

use super::Transaction;
use crate::model::{AppPassword, Feed, JournalId, JournalRow, Outcome, Timestamp, User, UserId};
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

    pub(super) fn add_journal(&mut self, mut row: JournalRow) -> Result<(), StoreError> {
        row.id = self.new_journal(self.journal_made)?;
        self.journal_made += 1;
        self.point(keys::journal_of_user(&row.who, row.id)?, []);
        self.point(keys::journal_of_object(row.object, row.id), []);
        self.put(keys::journal(row.id), &row)?;
        match row.id.0.checked_sub(self.limits.journal_rows_max) {
            Some(oldest) => self.forget_journal(JournalId(oldest)),
            None => Ok(()),
        }
    }

    /// A row too many; one of a command that is still on its way stays, for it has yet to say what became of it.
    fn forget_journal(&mut self, id: JournalId) -> Result<(), StoreError> {
        let Some(old) = queries::journal_row(&self.view(), id)? else {
            return Ok(());
        };
        if old
            .outcomes
            .iter()
            .any(|each| each.outcome == Outcome::Pending)
        {
            return Ok(());
        }
        self.remove(keys::journal_of_user(&old.who, id)?);
        self.remove(keys::journal_of_object(old.object, id));
        self.remove(keys::journal(id));
        Ok(())
    }

    pub(super) fn count_journal(&mut self, id: JournalId, at: Timestamp) -> Result<(), StoreError> {
        let Some(mut row) = queries::journal_row(&self.view(), id)? else {
            return Ok(());
        };
        row.count = row.count.saturating_add(1);
        row.last_at = at;
        self.put(keys::journal(id), &row)
    }

    pub(super) fn replace_journal(&mut self, row: &JournalRow) -> Result<(), StoreError> {
        let Some(old) = queries::journal_row(&self.view(), row.id)? else {
            return Ok(());
        };
        self.remove(keys::journal_of_user(&old.who, old.id)?);
        self.remove(keys::journal_of_object(old.object, old.id));
        self.point(keys::journal_of_user(&row.who, row.id)?, []);
        self.point(keys::journal_of_object(row.object, row.id), []);
        self.put(keys::journal(row.id), row)
    }
}
