//! What a person has stored, in numbers: kept by every commit, and counted anew where it has to be found out.

use super::{Read, row};
use crate::model::{CollectionId, JournalRow, Outcome, Resource, Used, UserId};
use crate::store::keys;
use crate::store::kv::{KeyRange, Order, View, scan};
use crate::store::records::{UsedRow, decode};
use crate::store::tables::{Table, last_number};
use std::collections::BTreeMap;

/// See [`Store::used`](crate::ports::Store::used).
pub fn used(view: &dyn View, user: &UserId) -> Read<Used> {
    Ok(used_row(view, user)?.used)
}

/// The same with what only the store minds.
pub fn used_row(view: &dyn View, user: &UserId) -> Read<UsedRow> {
    Ok(row(view, &keys::used(user)?)?.unwrap_or_default())
}

/// What a member counts: a text of its owner's own client.
pub fn used_by_member(member: &Resource) -> Used {
    match member.overlay {
        Some(_) => Used {
            bytes: member.body.len() as u64,
            resources: 1,
        },
        None => Used::default(),
    }
}

/// What a row of the journal counts.
pub fn used_by_row(row: &JournalRow) -> UsedRow {
    UsedRow {
        used: Used {
            bytes: row.kept_text.as_ref().map_or(0, |text| text.len() as u64),
            resources: 0,
        },
        journal_rows: u64::from(row.kept_text.is_none() && !is_pending(row)),
        journal_from: 0,
    }
}

/// Whether a command of the row is still on its way: it has yet to say what became of it.
pub fn is_pending(row: &JournalRow) -> bool {
    let mut outcomes = row.outcomes.iter();
    outcomes.any(|each| each.outcome == Outcome::Pending)
}

/// Counts what everybody has, from members and journal rows themselves.
pub fn count_everybody(view: &dyn View) -> Read<BTreeMap<UserId, UsedRow>> {
    let mut counted = BTreeMap::new();
    count_members(view, Table::Members.range(), |owner, used| {
        add(counted.entry(owner).or_default(), used)
    })?;
    scan(
        view,
        Table::Journal.range(),
        Order::Ascending,
        |(key, bytes)| {
            let row: JournalRow = decode(&key, &bytes)?;
            let used = used_by_row(&row);
            add(counted.entry(row.who).or_default(), used);
            Ok(true)
        },
    )?;
    Ok(counted)
}

/// Counts what one person has; `journal_from` is not counted.
pub fn count(view: &dyn View, user: &UserId) -> Read<UsedRow> {
    let mut counted = UsedRow::default();
    let members = Table::Members
        .key()
        .collection(&CollectionId::events(user))?;
    count_members(view, members.range(), |_, used| add(&mut counted, used))?;
    let list = Table::JournalOfUser.key().text(user.as_str())?.range();
    scan(view, list, Order::Ascending, |(key, _)| {
        let id = crate::model::JournalId(last_number(Table::JournalOfUser, &key)?);
        if let Some(row) = row::<JournalRow>(view, &keys::journal(id))? {
            add(&mut counted, used_by_row(&row));
        }
        Ok(true)
    })?;
    Ok(counted)
}

fn count_members(
    view: &dyn View,
    range: KeyRange,
    mut each: impl FnMut(UserId, UsedRow),
) -> Read<()> {
    scan(view, range, Order::Ascending, |(key, bytes)| {
        let member: Resource = decode(&key, &bytes)?;
        if let Some(collection) = keys::read::collection(&key) {
            let used = used_by_member(&member);
            each(
                collection.owner,
                UsedRow {
                    used,
                    ..UsedRow::default()
                },
            );
        }
        Ok(true)
    })
}

fn add(sum: &mut UsedRow, other: UsedRow) {
    sum.used.bytes += other.used.bytes;
    sum.used.resources += other.used.resources;
    sum.journal_rows += other.journal_rows;
}
