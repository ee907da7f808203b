//! One round: everything that is to be looked at, pair by pair, until nothing is to be done.
//!
//! Start at [`Round::go`].

use super::item::{Item, Sight};
use super::known::Known;
use super::push::Queued;
use super::rest::is_of_one_item;
use super::watch::Watch;
use super::{PlannedItem, RoundReport, SyncAsk, SyncError, SyncProgress, SyncStage};
use crate::bridge::aside::guarded_item;
use crate::bridge::{Bridge, EditError};
use crate::model::{Direction, Link, LinkId, ObjectId, RemoteId, Subscription, Timestamp, Unread};
use crate::ports::{Capabilities, Remote};
use crate::sync::planted::{self, Fault};
use crate::sync::{self, Action, Mark, Ours, View};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

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
    pub(super) admitted: BTreeMap<Direction, usize>,
    /// Directions whose deletions wait for a person.
    pub(super) held: BTreeSet<Direction>,
    /// Events that this round deleted: what was listed of them is over.
    pub(super) deleted: BTreeSet<RemoteId>,
    /// The remote answered something in this round: what fails now is about one item.
    pub(super) alive: bool,
    /// Something was left out that a later listing would not show again: the cursor stays where it is.
    pub(super) again: bool,
    /// What was known to be unreadable when the round began.
    pub(super) unread_before: Vec<Unread>,
    /// Until when nothing is written to the remote.
    pub(super) writes_rest: Option<Timestamp>,
    /// Objects of which something is to be written then.
    pub(super) waiting: BTreeSet<ObjectId>,
    /// Why the round ends early, once everything that came back is kept.
    pub(super) stop: Option<SyncError>,
    pub(super) done: u64,
    pub(super) total: u64,
    /// Whether the remote tells us of changes.
    pub(super) watch: Watch,
}

impl Round {
    pub(super) fn new(
        bridge: Arc<Bridge>,
        subscription: Subscription,
        remote: Arc<dyn Remote>,
        ask: SyncAsk,
    ) -> Self {
        let now = bridge.clock.now();
        Self {
            can: remote.capabilities(),
            writes_rest: bridge.syncing.writes_rest(&subscription.id, now),
            waiting: BTreeSet::new(),
            unread_before: subscription.unread.clone(),
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
            again: false,
            stop: None,
            done: 0,
            total: 0,
            watch: Watch::default(),
        }
    }

    /// Observes, plans, executes and records, until nothing is left to do.
    pub(super) async fn go(&mut self) -> Result<RoundReport, SyncError> {
        let looks = self.looks().await?;
        let full = self.subscription.full || self.subscription.cursor.is_none();
        let cursor = if self.ask.listing || full {
            let listing = self.observe(full).await?;
            // Whether it may be written at all, the listing has just said.
            self.can = self.remote.capabilities();
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
            self.keep_waiting(&looks).await?;
            self.take_looks_away(&looks).await?;
            self.end(cursor).await?;
        }
        Ok(std::mem::take(&mut self.report))
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
                let step = guarded_item(Box::pin(self.step(item))).await;
                match step.unwrap_or_else(|panicked| Err(EditError::from(panicked).into())) {
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
            // What was seen of it may be behind that write.
            item.listed = true;
            (link, known) = self.known(&item).await?;
        }
        let id = item.event().map(|event| &event.id);
        if id.is_some_and(|id| self.deleted.contains(id)) {
            // Whatever was seen of it before we deleted it says nothing any more.
            if item.listed || item.object.is_none() {
                return Ok(());
            }
            item.sight = Sight::Unseen;
            (link, known) = self.known(&item).await?;
        }
        if link.as_ref().is_some_and(|link| !item.is_of(link)) {
            let seen = std::mem::replace(&mut item.sight, Sight::Unseen);
            // Its object has another event by now: what this one is, is decided anew.
            if let Sight::Seen(event) = seen {
                self.items.push_back(Item {
                    listed: item.listed,
                    steps: item.steps,
                    ..Item::of_event(event)
                });
            }
        }
        let object = match &known {
            Known::Awaited => return self.leave_look(None).await,
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
            // Left for the next round above.
            Known::SameUid | Known::Awaited => Mark::SameUid,
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
        if let Some(other) = self.another_of(&item, &action, link.as_ref()).await? {
            self.items.push_back(other);
            return Ok(());
        }
        self.count(&action, &item, object, ours);
        let rival = match known {
            Known::Rival(link) => Some(link),
            _ => None,
        };
        if self.ask.dry_run {
            return self.suppose(item, action, link, rival).await;
        }
        if self.is_put_off(&action) {
            return Box::pin(self.put_off(item, action, side, link)).await;
        }
        match action {
            Action::Look => self.look(item, link, rival).await,
            other => Box::pin(self.take(item, other, side, link)).await,
        }
    }

    pub(super) fn planned(
        &self,
        item: &Item,
        link: Option<&Link>,
        ours: &Ours,
        mark: Mark<'_>,
    ) -> Action {
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
            self.report.planned.push(PlannedItem {
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

    /// A new link's identity.
    pub(super) fn new_link_id(&self) -> LinkId {
        LinkId(self.bridge.ids.uuid())
    }
}
