//! Links: unique both ways within a subscription.

use super::Transaction;
use crate::model::{Link, LinkId};
use crate::ports::{CommitError, StoreError};
use crate::store::keys;
use crate::store::kv::Key;
use crate::store::queries;
use crate::store::tables::Table;

impl Transaction<'_> {
    pub(super) fn put_link(&mut self, link: &Link) -> Result<(), CommitError> {
        let indexes = indexes(link)?;
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
        Ok(self.put(keys::link(link.id), link)?)
    }

    pub(super) fn remove_link(&mut self, id: LinkId) -> Result<(), StoreError> {
        let Some(old) = queries::link(&self.view(), id)? else {
            return Ok(());
        };
        for (_, key) in indexes(&old)? {
            self.remove(key);
        }
        self.remove(keys::link(id));
        Ok(())
    }
}

/// The index keys of a link.
fn indexes(link: &Link) -> Result<[(Table, Key); 3], StoreError> {
    let subscription = &link.subscription;
    Ok([
        (
            Table::LinkByObject,
            keys::link_by_object(subscription, link.object)?,
        ),
        (
            Table::LinkByRemote,
            keys::link_by_remote(subscription, &link.remote)?,
        ),
        (
            Table::LinkByUid,
            keys::link_by_uid(subscription, &link.remote_uid)?,
        ),
    ])
}
