//! What an action does on our side: one commit each, with the link. What goes to ADVANTA is in [`to_advanta`](super::to_advanta), what
//! is queued for the remote in [`to_remote`](super::to_remote).

use super::SyncError;
use super::item::{Item, Sight};
use super::ours::Side;
use super::push::Queued;
use super::round::Round;
use super::to_advanta::Note;
use crate::bridge::Bridge;
use crate::bridge::fan_out::Plan;
use crate::bridge::journal::{self, About};
use crate::model::{
    Action as Did, Field, FieldOutcome, Fields, Link, ObjectId, Origin, Outcome, Reason,
};
use crate::ports::{CommitError, Expect, StoreError, Write};
use crate::sync::{self, Action, Conclusion, Ours};

impl Round {
    /// Carries an action out, or queues what is to be written to the remote. What has to be looked at again goes back to the items.
    pub(super) async fn take(
        &mut self,
        mut item: Item,
        action: Action,
        side: Option<Side>,
        link: Option<Link>,
    ) -> Result<(), SyncError> {
        let done = match action {
            // Looking is the round's own.
            Action::Rest | Action::Look => return Ok(()),
            Action::Keep(link, conclusion) => {
                item.object = Some(link.object);
                let (object, rows) = (link.object, self.concluded(&conclusion, side.as_ref()));
                let kept = self.keep_link(link, side.as_ref(), rows).await?;
                if kept && conclusion == Conclusion::Frozen {
                    self.raise_frozen(object);
                }
                kept
            }
            Action::Import {
                fields,
                anchor,
                masked,
            } => {
                let Some(event) = item.event().cloned() else {
                    return Ok(());
                };
                let note = Note {
                    event: &event,
                    fields,
                    anchor,
                    masked,
                };
                match self.import(note).await? {
                    Some(object) => {
                        item.object = Some(object);
                        true
                    }
                    None => false,
                }
            }
            Action::Adopt { link, ours } => {
                let (Some(event), Some(Ours::There(standing))) =
                    (item.event(), side.as_ref().map(|side| &side.ours))
                else {
                    return Ok(());
                };
                let (settings, id) = (&self.bridge.settings, self.new_link_id());
                let (sub, policy) = (&self.subscription, &settings.sync);
                let adopted = if ours {
                    sync::adopted(link, id, sub, standing, event, policy)
                } else {
                    let exceptions = event.series.as_ref().map_or(&[][..], |it| &it.exceptions);
                    let first = sync::series::first(event, exceptions, sub, settings);
                    sync::recognised(id, sub, standing, event, first, policy)
                };
                let object = adopted.object;
                let kept = self.keep_link(adopted, side.as_ref(), vec![]).await?;
                item.object = item.object.or(Some(object).filter(|_| kept));
                kept
            }
            Action::Edit(edited) => {
                item.object = Some(edited.link.object);
                self.edit(edited, side.as_ref()).await?
            }
            Action::DeleteObject(deletion) => {
                return self.delete_object(item, deletion, side, link).await;
            }
            Action::Restore { link, outcome } => {
                item.sight = Sight::Unseen;
                let rows = vec![self.existence(side.as_ref(), outcome)];
                let row = self.row(About::link(&link), Did::Delete, rows);
                // Nothing else remembers that an event is missing.
                let look = Write::Look(self.subscription.id.clone(), link.object);
                let kept = Write::Link(stepped(link.clone()));
                let writes = vec![Write::Journal(row), look, kept];
                self.commit_link(&link, side.as_ref(), writes).await?
            }
            Action::Create(link) => return self.queue_create(item, link, side).await,
            Action::Write(edit) => {
                self.queue_edit(item, edit, side);
                return Ok(());
            }
            Action::DeleteEvent(deletion) => return self.queue_delete(item, deletion, side).await,
            Action::Remark {
                id,
                version,
                marker,
            } => {
                self.queue.push(Queued::remark(item, id, version, marker));
                return Ok(());
            }
            Action::Forget(link) => {
                let writes = vec![Write::RemoveLink(link.id)];
                let over = self.commit_link(&link, side.as_ref(), writes).await?;
                let ours = side.as_ref().map(|side| &side.ours);
                if over && !matches!(ours, Some(Ours::There(_))) {
                    return Ok(());
                }
                // The object may have come back into sight while its event was deleted: nothing else remembers that it has none.
                item.object = Some(link.object);
                over
            }
        };
        // Done or not: it is looked at again, and comes to rest when nothing is left to do.
        let _decided_again = done;
        self.items.push_back(item);
        Ok(())
    }

    /// What a conclusion says in the journal.
    fn concluded(
        &self,
        conclusion: &Conclusion,
        side: Option<&Side>,
    ) -> Vec<(Did, Vec<FieldOutcome>)> {
        match conclusion {
            Conclusion::Quiet | Conclusion::Frozen => vec![],
            Conclusion::NotWritable(fields) => {
                let outcome = Outcome::Refused(Reason::NotWritable);
                let nothing = nothing();
                let stands = match side.map(|side| &side.ours) {
                    Some(Ours::There(standing)) => &standing.fields,
                    _ => &nothing,
                };
                let outcomes = fields
                    .iter()
                    .map(|field| journal::outcome(*field, outcome, stands, stands))
                    .collect();
                let deleted = fields.contains(&Field::Existence);
                vec![(if deleted { Did::Delete } else { Did::Change }, outcomes)]
            }
        }
    }

    fn raise_frozen(&self, object: ObjectId) {
        let (bridge, id) = (&self.bridge, &self.subscription.id);
        bridge.alarms.frozen(object, id.clone(), bridge.clock.now());
        tracing::warn!(
            subscription.id = %id, object.id = %object,
            "an item is frozen: it was written back too often in a short time"
        );
    }

    pub(super) fn existence(&self, side: Option<&Side>, outcome: Outcome) -> FieldOutcome {
        let kept = match side.map(|side| &side.ours) {
            Some(Ours::There(standing)) => journal::value(Field::Title, &standing.fields),
            _ => String::new(),
        };
        FieldOutcome {
            field: Field::Existence,
            outcome,
            attempted: String::new(),
            kept,
        }
    }

    /// Keeps a link, with rows of the journal. `false`: somebody wrote meanwhile, and it is to be decided again.
    pub(super) async fn keep_link(
        &mut self,
        link: Link,
        side: Option<&Side>,
        rows: Vec<(Did, Vec<FieldOutcome>)>,
    ) -> Result<bool, SyncError> {
        let mut writes = vec![];
        for (did, outcomes) in rows {
            writes.push(Write::Journal(self.row(About::link(&link), did, outcomes)));
        }
        let link = self.with_free_uid(link).await?;
        writes.push(Write::Link(stepped(link.clone())));
        self.commit_link(&link, side, writes).await
    }

    pub(super) fn row(
        &self,
        about: About,
        did: Did,
        outcomes: Vec<FieldOutcome>,
    ) -> crate::model::JournalRow {
        let author = (self.subscription.user.clone(), self.origin());
        journal::row_of(author, about, did, outcomes, self.bridge.clock.now())
    }

    pub(super) fn origin(&self) -> Origin {
        Origin::Remote(self.subscription.id.clone())
    }

    /// The conditions of every commit of this round about one link.
    pub(super) fn expects(&self, link: &Link, side: Option<&Side>) -> Vec<Expect> {
        let (id, epoch) = (self.subscription.id.clone(), self.subscription.epoch);
        let stored = (link.step > 0).then_some(link.step);
        let mut expects = vec![Expect::Active(id, epoch), Expect::Link(link.id, stored)];
        expects.extend(side.into_iter().flat_map(Side::expects));
        expects
    }

    /// A copy may bear the UID of its original: then the link goes by the event's identity alone.
    pub(super) async fn with_free_uid(&self, link: Link) -> Result<Link, StoreError> {
        let Some(uid) = &link.remote_uid else {
            return Ok(link);
        };
        let store = &self.bridge.store;
        let holder = store.link_of_uid(&link.subscription, uid).await?;
        let taken = holder.is_some_and(|holder| holder.id != link.id);
        Ok(Link {
            remote_uid: link.remote_uid.filter(|_| !taken),
            ..link
        })
    }

    pub(super) async fn commit_link(
        &mut self,
        link: &Link,
        side: Option<&Side>,
        writes: Vec<Write>,
    ) -> Result<bool, SyncError> {
        let plan = Plan {
            expects: self.expects(link, side),
            writes,
        };
        self.commit(plan).await
    }

    /// Commits; `false` when a condition did not hold. A subscription that is not active any more ends the round.
    pub(super) async fn commit(&mut self, plan: Plan) -> Result<bool, SyncError> {
        match self.bridge.store.commit(plan.expects, plan.writes).await {
            Ok(_) => Ok(true),
            // It is the first condition of every commit of a round.
            Err(CommitError::Expectation(0)) => Err(SyncError::Busy),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(_) => Ok(false),
        }
    }
}

fn nothing() -> Fields {
    Fields {
        title: String::new(),
        span: None,
        description: String::new(),
        location: String::new(),
        recurs: false,
    }
}

/// A link one step on.
pub(super) fn stepped(link: Link) -> Link {
    Link {
        step: link.step.saturating_add(1),
        ..link
    }
}

impl Bridge {
    /// Commits writes that have no condition.
    pub(super) async fn commit_plainly(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        match self.store.commit(vec![], writes).await {
            Err(CommitError::Store(error)) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
