//! What an event without a link is known as, by its mark and its UID.

use super::item::Item;
use super::round::Round;
use crate::model::{CollectionId, Link, Marker, ObjectId, RemoteEvent, Subscription};
use crate::ports::StoreError;
use uuid::Uuid;

/// Earlier lives whose notes are recognised.
const EARLIER_LIVES_MAX: u64 = 16;

/// What an event without a link is known as, with what it rests on.
pub(super) enum Known {
    Plain,
    Rival(Link),
    Copy,
    SameUid,
    Ours(ObjectId, Option<Link>),
    Earlier(ObjectId),
    EarlierNote(ObjectId),
    /// A client wrote it with the same UID, and ADVANTA has yet to confirm that.
    Awaited,
    Colleague,
}

impl Round {
    /// What links and marks say of an item.
    pub(super) async fn known(&self, item: &Item) -> Result<(Option<Link>, Known), StoreError> {
        if let Some(link) = &item.supposed {
            return Ok((Some(link.clone()), Known::Plain));
        }
        if let Some(object) = item.object {
            let link = self.link_of_object(object).await?;
            if link.is_some() || item.event().is_none() {
                return Ok((link, Known::Plain));
            }
            // Its link went meanwhile: by what the event itself is known as.
        }
        let Some(event) = item.event() else {
            return Ok((None, Known::Plain));
        };
        if let Some(link) = self.link_of_remote(&event.id).await? {
            return Ok((Some(link), Known::Plain));
        }
        match &event.marker {
            Some(marker) => self.marked(item, marker).await,
            None => Ok((None, self.unmarked(item, event).await?)),
        }
    }

    pub(super) async fn marked(
        &self,
        item: &Item,
        marker: &Marker,
    ) -> Result<(Option<Link>, Known), StoreError> {
        if marker.subscription != self.subscription.id {
            let theirs = self.bridge.store.subscription(&marker.subscription).await?;
            let live = theirs.is_some_and(|it| it.state.is_live() && it.epoch == marker.epoch);
            let known = if live { Known::Colleague } else { Known::Plain };
            return Ok((None, known));
        }
        let link = self.link_of_object(marker.object).await?;
        if marker.epoch != self.subscription.epoch {
            let known = match link {
                None => Known::Earlier(marker.object),
                Some(_) => Known::Plain,
            };
            return Ok((None, known));
        }
        Ok(match link {
            None => (None, Known::Ours(marker.object, None)),
            Some(link) if link.remote.is_some() => match item.rival {
                None => (None, Known::Rival(link)),
                Some(_) => (None, Known::Copy),
            },
            // Its own create, of which nobody knew whether it was done.
            Some(link) if link.intent.is_some() && link.generation == marker.generation => {
                (Some(link), Known::Plain)
            }
            Some(link) => (None, Known::Ours(marker.object, Some(link))),
        })
    }

    pub(super) async fn unmarked(
        &self,
        item: &Item,
        event: &RemoteEvent,
    ) -> Result<Known, StoreError> {
        let store = &self.bridge.store;
        let same = store.link_of_uid(&self.subscription.id, &event.uid).await?;
        match (same, item.rival) {
            (Some(link), None) => return Ok(Known::Rival(link)),
            (Some(_), Some(_)) => return Ok(Known::SameUid),
            (None, _) => {}
        }
        if let Some(known) = self.of_same_uid(&event.uid).await? {
            return Ok(known);
        }
        if !self.subscription.recognise {
            return Ok(Known::Plain);
        }
        let earlier = (1..self.subscription.epoch).rev();
        for epoch in earlier.take(EARLIER_LIVES_MAX as usize) {
            let note = note_id(&self.subscription, epoch, &event.uid, 0);
            let there = store.object(note).await?.is_some();
            if there && self.link_of_object(note).await?.is_none() {
                return Ok(Known::EarlierNote(note));
            }
        }
        Ok(Known::Plain)
    }

    /// An object that a client of its person wrote with the same UID: an invitation that came by mail and by the calendar is one meeting.
    async fn of_same_uid(&self, uid: &str) -> Result<Option<Known>, StoreError> {
        if uid.is_empty() {
            return Ok(None);
        }
        let (store, user) = (&self.bridge.store, &self.subscription.user);
        let collection = CollectionId::events(user);
        let Some(member) = store.member_by_uid(&collection, uid).await? else {
            return Ok(None);
        };
        let object = member.object;
        Ok(Some(if self.link_of_object(object).await?.is_some() {
            Known::SameUid
        } else if store.object(object).await?.is_some() {
            Known::EarlierNote(object)
        } else {
            Known::Awaited
        }))
    }

    /// A free identity for the note of an event: the same event in the same life gets the same one, unless a note of it was deleted.
    pub(super) async fn free_note_id(&self, event: &RemoteEvent) -> Result<ObjectId, StoreError> {
        let store = &self.bridge.store;
        for copy in 0..64 {
            let id = note_id(
                &self.subscription,
                self.subscription.epoch,
                &event.uid,
                copy,
            );
            let free = store.object(id).await?.is_none()
                && store.removed(id).await?.is_none()
                && store.commands_of(id).await?.is_empty()
                && self.link_of_object(id).await?.is_none();
            if free {
                return Ok(id);
            }
        }
        Ok(ObjectId(self.bridge.ids.uuid()))
    }
}

/// The identity of the note of an event in one life of a subscription.
fn note_id(subscription: &Subscription, epoch: u64, uid: &str, copy: u32) -> ObjectId {
    let name = format!("{}:{epoch}:{copy}:{uid}", subscription.id);
    ObjectId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
}
