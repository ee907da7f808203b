//! Every typed read, over any [`View`].
//!
//! An index row that points nowhere is damage, not absence: indexes and rows change in one batch.

mod connect;
mod people;
mod sync;
mod used;
mod work;

pub use connect::*;
pub use people::*;
pub use sync::*;
pub use used::*;
pub use work::*;

use crate::model::{
    Collection, CollectionId, JournalId, JournalRow, Object, ObjectId, Properties, Resource,
    ResourceName, Revision, Tombstone, ViewRevision, Withdrawn,
};
use crate::ports::{JournalQuery, Member, Outcomes, StoreError};
use crate::store::keys;
use crate::store::kv::{KeyRange, Order, View, scan};
use crate::store::records::{CollectionRow, Record, decode};
use crate::store::tables::{self, Table, damaged};
use std::sync::Arc;
use uuid::Uuid;

/// What every read answers.
pub type Read<T> = Result<T, StoreError>;

/// The record of a key.
pub fn row<R: Record>(view: &dyn View, key: &[u8]) -> Read<Option<R>> {
    view.get(key)?.map(|bytes| decode(key, &bytes)).transpose()
}

/// The record that an index points at.
fn target<R: Record>(view: &dyn View, index: Table, key: &[u8], target: &[u8]) -> Read<R> {
    row(view, target)?.ok_or_else(|| damaged(index, key, "it points at nothing"))
}

/// All records of a range.
fn rows<R: Record>(view: &dyn View, range: KeyRange, rows_max: usize) -> Read<Vec<R>> {
    let mut found = Vec::new();
    if rows_max == 0 {
        return Ok(found);
    }
    scan(view, range, Order::Ascending, |(key, bytes)| {
        found.push(decode(&key, &bytes)?);
        Ok(found.len() < rows_max)
    })?;
    Ok(found)
}

/// The UUID that an index row holds.
pub fn uuid_at(view: &dyn View, index: Table, key: &[u8]) -> Read<Option<Uuid>> {
    let Some(bytes) = view.get(key)? else {
        return Ok(None);
    };
    Uuid::from_slice(&bytes)
        .map(Some)
        .map_err(|_| damaged(index, key, "it holds no uuid"))
}

/// The text that an index row holds.
pub fn text_at(view: &dyn View, index: Table, key: &[u8]) -> Read<Option<String>> {
    let Some(bytes) = view.get(key)? else {
        return Ok(None);
    };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| damaged(index, key, "it holds no text"))
}

/// The number that a row holds.
pub fn number_at(view: &dyn View, table: Table, key: &[u8]) -> Read<Option<u64>> {
    let Some(bytes) = view.get(key)? else {
        return Ok(None);
    };
    number(table, key, &bytes).map(Some)
}

/// A number from its bytes.
fn number(table: Table, key: &[u8], bytes: &[u8]) -> Read<u64> {
    let bytes = bytes.try_into();
    let bytes = bytes.map_err(|_| damaged(table, key, "it holds no number"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// The member name that an index row holds.
pub fn name_at(view: &dyn View, index: Table, key: &[u8]) -> Read<Option<ResourceName>> {
    let Some(text) = text_at(view, index, key)? else {
        return Ok(None);
    };
    ResourceName::new(&text)
        .map(Some)
        .map_err(|_| damaged(index, key, "it holds no name"))
}

/// See [`Store::object`](crate::ports::Store::object).
pub fn object(view: &dyn View, id: ObjectId) -> Read<Option<Object>> {
    row(view, &keys::object(id))
}

/// See [`Store::set_aside`](crate::ports::Store::set_aside).
pub fn set_aside(view: &dyn View, id: &CollectionId, object: ObjectId) -> Read<Option<Withdrawn>> {
    row(view, &keys::aside(object, id)?)
}

/// See [`Store::removed`](crate::ports::Store::removed).
pub fn removed(view: &dyn View, id: ObjectId) -> Read<Option<Revision>> {
    Ok(removal(view, id)?.map(|removal| removal.revision))
}

/// What is remembered of an object that was removed.
pub struct Removal {
    /// At which revision it went.
    pub revision: Revision,
    /// Its place in the order of removals.
    pub place: u64,
}

impl Removal {
    /// Its stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.revision.0.to_be_bytes(), self.place.to_be_bytes()].concat()
    }
}

/// The removal of an object, if it is remembered.
pub fn removal(view: &dyn View, id: ObjectId) -> Read<Option<Removal>> {
    let key = keys::removed(id);
    let Some(bytes) = view.get(&key)? else {
        return Ok(None);
    };
    let (Some(revision), Some(place), 16) = (
        bytes.first_chunk::<8>(),
        bytes.last_chunk::<8>(),
        bytes.len(),
    ) else {
        return Err(damaged(Table::Removed, &key, "it holds no two numbers"));
    };
    Ok(Some(Removal {
        revision: Revision(u64::from_be_bytes(*revision)),
        place: u64::from_be_bytes(*place),
    }))
}

/// See [`Store::objects`](crate::ports::Store::objects).
pub fn objects(view: &dyn View, after: Option<ObjectId>, objects_max: usize) -> Read<Vec<Object>> {
    let mut range = Table::Objects.range();
    if let Some(after) = after {
        range = range.after(&keys::object(after));
    }
    rows(view, range, objects_max)
}

/// A collection with what only the store knows of it.
pub fn collection_row(view: &dyn View, id: &CollectionId) -> Read<CollectionRow> {
    let stored = row(view, &keys::collection(id)?)?;
    Ok(stored.unwrap_or_else(|| CollectionRow {
        collection: Collection {
            id: id.clone(),
            change: ViewRevision(0),
            floor: ViewRevision(0),
            properties: Properties::default(),
        },
        tombstones: 0,
    }))
}

/// See [`Store::collection`](crate::ports::Store::collection).
pub fn collection(view: &dyn View, id: &CollectionId) -> Read<Collection> {
    Ok(collection_row(view, id)?.collection)
}

/// See [`Store::members`](crate::ports::Store::members).
pub fn members(view: &dyn View, id: &CollectionId) -> Read<Vec<Member>> {
    let mut found = Vec::new();
    let range = Table::Members.key().collection(id)?.range();
    scan(view, range, Order::Ascending, |(key, bytes)| {
        found.push(Arc::new(decode::<Resource>(&key, &bytes)?));
        Ok(true)
    })?;
    Ok(found)
}

/// See [`Store::tombstones`](crate::ports::Store::tombstones).
pub fn tombstones(view: &dyn View, id: &CollectionId) -> Read<Vec<Tombstone>> {
    let range = Table::Tombstones.key().collection(id)?.range();
    rows(view, range, usize::MAX)
}

/// See [`Store::member`](crate::ports::Store::member).
pub fn member(view: &dyn View, id: &CollectionId, name: &ResourceName) -> Read<Option<Member>> {
    Ok(row(view, &keys::named(Table::Members, id, name)?)?.map(Arc::new))
}

/// The member that an index row names.
fn member_at(view: &dyn View, id: &CollectionId, index: Table, key: &[u8]) -> Read<Option<Member>> {
    let Some(name) = name_at(view, index, key)? else {
        return Ok(None);
    };
    let row = keys::named(Table::Members, id, &name)?;
    Ok(Some(Arc::new(target(view, index, key, &row)?)))
}

/// See [`Store::member_of`](crate::ports::Store::member_of).
pub fn member_of(view: &dyn View, id: &CollectionId, object: ObjectId) -> Read<Option<Member>> {
    let key = keys::member_by_object(id, object)?;
    member_at(view, id, Table::MemberByObject, &key)
}

/// See [`Store::member_by_uid`](crate::ports::Store::member_by_uid).
pub fn member_by_uid(view: &dyn View, id: &CollectionId, uid: &str) -> Read<Option<Member>> {
    let key = keys::member_by_uid(id, uid)?;
    member_at(view, id, Table::MemberByUid, &key)
}

/// See [`Store::collections_of`](crate::ports::Store::collections_of).
pub fn collections_of(view: &dyn View, object: ObjectId) -> Read<Vec<CollectionId>> {
    let range = Table::CollectionsOf.key().object(object).range();
    rows(view, range, usize::MAX)
}

/// See [`Store::journal`](crate::ports::Store::journal).
pub fn journal(view: &dyn View, query: &JournalQuery) -> Read<Vec<JournalRow>> {
    let mut found = Vec::new();
    if query.rows_max == 0 {
        return Ok(found);
    }
    let (table, list) = match (query.object, &query.who) {
        // An object has fewer rows than a person, as a rule.
        (Some(object), _) => (
            Table::JournalOfObject,
            Table::JournalOfObject.key().object(object),
        ),
        (None, Some(who)) => (
            Table::JournalOfUser,
            Table::JournalOfUser.key().text(who.as_str())?,
        ),
        (None, None) => (Table::Journal, Table::Journal.key()),
    };
    let mut range = list.clone().range();
    if let Some(before) = query.before {
        range = range.before(&list.number(before.0).done());
    }
    scan(view, range, Order::Descending, |(key, _)| {
        let id = JournalId(tables::last_number(table, &key)?);
        let row: JournalRow = target(view, table, &key, &keys::journal(id))?;
        if wanted(query, &row) {
            found.push(row);
        }
        Ok(found.len() < query.rows_max)
    })?;
    Ok(found)
}

/// Whether a row passes the filters that its index does not.
fn wanted(query: &JournalQuery, row: &JournalRow) -> bool {
    let ended = match query.outcomes {
        Outcomes::All => true,
        Outcomes::Refused => row.is_refusal(),
        Outcomes::Lost => row.is_lost(),
    };
    ended && query.who.as_ref().is_none_or(|who| *who == row.who)
}

/// See [`Store::journal_row`](crate::ports::Store::journal_row).
pub fn journal_row(view: &dyn View, id: JournalId) -> Read<Option<JournalRow>> {
    row(view, &keys::journal(id))
}

/// Name of the rendering in the meta table.
pub const RENDERED: &str = "rendered";

/// See [`Store::rendered`](crate::ports::Store::rendered).
pub fn rendered(view: &dyn View) -> Read<u32> {
    let Some(bytes) = view.get(&keys::meta(RENDERED))? else {
        return Ok(0);
    };
    let number = tables::last_number(Table::Meta, &bytes)?;
    u32::try_from(number)
        .map_err(|_| tables::damaged(Table::Meta, RENDERED.as_bytes(), "no version"))
}
