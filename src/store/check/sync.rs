//! Links, subscriptions and what these have to look at.

use super::row::Row;
use crate::model::{Link, LinkId, Subscription, SubscriptionId, SubscriptionState};
use crate::store::keys::{self, read};
use crate::store::kv::{Key, KeyRange};
use crate::store::queries::{self, Read};
use crate::store::tables::{Table, damaged};
use crate::store::transaction::{LOOK_NEXT, link_indexes, subscription_indexes};

pub(super) fn link(row: &mut Row<'_>) -> Read<()> {
    let link: Link = row.record()?;
    row.must_lie_at(&keys::link(link.id));
    for (table, key) in link_indexes(&link)? {
        row.must_be_listed(table, &key, link.id.0.as_bytes())?;
    }
    let counted = row.view.get(&keys::link_count(&link.subscription)?)?;
    row.must(counted.is_some(), "it is not counted");
    Ok(())
}

pub(super) fn link_by(row: &mut Row<'_>, table: Table) -> Read<()> {
    let Some(id) = queries::uuid_at(row.view, table, row.key)? else {
        return Ok(());
    };
    if let Some(link) = row.target::<Link>(&keys::link(LinkId(id)))? {
        row.must_be_key(&key_in(table, link_indexes(&link)?));
    }
    Ok(())
}

/// The key in one of a record's indexes; empty, as no key is, when it is not to be found there.
fn key_in(table: Table, indexes: Vec<(Table, Key)>) -> Key {
    let mut indexes = indexes.into_iter();
    let found = indexes.find(|(index, _)| *index == table);
    found.map(|(_, key)| key).unwrap_or_default()
}

pub(super) fn link_count(row: &mut Row<'_>) -> Read<()> {
    // Under this table's prefix, a key is that of the list of links under another.
    let prefix = [
        &[Table::LinkByObject as u8],
        row.key.get(1..).unwrap_or_default(),
    ]
    .concat();
    let links = row.count(KeyRange::prefix(&prefix))?;
    let count = queries::number_at(row.view, Table::LinkCounts, row.key)?;
    row.must(
        count.is_none_or(|count| count == links && count > 0),
        "it is not the number of links",
    );
    Ok(())
}

pub(super) fn subscription(row: &mut Row<'_>) -> Read<()> {
    let subscription: Subscription = row.record()?;
    row.must_lie_at(&keys::subscription(&subscription.id)?);
    for (table, key) in subscription_indexes(&subscription)? {
        row.must_be_listed(table, &key, subscription.id.as_str().as_bytes())?;
    }
    Ok(())
}

pub(super) fn subscription_by(row: &mut Row<'_>, table: Table) -> Read<()> {
    let Some(id) = queries::text_at(row.view, table, row.key)? else {
        return Ok(());
    };
    let target = keys::subscription(&SubscriptionId::new(id))?;
    if let Some(subscription) = row.target::<Subscription>(&target)? {
        row.must_be_key(&key_in(table, subscription_indexes(&subscription)?));
    }
    Ok(())
}

pub(super) fn look(row: &mut Row<'_>) -> Read<()> {
    let Some((subscription, _)) = read::subscription_and_object(row.key) else {
        let why = "its key names no object of a subscription";
        return Err(damaged(Table::Looks, row.key, why));
    };
    let subscription = queries::subscription(row.view, &subscription)?;
    row.must(
        subscription.is_some_and(|found| found.state != SubscriptionState::Ended),
        "its subscription is not there or over",
    );
    match queries::number_at(row.view, Table::Looks, row.key)? {
        Some(mark) => row.must_be_given(mark, LOOK_NEXT),
        None => Ok(()),
    }
}
