//! One round: everything that is to be looked at, pair by pair, until nothing is to be done.
//!
//! Start at [`Round::go`].

use super::ours::Side;
use super::push::Queued;
use super::{RoundReport, SyncAsk, SyncError, SyncProgress, SyncStage, answer};
use crate::bridge::Bridge;
use crate::model::{
    CollectionId, Direction, Link, LinkId, Marker, ObjectId, RemoteEvent, RemoteId, Subscription,
    Trouble,
};
use crate::ports::{Capabilities, IdLaw, Remote, RemoteErrorKind, StoreError, Write};
use crate::sync::planted::{self, Fault};
use crate::sync::{self, Action, Mark, Ours, Theirs, View, guard, window};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// Links read at a time.
const LINKS_AT_ONCE: usize = 512;
/// Looks taken away by one commit.
const LOOKS_AT_ONCE: usize = 256;
/// Seconds for which a pair is left alone that does not come to rest.
const RESTLESS_SECONDS: i64 = 60;
/// Earlier lives whose notes are recognised.
const EARLIER_LIVES_MAX: u64 = 16;

/// What was seen of an event.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most items carry an event")]
pub(super) enum Sight {
    Unseen,
    Seen(RemoteEvent),
    Absent,
    Gone,
}

impl Sight {
    fn of(seen: Option<RemoteEvent>) -> Self {
        seen.map_or(Self::Gone, Self::Seen)
    }

    fn theirs(&self) -> Theirs<'_> {
        match self {
            Self::Unseen => Theirs::Unseen,
            Self::Seen(event) => Theirs::Seen(event),
            Self::Absent => Theirs::Absent,
            Self::Gone => Theirs::Gone,
        }
    }
}

/// Something to look at: a pair, or one side without its other.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The object, if it is known; else the event has no link.
    pub(super) object: Option<ObjectId>,
    /// What was seen of the event.
    pub(super) sight: Sight,
    /// Of which event that was seen, where the sight itself does not say so.
    of: Option<RemoteId>,
    /// A listing said so, which may be a little behind; else the event itself was asked for.
    listed: bool,
    /// Whether the event that the object is linked to otherwise is there, if that was asked.
    rival: Option<bool>,
    /// Whether its mark was put right in this round, or that was tried.
    pub(super) remarked: bool,
    /// Steps taken so far.
    pub(super) steps: u32,
    /// Of a dry run: the link as it would be.
    supposed: Option<Link>,
}

impl Item {
    pub(super) fn of_object(object: ObjectId, sight: Sight) -> Self {
        Self {
            object: Some(object),
            sight,
            of: None,
            listed: false,
            rival: None,
            remarked: false,
            steps: 0,
            supposed: None,
        }
    }

    fn of_event(event: RemoteEvent) -> Self {
        Self {
            object: None,
            sight: Sight::Seen(event),
            of: None,
            listed: true,
            rival: None,
            remarked: false,
            steps: 0,
            supposed: None,
        }
    }

    /// Whether what was seen was seen of the event of this link: that may be another one by now.
    fn is_of(&self, link: &Link) -> bool {
        match (&self.sight, &self.of, &link.remote) {
            (Sight::Gone | Sight::Absent, Some(of), Some(remote)) => of == remote,
            (Sight::Gone | Sight::Absent | Sight::Seen(_) | Sight::Unseen, _, _) => true,
        }
    }

    pub(super) fn event(&self) -> Option<&RemoteEvent> {
        match &self.sight {
            Sight::Seen(event) => Some(event),
            Sight::Unseen | Sight::Absent | Sight::Gone => None,
        }
    }
}

/// What an event without a link is known as, with what it rests on.
enum Known {
    Plain,
    Rival(Link),
    Copy,
    SameUid,
    Ours(ObjectId, Option<Link>),
    Earlier(ObjectId),
    EarlierNote(ObjectId),
    Colleague,
}

/// A round under way.
pub(super) struct Round {
    pub(super) bridge: Arc<Bridge>,
    pub(super) subscription: Subscription,
    pub(super) remote: Arc<dyn Remote>,
    pub(super) can: Capabilities,
    pub(super) ask: SyncAsk,
    pub(super) report: RoundReport,
    /// Writes to the remote that wait for their batch.
    pub(super) queue: Vec<Queued>,
    /// Items to be looked at (again).
    pub(super) items: VecDeque<Item>,
    /// Deletions that were counted before anything was done.
    admitted: BTreeMap<Direction, usize>,
    /// Directions whose deletions wait for a person.
    held: BTreeSet<Direction>,
    /// Events that this round deleted: what was listed of them is over.
    pub(super) deleted: BTreeSet<RemoteId>,
    /// The remote answered something in this round: what fails now is about one item.
    pub(super) alive: bool,
    /// Why the round ends early, once everything that came back is kept.
    pub(super) stop: Option<SyncError>,
    done: u64,
    total: u64,
}

impl Round {
    pub(super) fn new(
        bridge: Arc<Bridge>,
        subscription: Subscription,
        remote: Arc<dyn Remote>,
        ask: SyncAsk,
    ) -> Self {
        Self {
            can: remote.capabilities(),
            bridge,
            subscription,
            remote,
            ask,
            report: RoundReport::default(),
            queue: vec![],
            items: VecDeque::new(),
            admitted: BTreeMap::new(),
            held: BTreeSet::new(),
            deleted: BTreeSet::new(),
            alive: false,
            stop: None,
            done: 0,
            total: 0,
        }
    }

    /// Observes, plans, executes and records, until nothing is left to do.
    pub(super) async fn go(&mut self) -> Result<RoundReport, SyncError> {
        let looks = self.looks().await?;
        let full = self.subscription.full || self.subscription.cursor.is_none();
        let cursor = if self.ask.listing || full {
            let listing = self.observe(full).await?;
            if planted::is(Fault::CursorFirst) && !self.ask.dry_run {
                self.subscription.cursor = Some(listing.clone());
                self.subscription.full = false;
                self.keep_self().await?;
            }
            Some(listing)
        } else {
            None
        };
        let known: BTreeSet<ObjectId> = self.items.iter().filter_map(|item| item.object).collect();
        for (object, _) in &looks {
            if !known.contains(object) {
                self.items
                    .push_back(Item::of_object(*object, Sight::Unseen));
            }
        }
        self.look_for_absent().await?;
        self.count_deletions().await?;
        self.work().await?;
        if let Some(stop) = self.stop.take() {
            return Err(stop);
        }
        if !self.ask.dry_run {
            self.take_looks_away(&looks).await?;
            self.end(cursor).await?;
        }
        Ok(std::mem::take(&mut self.report))
    }

    /// Objects of ours to look at, with their marks.
    async fn looks(&self) -> Result<Vec<(ObjectId, u64)>, StoreError> {
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
    async fn observe(&mut self, full: bool) -> Result<crate::model::RemoteCursor, SyncError> {
        if !self.ask.dry_run {
            let watching = answer(self.bridge.limits.sync.call_timeout, self.remote.watch()).await;
            if let Err(error) = watching {
                // Being told only shortens the wait.
                tracing::info!(subscription.id = %self.subscription.id, "no notices of changes: {error}");
            }
        }
        let mut full = full;
        let listing = loop {
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
        self.alive = true;
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
        // First of all what has no link: an event that was moved away and back is linked again before its old identity is missed.
        self.items.extend(unlinked);
        self.items.extend(linked_items);
        if full {
            self.add_links(&linked).await?;
            self.add_objects(&linked).await?;
        }
        Ok(listing.cursor)
    }

    /// Every link that was not listed.
    async fn add_links(&mut self, listed: &BTreeSet<ObjectId>) -> Result<(), StoreError> {
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
    async fn add_objects(&mut self, listed: &BTreeSet<ObjectId>) -> Result<(), StoreError> {
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
    async fn look_for_absent(&mut self) -> Result<(), SyncError> {
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
            let limit = self.bridge.limits.sync.call_timeout;
            let seen = answer(limit, self.remote.get(&ids)).await?;
            for ((place, id), seen) in chunk.iter().zip(seen) {
                let item = &mut self.items[*place];
                item.sight = Sight::of(seen);
                item.of = Some(id.clone());
                item.listed = false;
            }
        }
        Ok(())
    }

    /// Counts the deletions that are to come before the first of them is done: what looks like a disaster waits for a person.
    async fn count_deletions(&mut self) -> Result<(), SyncError> {
        let mut counts: BTreeMap<Direction, usize> = BTreeMap::new();
        // What has another identity now is no deletion.
        let moved: BTreeSet<String> = self
            .items
            .iter()
            .filter(|item| item.object.is_none())
            .filter_map(|item| item.event().map(|event| event.uid.clone()))
            .collect();
        for item in &self.items {
            let (Some(object), Sight::Gone | Sight::Unseen | Sight::Seen(_)) =
                (item.object, &item.sight)
            else {
                continue;
            };
            let gone = matches!(item.sight, Sight::Gone);
            let stands = self.bridge.store.object(object).await?;
            if !gone && stands.is_some_and(|object| object.has_dates()) {
                continue;
            }
            let Some(link) = self.link_of_object(object).await? else {
                continue;
            };
            if link
                .remote_uid
                .as_ref()
                .is_some_and(|uid| moved.contains(uid))
            {
                continue;
            }
            let side = self.side(object).await?;
            let action = self.planned(item, Some(&link), &side.ours, Mark::Plain);
            if let Some(direction) = action.counted_deletion() {
                *counts.entry(direction).or_default() += 1;
            }
        }
        if counts.is_empty() {
            return Ok(());
        }
        let links = self.bridge.store.links_size(&self.subscription.id).await?;
        for (direction, more) in counts {
            if self.waits(direction, more, links) {
                tracing::warn!(
                    subscription.id = %self.subscription.id,
                    "{more} deletions ({}) wait for somebody to accept or reject them", direction.word()
                );
                self.held.insert(direction);
                if self.ask.dry_run {
                    self.report.held += more as u64;
                }
            } else {
                self.admitted.insert(direction, more);
            }
        }
        Ok(())
    }

    fn waits(&self, direction: Direction, more: usize, links: u64) -> bool {
        let (now, policy) = (self.bridge.clock.now(), &self.bridge.settings.sync);
        let recent = guard::recent(&self.subscription.deletions, direction, now, policy);
        guard::holds(recent, more, links, policy)
    }

    /// Keeps in mind that deletions were done.
    pub(super) async fn note_deletions(
        &mut self,
        direction: Direction,
        done: usize,
    ) -> Result<(), SyncError> {
        if done == 0 {
            return Ok(());
        }
        let now = self.bridge.clock.now();
        let policy = &self.bridge.settings.sync;
        let mut deletions = guard::kept(&self.subscription.deletions, now, policy);
        // More than the guard lets through need not be remembered.
        let done = done.min(policy.guard_deletions_max.saturating_add(1));
        deletions.extend(std::iter::repeat_n((now, direction), done));
        self.subscription.deletions = deletions;
        self.keep_self().await
    }

    /// Whether a deletion may go on now.
    pub(super) async fn may_delete(&mut self, direction: Direction) -> Result<bool, StoreError> {
        if self.held.contains(&direction) {
            return Ok(false);
        }
        if let Some(left) = self.admitted.get_mut(&direction).filter(|left| **left > 0) {
            *left -= 1;
            return Ok(true);
        }
        let links = self.bridge.store.links_size(&self.subscription.id).await?;
        if self.waits(direction, 1, links) {
            self.held.insert(direction);
            return Ok(false);
        }
        Ok(true)
    }

    async fn work(&mut self) -> Result<(), SyncError> {
        self.total = self.items.len() as u64;
        loop {
            while let Some(item) = self.items.pop_front() {
                if self.stop.is_some() {
                    break;
                }
                self.tell();
                let object = item.object;
                match Box::pin(self.step(item)).await {
                    Err(error) if is_of_one_item(&error) => self.pass_over(object, &error).await?,
                    done => done?,
                }
                if self.queue.len() >= self.can.batch_max.max(1) {
                    Box::pin(self.flush()).await?;
                }
            }
            if self.queue.is_empty() || self.stop.is_some() {
                return Ok(());
            }
            Box::pin(self.flush()).await?;
        }
    }

    fn tell(&mut self) {
        self.done += 1;
        let progress = SyncProgress {
            stage: SyncStage::Working,
            done: self.done.min(self.total),
            total: Some(self.total),
        };
        self.bridge.syncing.tell(&self.subscription.id, progress);
    }

    /// One step of one item; what is to be looked at again goes back to the others.
    async fn step(&mut self, mut item: Item) -> Result<(), SyncError> {
        item.steps += 1;
        if item.steps > self.bridge.limits.sync.steps_max {
            tracing::warn!(subscription.id = %self.subscription.id, "a pair does not come to rest: it is for the next round");
            return self.leave_look(item.object).await;
        }
        let (mut link, mut known) = self.known(&item).await?;
        // Never two writes of one event in a batch.
        let object = item.object.or(link.as_ref().map(|link| link.object));
        if object.is_some_and(|object| self.queue.iter().any(|queued| queued.is_of(object))) {
            Box::pin(self.flush()).await?;
            (link, known) = self.known(&item).await?;
        }
        let id = item.event().map(|event| &event.id);
        if item.listed && id.is_some_and(|id| self.deleted.contains(id)) {
            return Ok(());
        }
        if link.as_ref().is_some_and(|link| !item.is_of(link)) {
            item.sight = Sight::Unseen;
        }
        let object = match &known {
            Known::Plain | Known::Rival(_) | Known::Copy | Known::SameUid | Known::Colleague => {
                link.as_ref()
                    .map(|link| link.object)
                    .or(item.object.filter(|_| item.event().is_none()))
            }
            Known::Ours(object, _) | Known::Earlier(object) | Known::EarlierNote(object) => {
                Some(*object)
            }
        };
        let side = match object {
            Some(object) => Some(self.side(object).await?),
            None => None,
        };
        let ours = side.as_ref().map_or(&Ours::Gone, |side| &side.ours);
        let mark = match &known {
            Known::Plain => Mark::Plain,
            Known::Rival(_) => Mark::Rival,
            Known::Copy => Mark::Copy,
            Known::SameUid => Mark::SameUid,
            Known::Ours(_, link) => Mark::Ours {
                link: link.as_ref(),
            },
            Known::Earlier(_) => Mark::Earlier,
            Known::EarlierNote(_) => Mark::EarlierNote,
            Known::Colleague => Mark::Colleague,
        };
        let action = self.planned(&item, link.as_ref(), ours, mark);
        if self.may_be_behind(&item, link.as_ref(), &action) {
            return self.ask_again(item).await;
        }
        self.count(&action, &item, object, ours);
        let rival = match known {
            Known::Rival(link) => Some(link),
            _ => None,
        };
        if self.ask.dry_run {
            return self.suppose(item, action, link, rival).await;
        }
        match action {
            Action::Look => self.look(item, link, rival).await,
            other => Box::pin(self.take(item, other, side, link)).await,
        }
    }

    /// Whether a listing may not know yet what we wrote a moment ago: nothing that cannot be taken back rests on it.
    fn may_be_behind(&self, item: &Item, link: Option<&Link>, action: &Action) -> bool {
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
    async fn ask_again(&mut self, mut item: Item) -> Result<(), SyncError> {
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

    fn planned(&self, item: &Item, link: Option<&Link>, ours: &Ours, mark: Mark<'_>) -> Action {
        sync::plan(&View {
            subscription: &self.subscription,
            settings: &self.bridge.settings,
            can_create: self.can.writable,
            can_move_occurrence: self.can.exceptions,
            link,
            ours,
            theirs: item.sight.theirs(),
            mark,
            may_remark: !item.remarked,
            now: self.bridge.clock.now(),
        })
    }

    fn count(&mut self, action: &Action, item: &Item, object: Option<ObjectId>, ours: &Ours) {
        if matches!(action, Action::Rest | Action::Look) {
            return;
        }
        self.report.count(action.word());
        if self.ask.dry_run && action.is_visible() {
            let title = match (item.event(), ours) {
                (Some(event), _) => event.fields.title.clone(),
                (None, Ours::There(standing)) => standing.fields.title.clone(),
                (None, Ours::Hidden { .. } | Ours::Leaving | Ours::Gone | Ours::Never) => {
                    String::new()
                }
            };
            self.report.planned.push(super::PlannedItem {
                action: action.word(),
                object,
                event: item.event().map(|event| event.id.clone()),
                title,
                fields: action.fields(),
            });
        }
    }

    /// A dry run goes on where neither side would be written.
    async fn suppose(
        &mut self,
        item: Item,
        action: Action,
        link: Option<Link>,
        rival: Option<Link>,
    ) -> Result<(), SyncError> {
        match action {
            Action::Look => self.look(item, link, rival).await,
            Action::Keep(link, _) => {
                self.items.push_back(Item {
                    object: Some(link.object),
                    supposed: Some(link),
                    ..item
                });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What links and marks say of an item.
    async fn known(&self, item: &Item) -> Result<(Option<Link>, Known), StoreError> {
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

    async fn marked(
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

    async fn unmarked(&self, item: &Item, event: &RemoteEvent) -> Result<Known, StoreError> {
        let store = &self.bridge.store;
        let same = store.link_of_uid(&self.subscription.id, &event.uid).await?;
        match (same, item.rival) {
            (Some(link), None) => return Ok(Known::Rival(link)),
            (Some(_), Some(_)) => return Ok(Known::SameUid),
            (None, _) => {}
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

    /// Asks the remote for the event that is in doubt.
    async fn look(
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

    async fn link_of_remote(&self, id: &RemoteId) -> Result<Option<Link>, StoreError> {
        let store = &self.bridge.store;
        store.link_of_remote(&self.subscription.id, id).await
    }

    /// Stores the subscription as this round knows it.
    async fn keep_self(&mut self) -> Result<(), SyncError> {
        let stands = self.subscription.clone();
        self.subscription = self.bridge.keep_subscription(stands).await?;
        Ok(())
    }

    /// Looks of items that came to rest are taken away, unless somebody looked again meanwhile. Those that wait keep theirs.
    async fn take_looks_away(&mut self, looks: &[(ObjectId, u64)]) -> Result<(), SyncError> {
        let mut looks = looks.to_vec();
        if planted::is(Fault::LooksLost) {
            looks = self.looks().await?;
        }
        for chunk in looks.chunks(LOOKS_AT_ONCE) {
            let mut writes = vec![];
            for (object, mark) in chunk {
                let link = self.link_of_object(*object).await?;
                match link.and_then(|link| link.trouble) {
                    Some(Trouble::Waits { due, .. }) if due > self.bridge.clock.now() => {
                        self.bridge
                            .syncing
                            .wait_until(&self.subscription.id, *object, due);
                    }
                    _ => {
                        let id = self.subscription.id.clone();
                        writes.push(Write::Looked(id, *object, *mark));
                    }
                }
            }
            self.bridge.commit_plainly(writes).await?;
        }
        Ok(())
    }

    /// One item that cannot be worked on must not hold up all others.
    async fn pass_over(
        &mut self,
        object: Option<ObjectId>,
        error: &SyncError,
    ) -> Result<(), SyncError> {
        tracing::error!(
            subscription.id = %self.subscription.id,
            "an item is passed over: {error}"
        );
        match object {
            Some(_) => self.leave_look(object).await,
            None => {
                self.report.troubles += 1;
                Ok(())
            }
        }
    }

    /// An item that is for the next round.
    pub(super) async fn leave_look(&mut self, object: Option<ObjectId>) -> Result<(), SyncError> {
        self.report.troubles += 1;
        match object.filter(|_| !self.ask.dry_run) {
            Some(object) => {
                let id = self.subscription.id.clone();
                let until = self.bridge.clock.now() + chrono::Duration::seconds(RESTLESS_SECONDS);
                self.bridge.syncing.wait_until(&id, object, until);
                let look = Write::Look(id, object);
                self.bridge.commit_plainly(vec![look]).await?;
                Ok(())
            }
            // An event without a link: everything is looked at again.
            None => {
                self.stop.get_or_insert(SyncError::Busy);
                Ok(())
            }
        }
    }

    /// Keeps how far the remote was seen, after everything that was seen is kept.
    async fn end(&mut self, cursor: Option<crate::model::RemoteCursor>) -> Result<(), SyncError> {
        let now = self.bridge.clock.now();
        let before = self.subscription.clone();
        let subscription = &mut self.subscription;
        let looked = cursor.is_some();
        if let Some(cursor) = cursor {
            subscription.cursor = Some(cursor);
            subscription.full = false;
            subscription.due = now
                + chrono::Duration::from_std(self.can.poll_every)
                    .unwrap_or(chrono::Duration::hours(1));
        }
        (subscription.failures, subscription.last_error) = (0, None);
        let quiet = subscription.cursor == before.cursor
            && subscription.full == before.full
            && before.failures == 0
            && before.last_error.is_none();
        if looked {
            self.bridge.syncing.rest_until(&before.id, subscription.due);
        }
        if quiet && before.synced.is_some() {
            return Ok(());
        }
        subscription.synced = Some(now);
        self.keep_self().await
    }

    /// A new link's identity.
    pub(super) fn new_link_id(&self) -> LinkId {
        LinkId(self.bridge.ids.uuid())
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

/// Whether an error is about one item and not about the remote or the store as a whole.
fn is_of_one_item(error: &SyncError) -> bool {
    match error {
        SyncError::Remote(error) => match error.kind {
            RemoteErrorKind::Gone
            | RemoteErrorKind::Stale
            | RemoteErrorKind::Taken
            | RemoteErrorKind::NotWritable
            | RemoteErrorKind::Refused => true,
            RemoteErrorKind::Throttled { .. }
            | RemoteErrorKind::Denied
            | RemoteErrorKind::CalendarGone
            | RemoteErrorKind::Transient => false,
        },
        SyncError::Store(StoreError::Damaged { .. }) => true,
        SyncError::Store(_)
        | SyncError::Edit(_)
        | SyncError::NotThere
        | SyncError::NotActive(_)
        | SyncError::Held
        | SyncError::Busy
        | SyncError::TooMany(_) => false,
    }
}

/// The identity of the note of an event in one life of a subscription.
fn note_id(subscription: &Subscription, epoch: u64, uid: &str, copy: u32) -> ObjectId {
    let name = format!("{}:{epoch}:{copy}:{uid}", subscription.id);
    ObjectId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
}
