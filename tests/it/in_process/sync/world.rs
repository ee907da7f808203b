//! One installation beside remote calendars, with the time held: standalone, or over an ADVANTA.

use super::calendar::{Calendar, Calendars, Doors, Manners};
use super::objects::{self, login, user_id};
use crate::authority::fake::FakeAdvanta;
use crate::in_process::subscriptions::remote::Plain;
use advanta_bridge::bridge::{
    Authority, Bridge, Limits, Observation, Parts, RoundReport, SyncAsk, SyncError,
};
use advanta_bridge::model::{
    Action, Epoch, FieldOutcome, JournalRow, Language, Link, Marker, Object, ObjectId, Outcome,
    Revision, Settings, Subscription, SubscriptionState, Timestamp, User,
};
use advanta_bridge::ports::{Advanta, Clock, Ids, JournalQuery, Write};
use advanta_bridge::store::MemoryStore;
use chrono::{Duration, TimeZone as _, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Rows that a scene looks at.
const ROWS_MAX: usize = 500;

/// Who has the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The bridge itself.
    Standalone,
    /// An ADVANTA.
    Advanta,
}

struct HeldClock(Mutex<Timestamp>);

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// 1, 2, 3 as identities, from far above those of objects.
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

/// Everything that anybody can see.
pub type Sight = BTreeMap<String, Vec<String>>;

/// See the module.
pub struct World {
    runtime: tokio::runtime::Runtime,
    clock: Arc<HeldClock>,
    pub bridge: Arc<Bridge>,
    advanta: Option<Arc<FakeAdvanta>>,
    calendars: Calendars,
    /// The calendar that each person uses now.
    using: BTreeMap<String, String>,
    people: BTreeSet<String>,
    pub settings: Settings,
    manners: Manners,
    pub zone: Tz,
    made: u64,
}

impl World {
    pub fn new(mode: Mode, settings: Settings, manners: Manners, zone: Tz) -> Self {
        let monday = Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap();
        let clock = Arc::new(HeldClock(Mutex::new(monday)));
        let calendars = Calendars::default();
        let advanta = match mode {
            Mode::Standalone => None,
            Mode::Advanta => Some(FakeAdvanta::new(settings.clone(), monday)),
        };
        let authority = match &advanta {
            None => Authority::Own,
            Some(advanta) => Authority::Advanta(Arc::<FakeAdvanta>::clone(advanta)),
        };
        let bridge = Bridge::new(Parts {
            store: Arc::new(MemoryStore::new(Epoch::new("test"))),
            clock: Arc::<HeldClock>::clone(&clock),
            ids: Arc::new(CountedIds(AtomicU64::new(1_000_000))),
            authority,
            remotes: Arc::new(Doors(Arc::clone(&calendars))),
            connectors: Default::default(),
            vault: Arc::new(Plain),
            settings: settings.clone(),
            limits: Limits::default(),
            key: [7; 32],
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        Self {
            runtime: runtime.unwrap(),
            clock,
            bridge,
            advanta,
            calendars,
            using: BTreeMap::new(),
            people: BTreeSet::new(),
            settings,
            manners,
            zone,
            made: 0,
        }
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// People need not be introduced.
    pub fn know(&mut self, login: &str) {
        if !self.people.insert(login.to_owned()) {
            return;
        }
        let user = User {
            id: user_id(login),
            login: login.to_owned(),
            name: login.to_owned(),
            email: None,
            language: Language::Russian,
            zone: None,
            active: true,
            kept_out: false,
            advanta: None,
            revision: Revision(0),
        };
        let store = self.bridge.store();
        self.wait(store.commit(vec![], vec![Write::User(user)]))
            .unwrap();
        self.open_calendar(login);
    }

    /// From now on a person uses a new calendar.
    pub fn open_calendar(&mut self, login: &str) {
        let mut calendars = self.calendars.lock().unwrap();
        let id = format!("{login}-{}", calendars.len());
        let calendar = Arc::new(Mutex::new(Calendar::new(self.manners, self.zone)));
        calendars.insert(id.clone(), calendar);
        self.using.insert(login.to_owned(), id);
    }

    /// The identity of the calendar that a person uses.
    pub fn calendar_id(&self, login: &str) -> Result<String, String> {
        let id = self.using.get(login).cloned();
        id.ok_or_else(|| format!("nobody is called {login}"))
    }

    /// Does something in the calendar that a person uses.
    pub fn calendar<T>(
        &self,
        login: &str,
        act: impl FnOnce(MutexGuard<'_, Calendar>) -> T,
    ) -> Result<T, String> {
        let id = self.calendar_id(login)?;
        let calendar = self.calendars.lock().unwrap().get(&id).map(Arc::clone);
        let calendar = calendar.ok_or_else(|| format!("{login} has no calendar"))?;
        let inside = calendar.lock().unwrap();
        Ok(act(inside))
    }

    /// What stands in all calendars and in ADVANTA.
    pub fn sight(&self) -> Sight {
        let mut sight = Sight::new();
        for login in &self.people {
            sight.insert(login.clone(), self.events(login).unwrap_or_default());
        }
        sight.insert("ADVANTA".to_owned(), self.lines());
        sight
    }

    /// The events of a person's calendar in words, sorted.
    pub fn events(&self, login: &str) -> Result<Vec<String>, String> {
        let (kept, zone) = self.calendar(login, |inside| (inside.events.clone(), inside.zone))?;
        let one = |kept: &super::events::Kept| {
            let mark = kept.event.marker.as_ref();
            kept.say(zone, mark.map(|mark| self.mark(login, mark)))
        };
        let mut lines: Vec<String> = kept.iter().map(one).collect();
        lines.sort();
        Ok(lines)
    }

    /// Whose mark it is.
    fn mark(&self, whose: &str, mark: &Marker) -> String {
        let stored = self.wait(self.bridge.store().subscription(&mark.subscription));
        match stored.unwrap() {
            Some(row) if login(&row.user) != whose => format!("of {}", login(&row.user)),
            Some(row) if row.epoch == mark.epoch => "ours".to_owned(),
            Some(_) => "of an earlier life".to_owned(),
            None => "of nobody".to_owned(),
        }
    }

    /// The objects in ADVANTA.
    pub fn objects(&self) -> Vec<Object> {
        match &self.advanta {
            Some(advanta) => advanta.inside().objects.values().cloned().collect(),
            None => {
                let all = self.bridge.store().objects(None, ROWS_MAX);
                self.wait(all).unwrap()
            }
        }
    }

    /// The same in words, sorted.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.objects().iter().map(objects::say).collect();
        lines.sort();
        lines
    }

    /// The first object of a title, or the last.
    pub fn find(&self, title: &str, last: bool) -> Result<Object, String> {
        let mut found: Vec<Object> = self.objects();
        found.retain(|object| object.title == title);
        let found = if last {
            found.pop()
        } else {
            found.into_iter().next()
        };
        found.ok_or_else(|| format!("ADVANTA has no \"{title}\""))
    }

    /// An identity for a new object.
    pub fn object_id(&mut self) -> ObjectId {
        self.made += 1;
        ObjectId(uuid::Uuid::from_u128(u128::from(self.made)))
    }

    /// ADVANTA's people make something, or change it: it tells us at once.
    pub fn told(&self, object: Object) {
        if let Some(advanta) = &self.advanta {
            let mut inside = advanta.inside();
            inside.objects.insert(object.id, object.clone());
        }
        let news = self.wait(self.bridge.observe(&Observation::Object(object)));
        assert!(news.unwrap(), "old news of an object");
    }

    /// ADVANTA's people change an object.
    pub fn changes(
        &self,
        mut object: Object,
        change: impl FnOnce(&mut Object) -> Result<(), String>,
    ) -> Result<(), String> {
        change(&mut object)?;
        object.revision = Revision(object.revision.0 + 1);
        object.changed = self.clock.now();
        self.told(object);
        Ok(())
    }

    /// ADVANTA's people delete an object.
    pub fn vanishes(&self, object: &Object) {
        let revision = self
            .advanta
            .as_ref()
            .map(|advanta| advanta.inside().remove(object.id));
        let gone = Observation::Gone(object.id, revision);
        assert!(self.wait(self.bridge.observe(&gone)).unwrap(), "old news");
    }

    /// ADVANTA refuses every write to an object from now on, or new notes.
    pub fn refuses(&self, object: Option<ObjectId>) -> Result<(), String> {
        let advanta = self.advanta.as_ref().ok_or("there is no ADVANTA here")?;
        match object {
            Some(object) => {
                advanta.inside().refusing.insert(object);
            }
            None => advanta.inside().refuses_creates = true,
        }
        Ok(())
    }

    /// A person's subscription.
    pub fn subscription(&self, login: &str) -> Result<Subscription, String> {
        let user = user_id(login);
        let stored = self.bridge.store().subscription_of(&user);
        let stored = self.wait(stored).unwrap();
        stored.ok_or_else(|| format!("{login} never subscribed"))
    }

    /// One round of everybody who is subscribed, and what ADVANTA is told then.
    pub fn round(&self, ask: SyncAsk) -> Result<Vec<RoundReport>, SyncError> {
        let mut reports = vec![];
        for login in &self.people {
            let Ok(row) = self.subscription(login) else {
                continue;
            };
            if row.state != SubscriptionState::Active {
                continue;
            }
            reports.push(self.wait(self.bridge.sync(&row.id, ask))?);
            if let Some(advanta) = &self.advanta {
                let advanta: Arc<dyn Advanta> = Arc::<FakeAdvanta>::clone(advanta);
                self.wait(self.bridge.drain_outbox(&advanta)).unwrap();
            }
        }
        Ok(reports)
    }

    /// The links of a person.
    pub fn links(&self, login: &str) -> Result<Vec<Link>, String> {
        let id = self.subscription(login)?.id;
        let links = self.bridge.store().links(&id, None, ROWS_MAX);
        Ok(self.wait(links).unwrap())
    }

    /// Alarms that were raised.
    pub fn alarms(&self) -> usize {
        self.bridge.alarms().len()
    }

    /// Time passes, and what fell due is done.
    pub fn passes(&self, time: Duration) {
        *self.clock.0.lock().unwrap() += time;
        while self.wait(self.bridge.fire_due_timers()).unwrap() > 0 {}
    }

    /// The journal of a person in words, oldest row first.
    pub fn journal(&self, who: &str) -> Vec<String> {
        let query = JournalQuery {
            who: Some(user_id(who)),
            rows_max: ROWS_MAX,
            ..JournalQuery::default()
        };
        let mut rows = self.wait(self.bridge.store().journal(query)).unwrap();
        rows.reverse();
        rows.iter().map(|row| self.row(row)).collect()
    }

    fn row(&self, row: &JournalRow) -> String {
        let action = match row.action {
            Action::Create => "creation",
            Action::Change => "change",
            Action::Delete => "deletion",
        };
        let mut objects = self.objects().into_iter();
        let title = objects.find(|object| object.id == row.object).map_or_else(
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
}

fn field_line(each: &FieldOutcome) -> String {
    let word = match each.outcome {
        Outcome::Applied => "applied".to_owned(),
        Outcome::Pending => "pending".to_owned(),
        Outcome::Superseded => "lost".to_owned(),
        Outcome::Refused(reason) => format!("refused {}", reason.word()),
    };
    let field = each.field.word();
    if each.outcome == Outcome::Superseded && !each.attempted.is_empty() {
        return format!("{field} {word} \"{}\"", each.attempted);
    }
    format!("{field} {word}")
}
