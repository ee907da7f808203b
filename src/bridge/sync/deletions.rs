//! The mass-delete guard of a round: deletions are counted before the first of them is done.

use super::SyncError;
use super::item::Sight;
use super::round::Round;
use crate::bridge::fan_out::Plan;
use crate::ical::guarded;
use crate::model::{Direction, Subscription, Timestamp};
use crate::ports::{Expect, StoreError, Write};
use crate::sync::{Mark, guard};
use std::collections::{BTreeMap, BTreeSet};

impl Round {
    /// Counts the deletions that are to come before the first of them is done: what looks like a disaster waits for a person.
    pub(super) async fn count_deletions(&mut self) -> Result<(), SyncError> {
        let mut counts: BTreeMap<Direction, usize> = BTreeMap::new();
        // What has another identity now is no deletion.
        let moved: BTreeSet<String> = self
            .items
            .iter()
            .filter(|item| item.object.is_none())
            .filter_map(|item| item.event().map(|event| event.uid.clone()))
            .collect();
        for item in &self.items {
            let (Some(object), Sight::Gone | Sight::Unseen | Sight::Seen(_)) =
                (item.object, &item.sight)
            else {
                continue;
            };
            let gone = matches!(item.sight, Sight::Gone);
            let stands = self.bridge.store.object(object).await?;
            if !gone && stands.is_some_and(|object| object.has_dates()) {
                continue;
            }
            let Some(link) = self.link_of_object(object).await? else {
                continue;
            };
            if link
                .remote_uid
                .as_ref()
                .is_some_and(|uid| moved.contains(uid))
            {
                continue;
            }
            let side = self.side(object).await?;
            // What a library fails on is passed over at its turn.
            let plan = || self.planned(item, Some(&link), &side.ours, Mark::Plain);
            let Ok(action) = guarded(plan) else {
                continue;
            };
            if let Some(direction) = action.counted_deletion() {
                *counts.entry(direction).or_default() += 1;
            }
        }
        if counts.is_empty() {
            return Ok(());
        }
        let links = self.bridge.store.links_size(&self.subscription.id).await?;
        for (direction, more) in counts {
            if self.waits(direction, more, links) {
                tracing::warn!(
                    subscription.id = %self.subscription.id,
                    "{more} deletions ({}) wait for somebody to accept or reject them", direction.word()
                );
                self.held.insert(direction);
                if self.ask.dry_run {
                    self.report.held += more as u64;
                }
            } else {
                self.admitted.insert(direction, more);
            }
        }
        Ok(())
    }

    pub(super) fn waits(&self, direction: Direction, more: usize, links: u64) -> bool {
        let (now, policy) = (self.bridge.clock.now(), &self.bridge.settings.sync);
        let recent = guard::recent(&self.subscription.deletions, direction, now, policy);
        guard::holds(recent, more, links, policy)
    }

    /// Keeps in mind that deletions were done.
    pub(super) async fn note_deletions(
        &mut self,
        direction: Direction,
        done: usize,
    ) -> Result<(), SyncError> {
        if done == 0 {
            return Ok(());
        }
        self.subscription.deletions = self.with_deletions(direction, done);
        self.keep_self().await
    }

    /// Commits a deletion together with its count, so that a crash in between makes nobody forget it. `false`: to be decided again.
    pub(super) async fn commit_counted(
        &mut self,
        mut plan: Plan,
        direction: Direction,
    ) -> Result<bool, SyncError> {
        let counted = Subscription {
            deletions: self.with_deletions(direction, 1),
            step: self.subscription.step.saturating_add(1),
            ..self.subscription.clone()
        };
        let stands = Expect::Subscription(counted.id.clone(), Some(self.subscription.step));
        // The first one: whoever wrote the subscription meanwhile ends the round.
        plan.expects.insert(0, stands);
        plan.writes.push(Write::Subscription(counted.clone()));
        let kept = self.commit(plan).await?;
        if kept {
            self.subscription = counted;
        }
        Ok(kept)
    }

    /// The deletions that count from now on, with some more of them.
    fn with_deletions(&self, direction: Direction, done: usize) -> Vec<(Timestamp, Direction)> {
        let now = self.bridge.clock.now();
        let policy = &self.bridge.settings.sync;
        let mut deletions = guard::kept(&self.subscription.deletions, now, policy);
        // More than the guard lets through need not be remembered.
        let done = done.min(policy.guard_deletions_max.saturating_add(1));
        deletions.extend(std::iter::repeat_n((now, direction), done));
        deletions
    }

    /// Whether a deletion may go on now.
    pub(super) async fn may_delete(&mut self, direction: Direction) -> Result<bool, StoreError> {
        if self.held.contains(&direction) {
            return Ok(false);
        }
        if let Some(left) = self.admitted.get_mut(&direction).filter(|left| **left > 0) {
            *left -= 1;
            return Ok(true);
        }
        let links = self.bridge.store.links_size(&self.subscription.id).await?;
        if self.waits(direction, 1, links) {
            self.held.insert(direction);
            return Ok(false);
        }
        Ok(true)
    }
}
