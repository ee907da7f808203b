//! Observing: what the store says changed here, and everything that the remote lists.

use super::item::{Item, Sight};
use super::listing::Listing;
use super::rest::is_of_one_item;
use super::round::Round;
use super::{SyncError, SyncProgress, SyncStage, answer};
use crate::model::{CollectionId, ObjectId, RemoteCursor, RemoteEvent, RemoteId};
use crate::ports::{RemoteErrorKind, StoreError};
use crate::sync::planted::{self, Fault};
use crate::sync::window;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Links read at a time.
const LINKS_AT_ONCE: usize = 512;

impl Round {
    /// Objects of ours to look at, with their marks.
    pub(super) async fn looks(&self) -> Result<Vec<(ObjectId, u64)>, StoreError> {
        let (store, id) = (&self.bridge.store, &self.subscription.id);
        let mut looks: Vec<(ObjectId, u64)> = vec![];
        loop {
            let after = looks.last().map(|(object, _)| *object);
            let more = store.looks(id, after, LINKS_AT_ONCE).await?;
            let last = more.len() < LINKS_AT_ONCE;
            looks.extend(more);
            if last {
                return Ok(looks);
            }
        }
    }

    /// Lists the remote and, for a full comparison, everything of ours; returns where the next listing begins.
    pub(super) async fn observe(&mut self, full: bool) -> Result<RemoteCursor, SyncError> {
        // First of all, so that nothing falls between the listing and the first notice.
        if self.can.watches && !self.ask.dry_run {
            let (subscription, remote) = (&self.subscription, self.remote.as_ref());
            self.watch = self.bridge.keep_watch(subscription, remote).await?;
        }
        let mut full = full;
        let mut listing = loop {
            let cursor = self.subscription.cursor.clone().filter(|_| !full);
            let (bridge, remote) = (Arc::clone(&self.bridge), Arc::clone(&self.remote));
            let id = self.subscription.id.clone();
            let told = |done| {
                let stage = SyncStage::Listing;
                bridge.syncing.tell(
                    &id,
                    SyncProgress {
                        stage,
                        done,
                        total: None,
                    },
                );
            };
            let from = window::opens(&self.subscription);
            match bridge
                .list(remote.as_ref(), cursor.as_ref(), from, told)
                .await
            {
                // Their bookmark is too old: everything is compared with the links.
                Err(SyncError::Remote(error))
                    if error.kind == RemoteErrorKind::Gone && cursor.is_some() =>
                {
                    full = true;
                }
                done => break done?,
            }
        };
        self.report.listed = listing.items;
        self.note_unread(&mut listing, full);
        self.alive = true;
        self.add_occurrences(&mut listing).await?;
        let mut linked = BTreeSet::new();
        let (mut linked_items, mut unlinked) = (vec![], vec![]);
        for (id, seen) in listing.events {
            let link = self.link_of_remote(&id).await?;
            match (link, seen) {
                (Some(link), seen) => {
                    linked.insert(link.object);
                    let sight = match seen {
                        Some(event) => Sight::Seen(event),
                        None if self.can.gone_is_certain => Sight::Gone,
                        None => Sight::Absent,
                    };
                    linked_items.push(Item {
                        of: Some(id),
                        listed: true,
                        ..Item::of_object(link.object, sight)
                    });
                }
                (None, Some(event)) => unlinked.push(Item::of_event(event)),
                // Never ours.
                (None, None) => {}
            }
        }
        self.hand_over(&mut linked_items, &mut unlinked).await?;
        // First of all what has no link: an event that was moved away and back is linked again before its old identity is missed.
        self.items.extend(unlinked);
        self.items.extend(linked_items);
        if full {
            self.add_links(&linked).await?;
            self.add_objects(&linked).await?;
        }
        Ok(listing.cursor)
    }

    /// Occurrences whose series is not in this calendar are events like others: somebody was invited to them alone, or to a series that had
    /// begun.
    async fn add_occurrences(&self, listing: &mut Listing) -> Result<(), SyncError> {
        let mut strays: BTreeMap<RemoteId, Vec<RemoteEvent>> = BTreeMap::new();
        for (id, occurrence) in std::mem::take(&mut listing.occurrences) {
            let alone = occurrence.alone.map(|event| *event);
            if self.link_of_remote(&id).await?.is_some() {
                listing.events.insert(id, alone);
            } else if let Some(event) = alone
                && !listing.events.contains_key(&occurrence.series)
                && self.link_of_remote(&occurrence.series).await?.is_none()
            {
                strays.entry(occurrence.series).or_default().push(event);
            }
        }
        for (series, events) in strays {
            match self.get(&series).await {
                // It is one that is left alone, or was listed earlier.
                Ok(Some(_)) => {}
                Ok(None) => {
                    let events = events
                        .into_iter()
                        .map(|event| (event.id.clone(), Some(event)));
                    listing.events.extend(events);
                }
                Err(error) if is_of_one_item(&error) => {
                    tracing::warn!(subscription.id = %self.subscription.id, "occurrences of a series are left out: {error}");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Every link that was not listed.
    pub(super) async fn add_links(
        &mut self,
        listed: &BTreeSet<ObjectId>,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let store = &self.bridge.store;
            let links = store
                .links(&self.subscription.id, after, LINKS_AT_ONCE)
                .await?;
            let Some(last) = links.last() else {
                return Ok(());
            };
            after = Some(last.object);
            for link in links.iter().filter(|link| !listed.contains(&link.object)) {
                // Also those outside the window that the listing covers: an event may have been edited there while nobody
                // looked, and the new cursor begins after that.
                let sight = match link.remote {
                    Some(_) => Sight::Absent,
                    None => Sight::Unseen,
                };
                self.items.push_back(Item::of_object(link.object, sight));
            }
        }
    }

    /// Every object of ours in this person's calendar that has no link.
    pub(super) async fn add_objects(
        &mut self,
        listed: &BTreeSet<ObjectId>,
    ) -> Result<(), StoreError> {
        let collection = CollectionId::events(&self.subscription.user);
        let snapshot = self.bridge.snapshot(&collection).await?;
        let known: BTreeSet<ObjectId> = self.items.iter().filter_map(|item| item.object).collect();
        for object in snapshot.members().map(|entry| entry.resource.object) {
            if !known.contains(&object) && !listed.contains(&object) {
                self.items.push_back(Item::of_object(object, Sight::Unseen));
            }
        }
        Ok(())
    }

    /// Asks for the events that a listing does not show, many at a time.
    pub(super) async fn look_for_absent(&mut self) -> Result<(), SyncError> {
        let mut absent: Vec<(usize, RemoteId)> = vec![];
        for place in 0..self.items.len() {
            let item = &self.items[place];
            if let (Sight::Absent, Some(object)) = (&item.sight, item.object) {
                let link = self.link_of_object(object).await?;
                if let Some(remote) = link.and_then(|link| link.remote) {
                    absent.push((place, remote));
                }
            }
        }
        if planted::is(Fault::AbsentIsDeleted) {
            return Ok(());
        }
        for chunk in absent.chunks(self.can.get_max.max(1)) {
            let ids: Vec<RemoteId> = chunk.iter().map(|(_, id)| id.clone()).collect();
            // Some remotes take them one by one.
            let each = u32::try_from(ids.len()).unwrap_or(u32::MAX);
            let limit = self.bridge.limits.sync.call_timeout.saturating_mul(each);
            let seen = match answer(limit, self.remote.get(&ids)).await {
                Ok(seen) => seen,
                Err(error) if is_of_one_item(&SyncError::Remote(error.clone())) => {
                    self.look_one_by_one(chunk).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for ((place, id), seen) in chunk.iter().zip(seen) {
                self.saw(*place, id, Sight::of(seen));
            }
        }
        Ok(())
    }

    /// Some event among these cannot be had: it must not hold up the others.
    async fn look_one_by_one(&mut self, absent: &[(usize, RemoteId)]) -> Result<(), SyncError> {
        for (place, id) in absent {
            match self.get(id).await {
                Ok(seen) => self.saw(*place, id, Sight::of(seen)),
                Err(error) if is_of_one_item(&error) => {
                    self.pass_over(self.items[*place].object, &error).await?;
                    self.saw(*place, id, Sight::Unseen);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn saw(&mut self, place: usize, id: &RemoteId, sight: Sight) {
        let item = &mut self.items[place];
        item.sight = sight;
        item.of = Some(id.clone());
        item.listed = false;
    }
}
