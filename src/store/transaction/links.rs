//! Links: unique both ways within a subscription, and counted.

use super::Transaction;
use crate::model::{Link, LinkId, SubscriptionId};
use crate::ports::{CommitError, StoreError};
use crate::store::keys;
use crate::store::kv::Key;
use crate::store::queries;
use crate::store::tables::Table;

impl Transaction<'_> {
    pub(super) fn put_link(&mut self, link: &Link) -> Result<(), CommitError> {
        let indexes = link_indexes(link)?;
        for (table, key) in &indexes {
            let holder = queries::uuid_at(&self.view(), *table, key)?;
            if let Some(holder) = holder.filter(|holder| *holder != link.id.0) {
                return Err(CommitError::LinkTaken(LinkId(holder)));
            }
        }
        self.remove_link(link.id)?;
        for (_, key) in indexes {
            self.point(key, *link.id.0.as_bytes());
        }
        self.count_links(&link.subscription, 1)?;
        Ok(self.put(keys::link(link.id), link)?)
    }

    pub(super) fn remove_link(&mut self, id: LinkId) -> Result<(), StoreError> {
        let Some(old) = queries::link(&self.view(), id)? else {
            return Ok(());
        };
        for (_, key) in link_indexes(&old)? {
            self.remove(key);
        }
        self.count_links(&old.subscription, -1)?;
        self.remove(keys::link(id));
        Ok(())
    }

    /// A count of nothing is no row: subscriptions come and go.
    fn count_links(&mut self, subscription: &SubscriptionId, by: i64) -> Result<(), StoreError> {
        let key = keys::link_count(subscription)?;
        let links = queries::links_size(&self.view(), subscription)?.saturating_add_signed(by);
        match links {
            0 => self.remove(key),
            links => self.point(key, links.to_be_bytes()),
        }
        Ok(())
    }
}

/// The index keys of a link: one without an event is found by its object only.
pub fn link_indexes(link: &Link) -> Result<Vec<(Table, Key)>, StoreError> {
    let subscription = &link.subscription;
    let by_object = keys::link_by_object(subscription, link.object)?;
    let mut indexes = vec![(Table::LinkByObject, by_object)];
    if let Some(remote) = &link.remote {
        let by_remote = keys::link_by_remote(subscription, remote)?;
        indexes.push((Table::LinkByRemote, by_remote));
    }
    if let Some(uid) = &link.remote_uid {
        let by_uid = keys::link_by_uid(subscription, uid)?;
        indexes.push((Table::LinkByUid, by_uid));
    }
    Ok(indexes)
}
