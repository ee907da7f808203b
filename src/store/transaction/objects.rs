//! Objects of the mirror, those that went, notices about them, and the hooks that brought these.

use super::{HOOK_NEXT, NOTICE_NEXT, REMOVED_NEXT, Transaction};
use crate::model::{Digest, Notice, NoticeId, Object, ObjectId, Revision};
use crate::ports::StoreError;
use crate::store::keys;
use crate::store::kv::{Order, View as _, scan};
use crate::store::queries::{self, Removal};
use crate::store::tables::{Table, damaged};
use uuid::Uuid;

impl Transaction<'_> {
    pub(super) fn put_object(&mut self, object: &Object) -> Result<(), StoreError> {
        self.look_at_object(object.id, Some(object))?;
        self.forget_removal(object.id)?;
        self.put(keys::object(object.id), object)
    }

    pub(super) fn remove_object(
        &mut self,
        id: ObjectId,
        revision: Revision,
    ) -> Result<(), StoreError> {
        self.look_at_object(id, None)?;
        self.remove(keys::object(id));
        self.forget_asides(id)?;
        let revision = queries::removed(&self.view(), id)?
            .map_or(revision, |remembered| remembered.max(revision));
        self.forget_removal(id)?;
        let place = self.draw(REMOVED_NEXT)?;
        let removal = Removal { revision, place };
        self.point(keys::removed(id), removal.to_bytes());
        self.point(keys::removed_in_order(place), *id.0.as_bytes());
        match place.checked_sub(self.limits.removed_objects_max) {
            Some(oldest) => self.forget_removal_at(oldest),
            None => Ok(()),
        }
    }

    /// An object that is gone for good comes back to nobody.
    fn forget_asides(&mut self, id: ObjectId) -> Result<(), StoreError> {
        let range = Table::Aside.key().object(id).range();
        let mut keys = Vec::new();
        scan(&self.view(), range, Order::Ascending, |(key, _)| {
            keys.push(key);
            Ok(true)
        })?;
        for key in keys {
            self.remove(key);
        }
        Ok(())
    }

    fn forget_removal(&mut self, id: ObjectId) -> Result<(), StoreError> {
        if let Some(removal) = queries::removal(&self.view(), id)? {
            self.remove(keys::removed(id));
            self.remove(keys::removed_in_order(removal.place));
        }
        Ok(())
    }

    /// The removal at a place, if its object was not removed again since.
    fn forget_removal_at(&mut self, place: u64) -> Result<(), StoreError> {
        let key = keys::removed_in_order(place);
        let Some(bytes) = self.view().get(&key)? else {
            return Ok(());
        };
        let id = Uuid::from_slice(&bytes)
            .map_err(|_| damaged(Table::RemovedInOrder, &key, "it holds no uuid"))?;
        self.remove(keys::removed(ObjectId(id)));
        self.remove(key);
        Ok(())
    }

    pub(super) fn add_notice(&mut self, notice: &Notice) -> Result<(), StoreError> {
        let id = NoticeId(self.draw(NOTICE_NEXT)?);
        self.count(queries::INBOX_SIZE, 1)?;
        self.put(keys::notice(id), notice)
    }

    pub(super) fn remove_notice(&mut self, id: NoticeId) -> Result<(), StoreError> {
        let key = keys::notice(id);
        if self.view().get(&key)?.is_some() {
            self.count(queries::INBOX_SIZE, -1)?;
            self.remove(key);
        }
        Ok(())
    }

    pub(super) fn take_hook(&mut self, mark: Digest) -> Result<(), StoreError> {
        if queries::hook_place(&self.view(), mark)?.is_some() {
            return Ok(());
        }
        let place = self.draw(HOOK_NEXT)?;
        self.point(keys::hook_taken(mark), place.to_be_bytes());
        self.point(keys::hook_in_order(place), mark.0);
        match place.checked_sub(self.limits.hooks_taken_max) {
            Some(oldest) => self.forget_hook_at(oldest),
            None => Ok(()),
        }
    }

    fn forget_hook_at(&mut self, place: u64) -> Result<(), StoreError> {
        let key = keys::hook_in_order(place);
        if let Some(mark) = queries::hook_at(&self.view(), &key)? {
            self.remove(keys::hook_taken(mark));
            self.remove(key);
        }
        Ok(())
    }
}
