//! Reads of subscriptions, of their links and of what they have to look at.

use super::{Read, number, number_at, row, rows, target, text_at, uuid_at};
use crate::model::{
    Link, LinkId, ObjectId, RemoteId, RemoteKind, Subscription, SubscriptionId, UserId,
};
use crate::store::keys::{self, read};
use crate::store::kv::{Order, View, scan};
use crate::store::tables::{Table, damaged};
use uuid::Uuid;

/// Name of the number of live subscriptions in the meta table.
pub const LIVE_SUBSCRIPTIONS: &str = "live subscriptions";

/// See [`Store::subscription`](crate::ports::Store::subscription).
pub fn subscription(view: &dyn View, id: &SubscriptionId) -> Read<Option<Subscription>> {
    row(view, &keys::subscription(id)?)
}

/// The subscription that an index row names.
fn subscription_at(view: &dyn View, index: Table, key: &[u8]) -> Read<Option<Subscription>> {
    let Some(id) = text_at(view, index, key)? else {
        return Ok(None);
    };
    let row = keys::subscription(&SubscriptionId::new(id))?;
    target(view, index, key, &row).map(Some)
}

/// See [`Store::subscription_of`](crate::ports::Store::subscription_of).
pub fn subscription_of(view: &dyn View, user: &UserId) -> Read<Option<Subscription>> {
    let key = keys::subscription_of(Table::SubscriptionOf, user)?;
    subscription_at(view, Table::SubscriptionOf, &key)
}

/// See [`Store::subscription_of_calendar`](crate::ports::Store::subscription_of_calendar).
pub fn subscription_of_calendar(
    view: &dyn View,
    remote: RemoteKind,
    calendar: &str,
) -> Read<Option<Subscription>> {
    let key = keys::subscription_of_calendar(remote, calendar);
    subscription_at(view, Table::SubscriptionOfCalendar, &key)
}

/// See [`Store::subscriptions`](crate::ports::Store::subscriptions).
pub fn subscriptions(
    view: &dyn View,
    after: Option<&SubscriptionId>,
    subscriptions_max: usize,
) -> Read<Vec<Subscription>> {
    let mut range = Table::Subscriptions.range();
    if let Some(after) = after {
        range = range.after(&keys::subscription(after)?);
    }
    rows(view, range, subscriptions_max)
}

/// See [`Store::link`](crate::ports::Store::link).
pub fn link(view: &dyn View, id: LinkId) -> Read<Option<Link>> {
    row(view, &keys::link(id))
}

/// The link that an index row names.
fn link_at(view: &dyn View, index: Table, key: &[u8]) -> Read<Option<Link>> {
    let Some(id) = uuid_at(view, index, key)? else {
        return Ok(None);
    };
    target(view, index, key, &keys::link(LinkId(id))).map(Some)
}

/// See [`Store::link_of_object`](crate::ports::Store::link_of_object).
pub fn link_of_object(
    view: &dyn View,
    subscription: &SubscriptionId,
    object: ObjectId,
) -> Read<Option<Link>> {
    let key = keys::link_by_object(subscription, object)?;
    link_at(view, Table::LinkByObject, &key)
}

/// See [`Store::link_of_remote`](crate::ports::Store::link_of_remote).
pub fn link_of_remote(
    view: &dyn View,
    subscription: &SubscriptionId,
    remote: &RemoteId,
) -> Read<Option<Link>> {
    let key = keys::link_by_remote(subscription, remote)?;
    link_at(view, Table::LinkByRemote, &key)
}

/// See [`Store::link_of_uid`](crate::ports::Store::link_of_uid).
pub fn link_of_uid(
    view: &dyn View,
    subscription: &SubscriptionId,
    uid: &str,
) -> Read<Option<Link>> {
    let key = keys::link_by_uid(subscription, uid)?;
    link_at(view, Table::LinkByUid, &key)
}

/// See [`Store::links`](crate::ports::Store::links).
pub fn links(
    view: &dyn View,
    subscription: &SubscriptionId,
    after: Option<ObjectId>,
    links_max: usize,
) -> Read<Vec<Link>> {
    let index = Table::LinkByObject;
    let mut range = index.key().text(subscription.as_str())?.range();
    if let Some(after) = after {
        range = range.after(&keys::link_by_object(subscription, after)?);
    }
    let mut found = Vec::new();
    if links_max == 0 {
        return Ok(found);
    }
    scan(view, range, Order::Ascending, |(key, id)| {
        let id = Uuid::from_slice(&id).map_err(|_| damaged(index, &key, "it holds no uuid"))?;
        found.push(target(view, index, &key, &keys::link(LinkId(id)))?);
        Ok(found.len() < links_max)
    })?;
    Ok(found)
}

/// See [`Store::links_size`](crate::ports::Store::links_size).
pub fn links_size(view: &dyn View, subscription: &SubscriptionId) -> Read<u64> {
    let key = keys::link_count(subscription)?;
    Ok(number_at(view, Table::LinkCounts, &key)?.unwrap_or(0))
}

/// See [`Store::looks`](crate::ports::Store::looks).
pub fn looks(
    view: &dyn View,
    subscription: &SubscriptionId,
    after: Option<ObjectId>,
    looks_max: usize,
) -> Read<Vec<(ObjectId, u64)>> {
    let mut range = keys::looks(subscription)?.range();
    if let Some(after) = after {
        range = range.after(&keys::look(subscription, after)?);
    }
    let mut found = Vec::new();
    if looks_max == 0 {
        return Ok(found);
    }
    scan(view, range, Order::Ascending, |(key, mark)| {
        let (_, object) = look_at(&key)?;
        found.push((object, number(Table::Looks, &key, &mark)?));
        Ok(found.len() < looks_max)
    })?;
    Ok(found)
}

/// See [`Store::looks_waiting`](crate::ports::Store::looks_waiting).
pub fn looks_waiting(view: &dyn View, subscriptions_max: usize) -> Read<Vec<SubscriptionId>> {
    let mut found = Vec::new();
    let mut range = Table::Looks.range();
    while found.len() < subscriptions_max {
        let Some(key) = view.keys(&range, 1)?.pop() else {
            break;
        };
        let (subscription, _) = look_at(&key)?;
        // Past everything of this one, however much it is.
        range.start = keys::looks(&subscription)?.range().end;
        found.push(subscription);
    }
    Ok(found)
}

/// What the key of a look says.
fn look_at(key: &[u8]) -> Read<(SubscriptionId, ObjectId)> {
    read::subscription_and_object(key).ok_or_else(|| {
        damaged(
            Table::Looks,
            key,
            "its key names no object of a subscription",
        )
    })
}
