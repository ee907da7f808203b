//! Writes to the remote: intents first, then the batch, then what came back.

use super::SyncError;
use super::ours::Side;
use super::round::{Item, Round, Sight};
use super::take::stepped;
use crate::bridge::fan_out::Plan;
use crate::model::{Link, LinkState, Marker, RemoteChanges, RemoteId, Trouble, WriteMeetings};
use crate::ports::{
    CommitError, Expect, RemoteDeed, RemoteError, RemoteErrorKind, RemoteWrite, Write, Written,
};
use crate::sync;

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
        }
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
        let policy = self.bridge.settings.sync.write_meetings;
        let writes: Vec<RemoteWrite> = batch.iter().map(|each| each.write(policy)).collect();
        self.report.writes += writes.len() as u64;
        let limit = self.bridge.limits.sync.call_timeout;
        let answers = tokio::time::timeout(limit, self.remote.write(&writes)).await;
        let mut answers = answers.unwrap_or_default();
        // Whoever answers too little, or too late, answered nothing that can be relied on.
        answers.resize_with(batch.len(), || {
            Err(RemoteError {
                kind: RemoteErrorKind::Transient,
                detail: "no answer".to_owned(),
            })
        });
        let mut plan = Plan {
            expects: vec![self.active()],
            writes: vec![],
        };
        for (queued, answer) in batch.into_iter().zip(answers) {
            match answer {
                Ok(written) => self.written(queued, &written, &mut plan).await?,
                Err(error) => self.failed(queued, error, &mut plan).await?,
            }
        }
        if plan.writes.is_empty() || self.commit(plan).await? {
            return Ok(());
        }
        // Nobody else writes links while a round is under way but an administrator who answers for one: the intents stay, and are
        // settled by what is seen.
        Err(SyncError::Busy)
    }

    fn active(&self) -> Expect {
        Expect::Active(self.subscription.id.clone(), self.subscription.epoch)
    }

    /// Makes the intents of a batch durable; what was decided on something that moved meanwhile is decided again.
    async fn intend(&mut self, batch: Vec<Queued>) -> Result<Vec<Queued>, SyncError> {
        let mut plan = Plan::default();
        for queued in &batch {
            if let Some(link) = &queued.link {
                plan.expects
                    .extend(self.expects(link, queued.side.as_ref()));
                plan.writes.push(Write::Link(stepped(link.clone())));
            }
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
            let Some(link) = &queued.link else {
                kept.push(queued);
                continue;
            };
            let plan = Plan {
                expects: self.expects(link, queued.side.as_ref()),
                writes: vec![Write::Link(stepped(link.clone()))],
            };
            if self.commit(plan).await? {
                kept.push(on(queued));
            } else {
                self.items.push_back(queued.item);
            }
        }
        Ok(kept)
    }

    /// Keeps a link in the commit of its batch.
    fn put(&self, link: Link, plan: &mut Plan) {
        plan.expects.push(Expect::Link(link.id, Some(link.step)));
        plan.writes.push(Write::Link(stepped(link)));
    }

    async fn written(
        &mut self,
        queued: Queued,
        written: &Written,
        plan: &mut Plan,
    ) -> Result<(), SyncError> {
        let Some(mut link) = queued.link else {
            self.remarked(queued.item);
            return Ok(());
        };
        let event = written.event.as_ref();
        let policy = &self.bridge.settings.sync;
        match queued.writing {
            Writing::Create => {
                link.remote = Some(written.id.clone());
                link.remote_uid = Some(written.uid.clone());
                let made = sync::written(&link, &written.version, event, policy);
                let made = self.with_free_uid(made).await?;
                self.put(made, plan);
            }
            Writing::Update => {
                self.put(sync::written(&link, &written.version, event, policy), plan);
            }
            Writing::Delete => {
                plan.expects.push(Expect::Link(link.id, Some(link.step)));
                plan.writes.push(Write::RemoveLink(link.id));
                return Ok(());
            }
            Writing::Replace => self.put(sync::recreated(&link), plan),
            Writing::Remark => {}
        }
        self.again(&link, Sight::Unseen);
        Ok(())
    }

    /// What a failed write leaves: a link as it was, or one that waits, or a dead letter.
    async fn failed(
        &mut self,
        queued: Queued,
        error: RemoteError,
        plan: &mut Plan,
    ) -> Result<(), SyncError> {
        let Some(link) = queued.link.clone() else {
            // A mark is put right when its event is seen again.
            self.note_stop(&error);
            self.remarked(queued.item);
            return Ok(());
        };
        let undone = Link {
            intent: None,
            ..link.clone()
        };
        match (error.kind, queued.writing) {
            (RemoteErrorKind::Gone, Writing::Delete) => {
                plan.expects.push(Expect::Link(link.id, Some(link.step)));
                plan.writes.push(Write::RemoveLink(link.id));
            }
            (RemoteErrorKind::Gone, Writing::Replace) => {
                self.put(sync::recreated(&link), plan);
                self.again(&link, Sight::Unseen);
            }
            (RemoteErrorKind::Gone, Writing::Update) => {
                self.put(undone, plan);
                self.again(&link, Sight::Gone);
            }
            (RemoteErrorKind::Stale, _) => {
                let seen = match &link.remote {
                    Some(remote) => self.get(remote).await?,
                    None => None,
                };
                // What was to be deleted still is, at the version that is there now: the intent says so.
                if !matches!(queued.writing, Writing::Replace | Writing::Delete) {
                    self.put(undone, plan);
                }
                self.again(&link, seen.map_or(Sight::Gone, Sight::Seen));
            }
            (RemoteErrorKind::Taken, _) => self.taken(link, undone, plan).await?,
            (RemoteErrorKind::NotWritable, Writing::Update) => {
                self.put(
                    Link {
                        locked: true,
                        ..undone
                    },
                    plan,
                );
                self.again(&link, Sight::Unseen);
            }
            (RemoteErrorKind::NotWritable, Writing::Delete) => {
                let parted = Link {
                    state: LinkState::Parted,
                    locked: true,
                    ..undone
                };
                self.put(parted, plan);
            }
            (RemoteErrorKind::NotWritable | RemoteErrorKind::Refused, _) => {
                self.bury(undone, error.detail, plan);
            }
            (RemoteErrorKind::Gone, _) | (RemoteErrorKind::Transient, _) => {
                self.wait(link, undone, &error, plan);
            }
            (RemoteErrorKind::Throttled { .. }, _) => {
                self.put(undone, plan);
                self.look_later(&link, plan);
                self.note_stop(&error);
            }
            (RemoteErrorKind::Denied | RemoteErrorKind::CalendarGone, _) => {
                self.look_later(&link, plan);
                self.note_stop(&error);
            }
        }
        Ok(())
    }

    /// The pair itself is still to be looked at.
    fn remarked(&mut self, item: Item) {
        let mut item = item;
        item.remarked = true;
        self.items.push_back(item);
    }

    fn again(&mut self, link: &Link, sight: Sight) {
        self.items.push_back(Item::of_object(link.object, sight));
    }

    fn note_stop(&mut self, error: &RemoteError) {
        if let RemoteErrorKind::Throttled { .. }
        | RemoteErrorKind::Denied
        | RemoteErrorKind::CalendarGone = error.kind
        {
            self.stop.get_or_insert(SyncError::Remote(error.clone()));
        }
    }

    /// The identity of a new event is taken: by our own create, whose answer was lost, or by an event that was deleted.
    async fn taken(&mut self, link: Link, undone: Link, plan: &mut Plan) -> Result<(), SyncError> {
        let seen = self.get(&link.marker().event_id()).await?;
        let ours = seen.filter(|event| event.marker.as_ref() == Some(&link.marker()));
        match ours {
            Some(event) => {
                self.put(link.clone(), plan);
                self.again(&link, Sight::Seen(event));
            }
            None => {
                self.put(sync::recreated(&undone), plan);
                self.again(&link, Sight::Unseen);
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

    /// It may have been done or not: it is looked at a while later.
    fn wait(&mut self, link: Link, undone: Link, error: &RemoteError, plan: &mut Plan) {
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
        self.look_later(&link, plan);
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

/// The link as the store has it after its intent was written.
fn on(mut queued: Queued) -> Queued {
    queued.link = queued.link.map(stepped);
    queued
}
