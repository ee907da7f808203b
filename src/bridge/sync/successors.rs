//! What takes the place of an event that a note showed: the new half of a series that was split, another occurrence of the same meeting.

use super::item::{Item, Sight};
use super::round::Round;
use super::{SyncError, answer};
use crate::ical::guarded;
use crate::model::{Born, Link, Moment, RemoteEvent};
use crate::sync::series::{self, Stands};
use crate::sync::{self, Action};

impl Round {
    /// Notes of series that were cut off go over to what was split off from them, if that is listed along.
    pub(super) async fn hand_over(
        &mut self,
        linked: &mut [Item],
        unlinked: &mut Vec<Item>,
    ) -> Result<(), SyncError> {
        for item in linked {
            let Some(event) = item.event().cloned() else {
                continue;
            };
            let Some(link) = self.link_of_remote(&event.id).await? else {
                continue;
            };
            if !self.is_cut_off(&event, &link) {
                continue;
            }
            let heir = (0..unlinked.len())
                .filter(|place| is_split_from(&unlinked[*place], &event))
                .min_by_key(|place| unlinked[*place].event().and_then(starts));
            let Some(heir) = heir.and_then(|place| unlinked[place].event().cloned()) else {
                continue;
            };
            let next = sync::succeeded(&link, &heir);
            let mut goes_on = Item {
                of: Some(heir.id.clone()),
                listed: true,
                ..Item::of_object(link.object, Sight::Seen(heir.clone()))
            };
            if self.ask.dry_run {
                goes_on.supposed = Some(next);
            } else if !self.keep_link(next, None, vec![]).await? {
                continue;
            }
            unlinked.retain(|other| other.event().map(|it| &it.id) != Some(&heir.id));
            // What is left of the old series is nobody's note.
            unlinked.push(std::mem::replace(item, goes_on));
        }
        Ok(())
    }

    fn is_cut_off(&self, event: &RemoteEvent, link: &Link) -> bool {
        if link.born != Born::Imported || link.anchor.is_none() {
            return false;
        }
        let Some(anchor) = sync::normal(event, link).anchor else {
            return false;
        };
        let (settings, subscription) = (&self.bridge.settings, &self.subscription);
        let stands = || series::stands(event, anchor.occurrence, subscription, settings);
        // One that a library fails on is left as it is.
        guarded(stands).is_ok_and(|stands| stands == Stands::Over)
    }

    /// Before a deletion is believed: somebody who was invited to single occurrences of a meeting has others of it. The note stays for
    /// the next one. `None`: there is none.
    pub(super) async fn another_of(
        &mut self,
        item: &Item,
        action: &Action,
        link: Option<&Link>,
    ) -> Result<Option<Item>, SyncError> {
        let ends = matches!(action, Action::DeleteObject(_) | Action::Restore { .. });
        let gone = ends && matches!(item.sight, Sight::Gone);
        let Some(link) = link.filter(|link| gone && link.born == Born::Imported) else {
            return Ok(None);
        };
        let (Some(remote), Some(uid)) = (&link.remote, &link.remote_uid) else {
            return Ok(None);
        };
        let limit = self.bridge.limits.sync.call_timeout;
        for event in answer(limit, self.remote.others(remote, uid)).await? {
            let policy = &self.bridge.settings.sync;
            let left_out = event.skip.is_some_and(|skip| policy.leaves_out(skip));
            if left_out || self.link_of_remote(&event.id).await?.is_some() {
                continue;
            }
            let next = sync::succeeded(link, &event);
            let mut goes_on = Item {
                steps: item.steps,
                ..Item::of_object(link.object, Sight::Seen(event))
            };
            if self.ask.dry_run {
                goes_on.supposed = Some(next);
            } else if !self.keep_link(next, None, vec![]).await? {
                goes_on.sight = Sight::Unseen;
            }
            return Ok(Some(goes_on));
        }
        Ok(None)
    }
}

/// Whether an item is a series that was split off from this one, or from the same one before.
fn is_split_from(item: &Item, event: &RemoteEvent) -> bool {
    let Some(heir) = item.event().filter(|heir| heir.series.is_some()) else {
        return false;
    };
    let from = heir.split_from.as_ref();
    from.is_some_and(|from| *from == event.id || Some(from) == event.split_from.as_ref())
}

fn starts(event: &RemoteEvent) -> Option<(bool, i64)> {
    Some(match event.fields.span?.start() {
        Moment::Day(day) => (false, i64::from(chrono::Datelike::num_days_from_ce(&day))),
        Moment::At(at) => (true, at.timestamp()),
    })
}
