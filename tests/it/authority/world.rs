//! A bridge over a store in memory, with everything in the test's hands.

use super::fake::FakeAdvanta;
use advanta_bridge::bridge::accounts::Session;
use advanta_bridge::bridge::{
    Authority, Bridge, Conditions, Door, EditError, Limits, Observation, Parts, Put, PutDone,
    RefusalMode, RemovalDone, Rests, Standing,
};
use advanta_bridge::model::{
    AppPasswordId, CollectionId, Epoch, JournalRow, Kind, Language, Notice, Object, ObjectId,
    Outcome, Planned, ResourceName, Revision, Rights, Settings, Timestamp, User, UserId,
    ViewRevision,
};
use advanta_bridge::ports::{Advanta, Clock, Ids, JournalQuery, Store as _};
use advanta_bridge::store::MemoryStore;
use chrono::{Duration, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A clock that stands until the test sets it.
pub struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Identities that count. The first byte is 0, so that jitter drawn from it is none.
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(0x1000 + u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }

    fn secret(&self) -> [u8; 20] {
        let mut secret = [0; 20];
        secret[..16].copy_from_slice(self.uuid().as_bytes());
        secret
    }
}

/// The whole of it.
pub struct World {
    pub bridge: Arc<Bridge>,
    pub clock: Arc<TestClock>,
    pub advanta: Option<Arc<FakeAdvanta>>,
    store: Arc<MemoryStore>,
    ids: Arc<CountingIds>,
    limits: Limits,
}

/// Limits for tests: a write does not wait for the read-back.
pub fn limits() -> Limits {
    Limits {
        write_wait: std::time::Duration::ZERO,
        ..Limits::default()
    }
}

impl World {
    /// Standalone.
    pub fn own() -> Self {
        Self::new(limits(), false)
    }

    /// With an ADVANTA.
    pub fn with_advanta() -> Self {
        Self::new(limits(), true)
    }

    pub fn new(limits: Limits, with_advanta: bool) -> Self {
        let now = Utc.with_ymd_and_hms(2026, 11, 20, 9, 0, 0).unwrap();
        let clock = Arc::new(TestClock(Mutex::new(now)));
        let ids = Arc::new(CountingIds(AtomicU64::new(0)));
        let store = Arc::new(MemoryStore::new(Epoch::new("life")));
        let advanta = with_advanta.then(|| FakeAdvanta::new(Settings::default(), now));
        let bridge = join(&store, &clock, &ids, advanta.as_ref(), &limits);
        Self {
            bridge,
            clock,
            advanta,
            store,
            ids,
            limits,
        }
    }

    /// `kill -9`, then a new process over what is left. The fake ADVANTA and the clock live on.
    pub fn crash(&mut self) {
        self.store = Arc::new(self.store.crash());
        self.bridge = join(
            &self.store,
            &self.clock,
            &self.ids,
            self.advanta.as_ref(),
            &self.limits,
        );
    }

    pub fn advanta(&self) -> &Arc<FakeAdvanta> {
        self.advanta.as_ref().expect("a world with an ADVANTA")
    }

    pub fn advance(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += Duration::seconds(seconds);
    }

    /// ADVANTA tells of an object; with a fake ADVANTA it is put there too, unless it is there already.
    pub async fn observe(&self, object: &Object) -> bool {
        if let Some(advanta) = &self.advanta {
            let mut inside = advanta.inside();
            inside
                .objects
                .entry(object.id)
                .or_insert_with(|| object.clone());
        }
        let observation = Observation::Object(object.clone());
        self.bridge.observe(&observation).await.unwrap()
    }

    /// The object that a member shows.
    pub async fn object_of(&self, who: &str, name: &str) -> ObjectId {
        let name = ResourceName::new(name).unwrap();
        let member = self.store.member(&events(who), &name).await.unwrap();
        member.expect("the member is there").object
    }

    /// The whole mirror, in order of ids.
    pub async fn mirrors(&self) -> Vec<Object> {
        self.store.objects(None, usize::MAX).await.unwrap()
    }

    pub async fn observe_gone(&self, id: ObjectId) -> bool {
        self.bridge
            .observe(&Observation::Gone(id, None))
            .await
            .unwrap()
    }

    /// Somebody edits an object in ADVANTA, and a hook tells.
    pub async fn edit_in_advanta(&self, id: ObjectId, edit: impl FnOnce(&mut Object)) {
        let object = self.advanta().inside().edit(id, edit);
        self.observe(&object).await;
    }

    /// A hook comes in, and the bridge acts on everything that waits. Returns how much still does.
    pub async fn tell(&self, notices: Vec<Notice>) -> u64 {
        self.bridge.receive(notices).await.unwrap();
        self.act().await
    }

    /// The bridge acts on what waits in the inbox, as after a start. Returns how much still does.
    pub async fn act(&self) -> u64 {
        let advanta: Arc<dyn Advanta> = Arc::<FakeAdvanta>::clone(self.advanta());
        let mut rests = Rests::default();
        self.bridge.drain_inbox(&advanta, &mut rests).await.unwrap();
        self.store.inbox_size().await.unwrap()
    }

    pub fn store(&self) -> &MemoryStore {
        &self.store
    }

    /// Carries what is due to ADVANTA.
    pub async fn drain(&self) {
        let advanta: Arc<dyn Advanta> = Arc::<FakeAdvanta>::clone(self.advanta());
        self.bridge.drain_outbox(&advanta).await.unwrap();
    }

    /// Carries out timers until none is due.
    pub async fn fire_timers(&self) {
        for _ in 0..100 {
            if self.bridge.fire_due_timers().await.unwrap() == 0 {
                return;
            }
        }
        panic!("timers never come to an end");
    }

    pub async fn put(&self, who: &str, name: &str, text: &str) -> Result<PutDone, EditError> {
        self.put_if(who, name, text, &Conditions::default()).await
    }

    pub async fn put_if(
        &self,
        who: &str,
        name: &str,
        text: &str,
        conditions: &Conditions,
    ) -> Result<PutDone, EditError> {
        let (session, collection, name) = place(who, name);
        let standing = standing(&session, &collection, &name, conditions);
        self.bridge
            .put(&Put {
                standing,
                bytes: text.as_bytes(),
            })
            .await
    }

    pub async fn delete(&self, who: &str, name: &str) -> Result<RemovalDone, EditError> {
        let (session, collection, name) = place(who, name);
        let conditions = Conditions::default();
        self.bridge
            .delete(&standing(&session, &collection, &name, &conditions))
            .await
    }

    /// GET: the text, or `None`; the device knows the version from here on.
    pub async fn get(&self, who: &str, name: &str) -> Option<String> {
        let (session, collection, name) = place(who, name);
        let snapshot = self.bridge.snapshot(&collection).await.unwrap();
        let member = Arc::clone(&snapshot.member(&name)?.resource);
        let seen = [(&name, member.revision)];
        self.bridge.note_members_served(&session, &collection, seen);
        Some(member.body.to_string())
    }

    /// GET, change one property, PUT.
    pub async fn edit(&self, who: &str, name: &str, sets: &[(&str, &str)]) -> PutDone {
        let mut text = self.get(who, name).await.expect("the member is there");
        for (property, value) in sets {
            text = with(&text, property, value);
        }
        self.put(who, name, &text).await.unwrap()
    }

    /// One property of a member as it is served, or `-` when there is no such member.
    pub async fn shows(&self, who: &str, name: &str, property: &str) -> String {
        match self.get(who, name).await {
            Some(text) => property_of(&text, property),
            None => "-".to_owned(),
        }
    }

    /// The whole collection as it is served: names and texts.
    pub async fn collection(&self, who: &str) -> BTreeMap<String, String> {
        let snapshot = self.bridge.snapshot(&events(who)).await.unwrap();
        snapshot
            .members_after(None, usize::MAX)
            .map(|entry| {
                let member = &entry.resource;
                (member.name.to_string(), member.body.to_string())
            })
            .collect()
    }

    /// The revision of which an ETag is made.
    pub async fn revision(&self, who: &str, name: &str) -> Option<u64> {
        let (_, collection, name) = place(who, name);
        let snapshot = self.bridge.snapshot(&collection).await.unwrap();
        snapshot
            .member(&name)
            .map(|entry| entry.resource.revision.0)
    }

    /// The change number of a collection: what its sync-token is made of.
    pub async fn change(&self, who: &str) -> ViewRevision {
        let snapshot = self.bridge.snapshot(&events(who)).await.unwrap();
        snapshot.collection.change
    }

    /// The names of tombstones.
    pub async fn tombstones(&self, who: &str) -> Vec<String> {
        let tombstones = self.store.tombstones(&events(who)).await.unwrap();
        tombstones
            .iter()
            .map(|each| each.name.to_string())
            .collect()
    }

    pub async fn rows(&self) -> Vec<JournalRow> {
        let query = JournalQuery {
            rows_max: usize::MAX,
            ..JournalQuery::default()
        };
        let mut rows = self.store.journal(query).await.unwrap();
        rows.reverse();
        rows
    }

    /// The journal, oldest first: `anna change ×1 title:applied`.
    pub async fn journal(&self) -> Vec<String> {
        self.rows().await.iter().map(line).collect()
    }

    pub async fn mirror(&self, id: ObjectId) -> Option<Object> {
        self.store.object(id).await.unwrap()
    }

    /// How many commands wait or are dead.
    pub async fn commands(&self, id: ObjectId) -> Vec<advanta_bridge::model::Command> {
        self.store.commands_of(id).await.unwrap()
    }
}

fn join(
    store: &Arc<MemoryStore>,
    clock: &Arc<TestClock>,
    ids: &Arc<CountingIds>,
    advanta: Option<&Arc<FakeAdvanta>>,
    limits: &Limits,
) -> Arc<Bridge> {
    let authority = match advanta {
        Some(advanta) => Authority::Advanta(Arc::<FakeAdvanta>::clone(advanta)),
        None => Authority::Own,
    };
    Bridge::new(Parts {
        store: Arc::<MemoryStore>::clone(store),
        clock: Arc::<TestClock>::clone(clock),
        ids: Arc::<CountingIds>::clone(ids),
        authority,
        remotes: Arc::new(advanta_bridge::bridge::NoRemotes),
        connectors: Default::default(),
        vault: Arc::new(advanta_bridge::bridge::NoVault),
        settings: Settings::default(),
        limits: limits.clone(),
        key: [7; 32],
    })
}

fn line(row: &JournalRow) -> String {
    let outcomes: Vec<String> = row
        .outcomes
        .iter()
        .map(|each| {
            let outcome = match each.outcome {
                Outcome::Applied => "applied".to_owned(),
                Outcome::Pending => "pending".to_owned(),
                Outcome::Superseded => "superseded".to_owned(),
                Outcome::Refused(reason) => format!("refused({})", reason.word()),
            };
            format!("{}:{outcome}", each.field.word())
        })
        .collect();
    let action = format!("{:?}", row.action).to_lowercase();
    format!("{} {action} ×{} {}", row.who, row.count, outcomes.join(" "))
}

pub fn events(who: &str) -> CollectionId {
    CollectionId::events(&UserId::new(who))
}

fn place(who: &str, name: &str) -> (Session, CollectionId, ResourceName) {
    let user = User {
        id: UserId::new(who),
        login: who.to_owned(),
        name: who.to_owned(),
        email: None,
        language: Language::English,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    };
    // One device per person.
    let device = who
        .bytes()
        .fold(0_u128, |sum, byte| sum.wrapping_mul(257) + u128::from(byte));
    let session = Session {
        user: Arc::new(user),
        app_password: AppPasswordId(Uuid::from_u128(device)),
    };
    (session, events(who), ResourceName::new(name).unwrap())
}

fn standing<'a>(
    session: &'a Session,
    collection: &'a CollectionId,
    name: &'a ResourceName,
    conditions: &'a Conditions,
) -> Standing<'a> {
    Standing {
        who: &session.user.id,
        door: Door::Device {
            app_password: session.app_password,
            client: "Test/1",
        },
        collection,
        name,
        conditions,
        mode: RefusalMode::Restore,
    }
}

/// `2026-12-01 10:00` in the installation's zone (Moscow, three hours east of Greenwich).
pub fn local(hour: u32) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 12, 1)
        .and_then(|day| day.and_hms_opt(hour, 0, 0))
        .unwrap()
}

pub fn id(n: u128) -> ObjectId {
    ObjectId(Uuid::from_u128(n))
}

/// The name under which everyone but an author sees an object.
pub fn file(n: u128) -> String {
    format!("{}.ics", id(n))
}

/// A task on 2026-12-01, 10:00 to 12:00 in Moscow, which is 07:00 to 09:00 in UTC.
pub fn task(n: u128, title: &str, people: &[(&str, Rights)]) -> Object {
    Object {
        id: id(n),
        kind: Kind::Task,
        revision: Revision(1),
        title: title.to_owned(),
        description: String::new(),
        location: String::new(),
        planned: Planned {
            start: Some(local(10)),
            end: Some(local(12)),
        },
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: None,
        responsible: None,
        participants: people
            .iter()
            .map(|(who, rights)| (UserId::new(*who), *rights))
            .collect(),
        parent: None,
        card: None,
        changed: Utc.with_ymd_and_hms(2026, 11, 19, 9, 0, 0).unwrap(),
    }
}

pub fn note(n: u128, title: &str, people: &[(&str, Rights)]) -> Object {
    Object {
        kind: Kind::Note,
        ..task(n, title, people)
    }
}

/// The object one revision on.
pub fn next(object: &Object, edit: impl FnOnce(&mut Object)) -> Object {
    let mut next = object.clone();
    next.revision = Revision(object.revision.0 + 1);
    edit(&mut next);
    next
}

/// A note as a client writes it, 2026-12-02 06:00 to 07:00 UTC.
pub fn vevent(uid: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Client//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261120T090000Z\r\nDTSTART:20261202T060000Z\r\nDTEND:20261202T070000Z\r\n\
         SUMMARY:{title}\r\nX-CLIENT-MOOD:good\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// The text with another value of a property that it has.
pub fn with(text: &str, property: &str, value: &str) -> String {
    let mut found = false;
    let lines: Vec<String> = text
        .split("\r\n")
        .map(|line| {
            let hit = line.split([':', ';']).next() == Some(property);
            found |= hit;
            if hit {
                format!("{property}:{value}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    assert!(found, "the text has no {property}");
    lines.join("\r\n")
}

/// A property's value without the escapes of TEXT, or nothing.
pub fn property_of(text: &str, property: &str) -> String {
    text.split("\r\n")
        .find(|line| line.split([':', ';']).next() == Some(property))
        .and_then(|line| line.split_once(':'))
        .map(|(_, value)| value.replace("\\,", ","))
        .unwrap_or_default()
}
