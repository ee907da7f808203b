//! What an action does on our side: one commit each, with the link.

use super::SyncError;
use super::item::{Item, Sight};
use super::ours::Side;
use super::push::{Queued, Writing};
use super::round::Round;
use crate::bridge::fan_out::{Pending, Plan, Reach, withdrawn};
use crate::bridge::{Authority, Bridge, journal, judged, pending};
use crate::ical;
use crate::model::{
    Action as Did, CollectionId, Command, CommandId, CommandState, Deed, Direction, Draft, Field,
    FieldOutcome, Fields, JournalId, Kind, Link, LinkState, ObjectId, Origin, Outcome, Reason,
    RemoteEvent, ResourceName, Trouble, Withdrawn,
};
use crate::ports::{CommitError, Expect, RemoteDeed, StoreError, Write};
use crate::sync::{
    self, Action, Conclusion, Deletion, EditDeed, Edited, Importing, Ours, Standing, guard,
};
use std::collections::BTreeSet;

/// Every field that a new event shows.
pub(super) const ALL_FIELDS: [Field; 5] = [
    Field::Title,
    Field::Start,
    Field::End,
    Field::Description,
    Field::Location,
];

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
                let rows = self.concluded(&link, &conclusion, side.as_ref());
                self.keep_link(link, side.as_ref(), rows).await?
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
                let row = self.row(link.object, Did::Delete, rows);
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
                if self.commit_link(&link, side.as_ref(), writes).await? {
                    return Ok(());
                }
                false
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
        link: &Link,
        conclusion: &Conclusion,
        side: Option<&Side>,
    ) -> Vec<(Did, Vec<FieldOutcome>)> {
        match conclusion {
            Conclusion::Quiet => vec![],
            Conclusion::Frozen => {
                tracing::warn!(
                    subscription.id = %link.subscription, object.id = %link.object,
                    "an item is frozen: it was written back too often in a short time"
                );
                vec![]
            }
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

    fn existence(&self, side: Option<&Side>, outcome: Outcome) -> FieldOutcome {
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
            writes.push(Write::Journal(self.row(link.object, did, outcomes)));
        }
        let link = self.with_free_uid(link).await?;
        writes.push(Write::Link(stepped(link.clone())));
        self.commit_link(&link, side, writes).await
    }

    pub(super) fn row(
        &self,
        object: ObjectId,
        did: Did,
        outcomes: Vec<FieldOutcome>,
    ) -> crate::model::JournalRow {
        let author = (self.subscription.user.clone(), self.origin());
        journal::row_of(author, object, did, outcomes, self.bridge.clock.now())
    }

    fn origin(&self) -> Origin {
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

    async fn commit_link(
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

    /// An event becomes a note; `None` when it is to be decided again.
    async fn import(&mut self, note: Note<'_>) -> Result<Option<ObjectId>, SyncError> {
        let bridge = std::sync::Arc::clone(&self.bridge);
        let (settings, now) = (&bridge.settings, bridge.clock.now());
        let user = self.subscription.user.clone();
        let id = self.free_note_id(note.event).await?;
        let draft = Draft {
            id,
            kind: Kind::Note,
            author: user.clone(),
            fields: Fields {
                recurs: false,
                ..note.fields.clone()
            },
        };
        let object = pending::drafted(&draft, now, settings);
        let ours = object.fields(settings);
        let importing = Importing {
            event: note.event,
            theirs: &note.fields,
            ours: &ours,
            anchor: note.anchor,
            masked: note.masked,
        };
        let (link_id, sub) = (self.new_link_id(), &self.subscription);
        let mut link = sync::imported(link_id, sub, id, &importing, &settings.sync);
        let mut plan = Plan {
            expects: self.expects(&link, None),
            writes: vec![],
        };
        plan.expects.push(Expect::Object(id, None));
        let ends = match bridge.authority {
            Authority::Own => Outcome::Applied,
            Authority::Advanta(_) => Outcome::Pending,
        };
        let outcome = journal::outcome(Field::Existence, ends, &draft.fields, &ours);
        let row = self.row(id, Did::Create, vec![outcome]);
        plan.writes.push(Write::Journal(row));
        match bridge.authority {
            Authority::Own => {
                plan.writes.push(Write::Object(object.clone()));
                plan.join(bridge.fan_out(id, Some(&object), Reach::EVERYONE).await?);
                link.our_revision = object.revision;
            }
            Authority::Advanta(_) => {
                bridge.check_outbox().await?;
                link.state = LinkState::Awaited;
                let command = self.command(id, Deed::Create(draft));
                let pending = Pending {
                    commands: vec![command.clone()],
                    undone: vec![],
                };
                bridge.place(id, None, &user, &pending, &mut plan).await?;
                plan.writes.push(Write::Enqueue(command, 0));
            }
        }
        let link = self.with_free_uid(link).await?;
        plan.writes.push(Write::Link(stepped(link)));
        let kept = self.commit(plan).await?;
        bridge.wake_all(id);
        Ok(kept.then_some(id))
    }

    /// A command that this subscription asks for.
    fn command(&self, object: ObjectId, deed: Deed) -> Command {
        Command {
            id: CommandId(0),
            object,
            author: self.subscription.user.clone(),
            origin: self.origin(),
            deed,
            attempts: 0,
            stale: 0,
            due: self.bridge.clock.now(),
            state: CommandState::Waiting,
            journal: JournalId(0),
        }
    }

    /// An edit goes to ADVANTA as far as it may; the link keeps what the remote has to be told.
    async fn edit(&mut self, edited: Edited, side: Option<&Side>) -> Result<bool, SyncError> {
        let Some(side) = side else { return Ok(false) };
        let bridge = std::sync::Arc::clone(&self.bridge);
        let id = edited.link.object;
        let stands = edited.after.fields(&bridge.settings);
        let outcomes = edited
            .verdict
            .rulings
            .iter()
            .map(|ruling| {
                let outcome = match (&bridge.authority, ruling.outcome) {
                    (Authority::Advanta(_), Outcome::Applied) if judged::travels(ruling.field) => {
                        Outcome::Pending
                    }
                    (_, outcome) => outcome,
                };
                journal::outcome(ruling.field, outcome, &edited.wanted, &stands)
            })
            .collect();
        let mut plan = Plan {
            expects: self.expects(&edited.link, Some(side)),
            writes: vec![Write::Journal(self.row(id, Did::Change, outcomes))],
        };
        if !edited.changes().is_empty() {
            match bridge.authority {
                Authority::Own => {
                    let after = &edited.after;
                    plan.writes.push(Write::Object(after.clone()));
                    plan.join(bridge.fan_out(id, Some(after), Reach::EVERYONE).await?);
                }
                Authority::Advanta(_) => {
                    bridge.check_outbox().await?;
                    let command = self.command(id, Deed::Change(edited.changes().clone()));
                    self.show(side, &command, &mut plan).await?;
                    plan.writes.push(Write::Enqueue(command, 0));
                }
            }
        }
        plan.writes.push(Write::Link(stepped(edited.link)));
        let kept = self.commit(plan).await?;
        bridge.wake_all(id);
        Ok(kept)
    }

    /// Shows a command that is written by this very commit in its author's calendar.
    async fn show(
        &self,
        side: &Side,
        command: &Command,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let mut commands = side.commands.clone();
        commands.push(command.clone());
        let pending = Pending {
            commands,
            undone: vec![],
        };
        let user = &self.subscription.user;
        self.bridge
            .place(command.object, side.mirror.as_ref(), user, &pending, plan)
            .await
    }

    /// A deletion made in the remote goes to ADVANTA, unless it has to wait for a person.
    async fn delete_object(
        &mut self,
        mut item: Item,
        deletion: Deletion,
        side: Option<Side>,
        before: Option<Link>,
    ) -> Result<(), SyncError> {
        let (Some(side), Some(before)) = (side, before) else {
            return Ok(());
        };
        if deletion.counted && !self.may_delete(Direction::ToAdvanta).await? {
            return self.hold(item, before, &side, Direction::ToAdvanta).await;
        }
        let bridge = std::sync::Arc::clone(&self.bridge);
        let id = before.object;
        let ends = match bridge.authority {
            Authority::Own => Outcome::Applied,
            Authority::Advanta(_) => Outcome::Pending,
        };
        let row = self.row(id, Did::Delete, vec![self.existence(Some(&side), ends)]);
        let mut plan = Plan {
            expects: self.expects(&before, Some(&side)),
            writes: vec![Write::Journal(row)],
        };
        match (&bridge.authority, &side.mirror) {
            (Authority::Own, Some(mirror)) => {
                plan.writes.push(Write::RemoveObject(id, mirror.revision));
                plan.join(bridge.fan_out(id, None, Reach::EVERYONE).await?);
                plan.writes.push(Write::RemoveLink(before.id));
            }
            (Authority::Own, None) => return Ok(()),
            (Authority::Advanta(_), _) => {
                bridge.check_outbox().await?;
                let had = bridge.had(&self.subscription.user, id).await?;
                let command = self.command(id, Deed::Delete(had));
                self.show(&side, &command, &mut plan).await?;
                plan.writes.push(Write::Enqueue(command, 0));
                plan.writes
                    .push(Write::Link(stepped(deletion.link.clone())));
            }
        }
        let kept = self.commit(plan).await?;
        bridge.wake_all(id);
        if !kept {
            item.sight = Sight::Gone;
            self.items.push_back(item);
        } else if deletion.counted {
            self.note_deletions(Direction::ToAdvanta, 1).await?;
        }
        Ok(())
    }

    /// A deletion waits for somebody to accept or reject it.
    pub(super) async fn hold(
        &mut self,
        item: Item,
        link: Link,
        side: &Side,
        direction: Direction,
    ) -> Result<(), SyncError> {
        let held = Link {
            trouble: Some(Trouble::Held(direction)),
            ..link
        };
        if self.keep_link(held, Some(side), vec![]).await? {
            self.report.held += 1;
        } else {
            self.items.push_back(item);
        }
        Ok(())
    }

    async fn queue_create(
        &mut self,
        item: Item,
        link: Option<Link>,
        side: Option<Side>,
    ) -> Result<(), SyncError> {
        let Some(side) = side else { return Ok(()) };
        let Ours::There(standing) = &side.ours else {
            return Ok(());
        };
        let link = link
            .unwrap_or_else(|| sync::exported(self.new_link_id(), &self.subscription, standing, 0));
        let fields: BTreeSet<Field> = ALL_FIELDS.into();
        let now = self.bridge.clock.now();
        let deed = crate::model::IntentDeed::Create;
        let intended = sync::intended(&link, deed, &fields, standing, now);
        let create = RemoteDeed::Create {
            marker: link.marker(),
            fields: standing.fields.clone(),
            zone: self.subscription.zone,
            card: standing.object.card.clone(),
        };
        self.queue
            .push(Queued::of(item, intended, create, Writing::Create, side));
        Ok(())
    }

    fn queue_edit(&mut self, item: Item, edit: sync::RemoteEdit, side: Option<Side>) {
        let Some((side, standing)) = side.and_then(|side| {
            let standing = standing_of(&side)?.clone();
            Some((side, standing))
        }) else {
            return;
        };
        let Some(id) = edit.link.remote.clone() else {
            return;
        };
        let now = self.bridge.clock.now();
        let zone = self.subscription.zone;
        let deed = crate::model::IntentDeed::Update;
        let mut link = sync::intended(&edit.link, deed, &edit.fields, &standing, now);
        if edit.write_back {
            link.write_backs = guard::counted(&link.write_backs, now);
        }
        let expected = Some(link.their_version.clone()).filter(|version| !version.is_empty());
        let write = match edit.deed {
            EditDeed::Change(changes) => RemoteDeed::Update {
                id,
                expected,
                changes,
                zone,
            },
            EditDeed::Move(occurrence, span) => RemoteDeed::Move {
                id,
                occurrence,
                span,
                zone,
            },
        };
        self.queue
            .push(Queued::of(item, link, write, Writing::Update, side));
    }

    async fn queue_delete(
        &mut self,
        item: Item,
        deletion: Deletion,
        side: Option<Side>,
    ) -> Result<(), SyncError> {
        let (Some(side), Some(id)) = (side, deletion.link.remote.clone()) else {
            return Ok(());
        };
        if deletion.counted && !self.may_delete(Direction::ToRemote).await? {
            return self
                .hold(item, deletion.link, &side, Direction::ToRemote)
                .await;
        }
        let (deed, writing) = if deletion.replace {
            (crate::model::IntentDeed::Replace, Writing::Replace)
        } else {
            (crate::model::IntentDeed::Delete, Writing::Delete)
        };
        let counted = deletion.counted;
        let link = sync::doomed(&deletion.link, deed, self.bridge.clock.now());
        let expected = Some(link.their_version.clone()).filter(|version| !version.is_empty());
        let delete = RemoteDeed::Delete { id, expected };
        let mut queued = Queued::of(item, link, delete, writing, side);
        queued.counted = counted;
        self.queue.push(queued);
        Ok(())
    }
}

/// An event that becomes a note.
struct Note<'a> {
    event: &'a RemoteEvent,
    fields: Fields,
    anchor: Option<crate::model::Anchor>,
    masked: bool,
}

fn standing_of(side: &Side) -> Option<&Standing> {
    match &side.ours {
        Ours::There(standing) => Some(standing),
        Ours::Hidden { .. } | Ours::Leaving | Ours::Gone | Ours::Never => None,
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
    /// What a person's calendar holds of an object, for the case that a deletion is undone.
    pub(super) async fn had(
        &self,
        user: &crate::model::UserId,
        id: ObjectId,
    ) -> Result<Withdrawn, StoreError> {
        let member = self
            .store
            .member_of(&CollectionId::events(user), id)
            .await?;
        Ok(member.map_or_else(
            || Withdrawn {
                name: ResourceName::of_object(id, 0),
                uid: ical::uid_of(id),
                body: "".into(),
                overlay: None,
            },
            |member| withdrawn(&member),
        ))
    }

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
