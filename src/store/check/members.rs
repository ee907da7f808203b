//! Collections, members and tombstones.

use super::people;
use super::row::Row;
use crate::model::{
    CollectionId, Command, Deed, ObjectId, Resource, Tombstone, Used, ViewRevision, Withdrawn,
};
use crate::ports::{Timer, TimerKind};
use crate::store::keys;
use crate::store::kv::{Order, View, scan};
use crate::store::queries::{self, Read};
use crate::store::records::{CollectionRow, decode, encode};
use crate::store::tables::{Table, damaged};
use crate::store::transaction::JOURNAL_NEXT;
use uuid::Uuid;

pub(super) fn collection(row: &mut Row<'_>) -> Read<()> {
    let CollectionRow {
        collection,
        tombstones,
    } = row.record()?;
    row.must_lie_at(&keys::collection(&collection.id)?);
    row.must(
        collection.floor <= collection.change,
        "its floor is beyond its change",
    );
    let tombstones_of = Table::Tombstones.key().collection(&collection.id)?;
    let found = row.count(tombstones_of.range())?;
    row.must(found == tombstones, "its count of tombstones is wrong");
    Ok(())
}

pub(super) fn member(row: &mut Row<'_>) -> Read<()> {
    let id = collection_of_key(row, Table::Members)?;
    let member: Resource = row.record()?;
    row.must_lie_at(&keys::named(Table::Members, &id, &member.name)?);
    indexes_of(row, &id, &member)?;
    versions_of(row, &id, &member)?;
    let tombstone = keys::named(Table::Tombstones, &id, &member.name)?;
    row.must(
        row.view.get(&tombstone)?.is_none(),
        "it has a tombstone too",
    );
    row.must(may_show(row, member.object)?, "its object is missing");
    if queries::used_by_member(&member) != Used::default() {
        people::must_be_counted(row, &id.owner)?;
    }
    match member.refusal {
        Some(journal) => row.must_be_given(journal.0, JOURNAL_NEXT),
        None => Ok(()),
    }
}

/// The collection, which for some rows only the key says.
fn collection_of_key(row: &Row<'_>, table: Table) -> Read<CollectionId> {
    keys::read::collection(row.key)
        .ok_or_else(|| damaged(table, row.key, "its key names no collection"))
}

fn indexes_of(row: &mut Row<'_>, id: &CollectionId, member: &Resource) -> Read<()> {
    let name = member.name.as_str().as_bytes();
    let by_uid = keys::member_by_uid(id, &member.uid)?;
    row.must_be_listed(Table::MemberByUid, &by_uid, name)?;
    let by_object = keys::member_by_object(id, member.object)?;
    row.must_be_listed(Table::MemberByObject, &by_object, name)?;
    let listed = keys::collection_of(member.object, id)?;
    row.must_be_listed(Table::CollectionsOf, &listed, &encode(id)?)
}

fn versions_of(row: &mut Row<'_>, id: &CollectionId, member: &Resource) -> Read<()> {
    let change = queries::collection(row.view, id)?.change;
    row.must(
        member.revision <= change,
        "its revision is beyond its collection's change",
    );
    row.must(
        ViewRevision(0) < member.born
            && member.born <= member.solid
            && member.solid <= member.revision,
        "its versions are out of order",
    );
    let restored = |revision| member.solid < revision && revision <= member.revision;
    row.must(
        member.restored.is_none_or(restored),
        "its last restore is out of order",
    );
    let revisions = member.history.iter().map(|(revision, _)| *revision);
    row.must(
        member.history.len() <= Resource::HISTORY_MAX
            && revisions.chain([member.solid]).is_sorted_by(|a, b| a < b),
        "its history is out of order",
    );
    Ok(())
}

/// Whether a member may show an object: it is there, a command is about to make it, or its leaving is on the way.
fn may_show(row: &Row<'_>, object: ObjectId) -> Read<bool> {
    Ok(row.view.get(&keys::object(object))?.is_some()
        || is_to_be_made(row.view, object)?
        || row.fanning_out.contains(&object)
        || is_fanning_out(row.view, object)?)
}

/// Whether a command is about to make an object.
fn is_to_be_made(view: &dyn View, object: ObjectId) -> Read<bool> {
    let commands = queries::commands_of(view, object)?;
    let creates = |command: &Command| matches!(command.deed, Deed::Create(_));
    Ok(commands.iter().any(creates))
}

/// Whether the timer came after the check had begun.
fn is_fanning_out(view: &dyn View, wanted: ObjectId) -> Read<bool> {
    let mut found = false;
    scan(
        view,
        Table::Timers.range(),
        Order::Ascending,
        |(key, value)| {
            let kind = decode::<Timer>(&key, &value).map(|timer| timer.kind);
            found = matches!(kind, Ok(TimerKind::FanOut { object, .. }) if object == wanted);
            Ok(!found)
        },
    )?;
    Ok(found)
}

pub(super) fn member_by(row: &mut Row<'_>, table: Table) -> Read<()> {
    let id = collection_of_key(row, table)?;
    let Some(name) = queries::name_at(row.view, table, row.key)? else {
        return Ok(());
    };
    let target = keys::named(Table::Members, &id, &name)?;
    if let Some(member) = row.target::<Resource>(&target)? {
        let key = match table {
            Table::MemberByUid => keys::member_by_uid(&id, &member.uid)?,
            _ => keys::member_by_object(&id, member.object)?,
        };
        row.must_be_key(&key);
    }
    Ok(())
}

pub(super) fn tombstone(row: &mut Row<'_>) -> Read<()> {
    let id = collection_of_key(row, Table::Tombstones)?;
    let tombstone: Tombstone = row.record()?;
    row.must_lie_at(&keys::named(Table::Tombstones, &id, &tombstone.name)?);
    let by_change = keys::tombstone_by_change(&id, tombstone.revision)?;
    let name = tombstone.name.as_str().as_bytes();
    row.must_be_listed(Table::TombstoneByChange, &by_change, name)?;
    let collection = queries::collection(row.view, &id)?;
    row.must(
        tombstone.revision <= collection.change,
        "its revision is beyond its collection's change",
    );
    row.must(
        collection.floor < tombstone.revision,
        "its revision is below its collection's floor",
    );
    row.must(
        tombstone.born < tombstone.revision,
        "its versions are out of order",
    );
    Ok(())
}

pub(super) fn tombstone_by_change(row: &mut Row<'_>) -> Read<()> {
    let table = Table::TombstoneByChange;
    let id = collection_of_key(row, table)?;
    let Some(name) = queries::name_at(row.view, table, row.key)? else {
        return Ok(());
    };
    let target = keys::named(Table::Tombstones, &id, &name)?;
    if let Some(tombstone) = row.target::<Tombstone>(&target)? {
        row.must_be_key(&keys::tombstone_by_change(&id, tombstone.revision)?);
    }
    Ok(())
}

pub(super) fn collection_of(row: &mut Row<'_>) -> Read<()> {
    let id: CollectionId = row.record()?;
    // After the table comes the object, in sixteen bytes.
    let object = row
        .key
        .get(1..17)
        .and_then(|bytes| uuid::Uuid::from_slice(bytes).ok());
    let Some(object) = object.map(ObjectId) else {
        return Err(damaged(
            Table::CollectionsOf,
            row.key,
            "its key names no object",
        ));
    };
    row.must_lie_at(&keys::collection_of(object, &id)?);
    let by_object = keys::member_by_object(&id, object)?;
    row.must(
        row.view.get(&by_object)?.is_some(),
        "the object has no member there",
    );
    Ok(())
}

pub(super) fn aside(row: &mut Row<'_>) -> Read<()> {
    let _readable: Withdrawn = row.record()?;
    let Some(object) = row.key.get(1..17).and_then(|id| Uuid::from_slice(id).ok()) else {
        row.must(false, "its key names no object");
        return Ok(());
    };
    let there = row.view.get(&keys::object(ObjectId(object)))?.is_some();
    row.must(there, "its object is gone");
    Ok(())
}
