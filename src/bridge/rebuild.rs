//! Objects made anew from what an export says of them: how a standalone installation comes back from its ICS files.

use super::Bridge;
use super::edit::{Conditions, Door, EditError, Put, RefusalMode, Standing};
use super::fan_out::Plan;
use super::import::{ImportOrder, ItemDone, name_of};
use super::observe::Observation;
use super::view::Seen;
use crate::ical::{self, Budget, Facts, Incoming};
use crate::model::{
    CollectionId, Field, Kind, Object, ObjectId, Overlay, Parent, Revision, Rights, UserId,
};
use crate::ports::{Expect, Move, Write};
use crate::rules;
use std::collections::BTreeMap;

impl Bridge {
    /// Makes the object of an exported event anew; `None` when the event says nothing of an object and is an ordinary one.
    ///
    /// Several people's exports of one object meet: each gets a place at it. Nothing that is there is changed.
    pub(super) async fn rebuild(
        &self,
        order: &ImportOrder,
        uid: &str,
        text: &str,
    ) -> Result<Option<ItemDone>, EditError> {
        let (facts, incoming) = self.read_export(&order.user.id, text).await?;
        let (Some(id), Some(kind)) = (facts.id, facts.kind) else {
            return Ok(None);
        };
        let mut incoming = incoming?;
        let told = Told {
            order,
            id,
            kind,
            facts: &facts,
            incoming: &incoming,
        };
        let there = self.store.object(id).await?;
        let object = match &there {
            None => told.object(self),
            Some(there) => match told.join(there, self) {
                Some(joined) => joined,
                None => {
                    let what =
                        "an object of this X-ADVANTA-ID is there already and says something else";
                    return Ok(Some(ItemDone::broken(what)));
                }
            },
        };
        if order.dry_run {
            return Ok(Some(ItemDone::Rebuilt));
        }
        if facts.id == ical::id_of_uid(uid) {
            self.take_over(order, &object, text).await?;
            return Ok(Some(ItemDone::Rebuilt));
        }
        // Made by its author's client: their text is the event, under their UID.
        ical::strip_ours(&mut incoming.document, facts.card.as_deref());
        let expect = Expect::Object(id, there.map(|there| there.revision));
        self.write_authored(&order.user.id, &object, &incoming, expect)
            .await?;
        Ok(Some(ItemDone::Rebuilt))
    }

    /// What an export says of its object, and its event.
    async fn read_export(
        &self,
        who: &UserId,
        text: &str,
    ) -> Result<(Facts, Result<Incoming, ical::Rejected>), EditError> {
        let (settings, limits) = (self.settings.clone(), self.limits.ical);
        let read = move |text: &[u8], budget: &Budget| {
            let document = ical::Document::parse(text, &limits)?;
            let facts = ical::facts(&document, &settings)?;
            let incoming =
                ical::read_document(document, facts.card.as_deref(), &settings, &limits, budget);
            Ok((facts, incoming))
        };
        let (read, _): (Result<_, ical::Invalid>, _) =
            self.aside.on_text(who, text.as_bytes(), read).await?;
        read.map_err(|invalid| EditError::Rejected(invalid.into()))
    }

    /// An object that the bridge showed: rendered as everywhere; what the person had added to it is theirs again.
    async fn take_over(
        &self,
        order: &ImportOrder,
        object: &Object,
        text: &str,
    ) -> Result<(), EditError> {
        self.observe(&Observation::Object(object.clone())).await?;
        let collection = CollectionId::events(&order.user.id);
        let Some(member) = self.store.member_of(&collection, object.id).await? else {
            return Ok(());
        };
        let who = &order.user.id;
        if self.says_the_same(who, &member.body, text).await? {
            return Ok(());
        }
        let standing = Standing {
            who: &order.user.id,
            door: Door::Import,
            collection: &collection,
            name: &member.name,
            conditions: &Conditions::default(),
            mode: RefusalMode::Restore,
        };
        let put = Put {
            standing,
            bytes: text.as_bytes(),
        };
        self.put(&put).await.map(|_| ())
    }

    async fn write_authored(
        &self,
        who: &UserId,
        object: &Object,
        incoming: &Incoming,
        expect: Expect,
    ) -> Result<(), EditError> {
        let seen = Seen::by(who, object, &self.settings).ok_or(EditError::Missing)?;
        let body = incoming.document.to_text().into();
        let name = name_of(&incoming.uid);
        let draft = seen.of_incoming(incoming, name.clone(), body, Overlay { authored: true });
        let collection = CollectionId::events(who);
        let plan = Plan {
            expects: vec![expect, Expect::Member(collection.clone(), name, None)],
            writes: vec![
                Write::Object(object.clone()),
                Write::Member(collection, draft, Move::Content),
            ],
        };
        self.commit(plan).await.map(|_| ())
    }
}

/// What an exported event tells.
struct Told<'a> {
    order: &'a ImportOrder,
    id: ObjectId,
    kind: Kind,
    facts: &'a Facts,
    incoming: &'a Incoming,
}

impl Told<'_> {
    fn object(&self, bridge: &Bridge) -> Object {
        let (facts, who) = (self.facts, &self.order.user.id);
        let told = facts.told(&self.incoming.fields, &bridge.settings);
        let parent = facts.parent.map(|id| Parent {
            id,
            title: facts.parent_title.clone().unwrap_or_default(),
        });
        let mut object = Object {
            id: self.id,
            kind: self.kind,
            revision: Revision(1),
            title: told.title,
            description: told.description,
            location: told.location,
            planned: told.planned,
            actual_start: facts.actual_start,
            actual_end: facts.actual_end,
            status: facts.status,
            percent: facts.percent,
            owner: facts.owner.clone(),
            responsible: facts.responsible.clone(),
            participants: BTreeMap::new(),
            parent,
            card: facts.card.clone(),
            changed: bridge.clock.now(),
        };
        let rights = self.rights(&object, bridge);
        object.participants.insert(who.clone(), rights);
        object
    }

    /// An export says which fields were locked; what neither status nor actual dates explain, a right did.
    fn rights(&self, object: &Object, bridge: &Bridge) -> Rights {
        let owner = object.owner.as_ref() == Some(&self.order.user.id);
        let explained = rules::locks(object, Rights::ALL, &bridge.settings);
        let may = |field| !self.facts.locked.contains(&field) || explained.contains(&field);
        let title = may(Field::Title);
        Rights {
            dates: may(Field::Start) && may(Field::End),
            title,
            text: title,
            delete: owner,
        }
    }

    /// The object with a place for this person, if the export tells of the very same.
    fn join(&self, there: &Object, bridge: &Bridge) -> Option<Object> {
        let told = self.object(bridge);
        let mut joined = there.clone();
        for (who, rights) in &told.participants {
            joined.participants.insert(who.clone(), *rights);
        }
        let same = Object {
            revision: there.revision,
            participants: joined.participants.clone(),
            changed: there.changed,
            ..told
        } == joined;
        joined.revision = Revision(there.revision.0 + 1);
        same.then_some(joined)
    }
}
