//! Channels, connections and an administrator's settings.

use super::Transaction;
use crate::model::{Channel, ChannelId};
use crate::ports::StoreError;
use crate::store::{keys, queries};

impl Transaction<'_> {
    pub(super) fn put_channel(&mut self, channel: &Channel) -> Result<(), StoreError> {
        self.remove_channel(channel.id)?;
        let of = keys::channel_of(&channel.subscription, channel.id)?;
        self.point(of, channel.id.0.as_bytes());
        self.put(keys::channel(channel.id), channel)
    }

    pub(super) fn remove_channel(&mut self, id: ChannelId) -> Result<(), StoreError> {
        let Some(old) = queries::channel(&self.view(), id)? else {
            return Ok(());
        };
        self.remove(keys::channel_of(&old.subscription, id)?);
        self.remove(keys::channel(id));
        Ok(())
    }
}
