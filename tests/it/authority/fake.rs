//! An ADVANTA for tests, with a small rule-checker of its own and switches for everything that can go wrong.
//!
//! It knows nothing of the bridge's rules: what it refuses and ignores is said by the test or by its own few lines.

use advanta_bridge::model::{
    Changes, Cursor, Draft, Kind, Notice, Object, ObjectId, Person, Planned, Revision, Rights,
    Settings, Timestamp, UserId,
};
use advanta_bridge::ports::{Advanta, AdvantaError, AdvantaErrorKind, Changed, Flawed};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Something that happens in ADVANTA just before it acts on a write: another person was faster.
pub type Intrusion = Box<dyn FnOnce(&mut Inside) + Send>;

/// What is inside.
#[derive(Default)]
pub struct Inside {
    pub objects: BTreeMap<ObjectId, Object>,
    /// Every value that it was ever asked to store, in order, in words.
    pub asked: Vec<String>,
    /// Answers to give instead of acting, first first.
    pub instead: VecDeque<AdvantaErrorKind>,
    /// The next writes act and then say that they are not reachable.
    pub answers_lost: u32,
    /// The next read-backs (reads after a write) fail.
    pub reads_lost: u32,
    /// Everything fails as not reachable.
    pub away: bool,
    /// Every write is said to come from an old state.
    pub always_stale: BTreeSet<ObjectId>,
    /// Every write to these is refused.
    pub refusing: BTreeSet<ObjectId>,
    /// Every create is refused.
    pub refuses_creates: bool,
    /// Planned starts are silently not stored.
    pub ignores_start: bool,
    /// Planned ends are silently not stored.
    pub ignores_end: bool,
    /// Happens before the next write acts.
    pub intrusions: VecDeque<Intrusion>,
    pub reads: u32,
    /// What was deleted in ADVANTA itself, and at which revision.
    pub removed: Vec<(ObjectId, Revision)>,
    pub people: BTreeMap<UserId, Person>,
    /// Lists of changes that were asked for.
    pub lists: u32,
    /// So many lists are answered with "too fast" first.
    pub throttled_lists: u32,
    /// What the lists of changes hold that cannot be understood.
    pub flawed: Vec<Flawed>,
    /// The next list of changes says that the cursor is too old.
    pub forgets_cursor: bool,
}

impl Inside {
    /// Somebody edits an object in ADVANTA itself.
    pub fn edit(&mut self, id: ObjectId, edit: impl FnOnce(&mut Object)) -> Object {
        let object = self.objects.get_mut(&id).expect("the object is there");
        edit(object);
        object.revision = Revision(object.revision.0 + 1);
        object.clone()
    }

    /// Somebody deletes an object in ADVANTA itself; at which revision.
    pub fn remove(&mut self, id: ObjectId) -> Revision {
        let object = self.objects.remove(&id).expect("the object is there");
        let revision = Revision(object.revision.0 + 1);
        self.removed.push((id, revision));
        revision
    }

    /// Moves with every change.
    fn cursor(&self) -> Cursor {
        let objects = self
            .objects
            .values()
            .map(|it| (it.id.0.as_u128(), it.revision.0));
        let people = self.people.values().map(|it| (0, it.revision.0));
        let all = objects.chain(people).fold(7_u128, |sum, (id, revision)| {
            sum.wrapping_mul(1_000_003)
                .wrapping_add(id ^ u128::from(revision))
        });
        Cursor(format!("{all:x}-{}", self.removed.len()))
    }
}

/// See the module.
pub struct FakeAdvanta {
    inside: Mutex<Inside>,
    /// Calls for these objects wait for a permit.
    gates: Mutex<BTreeMap<ObjectId, Arc<Semaphore>>>,
    settings: Settings,
    now: Timestamp,
}

impl FakeAdvanta {
    pub fn new(settings: Settings, now: Timestamp) -> Arc<Self> {
        Arc::new(Self {
            inside: Mutex::default(),
            gates: Mutex::default(),
            settings,
            now,
        })
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// From now on calls for this object wait until the gate is given permits.
    pub fn gate(&self, id: ObjectId) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.gates.lock().unwrap().insert(id, Arc::clone(&gate));
        gate
    }

    pub fn asked(&self) -> Vec<String> {
        self.inside().asked.clone()
    }

    async fn pass(&self, id: ObjectId) {
        // A call takes a while: others get a turn, and a crash may come between.
        tokio::task::yield_now().await;
        let gate = self.gates.lock().unwrap().get(&id).cloned();
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
    }

    /// Writes what was asked, then what the switches say.
    fn enter(&self, id: ObjectId, asked: String) -> Result<MutexGuard<'_, Inside>, AdvantaError> {
        let mut inside = self.inside();
        if inside.away {
            return Err(error(AdvantaErrorKind::Transient));
        }
        if let Some(kind) = inside.instead.pop_front() {
            return Err(error(kind));
        }
        inside.asked.push(asked);
        if let Some(intrusion) = inside.intrusions.pop_front() {
            intrusion(&mut inside);
        }
        if inside.refusing.contains(&id) {
            return Err(error(AdvantaErrorKind::Refused));
        }
        Ok(inside)
    }
}

fn error(kind: AdvantaErrorKind) -> AdvantaError {
    AdvantaError {
        kind,
        detail: "as the test wants it".to_owned(),
    }
}

/// The end of a write: the answer may get lost.
fn answer<T>(mut inside: MutexGuard<'_, Inside>, done: T) -> Result<T, AdvantaError> {
    if inside.answers_lost > 0 {
        inside.answers_lost -= 1;
        return Err(error(AdvantaErrorKind::Transient));
    }
    Ok(done)
}

/// A throttle that asks to wait so many seconds.
pub fn throttled(seconds: u64) -> AdvantaErrorKind {
    AdvantaErrorKind::Throttled {
        retry_after: Duration::from_secs(seconds),
    }
}

#[async_trait]
impl Advanta for FakeAdvanta {
    async fn get(&self, id: ObjectId) -> Result<Option<Object>, AdvantaError> {
        self.pass(id).await;
        let mut inside = self.inside();
        inside.reads += 1;
        if inside.away {
            return Err(error(AdvantaErrorKind::Transient));
        }
        if inside.reads_lost > 0 {
            inside.reads_lost -= 1;
            return Err(error(AdvantaErrorKind::Transient));
        }
        Ok(inside.objects.get(&id).cloned())
    }

    async fn changes(&self, cursor: Option<&Cursor>) -> Result<Changed, AdvantaError> {
        tokio::task::yield_now().await;
        let mut inside = self.inside();
        inside.lists += 1;
        if inside.away {
            return Err(error(AdvantaErrorKind::Transient));
        }
        if inside.throttled_lists > 0 {
            inside.throttled_lists -= 1;
            return Err(error(throttled(0)));
        }
        if cursor.is_some() && std::mem::take(&mut inside.forgets_cursor) {
            return Err(error(AdvantaErrorKind::Gone));
        }
        let now = inside.cursor();
        let objects = inside.objects.values().cloned().map(Notice::Object);
        let people = inside.people.values().cloned().map(Notice::Person);
        let removed = inside
            .removed
            .iter()
            .map(|&(id, revision)| Notice::Removed { id, revision });
        // Without a cursor only what is there; with one, all that may have changed since.
        let notices = match cursor {
            Some(cursor) if *cursor == now => vec![],
            Some(_) => people.chain(objects).chain(removed).collect(),
            None => people.chain(objects).collect(),
        };
        Ok(Changed {
            notices,
            flawed: inside.flawed.clone(),
            cursor: now,
            more: false,
        })
    }

    async fn person(&self, id: &UserId) -> Result<Option<Person>, AdvantaError> {
        tokio::task::yield_now().await;
        let inside = self.inside();
        if inside.away {
            return Err(error(AdvantaErrorKind::Transient));
        }
        Ok(inside.people.get(id).cloned())
    }

    async fn create(&self, draft: &Draft) -> Result<Object, AdvantaError> {
        self.pass(draft.id).await;
        let mut inside = self.enter(draft.id, format!("create {:?}", draft.fields.title))?;
        if inside.refuses_creates {
            return Err(error(AdvantaErrorKind::Refused));
        }
        let made = inside.objects.entry(draft.id).or_insert_with(|| Object {
            id: draft.id,
            kind: Kind::Note,
            revision: Revision(1),
            title: draft.fields.title.trim().to_owned(),
            description: draft.fields.description.clone(),
            location: draft.fields.location.clone(),
            planned: draft
                .fields
                .span
                .map(|span| Planned::from_span(span, &self.settings))
                .unwrap_or_default(),
            actual_start: None,
            actual_end: None,
            status: None,
            percent: None,
            owner: Some(draft.author.clone()),
            responsible: None,
            participants: [(draft.author.clone(), Rights::ALL)].into(),
            parent: None,
            card: None,
            changed: self.now,
        });
        let made = made.clone();
        answer(inside, made)
    }

    async fn change(
        &self,
        id: ObjectId,
        by: &UserId,
        expected: Revision,
        changes: &Changes,
    ) -> Result<(), AdvantaError> {
        self.pass(id).await;
        let mut inside = self.enter(id, words(changes))?;
        if inside.always_stale.contains(&id) {
            return Err(error(AdvantaErrorKind::Stale));
        }
        let (no_start, no_end) = (inside.ignores_start, inside.ignores_end);
        let Some(object) = inside.objects.get_mut(&id) else {
            return Err(error(AdvantaErrorKind::Gone));
        };
        if object.revision != expected {
            return Err(error(AdvantaErrorKind::Stale));
        }
        let Some(rights) = object.participants.get(by) else {
            return Err(error(AdvantaErrorKind::Refused));
        };
        let dates = changes.start.is_some() || changes.end.is_some();
        if (dates && !rights.dates) || (changes.title.is_some() && !rights.title) {
            return Err(error(AdvantaErrorKind::Refused));
        }
        let mut stored = changes.clone();
        if no_start || object.actual_start.is_some() {
            stored.start = None;
        }
        if no_end || object.actual_end.is_some() {
            stored.end = None;
        }
        stored.apply(object, &self.settings);
        object.revision = Revision(object.revision.0 + 1);
        answer(inside, ())
    }

    async fn delete(
        &self,
        id: ObjectId,
        by: &UserId,
        expected: Revision,
    ) -> Result<(), AdvantaError> {
        self.pass(id).await;
        let mut inside = self.enter(id, "delete".to_owned())?;
        let Some(object) = inside.objects.get(&id) else {
            return Err(error(AdvantaErrorKind::Gone));
        };
        if object.revision != expected {
            return Err(error(AdvantaErrorKind::Stale));
        }
        if !object
            .participants
            .get(by)
            .is_some_and(|rights| rights.delete)
        {
            return Err(error(AdvantaErrorKind::Refused));
        }
        inside.objects.remove(&id);
        answer(inside, ())
    }
}

/// The values of a change: `change title="B" start=2026-12-01T07:00Z`.
fn words(changes: &Changes) -> String {
    use advanta_bridge::model::Moment;
    let moment = |moment: Moment| match moment {
        Moment::Day(day) => day.to_string(),
        Moment::At(at) => at.format("%Y-%m-%dT%H:%MZ").to_string(),
    };
    let mut words = "change".to_owned();
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.push_str(&format!(" {name}={value}"));
        }
    };
    say("title", changes.title.clone());
    say("start", changes.start.map(moment));
    say("end", changes.end.map(moment));
    say("description", changes.description.clone());
    say("location", changes.location.clone());
    words
}
