//! Channels, people on their way to a subscription, settings of integrations.

use super::row::Row;
use crate::model::{Channel, ChannelId, Connection, GoogleSettings};
use crate::store::keys;
use crate::store::queries::{self, Read};
use crate::store::tables::Table;

pub(super) fn channel(row: &mut Row<'_>) -> Read<()> {
    let channel: Channel = row.record()?;
    row.must_lie_at(&keys::channel(channel.id));
    let of = keys::channel_of(&channel.subscription, channel.id)?;
    row.must_be_listed(Table::ChannelsOf, &of, channel.id.0.as_bytes())
}

pub(super) fn channel_of(row: &mut Row<'_>) -> Read<()> {
    let Some(id) = queries::uuid_at(row.view, Table::ChannelsOf, row.key)? else {
        return Ok(());
    };
    if let Some(channel) = row.target::<Channel>(&keys::channel(ChannelId(id)))? {
        row.must_be_key(&keys::channel_of(&channel.subscription, channel.id)?);
    }
    Ok(())
}

pub(super) fn connection(row: &mut Row<'_>) -> Read<()> {
    let connection: Connection = row.record()?;
    row.must_lie_at(&keys::connection(&connection.user)?);
    Ok(())
}

pub(super) fn google_settings(row: &mut Row<'_>) -> Read<()> {
    let _: GoogleSettings = row.record()?;
    row.must_lie_at(&keys::google_settings());
    Ok(())
}
