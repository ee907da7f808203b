//! Asking for what a decision rests on: our side, the link, and the event itself where a listing leaves a doubt.

use super::item::{Item, Sight};
use super::ours::Side;
use super::round::Round;
use super::{SyncError, answer};
use crate::model::{Link, Marker, ObjectId, RemoteEvent, RemoteId};
use crate::ports::{IdLaw, StoreError};
use crate::sync::planted::{self, Fault};
use crate::sync::{self, Action};

impl Round {
    /// Whether a listing may not know yet what we wrote a moment ago: nothing that cannot be taken back rests on it.
    pub(super) fn may_be_behind(&self, item: &Item, link: Option<&Link>, action: &Action) -> bool {
        let Some(event) = item.event().filter(|_| item.listed) else {
            return false;
        };
        let ours = |marker: &Marker| {
            marker.subscription == self.subscription.id && marker.epoch == self.subscription.epoch
        };
        match action {
            Action::Import { .. } => event.marker.as_ref().is_some_and(ours),
            Action::Edit(_) => link.is_some_and(|link| {
                let now = self.bridge.clock.now();
                self.bridge
                    .syncing
                    .wrote_lately(&self.subscription.id, link.object, now)
            }),
            _ => false,
        }
    }

    /// Asks for an event that was listed.
    pub(super) async fn ask_again(&mut self, mut item: Item) -> Result<(), SyncError> {
        let Some(id) = item.event().map(|event| event.id.clone()) else {
            return Ok(());
        };
        match self.get(&id).await? {
            Some(event) => item.sight = Sight::Seen(event),
            // It went meanwhile; if it was linked, its own tombstone will say so.
            None if item.object.is_none() => return Ok(()),
            None => item.sight = Sight::Gone,
        }
        item.listed = false;
        self.items.push_back(item);
        Ok(())
    }

    /// Asks the remote for the event that is in doubt.
    pub(super) async fn look(
        &mut self,
        mut item: Item,
        link: Option<Link>,
        rival: Option<Link>,
    ) -> Result<(), SyncError> {
        match (link, rival) {
            (Some(link), _) => {
                item.object = Some(link.object);
                item.sight = Sight::of(self.event_of(&link).await?);
                item.of = None;
                item.listed = false;
            }
            (None, Some(rival)) => {
                let there = match &rival.remote {
                    Some(remote) => self.get(remote).await?.is_some(),
                    None => false,
                };
                let there = there && !planted::is(Fault::CopyIsOurs);
                item.rival = Some(there);
                if let (false, Some(event)) = (there, item.event()) {
                    // It was moved away and back, and has another identity now.
                    let moved = sync::moved(&rival, event);
                    item.object = Some(moved.object);
                    if self.ask.dry_run {
                        item.supposed = Some(moved);
                    } else if !self.keep_link(moved, None, vec![]).await? {
                        (item.object, item.rival) = (None, None);
                    }
                }
            }
            (None, None) => return Ok(()),
        }
        self.items.push_back(item);
        Ok(())
    }

    /// The event of a link, also of one that may have been made without our hearing of it.
    pub(super) async fn event_of(&self, link: &Link) -> Result<Option<RemoteEvent>, SyncError> {
        let id = match (&link.remote, self.can.ids) {
            (Some(remote), _) => remote.clone(),
            (None, IdLaw::Ours) => link.marker().event_id(),
            (None, IdLaw::Theirs) => {
                let limit = self.bridge.limits.sync.call_timeout;
                let found = answer(limit, self.remote.find(&link.marker())).await?;
                for event in found {
                    if self.link_of_remote(&event.id).await?.is_none() {
                        return Ok(Some(event));
                    }
                }
                return Ok(None);
            }
        };
        self.get(&id).await
    }

    pub(super) async fn get(&self, id: &RemoteId) -> Result<Option<RemoteEvent>, SyncError> {
        let limit = self.bridge.limits.sync.call_timeout;
        let ids = [id.clone()];
        let seen = answer(limit, self.remote.get(&ids)).await?;
        Ok(seen.into_iter().next().flatten())
    }

    pub(super) async fn side(&self, object: ObjectId) -> Result<Side, StoreError> {
        self.bridge
            .our_side(&self.subscription, self.remote.as_ref(), object)
            .await
    }

    pub(super) async fn link_of_object(
        &self,
        object: ObjectId,
    ) -> Result<Option<Link>, StoreError> {
        let store = &self.bridge.store;
        store.link_of_object(&self.subscription.id, object).await
    }

    pub(super) async fn link_of_remote(&self, id: &RemoteId) -> Result<Option<Link>, StoreError> {
        let store = &self.bridge.store;
        store.link_of_remote(&self.subscription.id, id).await
    }
}
