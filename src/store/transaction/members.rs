//! Members, their revisions and their tombstones: the version laws of a collection.
//!
//! | Move | `revision` | `solid` | `restored` | history |
//! |---|---|---|---|---|
//! | `Content` | this change | this change | none | the old base is added |
//! | `Restore` | this change | stays | this change | stays |
//! | `Settle` | this change | stays | stays | stays |
//! | `Stay` | stays | stays | stays | stays |
//!
//! A member that was not there moves by `Content`, whatever the write says: it needs a revision.

use super::{Touched, Transaction};
use crate::model::{
    CollectionId, Properties, Resource, ResourceName, Timestamp, Tombstone, Used, ViewRevision,
};
use crate::ports::{
    CommitError, DeltaKind, Kept, Move, ResourceDraft, StoreError, Timer, TimerKind,
};
use crate::store::keys;
use crate::store::kv::{Order, View};
use crate::store::queries;
use crate::store::records::UsedRow;
use crate::store::tables::{self, Table, damaged};
use std::collections::btree_map::Entry;
use std::sync::Arc;

impl Transaction<'_> {
    pub(super) fn put_member(
        &mut self,
        id: &CollectionId,
        draft: ResourceDraft,
        how: Move,
    ) -> Result<(), CommitError> {
        let old = queries::member(&self.view(), id, &draft.name)?;
        self.check_free(id, &draft, old.as_deref())?;
        let refusal = draft.refusal.map(|kept| self.kept(kept)).transpose()?;
        if let Some(old) = &old {
            self.remove(keys::member_by_uid(id, &old.uid)?);
        }
        let mut member = drafted(draft, old.as_deref());
        member.refusal = refusal;
        match &old {
            Some(old) => self.move_member(id, &mut member, old, how)?,
            None => self.bear_member(id, &mut member)?,
        }
        self.recount_member(id, old.as_deref(), Some(&member))?;
        Ok(self.write_member(id, member)?)
    }

    fn recount_member(
        &mut self,
        id: &CollectionId,
        old: Option<&Resource>,
        new: Option<&Resource>,
    ) -> Result<(), StoreError> {
        let counts = |member: Option<&Resource>| UsedRow {
            used: member.map_or_else(Used::default, queries::used_by_member),
            ..UsedRow::default()
        };
        self.recount(&id.owner, counts(old), counts(new))
    }

    pub(super) fn bump(
        &mut self,
        id: &CollectionId,
        name: &ResourceName,
        how: Move,
        refusal: Option<Kept>,
    ) -> Result<(), CommitError> {
        let Some(old) = queries::member(&self.view(), id, name)? else {
            return Ok(());
        };
        let mut member = Resource::clone(&old);
        if let Some(kept) = refusal {
            member.refusal = Some(self.kept(kept)?);
        }
        self.move_member(id, &mut member, &old, how)?;
        Ok(self.write_member(id, member)?)
    }

    pub(super) fn remove_member(
        &mut self,
        id: &CollectionId,
        name: &ResourceName,
    ) -> Result<(), CommitError> {
        let Some(old) = queries::member(&self.view(), id, name)? else {
            return Ok(());
        };
        self.remove(keys::named(Table::Members, id, name)?);
        self.remove(keys::member_by_uid(id, &old.uid)?);
        self.remove(keys::member_by_object(id, old.object)?);
        self.remove(keys::collection_of(old.object, id)?);
        self.recount_member(id, Some(&old), None)?;
        let tombstone = Tombstone {
            name: name.clone(),
            revision: self.draw_change(id)?,
            born: old.born,
        };
        self.bury(id, tombstone)?;
        Ok(self.forget_old_tombstones(id)?)
    }

    pub(super) fn put_properties(
        &mut self,
        id: &CollectionId,
        properties: Properties,
    ) -> Result<(), StoreError> {
        let touched = self.touch(id)?;
        touched.row.collection.properties = properties;
        touched.kinds.push(DeltaKind::Collection);
        Ok(())
    }

    pub(super) fn settle_later(
        &mut self,
        collection: CollectionId,
        name: ResourceName,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(member) = queries::member(&self.view(), &collection, &name)? else {
            return Ok(());
        };
        let kind = TimerKind::Settle {
            collection,
            name,
            revision: member.revision,
        };
        self.put_timer(&Timer { due, kind })
    }

    /// Refuses a member whose UID, object or name belongs to another one.
    fn check_free(
        &self,
        id: &CollectionId,
        draft: &ResourceDraft,
        old: Option<&Resource>,
    ) -> Result<(), CommitError> {
        let view = self.view();
        let by_uid = queries::name_at(
            &view,
            Table::MemberByUid,
            &keys::member_by_uid(id, &draft.uid)?,
        )?;
        let by_object = queries::name_at(
            &view,
            Table::MemberByObject,
            &keys::member_by_object(id, draft.object)?,
        )?;
        let by_name = old
            .filter(|old| old.object != draft.object)
            .map(|old| old.name.clone());
        let taken = [by_uid, by_object]
            .into_iter()
            .flatten()
            .find(|holder| *holder != draft.name)
            .or(by_name);
        match taken {
            Some(holder) => Err(CommitError::UidTaken {
                collection: id.clone(),
                holder,
            }),
            None => Ok(()),
        }
    }

    /// Gives a new member its first revision, and forgets that one of its name is gone.
    fn bear_member(&mut self, id: &CollectionId, member: &mut Resource) -> Result<(), StoreError> {
        let change = self.draw_change(id)?;
        (member.revision, member.solid, member.born) = (change, change, change);
        self.note_moved(id, member);
        self.exhume(id, &member.name)
    }

    fn move_member(
        &mut self,
        id: &CollectionId,
        member: &mut Resource,
        old: &Resource,
        how: Move,
    ) -> Result<(), StoreError> {
        match how {
            Move::Content => {
                member.revision = self.draw_change(id)?;
                member.solid = member.revision;
                // A restore is of the content that it restored.
                member.restored = None;
                member.history.push((old.solid, old.shown.clone()));
                let surplus = member.history.len().saturating_sub(Resource::HISTORY_MAX);
                member.history.drain(..surplus);
            }
            Move::Restore => {
                member.revision = self.draw_change(id)?;
                member.restored = Some(member.revision);
            }
            Move::Settle => member.revision = self.draw_change(id)?,
            Move::Stay => return Ok(()),
        }
        self.note_moved(id, member);
        Ok(())
    }

    fn note_moved(&mut self, id: &CollectionId, member: &Resource) {
        self.committed
            .members
            .push((id.clone(), member.name.clone(), member.revision));
    }

    fn write_member(&mut self, id: &CollectionId, member: Resource) -> Result<(), StoreError> {
        assert!(
            member.born <= member.solid && member.solid <= member.revision,
            "a member is born, then solid, then bumped"
        );
        let name = member.name.as_str();
        self.point(keys::member_by_uid(id, &member.uid)?, name);
        self.point(keys::member_by_object(id, member.object)?, name);
        self.put(keys::collection_of(member.object, id)?, id)?;
        self.put(keys::named(Table::Members, id, &member.name)?, &member)?;
        self.touch(id)?.kinds.push(DeltaKind::Put(Arc::new(member)));
        Ok(())
    }

    fn bury(&mut self, id: &CollectionId, tombstone: Tombstone) -> Result<(), StoreError> {
        self.put(
            keys::named(Table::Tombstones, id, &tombstone.name)?,
            &tombstone,
        )?;
        self.point(
            keys::tombstone_by_change(id, tombstone.revision)?,
            tombstone.name.as_str(),
        );
        let touched = self.touch(id)?;
        touched.row.tombstones += 1;
        touched.kinds.push(DeltaKind::Gone(tombstone));
        Ok(())
    }

    fn exhume(&mut self, id: &CollectionId, name: &ResourceName) -> Result<(), StoreError> {
        let key = keys::named(Table::Tombstones, id, name)?;
        let Some(tombstone) = queries::row::<Tombstone>(&self.view(), &key)? else {
            return Ok(());
        };
        self.remove(keys::tombstone_by_change(id, tombstone.revision)?);
        self.remove(key);
        let row = &mut self.touch(id)?.row;
        row.tombstones = row.tombstones.saturating_sub(1);
        Ok(())
    }

    fn forget_old_tombstones(&mut self, id: &CollectionId) -> Result<(), StoreError> {
        let list = Table::TombstoneByChange.key().collection(id)?.range();
        while self.touch(id)?.row.tombstones > self.limits.tombstones_max {
            let oldest = self.view().range(&list, Order::Ascending, 1)?;
            let Some((key, _)) = oldest.first() else {
                return Err(damaged(
                    Table::Collections,
                    &list.start,
                    "its count of tombstones is wrong",
                ));
            };
            let change = ViewRevision(tables::last_number(Table::TombstoneByChange, key)?);
            let Some(name) = queries::name_at(&self.view(), Table::TombstoneByChange, key)? else {
                return Ok(());
            };
            self.exhume(id, &name)?;
            self.touch(id)?.row.collection.floor = change;
        }
        Ok(())
    }

    /// The next change number of a collection.
    fn draw_change(&mut self, id: &CollectionId) -> Result<ViewRevision, StoreError> {
        let change = &mut self.touch(id)?.row.collection.change;
        change.0 += 1;
        Ok(*change)
    }

    fn touch(&mut self, id: &CollectionId) -> Result<&mut Touched, StoreError> {
        match self.touched.entry(id.clone()) {
            Entry::Occupied(touched) => Ok(touched.into_mut()),
            Entry::Vacant(place) => {
                let row = queries::collection_row(self.below, id)?;
                let kinds = Vec::new();
                Ok(place.insert(Touched { row, kinds }))
            }
        }
    }
}

/// A member with the content of a draft and the versions of what it replaces.
fn drafted(draft: ResourceDraft, old: Option<&Resource>) -> Resource {
    Resource {
        object: draft.object,
        name: draft.name,
        uid: draft.uid,
        revision: old.map_or_else(ViewRevision::default, |old| old.revision),
        solid: old.map_or_else(ViewRevision::default, |old| old.solid),
        restored: old.and_then(|old| old.restored),
        born: old.map_or_else(ViewRevision::default, |old| old.born),
        body: draft.body,
        first: draft.first,
        last: draft.last,
        recurs: draft.recurs,
        shown: draft.shown,
        mirrored: draft.mirrored,
        overlay: draft.overlay,
        stamp: draft.stamp,
        rendering: draft.rendering,
        history: old.map_or_else(Vec::new, |old| old.history.clone()),
        refusal: None,
    }
}
