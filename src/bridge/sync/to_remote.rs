//! What is to be written to the remote is queued, with what is expected of it.

use super::SyncError;
use super::item::Item;
use super::ours::Side;
use super::push::{Queued, Writing};
use super::round::Round;
use crate::model::{Direction, Field, IntentDeed, Link, Trouble};
use crate::ports::RemoteDeed;
use crate::sync::{self, Deletion, EditDeed, Ours, RemoteEdit, Standing, guard};
use std::collections::BTreeSet;

/// Every field that a new event shows.
const ALL_FIELDS: [Field; 5] = [
    Field::Title,
    Field::Start,
    Field::End,
    Field::Description,
    Field::Location,
];

impl Round {
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

    pub(super) async fn queue_create(
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
        let deed = IntentDeed::Create;
        let intended = sync::intended(&link, deed, &fields, standing, now);
        let create = RemoteDeed::Create {
            marker: link.marker(),
            fields: standing.fields.clone(),
            zone: self.subscription.zone,
            card: standing.object.card.clone(),
            presence: self.bridge.settings.sync.presence(standing.object.kind),
        };
        self.queue
            .push(Queued::of(item, intended, create, Writing::Create, side));
        Ok(())
    }

    pub(super) fn queue_edit(&mut self, item: Item, edit: RemoteEdit, side: Option<Side>) {
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
        let deed = IntentDeed::Update;
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

    pub(super) async fn queue_delete(
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
            (IntentDeed::Replace, Writing::Replace)
        } else {
            (IntentDeed::Delete, Writing::Delete)
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

fn standing_of(side: &Side) -> Option<&Standing> {
    match &side.ours {
        Ours::There(standing) => Some(standing),
        Ours::Hidden { .. } | Ours::Leaving | Ours::Gone | Ours::Never => None,
    }
}
