//! What came from the remote goes to ADVANTA: one commit with the link.

use super::SyncError;
use super::item::{Item, Sight};
use super::ours::Side;
use super::round::Round;
use super::take::stepped;
use crate::bridge::fan_out::{Pending, Plan, Reach, withdrawn};
use crate::bridge::journal::{self, About};
use crate::bridge::{Authority, Bridge, judged, pending};
use crate::ical;
use crate::model::{
    Action as Did, Anchor, CollectionId, Command, CommandId, CommandState, Deed, Direction, Draft,
    Field, Fields, JournalId, Kind, Link, LinkState, ObjectId, Outcome, RemoteEvent, ResourceName,
    UserId, Withdrawn,
};
use crate::ports::{Expect, StoreError, Write};
use crate::sync::{self, Deletion, Edited, Importing};

impl Round {
    /// An event becomes a note; `None` when it is to be decided again.
    pub(super) async fn import(&mut self, note: Note<'_>) -> Result<Option<ObjectId>, SyncError> {
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
        let row = self.row(About::draft(&draft), Did::Create, vec![outcome]);
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
    pub(super) async fn edit(
        &mut self,
        edited: Edited,
        side: Option<&Side>,
    ) -> Result<bool, SyncError> {
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
            writes: vec![Write::Journal(self.row(
                About::link(&edited.link),
                Did::Change,
                outcomes,
            ))],
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
    pub(super) async fn delete_object(
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
        let rows = vec![self.existence(Some(&side), ends)];
        let row = self.row(About::link(&before), Did::Delete, rows);
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
        let kept = if deletion.counted {
            self.commit_counted(plan, Direction::ToAdvanta).await?
        } else {
            self.commit(plan).await?
        };
        bridge.wake_all(id);
        if !kept {
            item.sight = Sight::Gone;
            self.items.push_back(item);
        }
        Ok(())
    }
}

/// An event that becomes a note.
pub(super) struct Note<'a> {
    pub(super) event: &'a RemoteEvent,
    pub(super) fields: Fields,
    pub(super) anchor: Option<Anchor>,
    pub(super) masked: bool,
}

impl Bridge {
    /// What a person's calendar holds of an object, for the case that a deletion is undone.
    pub(super) async fn had(&self, user: &UserId, id: ObjectId) -> Result<Withdrawn, StoreError> {
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
}
