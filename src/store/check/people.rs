//! Users, app passwords and the journal.

use super::row::Row;
use crate::model::{
    AppPassword, AppPasswordId, Feed, FeedId, JournalId, JournalRow, PasswordHash, User, UserId,
};
use crate::store::keys;
use crate::store::queries::{self, Read};
use crate::store::records::UsedRow;
use crate::store::tables::{self, Table};
use crate::store::transaction::JOURNAL_NEXT;

pub(super) fn user(row: &mut Row<'_>) -> Read<()> {
    let user: User = row.record()?;
    row.must_lie_at(&keys::user(&user.id)?);
    let login = keys::login(&user.login, &user.id)?;
    let id = user.id.as_str().as_bytes();
    row.must_be_listed(Table::UserByLogin, &login, id)?;
    if let Some(person) = &user.advanta {
        row.must_be_listed(Table::UserByAdvanta, &keys::user_by_advanta(person)?, id)?;
    }
    if let Some(email) = &user.email {
        let by_email = keys::users_by_email(email).text(user.id.as_str())?.done();
        row.must_be_listed(Table::UsersByEmail, &by_email, id)?;
    }
    Ok(())
}

pub(super) fn user_by_advanta(row: &mut Row<'_>) -> Read<()> {
    let Some(id) = queries::text_at(row.view, Table::UserByAdvanta, row.key)? else {
        return Ok(());
    };
    if let Some(user) = row.target::<User>(&keys::user(&UserId::new(id))?)? {
        let person = user
            .advanta
            .as_ref()
            .map(keys::user_by_advanta)
            .transpose()?;
        row.must_be_key(&person.unwrap_or_default());
    }
    Ok(())
}

pub(super) fn user_by_email(row: &mut Row<'_>) -> Read<()> {
    let Some(id) = queries::text_at(row.view, Table::UsersByEmail, row.key)? else {
        return Ok(());
    };
    if let Some(user) = row.target::<User>(&keys::user(&UserId::new(id))?)? {
        let key = match &user.email {
            Some(email) => keys::users_by_email(email).text(user.id.as_str())?.done(),
            None => vec![],
        };
        row.must_be_key(&key);
    }
    Ok(())
}

/// Whoever has something that counts is counted.
pub(super) fn must_be_counted(row: &mut Row<'_>, who: &UserId) -> Read<()> {
    let is_counted = row.view.get(&keys::used(who)?)?.is_some();
    row.must(is_counted, "it is missing in used");
    Ok(())
}

pub(super) fn used(row: &mut Row<'_>) -> Read<()> {
    let used: UsedRow = row.record()?;
    let Some(user) = keys::read::text(row.key) else {
        row.must(false, "its key names nobody");
        return Ok(());
    };
    let counted = UsedRow {
        journal_from: used.journal_from,
        ..queries::count(row.view, &UserId::new(user))?
    };
    row.must(used == counted, "it is not what the person has stored");
    Ok(())
}

pub(super) fn feed(row: &mut Row<'_>) -> Read<()> {
    let feed: Feed = row.record()?;
    row.must_lie_at(&keys::feed(feed.id));
    let id = feed.id.0.as_bytes();
    let listed = keys::feed_of(&feed.user, feed.created, feed.id)?;
    row.must_be_listed(Table::FeedsOf, &listed, id)?;
    row.must_be_listed(Table::FeedByDigest, &keys::feed_by_digest(feed.digest), id)
}

pub(super) fn feed_by(row: &mut Row<'_>, table: Table) -> Read<()> {
    let Some(id) = queries::uuid_at(row.view, table, row.key)? else {
        return Ok(());
    };
    let Some(feed) = row.target::<Feed>(&keys::feed(FeedId(id)))? else {
        return Ok(());
    };
    let key = match table {
        Table::FeedsOf => keys::feed_of(&feed.user, feed.created, feed.id)?,
        _ => keys::feed_by_digest(feed.digest),
    };
    row.must_be_key(&key);
    Ok(())
}

pub(super) fn login(row: &mut Row<'_>) -> Read<()> {
    let Some(id) = queries::text_at(row.view, Table::UserByLogin, row.key)? else {
        return Ok(());
    };
    if let Some(user) = row.target::<User>(&keys::user(&UserId::new(id))?)? {
        row.must_be_key(&keys::login(&user.login, &user.id)?);
    }
    Ok(())
}

pub(super) fn app_password(row: &mut Row<'_>) -> Read<()> {
    let password: AppPassword = row.record()?;
    row.must_lie_at(&keys::app_password(password.id));
    let listed = keys::app_password_of(&password.user, password.created, password.id)?;
    let id = password.id.0.as_bytes();
    if let PasswordHash::Digest(digest) = &password.hash {
        let by_digest = keys::app_password_by_digest(digest);
        row.must_be_listed(Table::AppPasswordByDigest, &by_digest, id)?;
    }
    row.must_be_listed(Table::AppPasswordsOf, &listed, id)
}

pub(super) fn app_password_by_digest(row: &mut Row<'_>) -> Read<()> {
    let Some(id) = queries::uuid_at(row.view, Table::AppPasswordByDigest, row.key)? else {
        return Ok(());
    };
    let target = keys::app_password(AppPasswordId(id));
    if let Some(password) = row.target::<AppPassword>(&target)? {
        let key = match &password.hash {
            PasswordHash::Digest(digest) => keys::app_password_by_digest(digest),
            PasswordHash::Old(_) | PasswordHash::Chosen(_) => vec![],
        };
        row.must_be_key(&key);
    }
    Ok(())
}

pub(super) fn app_password_of(row: &mut Row<'_>) -> Read<()> {
    let Some(id) = queries::uuid_at(row.view, Table::AppPasswordsOf, row.key)? else {
        return Ok(());
    };
    let target = keys::app_password(AppPasswordId(id));
    if let Some(password) = row.target::<AppPassword>(&target)? {
        let (user, created) = (&password.user, password.created);
        row.must_be_key(&keys::app_password_of(user, created, password.id)?);
    }
    Ok(())
}

pub(super) fn journal(row: &mut Row<'_>) -> Read<()> {
    let journal: JournalRow = row.record()?;
    row.must_lie_at(&keys::journal(journal.id));
    row.must_be_given(journal.id.0, JOURNAL_NEXT)?;
    if queries::used_by_row(&journal) != UsedRow::default() {
        must_be_counted(row, &journal.who)?;
    }
    let of_user = keys::journal_of_user(&journal.who, journal.id)?;
    row.must_be_listed(Table::JournalOfUser, &of_user, &[])?;
    let of_object = keys::journal_of_object(journal.object, journal.id);
    row.must_be_listed(Table::JournalOfObject, &of_object, &[])
}

pub(super) fn journal_of(row: &mut Row<'_>, table: Table) -> Read<()> {
    let id = JournalId(tables::last_number(table, row.key)?);
    let Some(journal) = row.target::<JournalRow>(&keys::journal(id))? else {
        return Ok(());
    };
    let key = match table {
        Table::JournalOfUser => keys::journal_of_user(&journal.who, id)?,
        _ => keys::journal_of_object(journal.object, id),
    };
    row.must_be_key(&key);
    Ok(())
}
