//! Who was shown which version: the base of edits that carry no If-Match.
//!
//! Best effort and bounded: what is forgotten makes an edit judged against the present version.

use crate::model::{AppPasswordId, CollectionId, ResourceName, Timestamp, ViewRevision};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The newest revision that each app password was served of each member.
#[derive(Debug)]
pub struct Served {
    state: Mutex<State>,
    devices_max: usize,
    members_max: usize,
}

#[derive(Debug, Default)]
struct State {
    devices: HashMap<(AppPasswordId, CollectionId), Seen>,
    /// Counts uses, so that the least recently used is known.
    clock: u64,
}

#[derive(Debug, Default)]
struct Seen {
    /// Everything was served at this change.
    all: ViewRevision,
    members: HashMap<ResourceName, ViewRevision>,
    /// The revision that turned away an edit with If-Match, and when.
    collisions: HashMap<ResourceName, (ViewRevision, Timestamp)>,
    used: u64,
}

impl Served {
    /// Remembers at most `devices_max` devices with `members_max` members each.
    pub fn new(devices_max: usize, members_max: usize) -> Self {
        Self {
            state: Mutex::default(),
            devices_max: devices_max.max(1),
            members_max: members_max.max(1),
        }
    }

    /// Some members' bodies went out.
    pub fn note<'a>(
        &self,
        device: AppPasswordId,
        collection: &CollectionId,
        members: impl IntoIterator<Item = (&'a ResourceName, ViewRevision)>,
    ) {
        let mut state = self.lock();
        let seen = state.seen(device, collection, self.devices_max);
        for (name, revision) in members {
            // Forgetting is allowed; growing without end is not.
            if seen.members.len() >= self.members_max && !seen.members.contains_key(name) {
                seen.members.clear();
                // An older serving of the whole must not speak for what was forgotten.
                seen.all = ViewRevision(0);
            }
            seen.members.insert(name.clone(), revision);
        }
    }

    /// The whole collection went out, bodies included.
    pub fn note_all(&self, device: AppPasswordId, collection: &CollectionId, at: ViewRevision) {
        let mut state = self.lock();
        let seen = state.seen(device, collection, self.devices_max);
        seen.all = at;
        seen.members.clear();
    }

    /// An edit of a device that named another version was answered 412.
    pub fn note_collision(
        &self,
        device: AppPasswordId,
        collection: &CollectionId,
        name: &ResourceName,
        stands: ViewRevision,
        now: Timestamp,
    ) {
        let mut state = self.lock();
        let seen = state.seen(device, collection, self.devices_max);
        if seen.collisions.len() >= self.members_max {
            seen.collisions.clear();
        }
        seen.collisions.insert(name.clone(), (stands, now));
    }

    /// The revision that a device was last answered 412 for, if that was within a time; told once.
    pub fn take_collision(
        &self,
        device: AppPasswordId,
        collection: &CollectionId,
        name: &ResourceName,
        now: Timestamp,
        within: Duration,
    ) -> Option<ViewRevision> {
        let mut state = self.lock();
        let seen = state.devices.get_mut(&(device, collection.clone()))?;
        let (stands, at) = seen.collisions.remove(name)?;
        let since = (now - at).to_std().ok()?;
        (since <= within).then_some(stands)
    }

    /// The newest revision that a device was served of a member.
    pub fn newest(
        &self,
        device: AppPasswordId,
        collection: &CollectionId,
        name: &ResourceName,
    ) -> Option<ViewRevision> {
        let state = self.lock();
        let seen = state.devices.get(&(device, collection.clone()))?;
        let newest = seen
            .members
            .get(name)
            .copied()
            .unwrap_or_default()
            .max(seen.all);
        (newest > ViewRevision(0)).then_some(newest)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn seen(
        &mut self,
        device: AppPasswordId,
        collection: &CollectionId,
        devices_max: usize,
    ) -> &mut Seen {
        self.clock += 1;
        let key = (device, collection.clone());
        if !self.devices.contains_key(&key) && self.devices.len() >= devices_max {
            let oldest = self
                .devices
                .iter()
                .min_by_key(|(_, seen)| seen.used)
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                self.devices.remove(&oldest);
            }
        }
        let seen = self.devices.entry(key).or_default();
        seen.used = self.clock;
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UserId;
    use uuid::Uuid;

    #[test]
    fn the_newest_serving_counts_and_the_oldest_device_is_forgotten() {
        let served = Served::new(2, 2);
        let collection = CollectionId::events(&UserId::new("u"));
        let [a, b, c] = [1, 2, 3].map(|n| AppPasswordId(Uuid::from_u128(n)));
        let name = ResourceName::new("x.ics").unwrap();
        assert_eq!(served.newest(a, &collection, &name), None);
        served.note(a, &collection, [(&name, ViewRevision(3))]);
        assert_eq!(served.newest(a, &collection, &name), Some(ViewRevision(3)));
        served.note_all(a, &collection, ViewRevision(7));
        assert_eq!(served.newest(a, &collection, &name), Some(ViewRevision(7)));
        served.note(b, &collection, [(&name, ViewRevision(1))]);
        served.note(c, &collection, [(&name, ViewRevision(1))]);
        assert_eq!(served.newest(a, &collection, &name), None);
        assert_eq!(served.newest(c, &collection, &name), Some(ViewRevision(1)));
    }

    #[test]
    fn a_collision_is_told_once_to_its_device_and_not_too_late() {
        let served = Served::new(2, 2);
        let collection = CollectionId::events(&UserId::new("u"));
        let [a, b] = [1, 2].map(|n| AppPasswordId(Uuid::from_u128(n)));
        let name = ResourceName::new("x.ics").unwrap();
        let at = |second| chrono::DateTime::from_timestamp(second, 0).unwrap();
        let within = Duration::from_secs(120);
        let take =
            |device, second| served.take_collision(device, &collection, &name, at(second), within);
        served.note_collision(a, &collection, &name, ViewRevision(5), at(1000));
        assert_eq!(take(b, 1001), None);
        assert_eq!(take(a, 1120), Some(ViewRevision(5)));
        assert_eq!(take(a, 1120), None);
        served.note_collision(a, &collection, &name, ViewRevision(6), at(1000));
        assert_eq!(take(a, 1121), None);
    }
}
