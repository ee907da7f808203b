//! Reads of how people connect to remote calendars.

use super::{Read, row, target};
use crate::model::{Channel, ChannelId, Connection, GoogleSettings, SubscriptionId, UserId};
use crate::store::keys;
use crate::store::kv::{Order, View, scan};
use crate::store::tables::{Table, damaged};
use uuid::Uuid;

/// See [`Store::channel`](crate::ports::Store::channel).
pub fn channel(view: &dyn View, id: ChannelId) -> Read<Option<Channel>> {
    row(view, &keys::channel(id))
}

/// See [`Store::channels_of`](crate::ports::Store::channels_of).
pub fn channels_of(view: &dyn View, subscription: &SubscriptionId) -> Read<Vec<Channel>> {
    let index = Table::ChannelsOf;
    let range = index.key().text(subscription.as_str())?.range();
    let mut found = Vec::new();
    scan(view, range, Order::Ascending, |(key, id)| {
        let id = Uuid::from_slice(&id).map_err(|_| damaged(index, &key, "it holds no uuid"))?;
        let channel = keys::channel(ChannelId(id));
        found.push(target(view, index, &key, &channel)?);
        Ok(true)
    })?;
    Ok(found)
}

/// See [`Store::connection`](crate::ports::Store::connection).
pub fn connection(view: &dyn View, user: &UserId) -> Read<Option<Connection>> {
    row(view, &keys::connection(user)?)
}

/// See [`Store::connections`](crate::ports::Store::connections).
pub fn connections(view: &dyn View) -> Read<Vec<Connection>> {
    super::rows(view, Table::Connections.range(), usize::MAX)
}

/// See [`Store::google_settings`](crate::ports::Store::google_settings).
pub fn google_settings(view: &dyn View) -> Read<Option<GoogleSettings>> {
    row(view, &keys::google_settings())
}
