//! The real bridge over a store in memory, with everything outside it in the scenario's hands.

use crate::actors::client::{self, Done, user};
use crate::actors::{Outside, PEOPLE};
use crate::advanta::{self, FakeAdvanta};
use crate::calendar::Calendar;
use crate::dates;
use crate::io::{Io, Life};
use crate::remote::{Calendars, FakeRemotes};
use crate::scenario::{Setup, Step};
use crate::store::{CutStore, Ledger};
use crate::verbs::Verb;
use advanta_bridge::bridge::{Authority, Bridge, Limits, Observation, Parts};
use advanta_bridge::model::{
    Epoch, ImportPrivate, Object, RecurringNoteEdit, Sealed, Settings, Subscription, SyncPolicy,
    Timestamp, UserId, WriteMeetings,
};
use advanta_bridge::ports::{Advanta, Clock, Ids, Store as _, Vault, VaultError, Write};
use advanta_bridge::store::MemoryStore;
use chrono::Duration;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// A clock that stands until the scenario sets it.
pub struct HeldClock(Mutex<Timestamp>);

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }
}

/// Identities that count. The first byte is 0, so that jitter drawn from it is none.
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(0x1000_0000 + u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }

    fn secret(&self) -> [u8; 20] {
        let mut secret = [0; 20];
        secret[..16].copy_from_slice(self.uuid().as_bytes());
        secret
    }
}

/// Keeps secrets as they are.
struct OpenVault;

impl Vault for OpenVault {
    fn seal(&self, _: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        Ok(Sealed(secret.to_vec()))
    }

    fn open(&self, _: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        Ok(sealed.0.clone())
    }
}

/// The whole of it.
pub struct World {
    pub outside: Outside,
    pub io: Arc<Io>,
    pub bridge: Arc<Bridge>,
    pub store: Arc<MemoryStore>,
    pub ledger: Arc<Mutex<Ledger>>,
    pub clock: Arc<HeldClock>,
    pub settings: Settings,
    life: Arc<Life>,
    ids: Arc<CountingIds>,
    /// Edits of clients that were answered with success, by person.
    pub acknowledged: BTreeMap<&'static str, u32>,
    /// Edits of clients that broke off: done or not.
    pub in_doubt: u32,
    /// Things that changed outside, for the bound on writes.
    pub changes: u64,
    /// How often what happened: a run is worth something only if much of it did.
    pub tally: Tally,
    words: u32,
}

/// How often what happened, by its word.
pub type Tally = BTreeMap<String, u64>;

/// Locks, whatever happened.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The policy of a set-up.
fn policy(which: u32) -> SyncPolicy {
    let usual = SyncPolicy::default();
    match which {
        1 => SyncPolicy {
            import_private: ImportPrivate::Skip,
            write_meetings: WriteMeetings::Never,
            ..usual
        },
        2 => SyncPolicy {
            import_private: ImportPrivate::Full,
            recurring_note_edit: RecurringNoteEdit::Keep,
            ..usual
        },
        // A guard that small worlds can meet.
        3 => SyncPolicy {
            guard_deletions_max: 2,
            write_backs_max: 2,
            ..usual
        },
        _ => usual,
    }
}

impl World {
    pub async fn new(setup: Setup) -> Self {
        let clock = Arc::new(HeldClock(Mutex::new(dates::now())));
        let settings = Settings {
            sync: policy(setup.policy),
            ..Settings::default()
        };
        let zone = dates::ZONES[setup.zone as usize % dates::ZONES.len()];
        let calendar = || Arc::new(Mutex::new(Calendar::new(setup.manners(), zone)));
        let calendars: Calendars = PEOPLE
            .iter()
            .map(|who| ((*who).to_owned(), calendar()))
            .collect();
        let outside = Outside {
            calendars,
            advanta: Arc::new(Mutex::new(advanta::inside(settings.clone(), dates::now()))),
            zone,
            clients: Arc::default(),
            own: setup.own == 1,
        };
        let io = Arc::new(Io::default());
        let life = Life::new(&io);
        let store = Arc::new(MemoryStore::new(Epoch::new("life")));
        let ids = Arc::new(CountingIds(AtomicU64::new(0)));
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let joints = (&outside, &life, &store, &ledger, &clock, &ids, &settings);
        let bridge = join(joints);
        let mut world = Self {
            bridge,
            outside,
            io,
            store,
            ledger,
            clock,
            settings,
            life,
            ids,
            acknowledged: BTreeMap::new(),
            in_doubt: 0,
            changes: 0,
            tally: Tally::new(),
            words: 0,
        };
        world.furnish(setup).await;
        world
    }

    /// People, and what is there before anybody subscribes.
    async fn furnish(&mut self, setup: Setup) {
        let people = PEOPLE.iter().map(|who| Write::User(user(who))).collect();
        self.store.commit(vec![], people).await.unwrap();
        for n in 0..setup.objects {
            let word = self.word();
            let step = Step {
                verb: Verb::ObjectMade,
                args: vec![n % 2, n, n + setup.zone],
            };
            let who = PEOPLE[n as usize % 2];
            let mut inside = lock(&self.outside.advanta);
            inside.make(|id| crate::actors::made(id, who, &step, &word));
        }
        let objects: Vec<Object> = lock(&self.outside.advanta)
            .objects
            .values()
            .cloned()
            .collect();
        lock(&self.outside.advanta).hooks.clear();
        for object in &objects {
            let seen = Observation::Object(object.clone());
            self.bridge.observe(&seen).await.unwrap();
        }
        for n in 0..setup.events * 2 {
            let step = Step {
                verb: Verb::EventMade,
                args: vec![n % 2, (n * 5 + setup.manners) % 14, n + setup.zone],
            };
            let word = self.word();
            self.outside.act(&step, &word);
        }
    }

    /// A word that nobody used before.
    pub fn word(&mut self) -> String {
        self.words += 1;
        format!("w{}", self.words)
    }

    pub fn advance(&self, by: Duration) {
        *lock(&self.clock.0) += by;
    }

    /// Lets the bridge do something; `None`: its process died of it, and another one is there now.
    pub async fn undertake<T, F>(&mut self, work: impl FnOnce(Arc<Bridge>) -> F) -> Option<T>
    where
        F: Future<Output = T>,
    {
        self.io.begin();
        let life = Arc::clone(&self.life);
        let work = work(Arc::clone(&self.bridge));
        let done = tokio::select! {
            biased;
            () = life.died() => None,
            done = work => Some(done),
        };
        if done.is_none() {
            self.reopen();
        }
        done
    }

    /// A new process over what is left.
    pub fn reopen(&mut self) {
        self.life.end();
        self.life = Life::new(&self.io);
        self.store = Arc::new(self.store.crash());
        self.bridge = join((
            &self.outside,
            &self.life,
            &self.store,
            &self.ledger,
            &self.clock,
            &self.ids,
            &self.settings,
        ));
    }

    /// ADVANTA, as the present process sees it.
    pub fn advanta(&self) -> Option<Arc<dyn Advanta>> {
        let advanta = FakeAdvanta {
            inside: Arc::clone(&self.outside.advanta),
            life: Arc::clone(&self.life),
        };
        (!self.outside.own).then(|| Arc::new(advanta) as Arc<dyn Advanta>)
    }

    pub fn calendar(&self, who: &str) -> MutexGuard<'_, Calendar> {
        lock(&self.outside.calendars[who])
    }

    /// A person's subscription, whatever its state.
    pub async fn subscription(&self, who: &str) -> Option<Subscription> {
        self.store.subscription_of(&UserId::new(who)).await.unwrap()
    }

    /// The mirror.
    pub async fn objects(&self) -> Vec<Object> {
        self.store.objects(None, usize::MAX).await.unwrap()
    }

    /// A client does something.
    pub async fn client(&mut self, step: &Step) -> String {
        let word = self.word();
        let (step, outside) = (step.clone(), self.outside.clone());
        self.changes += 1;
        let done = self
            .undertake(|bridge| async move { client::act(&bridge, &outside, &step, &word).await })
            .await;
        self.client_done(done)
    }

    /// Keeps books of a client's edit.
    pub fn client_done(&mut self, done: Option<Result<Done, impl std::fmt::Debug>>) -> String {
        match done {
            None => {
                self.in_doubt += 1;
                "killed".to_owned()
            }
            Some(Err(error)) => format!("{error:?}"),
            Some(Ok(Done::Acknowledged { who })) => {
                *self.acknowledged.entry(who).or_default() += 1;
                format!("{who}: acknowledged")
            }
            Some(Ok(other)) => format!("{other:?}"),
        }
    }
}

type Joints<'a> = (
    &'a Outside,
    &'a Arc<Life>,
    &'a Arc<MemoryStore>,
    &'a Arc<Mutex<Ledger>>,
    &'a Arc<HeldClock>,
    &'a Arc<CountingIds>,
    &'a Settings,
);

fn join((outside, life, store, ledger, clock, ids, settings): Joints<'_>) -> Arc<Bridge> {
    let authority = if outside.own {
        Authority::Own
    } else {
        Authority::Advanta(Arc::new(FakeAdvanta {
            inside: Arc::clone(&outside.advanta),
            life: Arc::clone(life),
        }))
    };
    let limits = Limits {
        write_wait: std::time::Duration::ZERO,
        ..Limits::default()
    };
    let (ids, clock): (Arc<CountingIds>, Arc<HeldClock>) = (Arc::clone(ids), Arc::clone(clock));
    Bridge::new(Parts {
        store: Arc::new(CutStore {
            inner: Arc::clone(store),
            ledger: Arc::clone(ledger),
            life: Arc::clone(life),
            clock: Arc::<HeldClock>::clone(&clock),
            policy: settings.sync.clone(),
        }),
        clock,
        ids,
        authority,
        settings: settings.clone(),
        limits,
        key: [7; 32],
        remotes: Arc::new(FakeRemotes {
            calendars: outside.calendars.clone(),
            life: Arc::clone(life),
        }),
        connectors: Default::default(),
        vault: Arc::new(OpenVault),
    })
}
