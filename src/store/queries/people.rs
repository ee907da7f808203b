//! Reads of users, the passwords of their devices, and their feeds.

use super::{Read, row, rows, target, text_at, uuid_at};
use crate::model::{AppPassword, AppPasswordId, Digest, Feed, FeedId, SecretDigest, User, UserId};
use crate::store::keys;
use crate::store::kv::{KeyRange, Order, View, scan};
use crate::store::tables::{Table, damaged};
use uuid::Uuid;

/// See [`Store::user`](crate::ports::Store::user).
pub fn user(view: &dyn View, id: &UserId) -> Read<Option<User>> {
    row(view, &keys::user(id)?)
}

/// See [`Store::user_by_login`](crate::ports::Store::user_by_login).
pub fn user_by_login(view: &dyn View, login: &str) -> Read<Option<User>> {
    let mut users = users_by_login(view, login)?;
    if let Some(exact) = users.iter().position(|user| user.login == login.trim()) {
        return Ok(Some(users.swap_remove(exact)));
    }
    Ok(match users.len() {
        1 => users.pop(),
        _ => None,
    })
}

/// See [`Store::users_by_login`](crate::ports::Store::users_by_login).
pub fn users_by_login(view: &dyn View, login: &str) -> Read<Vec<User>> {
    users_of(
        view,
        Table::UserByLogin,
        keys::users_by_login(login).range(),
    )
}

/// See [`Store::user_by_advanta`](crate::ports::Store::user_by_advanta).
pub fn user_by_advanta(view: &dyn View, person: &UserId) -> Read<Option<User>> {
    let key = keys::user_by_advanta(person)?;
    let Some(id) = text_at(view, Table::UserByAdvanta, &key)? else {
        return Ok(None);
    };
    let row = keys::user(&UserId::new(id))?;
    target(view, Table::UserByAdvanta, &key, &row).map(Some)
}

/// See [`Store::users_by_email`](crate::ports::Store::users_by_email).
pub fn users_by_email(view: &dyn View, email: &str) -> Read<Vec<User>> {
    let range = keys::users_by_email(email).range();
    users_of(view, Table::UsersByEmail, range)
}

/// The users that the rows of an index lead to.
fn users_of(view: &dyn View, table: Table, range: KeyRange) -> Read<Vec<User>> {
    let mut found = Vec::new();
    scan(view, range, Order::Ascending, |(key, id)| {
        let id = String::from_utf8(id).map_err(|_| damaged(table, &key, "it holds no text"))?;
        let row = keys::user(&UserId::new(id))?;
        found.push(target(view, table, &key, &row)?);
        Ok(true)
    })?;
    Ok(found)
}

/// See [`Store::feeds`](crate::ports::Store::feeds).
pub fn feeds(view: &dyn View, user: &UserId) -> Read<Vec<Feed>> {
    let mut found = Vec::new();
    let range = Table::FeedsOf.key().text(user.as_str())?.range();
    scan(view, range, Order::Ascending, |(key, id)| {
        let id =
            Uuid::from_slice(&id).map_err(|_| damaged(Table::FeedsOf, &key, "it holds no uuid"))?;
        found.push(target(view, Table::FeedsOf, &key, &keys::feed(FeedId(id)))?);
        Ok(true)
    })?;
    Ok(found)
}

/// One feed.
pub fn feed(view: &dyn View, id: FeedId) -> Read<Option<Feed>> {
    row(view, &keys::feed(id))
}

/// See [`Store::feed_by_digest`](crate::ports::Store::feed_by_digest).
pub fn feed_by_digest(view: &dyn View, digest: Digest) -> Read<Option<Feed>> {
    let key = keys::feed_by_digest(digest);
    let Some(id) = uuid_at(view, Table::FeedByDigest, &key)? else {
        return Ok(None);
    };
    target(view, Table::FeedByDigest, &key, &keys::feed(FeedId(id))).map(Some)
}

/// See [`Store::users`](crate::ports::Store::users).
pub fn users(view: &dyn View) -> Read<Vec<User>> {
    rows(view, Table::Users.range(), usize::MAX)
}

/// Whether nobody was ever stored.
pub fn is_empty(view: &dyn View) -> Read<bool> {
    Ok(view
        .range(&Table::Users.range(), Order::Ascending, 1)?
        .is_empty())
}

/// See [`Store::app_passwords`](crate::ports::Store::app_passwords).
pub fn app_passwords(view: &dyn View, user: &UserId) -> Read<Vec<AppPassword>> {
    let mut found = Vec::new();
    let range = Table::AppPasswordsOf.key().text(user.as_str())?.range();
    scan(view, range, Order::Ascending, |(key, id)| {
        let id = Uuid::from_slice(&id)
            .map_err(|_| damaged(Table::AppPasswordsOf, &key, "it holds no uuid"))?;
        let row = keys::app_password(AppPasswordId(id));
        found.push(target(view, Table::AppPasswordsOf, &key, &row)?);
        Ok(true)
    })?;
    Ok(found)
}

/// See [`Store::app_password_by_digest`](crate::ports::Store::app_password_by_digest).
pub fn app_password_by_digest(view: &dyn View, digest: &SecretDigest) -> Read<Option<AppPassword>> {
    let key = keys::app_password_by_digest(digest);
    let Some(id) = uuid_at(view, Table::AppPasswordByDigest, &key)? else {
        return Ok(None);
    };
    let row = keys::app_password(AppPasswordId(id));
    target(view, Table::AppPasswordByDigest, &key, &row).map(Some)
}

/// See [`Store::app_password`](crate::ports::Store::app_password).
pub fn app_password(view: &dyn View, id: AppPasswordId) -> Read<Option<AppPassword>> {
    row(view, &keys::app_password(id))
}
