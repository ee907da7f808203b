//! Writes to the remote: intents first, then the batch, then what came back.

use super::SyncError;
use super::item::{Item, Sight};
use super::ours::Side;
use super::round::Round;
use super::take::stepped;
use crate::bridge::fan_out::Plan;
use crate::bridge::journal::About;
use crate::model::{
    Action, Direction, FieldOutcome, IntentDeed, Link, Marker, ObjectId, Outcome, Reason,
    RemoteChanges, RemoteId, Trouble, WriteMeetings,
};
use crate::ports::{
    CommitError, Expect, RemoteDeed, RemoteError, RemoteErrorKind, RemoteWrite, Write, Written,
};
use crate::sync;
use std::collections::BTreeSet;

/// The longest wait between two tries of one item, in seconds.
const WAIT_SECONDS_MAX: i64 = 3600;

/// What a write is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    Create,
    Update,
    Delete,
    Replace,
    Remark,
}

/// A write that waits for its batch.
pub(super) struct Queued {
    item: Item,
    /// With its intent; `None` for a new mark, which nothing rests on.
    link: Option<Link>,
    deed: RemoteDeed,
    writing: Writing,
    side: Option<Side>,
    /// A deletion that the guard counts.
    pub(super) counted: bool,
}

impl Queued {
    pub(super) fn of(
        item: Item,
        link: Link,
        deed: RemoteDeed,
        writing: Writing,
        side: Side,
    ) -> Self {
        Self {
            item,
            link: Some(link),
            deed,
            writing,
            side: Some(side),
            counted: false,
        }
    }

    pub(super) fn remark(
        item: Item,
        id: RemoteId,
        version: String,
        marker: Option<Marker>,
    ) -> Self {
        Self {
            item,
            link: None,
            deed: RemoteDeed::Update {
                id,
                expected: Some(version).filter(|version| !version.is_empty()),
                changes: RemoteChanges {
                    marker: Some(marker),
                    ..RemoteChanges::default()
                },
                zone: chrono_tz::UTC,
            },
            writing: Writing::Remark,
            side: None,
            counted: false,
        }
    }

    /// Whether it is about the event of this object.
    pub(super) fn is_of(&self, object: ObjectId) -> bool {
        let linked = self.link.as_ref().map(|link| link.object);
        linked.or(self.item.object) == Some(object)
    }

    fn write(&self, policy: WriteMeetings) -> RemoteWrite {
        let guests = self.link.as_ref().is_some_and(|link| link.guests);
        RemoteWrite {
            deed: self.deed.clone(),
            notify: guests && policy == WriteMeetings::Notify,
        }
    }
}

impl Round {
    /// Writes what is queued and keeps what came back.
    pub(super) async fn flush(&mut self) -> Result<(), SyncError> {
        let batch = std::mem::take(&mut self.queue);
        let batch = self.intend(batch).await?;
        if batch.is_empty() {
            return Ok(());
        }
        let answers = self.ask(&batch).await;
        self.alive |= answers.iter().any(is_an_answer);
        if answers.iter().any(Result::is_ok) {
            self.bridge.syncing.writes_went(&self.subscription.id);
        }
        self.are_behind(&batch);
        let deleted = batch
            .iter()
            .zip(&answers)
            .filter(|(queued, answer)| queued.counted && answer.is_ok())
            .count();
        let mut plan = Plan {
            expects: vec![self.active()],
            writes: vec![],
        };
        let mut touched = vec![];
        for (queued, answer) in batch.into_iter().zip(answers) {
            touched.push((queued.link.clone(), answer.clone()));
            match answer {
                Ok(written) => self.written(queued, &written, &mut plan).await?,
                Err(error) => self.failed(queued, error, &mut plan).await?,
            }
        }
        if !plan.writes.is_empty() && !self.commit(plan).await? {
            self.keep_singly(touched).await?;
        }
        self.note_deletions(Direction::ToRemote, deleted).await
    }

    /// What waits and was seen before a write of its event may be behind that write, as a listing may.
    fn are_behind(&mut self, batch: &[Queued]) {
        let linked = batch.iter().filter_map(|queued| queued.link.as_ref());
        let written: BTreeSet<&RemoteId> = linked.filter_map(|link| link.remote.as_ref()).collect();
        if written.is_empty() {
            return;
        }
        for item in &mut self.items {
            if item
                .event()
                .is_some_and(|event| written.contains(&event.id))
            {
                item.listed = true;
            }
        }
    }

    async fn ask(&mut self, batch: &[Queued]) -> Vec<Result<Written, RemoteError>> {
        let policy = self.bridge.settings.sync.write_meetings;
        let writes: Vec<RemoteWrite> = batch.iter().map(|each| each.write(policy)).collect();
        self.report.writes += writes.len() as u64;
        let now = self.bridge.clock.now();
        for link in batch.iter().filter_map(|queued| queued.link.as_ref()) {
            self.bridge
                .syncing
                .wrote(&self.subscription.id, link.object, now);
        }
        // Some remotes take a batch one by one.
        let each = u32::try_from(writes.len()).unwrap_or(u32::MAX);
        let limit = self.bridge.limits.sync.call_timeout.saturating_mul(each);
        let answers = tokio::time::timeout(limit, self.remote.write(&writes)).await;
        let mut answers = answers.unwrap_or_default();
        // Whoever answers too little, or too late, answered nothing that can be relied on.
        answers.resize_with(batch.len(), || {
            Err(RemoteError {
                kind: RemoteErrorKind::Transient,
                detail: "no answer".to_owned(),
            })
        });
        answers
    }

    /// Keeps the answers of a batch one by one: ADVANTA's last word on an edit, or an administrator, wrote one of its links meanwhile.
    /// What was done is kept; what was not is found out by the intent that stands.
    async fn keep_singly(
        &mut self,
        touched: Vec<(Option<Link>, Result<Written, RemoteError>)>,
    ) -> Result<(), SyncError> {
        for (link, answer) in touched {
            let Some(link) = link else { continue };
            let now = self.link_of_object(link.object).await?;
            let same = now.filter(|now| now.id == link.id && now.intent == link.intent);
            let (Some(mut now), Ok(written)) = (same, answer) else {
                self.leave_look(Some(link.object)).await?;
                continue;
            };
            let deed = now.intent.as_ref().map(|intent| intent.deed);
            let mut plan = Plan {
                expects: vec![self.active()],
                writes: vec![],
            };
            match deed {
                Some(IntentDeed::Create | IntentDeed::Update) => {
                    let policy = &self.bridge.settings.sync;
                    if deed == Some(IntentDeed::Create) {
                        now.remote = Some(written.id.clone());
                        now.remote_uid = Some(written.uid.clone()).filter(|uid| !uid.is_empty());
                    }
                    let event = written.event.as_ref();
                    let done = sync::written(&now, &written.version, event, policy);
                    let done = self.with_free_uid(done).await?;
                    self.put(done, &mut plan);
                }
                Some(IntentDeed::Delete) => {
                    plan.expects.push(Expect::Link(now.id, Some(now.step)));
                    plan.writes.push(Write::RemoveLink(now.id));
                }
                Some(IntentDeed::Replace) => self.put_without_event(&now, &mut plan),
                // A round writes nothing for a subscription that ends.
                Some(IntentDeed::Remove) | None => {}
            }
            self.look_later(&link, &mut plan);
            // Once more moved: its intent is settled by what is seen.
            let _kept = self.commit(plan).await?;
        }
        Ok(())
    }

    fn active(&self) -> Expect {
        Expect::Active(self.subscription.id.clone(), self.subscription.epoch)
    }

    /// Makes the intents of a batch durable; what was decided on something that moved meanwhile is decided again.
    async fn intend(&mut self, batch: Vec<Queued>) -> Result<Vec<Queued>, SyncError> {
        let mut plan = Plan::default();
        for queued in &batch {
            self.plan_intent(queued, &mut plan);
        }
        if plan.writes.is_empty() {
            return Ok(batch);
        }
        match self.bridge.store.commit(plan.expects, plan.writes).await {
            Ok(_) => return Ok(batch.into_iter().map(on).collect()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_) => {}
        }
        let mut kept = vec![];
        for queued in batch {
            let mut plan = Plan::default();
            self.plan_intent(&queued, &mut plan);
            if plan.writes.is_empty() {
                kept.push(queued);
                continue;
            }
            if self.commit(plan).await? {
                kept.push(on(queued));
            } else {
                self.items.push_back(queued.item);
            }
        }
        Ok(kept)
    }

    fn plan_intent(&self, queued: &Queued, plan: &mut Plan) {
        let Some(link) = &queued.link else { return };
        plan.expects
            .extend(self.expects(link, queued.side.as_ref()));
        plan.writes.push(Write::Link(stepped(link.clone())));
        // A create in doubt is looked into before anything that is listed.
        if queued.writing == Writing::Create {
            self.look_later(link, plan);
        }
    }

    /// Keeps a link in the commit of its batch.
    fn put(&self, link: Link, plan: &mut Plan) {
        plan.expects.push(Expect::Link(link.id, Some(link.step)));
        plan.writes.push(Write::Link(stepped(link)));
    }

    /// Keeps a link that has no event any more, and that it is to get one: nothing else remembers that.
    fn put_without_event(&self, link: &Link, plan: &mut Plan) {
        self.look_later(link, plan);
        self.put(sync::recreated(link), plan);
    }

    async fn written(
        &mut self,
        queued: Queued,
        written: &Written,
        plan: &mut Plan,
    ) -> Result<(), SyncError> {
        let Some(mut link) = queued.link else {
            self.remarked(queued.item, Some(&written.version));
            return Ok(());
        };
        let event = written.event.as_ref();
        let policy = &self.bridge.settings.sync;
        match queued.writing {
            Writing::Create => {
                link.remote = Some(written.id.clone());
                link.remote_uid = Some(written.uid.clone()).filter(|uid| !uid.is_empty());
                let made = sync::written(&link, &written.version, event, policy);
                let made = self.with_free_uid(made).await?;
                self.put(made, plan);
            }
            Writing::Update => {
                self.put(sync::written(&link, &written.version, event, policy), plan);
            }
            Writing::Delete => {
                self.deleted.extend(link.remote.clone());
                plan.expects.push(Expect::Link(link.id, Some(link.step)));
                plan.writes.push(Write::RemoveLink(link.id));
                return Ok(());
            }
            Writing::Replace => {
                self.deleted.extend(link.remote.clone());
                self.put_without_event(&link, plan);
            }
            Writing::Remark => {}
        }
        self.again(&queued.item, &link, Sight::Unseen);
        Ok(())
    }

    /// What a failed write leaves: a link as it was, or one that waits, or a dead letter.
    async fn failed(
        &mut self,
        queued: Queued,
        error: RemoteError,
        plan: &mut Plan,
    ) -> Result<(), SyncError> {
        let mut item = queued.item;
        let Some(link) = queued.link else {
            // A mark is put right when its event is seen again: at once, when it only moved meanwhile.
            self.note_stop(&error);
            self.throttle_writes(error.kind);
            if let (RemoteErrorKind::Stale, Some(id)) = (error.kind, item.event().map(|it| &it.id))
                && let Some(event) = self.get(id).await?
            {
                item.sight = Sight::Seen(event);
                self.items.push_back(item);
                return Ok(());
            }
            self.remarked(item, None);
            return Ok(());
        };
        let undone = Link {
            intent: None,
            ..link.clone()
        };
        match (error.kind, queued.writing) {
            (RemoteErrorKind::Gone, Writing::Delete) => {
                self.deleted.extend(link.remote.clone());
                plan.expects.push(Expect::Link(link.id, Some(link.step)));
                plan.writes.push(Write::RemoveLink(link.id));
            }
            (RemoteErrorKind::Gone, Writing::Replace) => {
                self.put_without_event(&link, plan);
                self.again(&item, &link, Sight::Unseen);
            }
            (RemoteErrorKind::Gone, Writing::Update)
                if matches!(queued.deed, RemoteDeed::Move { .. }) =>
            {
                self.not_moved(&item, &link, undone, plan).await?;
            }
            (RemoteErrorKind::Gone, Writing::Update) => {
                self.put(undone, plan);
                self.again(&item, &link, Sight::Absent);
            }
            (RemoteErrorKind::Stale, _) => {
                // What was to be deleted still is, at the version that is there now: the intent says so.
                if !matches!(queued.writing, Writing::Replace | Writing::Delete) {
                    self.put(undone, plan);
                }
                self.again(&item, &link, Sight::Absent);
            }
            (RemoteErrorKind::Taken, _) => self.taken(&item, link, undone, plan).await?,
            (RemoteErrorKind::NotWritable, Writing::Update) => {
                let locked = Link {
                    locked: true,
                    trouble: None,
                    ..undone
                };
                self.put(locked, plan);
                self.again(&item, &link, Sight::Unseen);
            }
            (RemoteErrorKind::NotWritable, Writing::Delete) => {
                let parted = Link {
                    locked: true,
                    ..sync::parted(&undone)
                };
                self.put(parted, plan);
            }
            (RemoteErrorKind::NotWritable | RemoteErrorKind::Refused, _) => {
                self.bury(undone, error.detail, plan);
            }
            (RemoteErrorKind::Throttled { .. }, _) => {
                self.put(undone, plan);
                self.waiting.insert(link.object);
                self.look_later(&link, plan);
                self.throttle_writes(error.kind);
            }
            (RemoteErrorKind::Barred { .. }, _) => {
                self.put(undone, plan);
                self.look_later(&link, plan);
                self.note_stop(&error);
            }
            (RemoteErrorKind::Denied | RemoteErrorKind::CalendarGone, _) => {
                self.look_later(&link, plan);
                self.note_stop(&error);
            }
            (
                RemoteErrorKind::Gone | RemoteErrorKind::Unreachable | RemoteErrorKind::Transient,
                _,
            ) => {
                self.wait(link, undone, &error, plan);
            }
        }
        Ok(())
    }

    /// There is no such occurrence. A person cancelled it: its date stays in ADVANTA. Or the event is no series any more: then the date
    /// is written to the event itself.
    async fn not_moved(
        &mut self,
        item: &Item,
        link: &Link,
        undone: Link,
        plan: &mut Plan,
    ) -> Result<(), SyncError> {
        let seen = match &link.remote {
            Some(id) => self.get(id).await?,
            None => None,
        };
        match seen {
            Some(event) if event.series.is_none() => {
                self.put(undone, plan);
                self.again(item, link, Sight::Seen(event));
            }
            Some(_) | None => {
                self.decline(link, plan);
                self.again(item, link, Sight::Absent);
            }
        }
        Ok(())
    }

    /// Fields that cannot be written there stay as each side has them; the journal says so.
    fn decline(&self, link: &Link, plan: &mut Plan) {
        let fields = link
            .intent
            .iter()
            .flat_map(|intent| &intent.fields)
            .copied();
        let outcomes = fields.map(|field| FieldOutcome {
            field,
            outcome: Outcome::Refused(Reason::NotWritable),
            attempted: String::new(),
            kept: String::new(),
        });
        let row = self.row(About::link(link), Action::Change, outcomes.collect());
        plan.writes.push(Write::Journal(row));
        self.put(sync::declined(link), plan);
    }

    /// The pair itself is still to be looked at: with the mark taken off, whether that was done or has to wait.
    fn remarked(&mut self, mut item: Item, version: Option<&str>) {
        item.remarked = true;
        if let (Sight::Seen(event), Some(version)) = (&mut item.sight, version) {
            version.clone_into(&mut event.version);
        }
        self.items.push_back(item);
    }

    fn again(&mut self, item: &Item, link: &Link, sight: Sight) {
        let mut again = Item::of_object(link.object, sight);
        again.steps = item.steps;
        self.items.push_back(again);
    }

    fn note_stop(&mut self, error: &RemoteError) {
        if let RemoteErrorKind::Barred { .. }
        | RemoteErrorKind::Denied
        | RemoteErrorKind::CalendarGone = error.kind
        {
            self.stop.get_or_insert(SyncError::Remote(error.clone()));
        }
    }

    /// The identity of a new event is taken: by our own create, whose answer was lost, or by an event that was deleted.
    async fn taken(
        &mut self,
        item: &Item,
        link: Link,
        undone: Link,
        plan: &mut Plan,
    ) -> Result<(), SyncError> {
        let seen = match self.event_of(&link).await {
            Ok(seen) => seen,
            // The other answers of the batch must be kept: it is asked for again.
            Err(_) => {
                self.again(item, &link, Sight::Absent);
                return Ok(());
            }
        };
        match seen.filter(|event| event.marker.as_ref() == Some(&link.marker())) {
            // Its intent is settled by it.
            Some(event) => self.again(item, &link, Sight::Seen(event)),
            None => {
                self.put_without_event(&undone, plan);
                self.again(item, &link, Sight::Unseen);
            }
        }
        Ok(())
    }

    fn bury(&mut self, undone: Link, why: String, plan: &mut Plan) {
        tracing::warn!(
            subscription.id = %undone.subscription, object.id = %undone.object,
            "an item is put to the dead letters: {why}"
        );
        self.report.troubles += 1;
        self.put(
            Link {
                trouble: Some(Trouble::Dead(why)),
                ..undone
            },
            plan,
        );
    }

    /// It may have been done or not: it is looked at a while later. A remote that answers nothing at all is away, which is no
    /// fault of the item.
    fn wait(&mut self, link: Link, undone: Link, error: &RemoteError, plan: &mut Plan) {
        self.look_later(&link, plan);
        if !self.alive {
            self.stop.get_or_insert(SyncError::Remote(error.clone()));
            return;
        }
        let attempts = match &link.trouble {
            Some(Trouble::Waits { attempts, .. }) => attempts.saturating_add(1),
            _ => 1,
        };
        if attempts >= self.bridge.settings.sync.attempts_max {
            return self.bury(undone, error.detail.clone(), plan);
        }
        self.report.troubles += 1;
        let seconds = (2_i64 << attempts.min(16)).min(WAIT_SECONDS_MAX);
        let due = self.bridge.clock.now() + chrono::Duration::seconds(seconds);
        let waiting = Link {
            trouble: Some(Trouble::Waits { attempts, due }),
            ..link
        };
        self.bridge
            .syncing
            .wait_until(&self.subscription.id, waiting.object, due);
        self.put(waiting, plan);
    }

    fn look_later(&self, link: &Link, plan: &mut Plan) {
        let id = self.subscription.id.clone();
        plan.writes.push(Write::Look(id, link.object));
    }
}

/// Whether an answer shows that the remote is there.
fn is_an_answer(answer: &Result<Written, RemoteError>) -> bool {
    match answer {
        Ok(_) => true,
        Err(error) => match error.kind {
            RemoteErrorKind::Gone
            | RemoteErrorKind::Stale
            | RemoteErrorKind::Taken
            | RemoteErrorKind::NotWritable
            | RemoteErrorKind::Refused => true,
            RemoteErrorKind::Throttled { .. }
            | RemoteErrorKind::Barred { .. }
            | RemoteErrorKind::Denied
            | RemoteErrorKind::CalendarGone
            | RemoteErrorKind::Unreachable
            | RemoteErrorKind::Transient => false,
        },
    }
}

/// The link as the store has it after its intent was written.
fn on(mut queued: Queued) -> Queued {
    queued.link = queued.link.map(stepped);
    queued
}
