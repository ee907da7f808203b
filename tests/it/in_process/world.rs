//! One installation inside the test: people, devices, ADVANTA's objects, a clock.

use super::http::Answer;
use advanta_bridge::bridge::{
    Authority, Bridge, Connectors, Limits, NoRemotes, NoVault, Observation, Parts,
};
use advanta_bridge::caldav::{self, Dav};
use advanta_bridge::model::{
    Action, AppPassword, AppPasswordId, AppPasswordText, Epoch, FieldOutcome, GeneratedSecret,
    JournalRow, Kind, Language, Object, ObjectId, Outcome, PasswordHash, Planned, Revision, Rights,
    Settings, Status, Timestamp, User, UserId,
};
use advanta_bridge::ports::{Clock, Ids, JournalQuery, Remotes, Vault, Write};
use advanta_bridge::store::MemoryStore;
use advanta_bridge::web::{Caller, Web};
use bytes::Bytes;
use chrono::{Duration, NaiveDateTime, TimeZone as _, Utc};
use http_body_util::BodyExt as _;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Longer than the settle delay.
const A_MINUTE_AND_MORE: Duration = Duration::seconds(61);
/// Journal rows that a test looks at.
const ROWS_MAX: usize = 100;

/// A clock that stands still until the test moves it.
struct HeldClock(Mutex<Timestamp>);

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// 1, 2, 3 as UUIDs, from far above those that tests give to objects.
struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn uuid(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn secret(&self) -> [u8; 20] {
        let mut secret = [0; 20];
        secret[..16].copy_from_slice(self.uuid().as_bytes());
        secret
    }
}

/// An installation.
pub struct World {
    runtime: tokio::runtime::Runtime,
    clock: Arc<HeldClock>,
    dav: Dav,
    objects: AtomicU64,
    devices: AtomicU64,
    /// The use-cases, for what no client can ask.
    pub bridge: Arc<Bridge>,
}

impl World {
    /// An empty installation with the rules and manners of a fresh one.
    pub fn new() -> Self {
        Self::with(Settings::default(), caldav::Settings::default())
    }

    /// An empty installation.
    pub fn with(rules: Settings, manners: caldav::Settings) -> Self {
        let (remotes, vault) = (Arc::new(NoRemotes), Arc::new(NoVault));
        Self::over(rules, manners, remotes, Connectors::default(), vault)
    }

    /// An empty installation whose people can subscribe to remote calendars.
    pub fn beside(remotes: Arc<dyn Remotes>, vault: Arc<dyn Vault>) -> Self {
        Self::connecting(remotes, Connectors::default(), vault)
    }

    /// The same, with whoever connects people to them.
    pub fn connecting(
        remotes: Arc<dyn Remotes>,
        connectors: Connectors,
        vault: Arc<dyn Vault>,
    ) -> Self {
        let (rules, manners) = (Settings::default(), caldav::Settings::default());
        Self::over(rules, manners, remotes, connectors, vault)
    }

    fn over(
        rules: Settings,
        manners: caldav::Settings,
        remotes: Arc<dyn Remotes>,
        connectors: Connectors,
        vault: Arc<dyn Vault>,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let monday = Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap();
        let clock = Arc::new(HeldClock(Mutex::new(monday)));
        let bridge = Bridge::new(Parts {
            store: Arc::new(MemoryStore::new(Epoch::new("test"))),
            clock: Arc::<HeldClock>::clone(&clock),
            ids: Arc::new(CountedIds(AtomicU64::new(1_000_000))),
            authority: Authority::Own,
            remotes,
            connectors,
            vault,
            settings: rules,
            limits: Limits::default(),
            key: [7; 32],
        });
        Self {
            runtime,
            clock,
            dav: Dav::new(Arc::clone(&bridge), manners),
            objects: AtomicU64::new(1),
            devices: AtomicU64::new(1),
            bridge,
        }
    }

    /// Employs a person whose identity is `u-` and their login.
    pub fn person(&self, login: &str, language: Language) {
        let user = User {
            id: user_id(login),
            login: login.to_owned(),
            name: login.to_owned(),
            email: None,
            language,
            zone: None,
            active: true,
            kept_out: false,
            advanta: None,
            revision: Revision(0),
        };
        self.runtime
            .block_on(self.bridge.store().commit(vec![], vec![Write::User(user)]))
            .unwrap();
    }

    /// Gives a person's new device an app password of its own and returns the secret.
    pub fn device(&self, login: &str) -> String {
        let number = self.devices.fetch_add(1, Ordering::Relaxed);
        let id = AppPasswordId(uuid::Uuid::from_u128(u128::from(number)));
        let mut bits = [0; GeneratedSecret::BYTES];
        bits[..8].copy_from_slice(&number.to_be_bytes());
        let secret = GeneratedSecret::drawn(bits);
        let password = AppPassword {
            id,
            user: user_id(login),
            label: format!("device-{number}"),
            hash: PasswordHash::Digest(secret.digest()),
            created: self.now(),
            revoked: None,
        };
        let commit = self
            .bridge
            .store()
            .commit(vec![], vec![Write::AppPassword(password)]);
        self.runtime.block_on(commit).unwrap();
        AppPasswordText::write(id, &secret)
    }

    /// A new identity for an object.
    pub fn object_id(&self) -> ObjectId {
        let number = self.objects.fetch_add(1, Ordering::Relaxed);
        ObjectId(uuid::Uuid::from_u128(u128::from(number)))
    }

    /// ADVANTA says how an object stands.
    pub fn seen(&self, object: &Object) {
        let observation = Observation::Object(object.clone());
        let news = self.runtime.block_on(self.bridge.observe(&observation));
        assert!(news.unwrap(), "revision {} is old news", object.revision);
    }

    /// ADVANTA changes an object.
    pub fn changes(&self, id: ObjectId, change: impl FnOnce(&mut Object)) {
        let mut object = self.object(id);
        change(&mut object);
        object.revision = Revision(object.revision.0 + 1);
        object.changed = self.now();
        self.seen(&object);
    }

    /// ADVANTA deletes an object.
    pub fn vanishes(&self, id: ObjectId) {
        let news = self
            .runtime
            .block_on(self.bridge.observe(&Observation::Gone(id, None)));
        assert!(news.unwrap(), "{id} was gone already");
    }

    /// An object as it stands in ADVANTA.
    pub fn object(&self, id: ObjectId) -> Object {
        self.find(id).expect("the object is in ADVANTA")
    }

    /// An object as it stands in ADVANTA, if it does.
    pub fn find(&self, id: ObjectId) -> Option<Object> {
        self.runtime
            .block_on(self.bridge.store().object(id))
            .unwrap()
    }

    /// All objects of ADVANTA.
    pub fn all(&self) -> Vec<Object> {
        let all = self.bridge.store().objects(None, ROWS_MAX);
        self.runtime.block_on(all).unwrap()
    }

    /// The journal of a person, oldest row first.
    pub fn journal(&self, login: &str) -> Vec<JournalRow> {
        let query = JournalQuery {
            who: Some(user_id(login)),
            rows_max: ROWS_MAX,
            ..JournalQuery::default()
        };
        let mut rows = self
            .runtime
            .block_on(self.bridge.store().journal(query))
            .unwrap();
        rows.reverse();
        rows
    }

    /// The same in words: what was done to what, how often if more than once, and what became of each field.
    pub fn journal_lines(&self, login: &str) -> Vec<String> {
        let rows = self.journal(login);
        rows.iter().map(|row| self.journal_line(row)).collect()
    }

    fn journal_line(&self, row: &JournalRow) -> String {
        let action = match row.action {
            Action::Create => "creation",
            Action::Change => "change",
            Action::Delete => "deletion",
        };
        let title = self.find(row.object).map_or_else(
            || "what is gone".to_owned(),
            |it| format!("\"{}\"", it.title),
        );
        let times = match row.count {
            1 => String::new(),
            count => format!(" {count} times"),
        };
        let fields: Vec<String> = row.outcomes.iter().map(field_line).collect();
        format!("{action} of {title}{times}: {}", fields.join("; "))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// It is then; nothing is done of itself.
    pub fn at(&self, when: Timestamp) {
        *self.clock.0.lock().unwrap() = when;
    }

    /// Time passes, and what fell due is done. A settle bump falls due within it.
    pub fn a_minute_passes(&self) {
        *self.clock.0.lock().unwrap() += A_MINUTE_AND_MORE;
        while self
            .runtime
            .block_on(self.bridge.fire_due_timers())
            .unwrap()
            > 0
        {}
    }

    /// Lets something end.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// One request to the doors beside CalDAV, and its answer.
    pub fn ask(&self, web: &Web, request: ::http::Request<Bytes>, caller: Caller) -> Answer {
        let (parts, body) = request.into_parts();
        self.runtime.block_on(async {
            let response = match web.admit(&parts, caller).await {
                Ok(admitted) => web.answer(&parts, body, caller, admitted).await,
                Err(refused) => *refused,
            };
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Answer::new(&parts, &body)
        })
    }

    /// Writes to the store, past every rule.
    pub fn commit(&self, writes: Vec<Write>) {
        let commit = self.bridge.store().commit(vec![], writes);
        self.runtime.block_on(commit).unwrap();
    }

    /// How many notices wait in the inbox.
    pub fn inbox(&self) -> u64 {
        let size = self.bridge.store().inbox_size();
        self.runtime.block_on(size).unwrap()
    }

    /// One request and its answer.
    pub fn answer(&self, request: ::http::Request<Bytes>) -> Answer {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        self.runtime.block_on(async {
            let response = self.dav.answer(request, address).await;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Answer::new(&parts, &body)
        })
    }
}

fn field_line(each: &FieldOutcome) -> String {
    let word = match each.outcome {
        Outcome::Applied => "applied".to_owned(),
        Outcome::Pending => "pending".to_owned(),
        Outcome::Superseded => "superseded".to_owned(),
        Outcome::Refused(reason) => format!("refused: {}", reason.word()),
    };
    format!("{} {word}", each.field.word())
}

/// The identity of a person.
pub fn user_id(login: &str) -> UserId {
    UserId::new(format!("u-{login}"))
}

/// The collection of a person.
pub fn collection(login: &str) -> String {
    format!("/dav/calendars/u-{login}/advanta/")
}

/// Where an object of ADVANTA lies for everyone but its author.
pub fn href(login: &str, object: ObjectId) -> String {
    format!("{}{object}.ics", collection(login))
}

/// A local time as in `2026-12-01T09:00`.
pub fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// An object from `2026-12-01T09:00` to `2026-12-03T18:00`.
pub fn object(id: ObjectId, kind: Kind, title: &str, people: &[(&str, Rights)]) -> Object {
    let participants: BTreeMap<UserId, Rights> = people
        .iter()
        .map(|(login, rights)| (user_id(login), *rights))
        .collect();
    Object {
        id,
        kind,
        revision: Revision(1),
        title: title.to_owned(),
        description: String::new(),
        location: String::new(),
        planned: Planned {
            start: Some(local("2026-12-01T09:00")),
            end: Some(local("2026-12-03T18:00")),
        },
        actual_start: None,
        actual_end: None,
        status: kind.is_work().then_some(Status::PROPOSED),
        percent: None,
        owner: participants.keys().next().cloned(),
        responsible: None,
        participants,
        parent: None,
        card: Some(format!("https://advanta.example.com/card/{id}")),
        changed: Utc.with_ymd_and_hms(2026, 11, 20, 10, 0, 0).unwrap(),
    }
}
