//! All that Google knows: users, calendars, consents, channels, and what was asked of it.

use super::calendar::{Calendar, Role};
use super::contract::Contract;
use super::event::{self, Fields};
use super::manners::{Manners, Window};
use super::oauth::OAuth;
use super::push::Push;
use super::troubles::{Op, Troubles};
use advanta_bridge::model;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// What nobody knows of Google for certain, or what differs: plain settings, changed at any time.
#[derive(Clone, Debug, PartialEq)]
pub struct Switches {
    /// Events on one page, even if the client asks for more.
    pub page_max: usize,
    /// The first page of a full listing is empty, and more follow.
    pub empty_first_page: bool,
    /// A sync token keeps the `timeMin` of the listing that gave it.
    pub keeps_window: bool,
    /// A patch with `recurrence: []` drops the recurrence; otherwise that field of it is ignored.
    pub drops_by_empty: bool,
    /// The same for `recurrence: null`.
    pub drops_by_null: bool,
    /// The id of a deleted event cannot be used again.
    pub deleted_ids_stay_taken: bool,
    /// Requests that one batch takes.
    pub batch_max: usize,
    /// The parts of a batch are answered backwards.
    pub batch_backwards: bool,
    /// The first notice of a channel comes before the answer to `watch`.
    pub sync_before_answer: bool,
    /// A stopped channel goes on telling.
    pub tells_after_stop: bool,
    /// A patch that changes nothing moves the etag even so.
    pub same_value_moves: bool,
    /// The longest life of a channel.
    pub channel_life_max: Duration,
    /// How long an access token is good.
    pub token_life: Duration,
    /// Whether the caller is held to what the bridge promises (`rules`); other people's clients are not.
    pub is_bridge: bool,
    /// Writes may tell guests.
    pub may_mail: bool,
    /// New events have to say whether they ring and block the day, and later writes leave that alone.
    pub says_presence: bool,
}

impl Switches {
    /// What a row of the table says.
    pub fn of(manners: &Manners) -> Self {
        Self {
            page_max: manners.page,
            empty_first_page: manners.empty_first_page,
            keeps_window: manners.window == Window::StartKept,
            drops_by_empty: manners.drops_recurrence,
            drops_by_null: manners.drops_recurrence,
            deleted_ids_stay_taken: manners.deleted_ids_stay_taken,
            batch_max: manners.batch_max,
            batch_backwards: true,
            sync_before_answer: false,
            tells_after_stop: false,
            same_value_moves: true,
            channel_life_max: Duration::days(7),
            token_life: Duration::hours(1),
            is_bridge: true,
            may_mail: false,
            says_presence: false,
        }
    }
}

/// One thing that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// What.
    pub op: Op,
    /// As a part of a batch.
    pub in_batch: bool,
    /// In which calendar; empty: none.
    pub calendar: String,
    /// Which event; empty: none, or not named by the request.
    pub event: String,
    /// What it was told; `None`: nothing.
    pub status: Option<u16>,
}

/// How often things were asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    by_op: BTreeMap<Op, u32>,
    /// Requests over HTTP: a batch is one.
    pub requests: u32,
}

impl Counts {
    /// How often this was asked, alone or in a batch.
    pub fn of(&self, op: Op) -> u32 {
        self.by_op.get(&op).copied().unwrap_or_default()
    }
}

/// A user.
#[derive(Debug, Default)]
pub struct User {
    /// What is on the list of calendars.
    pub calendars: BTreeMap<String, Role>,
}

/// Everything.
pub struct World {
    /// What goes wrong.
    pub troubles: Troubles,
    /// What differs.
    pub switches: Switches,
    /// Who is told of changes.
    pub push: Push,
    /// Who may come in.
    pub oauth: OAuth,
    pub(super) contract: Option<Arc<Contract>>,
    pub(super) root: String,
    manners: Manners,
    calendars: BTreeMap<String, Calendar>,
    users: BTreeMap<String, User>,
    log: Vec<Logged>,
    violations: Vec<String>,
    /// Mails that guests got.
    pub mails: u32,
    ahead: Duration,
    last_micros: i64,
    serial: u64,
    wake: Arc<Notify>,
}

impl World {
    pub(super) fn new(
        manners: &Manners,
        contract: Option<Arc<Contract>>,
        root: &str,
        wake: Arc<Notify>,
    ) -> Self {
        Self {
            troubles: Troubles::default(),
            switches: Switches::of(manners),
            push: Push::default(),
            oauth: OAuth::default(),
            contract,
            root: root.to_owned(),
            manners: *manners,
            calendars: BTreeMap::new(),
            users: BTreeMap::new(),
            log: Vec::new(),
            violations: Vec::new(),
            mails: 0,
            ahead: Duration::zero(),
            last_micros: 0,
            serial: 0,
            wake,
        }
    }

    /// A user with a primary calendar that has their address as its id.
    pub fn add_user(&mut self, email: &str) {
        self.users.insert(email.to_owned(), User::default());
        self.add_calendar(email, email, email);
    }

    /// One more calendar of a user.
    pub fn add_calendar(&mut self, owner: &str, id: &str, summary: &str) {
        self.calendars
            .insert(id.to_owned(), Calendar::new(id, summary));
        self.share(id, owner, Role::Owner);
    }

    /// Puts a calendar on somebody's list, or changes what they may do in it. Changed rights expire tokens.
    pub fn share(&mut self, calendar: &str, user: &str, role: Role) {
        let user = self.users.entry(user.to_owned()).or_default();
        if user.calendars.insert(calendar.to_owned(), role).is_some() {
            self.expire_tokens(calendar);
        }
    }

    /// Takes a calendar off somebody's list.
    pub fn unshare(&mut self, calendar: &str, user: &str) {
        if let Some(user) = self.users.get_mut(user) {
            user.calendars.remove(calendar);
        }
    }

    /// Every sync token of a calendar is too old from now on.
    pub fn expire_tokens(&mut self, calendar: &str) {
        self.calendar(calendar).life += 1;
    }

    /// What time it is here.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.ahead
    }

    /// Lets time go by at once.
    pub fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// How often things were asked since the last [`Self::forget_counts`].
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for logged in &self.log {
            *counts.by_op.entry(logged.op).or_default() += 1;
            counts.requests += u32::from(!logged.in_batch);
        }
        counts
    }

    /// Counts from here.
    pub fn forget_counts(&mut self) {
        self.log.clear();
    }

    /// Everything that was asked, in its order.
    pub fn log(&self) -> &[Logged] {
        &self.log
    }

    /// What was asked last, in words.
    pub fn last(&self) -> String {
        format!("the last request: {:?}", self.log.last())
    }

    /// What broke a rule so far.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// The same, for who expects them: they fail nothing any more.
    pub fn take_violations(&mut self) -> Vec<String> {
        std::mem::take(&mut self.violations)
    }

    /// Live events of which two or more have the same value of a private property.
    pub fn duplicates(&self, calendar: &str, property: &str) -> Vec<String> {
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for fields in self.live(calendar) {
            let one_of_series = fields.contains_key("recurringEventId");
            if let Some(value) = event::private(fields, property).filter(|_| !one_of_series) {
                *seen.entry(value).or_default() += 1;
            }
        }
        let often = seen.into_iter().filter(|(_, count)| *count > 1);
        often.map(|(value, _)| value.to_owned()).collect()
    }

    /// Events that a client of the API made and nobody deleted.
    pub fn left_behind(&self, calendar: &str) -> Vec<Value> {
        let all = self.calendars.get(calendar).into_iter();
        all.flat_map(Calendar::all)
            .filter(|kept| kept.by_client && !event::is_cancelled(&kept.fields))
            .map(|kept| Value::Object(kept.fields.clone()))
            .collect()
    }

    /// Everything that is not deleted, by id.
    pub fn events(&self, calendar: &str) -> Vec<Value> {
        self.live(calendar).cloned().map(Value::Object).collect()
    }

    /// An event, deleted ones too.
    pub fn event(&self, calendar: &str, id: &str) -> Option<Value> {
        self.calendars.get(calendar)?.find(id).map(Value::Object)
    }

    fn live(&self, calendar: &str) -> impl Iterator<Item = &Fields> {
        let all = self.calendars.get(calendar).into_iter();
        let all = all.flat_map(Calendar::all).map(|kept| &kept.fields);
        all.filter(|fields| !event::is_cancelled(fields))
    }

    pub(super) fn users(&self) -> &BTreeMap<String, User> {
        &self.users
    }

    pub(super) fn log_it(&mut self, logged: Logged) {
        self.log.push(logged);
    }

    pub(super) fn violate(&mut self, told: String) {
        self.violations.push(told);
    }

    /// A calendar that is there.
    pub(super) fn calendar(&mut self, id: &str) -> &mut Calendar {
        self.calendars
            .get_mut(id)
            .unwrap_or_else(|| panic!("no calendar {id}"))
    }

    pub(super) fn look(&self, id: &str) -> Option<&Calendar> {
        self.calendars.get(id)
    }

    /// A new name that nobody had.
    pub(super) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Somebody has to be told.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Keeps an event as of now: its etag is twice the microseconds of its change, and grows.
    pub(super) fn keep(&mut self, calendar: &str, mut fields: Fields, by_client: bool) -> Fields {
        self.last_micros = self.now().timestamp_micros().max(self.last_micros + 1);
        let updated = DateTime::from_timestamp_micros(self.last_micros).unwrap_or_default();
        let updated = updated.to_rfc3339_opts(SecondsFormat::Millis, true);
        let etag = format!("\"{}\"", 2 * self.last_micros);
        fields.insert("updated".to_owned(), json!(updated));
        fields.insert("etag".to_owned(), json!(etag));
        if !fields.contains_key("created") {
            fields.insert("created".to_owned(), json!(updated));
        }
        self.normalise(&mut fields);
        self.calendar(calendar).keep(fields.clone(), by_client);
        self.tell(calendar);
        fields
    }

    /// Tells every channel of a calendar.
    fn tell(&mut self, calendar: &str) {
        let (now, goes_on) = (self.now(), self.switches.tells_after_stop);
        self.push.changed(calendar, now, goes_on);
        self.wake();
    }

    /// What this Google makes of texts, whoever writes them.
    fn normalise(&self, fields: &mut Fields) {
        let get = |name: &str| event::text(fields, name).to_owned();
        let shown = self.manners.shown(&model::Fields {
            title: get("summary"),
            span: None,
            description: get("description"),
            location: get("location"),
            recurs: false,
        });
        let texts = [
            ("summary", shown.title),
            ("description", shown.description),
            ("location", shown.location),
        ];
        for (name, text) in texts {
            if fields.contains_key(name) {
                fields.insert(name.to_owned(), json!(text));
            }
        }
    }
}
