//! What readers see: one immutable picture of each collection, swapped after its commit is durable.
//!
//! Start at [`Snapshots::get`]. A picture is loaded from the store when it is first asked for and kept in step by the
//! store's [`CommitSink`]; the least recently used are dropped. No read parses iCalendar or touches the disk.

use crate::ical::Schedule;
use crate::model::{Collection, CollectionId, Resource, ResourceName, Tombstone, ViewRevision};
use crate::ports::{CommitSink, Delta, DeltaKind, Member, Store, StoreError};
use imbl::OrdMap;
use std::collections::HashMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::watch;

/// One member with what a listing needs, made once.
#[derive(Debug)]
pub struct Entry {
    /// The member.
    pub resource: Member,
    /// Its text as served: the body, and after a restore a line that says so (see `restored_mark`).
    pub text: Arc<str>,
    /// The text escaped for XML: what `CALDAV:calendar-data` holds.
    pub escaped: Box<str>,
    /// Last segment of its href, percent-encoded.
    pub segment: Box<str>,
    schedule: OnceLock<Option<Schedule>>,
}

impl Entry {
    fn new(resource: Member) -> Arc<Self> {
        let text = match resource.restored {
            Some(revision) => restored_mark(&resource.body, revision),
            None => Arc::clone(&resource.body),
        };
        let escaped = super::spelling::escaped(&text).into();
        let segment = super::spelling::segment(resource.name.as_str()).into();
        Arc::new(Self {
            resource,
            text,
            escaped,
            segment,
            schedule: OnceLock::new(),
        })
    }

    /// Its occurrences, read from the body at the first time that a range query needs them.
    pub fn schedule(&self, read: impl FnOnce(&Resource) -> Option<Schedule>) -> Option<&Schedule> {
        self.schedule.get_or_init(|| read(&self.resource)).as_ref()
    }
}

/// The text with the number of its last restore.
///
/// A new ETag alone does not make every client take the original back: vdirsyncer compares a hash of the content with the
/// one from before its own edit, finds the same, and keeps the forbidden value for ever. One line that differs with each
/// restore is inside that hash. The line is ours, so a text that comes back with it is stored without it.
fn restored_mark(body: &Arc<str>, revision: ViewRevision) -> Arc<str> {
    const BEGIN: &str = "BEGIN:VEVENT";
    let start = body.match_indices('\n').find(|(at, _)| {
        body.get(at + 1..at + 1 + BEGIN.len())
            .is_some_and(|line| line.eq_ignore_ascii_case(BEGIN))
    });
    let Some(start) = start.map(|(at, _)| at + 1 + BEGIN.len()) else {
        return Arc::clone(body);
    };
    let Some(end) = body[start..].find('\n').map(|at| start + at + 1) else {
        return Arc::clone(body);
    };
    let ending = &body[start..end];
    format!(
        "{}X-ADVANTA-RESTORED:{revision}{ending}{}",
        &body[..end],
        &body[end..]
    )
    .into()
}

/// One change of a collection as a sync report tells it.
#[derive(Clone, Debug)]
pub enum Change {
    /// The member is there.
    Live(Arc<Entry>),
    /// The member is gone.
    Gone(Tombstone),
}

/// One collection at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its change number and properties.
    pub collection: Collection,
    members: OrdMap<ResourceName, Arc<Entry>>,
    changes: OrdMap<ViewRevision, Change>,
    by_last: OrdMap<(i64, ResourceName), Arc<Entry>>,
    graves: imbl::HashMap<ResourceName, ViewRevision>,
}

impl Snapshot {
    fn new(collection: Collection) -> Self {
        Self {
            collection,
            members: OrdMap::new(),
            changes: OrdMap::new(),
            by_last: OrdMap::new(),
            graves: imbl::HashMap::new(),
        }
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// One member.
    pub fn member(&self, name: &ResourceName) -> Option<&Arc<Entry>> {
        self.members.get(name)
    }

    /// Up to `members_max` members after a name, in order of names.
    pub fn members_after(
        &self,
        after: Option<&ResourceName>,
        members_max: usize,
    ) -> impl Iterator<Item = &Arc<Entry>> {
        let start = after.map_or(Bound::Unbounded, |name| Bound::Excluded(name.clone()));
        self.members
            .range((start, Bound::Unbounded))
            .take(members_max)
            .map(|(_, entry)| entry)
    }

    /// Members that may take place at or after a time, those that end first first.
    pub fn ending_from(&self, seconds: i64) -> impl Iterator<Item = &Arc<Entry>> {
        // A member of no length ends when it starts; it belongs to a range that starts right then.
        let floor = ResourceName::lowest();
        self.by_last
            .range((seconds, floor)..)
            .map(|(_, entry)| entry)
    }

    /// Every member.
    pub fn members(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.members.values()
    }

    /// What changed after a change number, in order; each member at most once.
    pub fn changes_since(&self, since: ViewRevision) -> impl Iterator<Item = &Change> {
        self.changes
            .range((Bound::Excluded(since), Bound::Unbounded))
            .map(|(_, change)| change)
    }

    fn apply(&mut self, delta: &Delta) {
        for kind in &delta.kinds {
            match kind {
                DeltaKind::Put(member) => self.put(member),
                DeltaKind::Gone(tombstone) => self.bury(tombstone),
                DeltaKind::Collection => {}
            }
        }
        // A delta that the loaded rows already held is applied again; the numbers only grow.
        if delta.after.change >= self.collection.change {
            self.collection = delta.after.clone();
        }
        self.forget_old_graves();
    }

    fn put(&mut self, member: &Member) {
        if self
            .members
            .get(&member.name)
            .is_some_and(|old| old.resource.revision > member.revision)
        {
            return;
        }
        self.remove(&member.name);
        let entry = Entry::new(Arc::clone(member));
        self.by_last
            .insert((member.last, member.name.clone()), Arc::clone(&entry));
        self.changes
            .insert(member.revision, Change::Live(Arc::clone(&entry)));
        self.members.insert(member.name.clone(), entry);
    }

    fn bury(&mut self, tombstone: &Tombstone) {
        if self
            .members
            .get(&tombstone.name)
            .is_some_and(|old| old.resource.revision > tombstone.revision)
        {
            return;
        }
        self.remove(&tombstone.name);
        self.graves
            .insert(tombstone.name.clone(), tombstone.revision);
        self.changes
            .insert(tombstone.revision, Change::Gone(tombstone.clone()));
    }

    fn remove(&mut self, name: &ResourceName) {
        if let Some(old) = self.members.remove(name) {
            self.changes.remove(&old.resource.revision);
            self.by_last.remove(&(old.resource.last, name.clone()));
        }
        if let Some(grave) = self.graves.remove(name) {
            self.changes.remove(&grave);
        }
    }

    /// Tombstones at or below the floor are past what any token can ask for.
    fn forget_old_graves(&mut self) {
        let floor = self.collection.floor;
        while let Some((revision, name)) = self.oldest_grave_up_to(floor) {
            self.changes.remove(&revision);
            self.graves.remove(&name);
        }
    }

    fn oldest_grave_up_to(&self, floor: ViewRevision) -> Option<(ViewRevision, ResourceName)> {
        self.changes
            .range(..=floor)
            .find_map(|(revision, change)| match change {
                Change::Gone(tombstone) => Some((*revision, tombstone.name.clone())),
                Change::Live(_) => None,
            })
    }
}

enum Slot {
    /// Being loaded; commits that arrive meanwhile wait here.
    Loading {
        deltas: Vec<Delta>,
        done: watch::Receiver<bool>,
    },
    Ready {
        snapshot: Arc<Snapshot>,
        used: u64,
    },
}

struct Slots {
    by_id: HashMap<CollectionId, Slot>,
    /// Counts uses, so that the least recently used is known.
    clock: u64,
}

/// The pictures of the collections in use.
pub struct Snapshots {
    slots: Mutex<Slots>,
    collections_max: usize,
}

impl Snapshots {
    /// Keeps at most `collections_max` pictures.
    pub fn new(collections_max: usize) -> Arc<Self> {
        Arc::new(Self {
            slots: Mutex::new(Slots {
                by_id: HashMap::new(),
                clock: 0,
            }),
            collections_max: collections_max.max(1),
        })
    }

    /// The present picture of a collection.
    pub async fn get(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        id: &CollectionId,
    ) -> Result<Arc<Snapshot>, StoreError> {
        loop {
            let mut done = match self.look(id) {
                Looked::Ready(snapshot) => return Ok(snapshot),
                Looked::Loading(done) => done,
                Looked::Absent(finished) => return self.start(store, id, finished).await,
            };
            // Loaded or failed: look again either way.
            let _ended = done.wait_for(|done| *done).await;
        }
    }

    /// Loads in a task of its own, so that a client that hangs up cannot leave the slot half loaded.
    async fn start(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        id: &CollectionId,
        finished: watch::Sender<bool>,
    ) -> Result<Arc<Snapshot>, StoreError> {
        let (cache, store, id) = (Arc::clone(self), Arc::clone(store), id.clone());
        let load = tokio::spawn(async move {
            let loaded = cache.load(&store, &id).await;
            finished.send_replace(true);
            loaded
        });
        load.await.unwrap_or(Err(StoreError::Closed))
    }

    fn look(&self, id: &CollectionId) -> Looked {
        let mut slots = self.lock();
        slots.clock += 1;
        let now = slots.clock;
        match slots.by_id.get_mut(id) {
            Some(Slot::Ready { snapshot, used }) => {
                *used = now;
                Looked::Ready(Arc::clone(snapshot))
            }
            Some(Slot::Loading { done, .. }) => Looked::Loading(done.clone()),
            None => {
                let (finished, done) = watch::channel(false);
                slots.by_id.insert(
                    id.clone(),
                    Slot::Loading {
                        deltas: vec![],
                        done,
                    },
                );
                Looked::Absent(finished)
            }
        }
    }

    async fn load(
        &self,
        store: &Arc<dyn Store>,
        id: &CollectionId,
    ) -> Result<Arc<Snapshot>, StoreError> {
        let read = read(store, id).await;
        let mut slots = self.lock();
        let waiting = match slots.by_id.remove(id) {
            Some(Slot::Loading { deltas, .. }) => deltas,
            Some(Slot::Ready { .. }) | None => vec![],
        };
        let mut snapshot = read?;
        for delta in &waiting {
            snapshot.apply(delta);
        }
        let snapshot = Arc::new(snapshot);
        slots.clock += 1;
        let used = slots.clock;
        slots.by_id.insert(
            id.clone(),
            Slot::Ready {
                snapshot: Arc::clone(&snapshot),
                used,
            },
        );
        slots.evict(self.collections_max);
        Ok(snapshot)
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing panics while holding it; were it so, a half-applied picture is dropped with the process's next load.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Looked {
    Ready(Arc<Snapshot>),
    Loading(watch::Receiver<bool>),
    Absent(watch::Sender<bool>),
}

impl Slots {
    fn evict(&mut self, collections_max: usize) {
        while self.by_id.len() > collections_max {
            let oldest = self.by_id.iter().filter_map(|(id, slot)| match slot {
                Slot::Ready { used, .. } => Some((*used, id.clone())),
                Slot::Loading { .. } => None,
            });
            let Some((_, id)) = oldest.min_by_key(|(used, _)| *used) else {
                return;
            };
            self.by_id.remove(&id);
        }
    }
}

impl CommitSink for Snapshots {
    fn committed(&self, deltas: &[Delta]) {
        let mut slots = self.lock();
        for delta in deltas {
            match slots.by_id.get_mut(&delta.collection) {
                // Readers keep the picture they hold; the maps share what did not change.
                Some(Slot::Ready { snapshot, .. }) => Arc::make_mut(snapshot).apply(delta),
                Some(Slot::Loading { deltas, .. }) => deltas.push(delta.clone()),
                None => {}
            }
        }
    }
}

/// Reads a collection. Commits that land meanwhile may show in part; the deltas that wait in the slot complete them.
async fn read(store: &Arc<dyn Store>, id: &CollectionId) -> Result<Snapshot, StoreError> {
    let mut snapshot = Snapshot::new(store.collection(id).await?);
    for member in store.members(id).await? {
        snapshot.put(&member);
    }
    for tombstone in store.tombstones(id).await? {
        snapshot.bury(&tombstone);
    }
    Ok(snapshot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_text_says_so_in_a_line_of_its_own() {
        let body: Arc<str> =
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".into();
        assert_eq!(
            &*restored_mark(&body, ViewRevision(7)),
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nX-ADVANTA-RESTORED:7\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let foreign: Arc<str> = "SUMMARY:BEGIN:VEVENT\n".into();
        assert_eq!(&*restored_mark(&foreign, ViewRevision(7)), &*foreign);
    }
}
