//! Bringing an object's state into the collections of everyone who sees it.

use super::Bridge;
use super::aside::Size;
use super::pending;
use super::view::Seen;
use crate::ical;
use crate::model::{
    CollectionId, Command, Deed, Object, ObjectId, Resource, ResourceName, UserId, Withdrawn,
};
use crate::ports::{Expect, Member, Move, ResourceDraft, StoreError, Timer, TimerKind, Write};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Conditions and writes that belong together.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) expects: Vec<Expect>,
    pub(super) writes: Vec<Write>,
}

impl Plan {
    /// Adds the other's conditions and writes behind its own.
    pub(super) fn join(&mut self, other: Self) {
        self.expects.extend(other.expects);
        self.writes.extend(other.writes);
    }
}

/// Whose collections to visit.
#[derive(Clone, Copy)]
pub(super) struct Reach<'a> {
    /// The author, whose own member the edit itself writes.
    pub(super) skip: Option<&'a UserId>,
    /// Everyone up to here was visited by an earlier commit.
    pub(super) after: Option<&'a UserId>,
}

impl Reach<'_> {
    pub(super) const EVERYONE: Self = Self {
        skip: None,
        after: None,
    };
}

/// The commands of an object as a commit leaves them.
#[derive(Default)]
pub(super) struct Pending {
    /// Those that go on.
    pub(super) commands: Vec<Command>,
    /// Deletions that are refused by this very commit.
    pub(super) undone: Vec<Command>,
}

impl Pending {
    /// What a person had in their calendar before they deleted it, when that is undone now.
    fn withdrawn_by(&self, user: &UserId) -> Option<&Withdrawn> {
        self.undone
            .iter()
            .filter(|command| command.author == *user)
            .find_map(|command| match &command.deed {
                Deed::Delete(withdrawn) => Some(withdrawn),
                Deed::Create(_) | Deed::Change(_) => None,
            })
    }
}

impl Bridge {
    /// Plans the members of everyone who sees the object or saw it. What is too much for one commit is left to a timer
    /// that the plan itself writes.
    pub(super) async fn fan_out(
        &self,
        id: ObjectId,
        object: Option<&Object>,
        reach: Reach<'_>,
    ) -> Result<Plan, StoreError> {
        let commands = self.store.commands_of(id).await?;
        let expect = only_these(id, &commands);
        let pending = Pending {
            commands,
            undone: vec![],
        };
        let mut plan = self.fan_out_over(id, object, reach, &pending).await?;
        plan.expects.push(expect);
        Ok(plan)
    }

    /// The same, with what is still pending after this very commit.
    pub(super) async fn fan_out_over(
        &self,
        id: ObjectId,
        object: Option<&Object>,
        reach: Reach<'_>,
        pending: &Pending,
    ) -> Result<Plan, StoreError> {
        let mut plan = Plan::default();
        // First of all, and not by a later timer: only this commit knows what they had.
        let back = pending.undone.iter().map(|command| &command.author);
        let back: BTreeSet<&UserId> = back.collect();
        for user in &back {
            self.place(id, object, user, pending, &mut plan).await?;
        }
        let mut people: BTreeSet<UserId> = self
            .store
            .collections_of(id)
            .await?
            .into_iter()
            .map(|collection| collection.owner)
            .collect();
        people.extend(
            object
                .into_iter()
                .flat_map(|object| object.participants.keys().cloned()),
        );
        let waiting: Vec<UserId> = people
            .into_iter()
            .filter(|user| reach.after.is_none_or(|after| user > after) && reach.skip != Some(user))
            .filter(|user| !back.contains(user))
            .collect();
        let now = waiting.len().min(self.limits.fan_out_max.max(1));
        for user in &waiting[..now] {
            self.place(id, object, user, pending, &mut plan).await?;
        }
        if let (Some(last), true) = (waiting[..now].last(), now < waiting.len()) {
            let kind = TimerKind::FanOut {
                object: id,
                after: last.clone(),
            };
            plan.writes.push(Write::Timer(Timer {
                due: self.clock.now(),
                kind,
            }));
        }
        Ok(plan)
    }

    /// One person's member of an object: made, moved, removed or left alone.
    pub(super) async fn place(
        &self,
        id: ObjectId,
        object: Option<&Object>,
        user: &UserId,
        pending: &Pending,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let collection = CollectionId::events(user);
        let member = self.store.member_of(&collection, id).await?;
        // Their own pending edits stay visible to them, and to them alone.
        let shown = pending::present(object.cloned(), &pending.commands, user, &self.settings);
        let seen = shown
            .as_ref()
            .and_then(|object| Seen::by(user, object, &self.settings));
        match (member, seen) {
            (None, None) => {}
            (Some(member), None) => {
                plan.expects.push(Expect::Member(
                    collection.clone(),
                    member.name.clone(),
                    Some(member.revision),
                ));
                // Without its dates for a while, say: what its owner had added to it is theirs when it is back.
                if object.is_some() && member.overlay.is_some() {
                    let own = withdrawn(&member);
                    plan.writes
                        .push(Write::SetAside(collection.clone(), id, own));
                }
                plan.writes
                    .push(Write::RemoveMember(collection, member.name.clone()));
            }
            (None, Some(seen)) => {
                let aside = self.store.set_aside(&collection, id).await?;
                let own = pending.withdrawn_by(user).or(aside.as_ref());
                let Some(draft) = self.new_member(&collection, &seen, own).await? else {
                    return Ok(());
                };
                if aside.is_some() {
                    plan.writes.push(Write::TakeBack(collection.clone(), id));
                }
                plan.expects
                    .push(Expect::NoMemberOf(collection.clone(), id));
                plan.expects
                    .push(Expect::Member(collection.clone(), draft.name.clone(), None));
                plan.writes
                    .push(Write::Member(collection, draft, Move::Content));
            }
            (Some(member), Some(seen)) => {
                let Some((draft, movement)) = self.carried(user, &seen, &member).await else {
                    return Ok(());
                };
                plan.expects.push(Expect::Member(
                    collection.clone(),
                    member.name.clone(),
                    Some(member.revision),
                ));
                plan.writes.push(Write::Member(collection, draft, movement));
            }
        }
        Ok(())
    }

    /// The member of a person after the object changed. A large text of their own is rewritten aside.
    async fn carried(
        &self,
        user: &UserId,
        seen: &Seen<'_>,
        member: &Member,
    ) -> Option<(ResourceDraft, Move)> {
        if member.overlay.is_none() {
            return seen.carried(member, &self.limits.ical);
        }
        let (object, settings) = (seen.object.clone(), self.settings.clone());
        let (limits, who, text) = (self.limits.ical, user.clone(), Arc::clone(member));
        let rewrite = move || Seen::by(&who, &object, &settings)?.carried(&text, &limits);
        let carried = self.aside.more(user, Size::of(&member.body), rewrite).await;
        carried.unwrap_or_else(|_| seen.carried(member, &self.limits.ical))
    }

    /// The member of a person who has none: as they had it before they deleted it, if that was undone, or before it left
    /// their calendar for a while; else our rendering.
    async fn new_member(
        &self,
        collection: &CollectionId,
        seen: &Seen<'_>,
        own: Option<&Withdrawn>,
    ) -> Result<Option<ResourceDraft>, StoreError> {
        if let Some(withdrawn) = own
            && self
                .store
                .member(collection, &withdrawn.name)
                .await?
                .is_none()
            && self
                .store
                .member_by_uid(collection, &withdrawn.uid)
                .await?
                .is_none()
        {
            return Ok(seen.brought_back(withdrawn, &self.limits.ical));
        }
        let id = seen.object.id;
        let name = self.free_name(collection, id).await?;
        let uid = self.free_uid(collection, id).await?;
        Ok(seen.fresh(name, uid))
    }

    /// `{guid}.ics`, unless this person's client took that name for something of its own.
    async fn free_name(
        &self,
        collection: &CollectionId,
        id: ObjectId,
    ) -> Result<ResourceName, StoreError> {
        let mut copy = 0;
        loop {
            let name = ResourceName::of_object(id, copy);
            if self.store.member(collection, &name).await?.is_none() {
                return Ok(name);
            }
            copy += 1;
        }
    }

    /// The UID derived from the GUID, unless this person's client took it for something of its own.
    async fn free_uid(
        &self,
        collection: &CollectionId,
        id: ObjectId,
    ) -> Result<String, StoreError> {
        let uid = ical::uid_of(id);
        let mut free = uid.clone();
        let mut copy = 0;
        while self.store.member_by_uid(collection, &free).await?.is_some() {
            copy += 1;
            free = format!("{uid}-{copy}");
        }
        Ok(free)
    }
}

/// A member as its owner had it.
pub(super) fn withdrawn(member: &Resource) -> Withdrawn {
    Withdrawn {
        name: member.name.clone(),
        uid: member.uid.clone(),
        body: Arc::clone(&member.body),
        overlay: member.overlay,
    }
}

/// What a commit that looked at an object's commands expects of them: an edit that comes in meanwhile is to be seen, for it is
/// shown to its author and judged with the others.
pub(super) fn only_these(id: ObjectId, commands: &[Command]) -> Expect {
    Expect::CommandsOf(id, commands.iter().map(|command| command.id).collect())
}
