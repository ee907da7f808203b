//! A remote that takes no writes for now is read all the same: what is to be written waits, and is remembered.

use super::SyncError;
use super::item::Item;
use super::ours::Side;
use super::round::Round;
use crate::model::{Link, ObjectId};
use crate::ports::{RemoteErrorKind, StoreError, Write};
use crate::sync::Action;
use std::collections::BTreeSet;
use std::time::Duration;

/// Looks left by one commit.
const LOOKS_AT_ONCE: usize = 256;

impl Round {
    /// Whether an action has to wait until the remote takes writes again.
    pub(super) fn is_put_off(&self, action: &Action) -> bool {
        self.writes_rest.is_some() && !self.ask.dry_run && action.writes_remote()
    }

    /// Keeps what was seen, and that something is to be written.
    pub(super) async fn put_off(
        &mut self,
        mut item: Item,
        action: Action,
        side: Option<Side>,
        before: Option<Link>,
    ) -> Result<(), SyncError> {
        let object = match action {
            Action::Write(edit) => {
                let (object, link) = (edit.link.object, edit.link);
                let news = before.as_ref() != Some(&link);
                if news && !self.keep_link(link, side.as_ref(), vec![]).await? {
                    self.items.push_back(item);
                    return Ok(());
                }
                Some(object)
            }
            Action::Create(link) => link.map(|link| link.object).or(item.object),
            Action::DeleteEvent(deletion) => Some(deletion.link.object),
            // The pair itself is still to be looked at.
            _ => {
                item.remarked = true;
                self.items.push_back(item);
                return Ok(());
            }
        };
        self.waiting.extend(object);
        Ok(())
    }

    /// The remote said that it is written to too fast. Several parts of one batch say it once.
    pub(super) fn throttle_writes(&mut self, kind: RemoteErrorKind) {
        let RemoteErrorKind::Throttled { retry_after } = kind else {
            return;
        };
        if self.writes_rest.is_none() {
            self.rest_writes_for(retry_after);
        }
    }

    fn rest_writes_for(&mut self, asked: Duration) {
        let (bridge, id) = (&self.bridge, &self.subscription.id);
        let wait = |times| bridge.back_off(times, asked);
        let until = bridge.syncing.rest_writes(id, bridge.clock.now(), wait);
        tracing::info!(subscription.id = %id, "a remote calendar takes no writes until {until}: it is read all the same");
        self.writes_rest = Some(until);
    }

    /// Nothing but a look remembers what waits: those that were looked at keep theirs, the others get one.
    pub(super) async fn keep_waiting(
        &mut self,
        looks: &[(ObjectId, u64)],
    ) -> Result<(), StoreError> {
        let Some(until) = self.writes_rest.filter(|_| !self.waiting.is_empty()) else {
            return Ok(());
        };
        let id = self.subscription.id.clone();
        self.report.troubles += self.waiting.len() as u64;
        for object in &self.waiting {
            self.bridge.syncing.wait_until(&id, *object, until);
        }
        let known: BTreeSet<ObjectId> = looks.iter().map(|(object, _)| *object).collect();
        let fresh: Vec<ObjectId> = self.waiting.difference(&known).copied().collect();
        for chunk in fresh.chunks(LOOKS_AT_ONCE) {
            let looks = chunk.iter().map(|object| Write::Look(id.clone(), *object));
            self.bridge.commit_plainly(looks.collect()).await?;
        }
        Ok(())
    }
}
