//! An office whose people have Google calendars: ADVANTA and Google (stand-ins), the bridge as a program of its own, and a browser.

use crate::advanta_standin::StandIn as Advanta;
use crate::google_standin::manners::Manners;
use crate::google_standin::{Consent, StandIn, World};
use crate::together::house::{HOOKS_ONLY, House, Plan, SOON, cli, cli_of};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use serde_json::Value;
use std::time::{Duration, Instant};

pub const ANNA: &str = "anna@example.com";
/// The first day of every subscription here.
pub const START: &str = "2026-11-01";

/// How the bridge is set up beside the addresses.
#[derive(Clone, Copy)]
pub struct Setup {
    /// Whether Google may tell the bridge of changes.
    pub push: bool,
    /// Seconds between two looks.
    pub poll_secs: u32,
    /// Milliseconds after the first notice of a burst until the calendar is looked at.
    pub debounce_ms: u32,
    /// Further lines of `[sync]`.
    pub sync: &'static str,
    /// Further lines of `[google]`.
    pub google: &'static str,
}

/// Google tells of changes; a look comes after the test.
pub const PUSH: Setup = Setup {
    push: true,
    poll_secs: 3600,
    debounce_ms: 300,
    sync: "",
    google: "",
};

/// Google tells nothing.
pub const POLL: Setup = Setup {
    push: false,
    poll_secs: 1,
    debounce_ms: 300,
    sync: "",
    google: "",
};

pub struct Office {
    pub house: House,
    pub google: StandIn,
    push: bool,
}

impl Office {
    /// Opens the office; the integration is switched on, and nobody is connected.
    pub fn open(manners: &Manners, setup: Setup) -> Self {
        let google = StandIn::start(manners);
        google.world().switches.says_presence = true;
        google.world().add_user(ANNA);
        google.world().add_user("boris@example.com");
        google.world().consent(ANNA, Consent::Agrees);
        let to = google.addresses();
        let settings = format!(
            "[sync]\npush_debounce_ms = {debounce}\nbackoff_secs = 1\nbackoff_max_secs = 2\npoll_jitter_percent = 0\n{}\
             [google]\nauthorize_url = \"{}\"\ntoken_url = \"{}\"\nrevoke_url = \"{}\"\napi_url = \"{}\"\nbatch_url = \"{}\"\n\
             user_requests_per_minute = 1000000\nproject_requests_per_minute = 1000000\nbackoff_secs = 1\n\
             poll_secs = {every}\npoll_watched_secs = {every}\n{}\n",
            setup.sync,
            to.authorize,
            to.token,
            to.revoke,
            to.api,
            to.batch,
            setup.google,
            every = setup.poll_secs,
            debounce = setup.debounce_ms,
        );
        let plan = Plan {
            settings: settings.leak(),
            ..HOOKS_ONLY
        };
        let house = House::beside(Advanta::start(1), plan);
        let office = Self {
            house,
            google,
            push: setup.push,
        };
        office.switch_on();
        office
    }

    /// What an administrator does once.
    fn switch_on(&self) {
        let folder = self.house.bridge.folder();
        let secret = folder.join("client-secret");
        std::fs::write(&secret, self.google.client_secret()).expect("a file");
        let secret = secret.to_str().expect("a UTF-8 path");
        let push = self.push_address();
        cli(
            folder,
            &[
                "integration",
                "google",
                "set",
                "--enable",
                "--client-id",
                self.google.client_id(),
                "--client-secret-file",
                secret,
                "--application-name",
                "ADVANTA",
                "--push-address",
                &push,
            ],
        );
    }

    fn push_address(&self) -> String {
        if self.push {
            self.house.bridge.url().to_owned()
        } else {
            String::new()
        }
    }

    /// Kills the bridge and starts it on the same data; it has another port then.
    pub fn kill_and_restart(&mut self) {
        self.house.kill_and_restart();
        let (folder, push) = (self.house.bridge.folder(), self.push_address());
        cli(
            folder,
            &["integration", "google", "set", "--push-address", &push],
        );
    }

    pub fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.google.world()
    }

    /// Anna at her browser.
    pub fn browser(&self) -> Browser {
        Browser {
            http: Client::builder()
                .redirect(Policy::none())
                .build()
                .expect("a client"),
            root: self.house.bridge.url().trim_end_matches('/').to_owned(),
            password: self.house.password("anna").to_owned(),
        }
    }

    /// Anna connects her main calendar from [`START`] on, by the pages, and the first comparison is over.
    pub fn connect(&self) {
        let browser = self.browser();
        browser.agree();
        browser.act(&[("act", "choose"), ("calendar", ANNA), ("start", START)]);
        self.wait_synced();
    }

    /// Waits until a round went through and none is under way.
    pub fn wait_synced(&self) {
        self.wait("a comparison", || {
            let shown = self.shown();
            shown["synced"].is_string() && shown["progress"].is_null()
        });
    }

    /// Anna's subscription as the command line shows it.
    pub fn shown(&self) -> Value {
        let told = cli(
            self.house.bridge.folder(),
            &["subscription", "show", "anna", "--json"],
        );
        let mut shown: Value = serde_json::from_str(&told).expect("JSON");
        if let Some(row) = shown["subscription"].as_object().cloned() {
            let all = shown.as_object_mut().expect("an object");
            all.extend(row);
        }
        shown
    }

    /// A full comparison; what it counted.
    pub fn sync(&self) -> Value {
        let folder = self.house.bridge.folder();
        let command = ["subscription", "sync", "anna", "--from", START, "--json"];
        let end = Instant::now() + SOON;
        loop {
            let done = cli_of(folder, &command);
            let failed = String::from_utf8_lossy(&done.stderr).into_owned();
            if done.status.success() {
                let told = String::from_utf8_lossy(&done.stdout).into_owned();
                let last = told.lines().last().unwrap_or_default();
                return serde_json::from_str(last).expect("JSON");
            }
            // A round by itself may be under way just then.
            let busy = failed.contains("a round of this subscription is under way");
            assert!(busy && Instant::now() < end, "{failed}");
        }
    }

    /// The live event of this title in Anna's calendar.
    pub fn event(&self, title: &str) -> Option<Value> {
        let events = self.world().events(ANNA);
        let live = |event: &&Value| event["status"] != "cancelled";
        let mut named = events
            .iter()
            .filter(live)
            .filter(|event| event["summary"] == title);
        named.next().cloned()
    }

    pub fn has_event(&self, title: &str) -> bool {
        self.event(title).is_some()
    }

    /// The live events of Anna's calendar.
    pub fn live(&self) -> usize {
        let events = self.world().events(ANNA);
        events
            .iter()
            .filter(|event| event["status"] != "cancelled")
            .count()
    }

    /// The id of the event of this title.
    pub fn id_of(&self, title: &str) -> String {
        let event = self.event(title);
        let event = event.unwrap_or_else(|| panic!("there is no event {title}"));
        event["id"].as_str().expect("an id").to_owned()
    }

    /// Titles of Anna's notes and tasks, as a calendar client sees them.
    pub fn titles(&self) -> Vec<String> {
        self.house.titles("anna").into_keys().collect()
    }

    /// Waits until something is so.
    pub fn wait(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let end = Instant::now() + SOON;
        while !is_so() {
            assert!(
                Instant::now() < end,
                "not within {SOON:?}: {what}\nGoogle: {}\n{}",
                self.world().last(),
                self.house.bridge.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until nothing more is asked of Google: half a second without a request.
    pub fn wait_quiet(&self) {
        let mut before = self.world().counts().requests;
        let mut since = Instant::now();
        let end = Instant::now() + SOON;
        while since.elapsed() < Duration::from_millis(800) {
            assert!(Instant::now() < end, "Google is asked all the time");
            std::thread::sleep(Duration::from_millis(20));
            let now = self.world().counts().requests;
            if now != before {
                (before, since) = (now, Instant::now());
            }
        }
    }
}

/// A browser with Anna's password.
pub struct Browser {
    http: Client,
    root: String,
    password: String,
}

/// A page: status, where it leads, and the document.
pub struct Page {
    pub status: u16,
    pub leads: Option<String>,
    pub html: String,
}

impl Browser {
    /// Opens an address; below the bridge with Anna's password.
    pub fn open(&self, address: &str) -> Page {
        let own = address.starts_with('/');
        let address = if own {
            format!("{}{address}", self.root)
        } else {
            address.to_owned()
        };
        let mut request = self.http.get(&address).header("accept", "text/html");
        if address.starts_with(&self.root) {
            request = request.basic_auth("anna", Some(&self.password));
        }
        page(request.send().expect("an answer"))
    }

    /// Sends the form of the page with these fields.
    pub fn submit(&self, fields: &[(&str, &str)]) -> Page {
        let form = self.form();
        let mut fields = fields.to_vec();
        fields.push(("form", &form));
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let request = self
            .http
            .post(format!("{}/me/google", self.root))
            .basic_auth("anna", Some(&self.password))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(body.join("&"));
        page(request.send().expect("an answer"))
    }

    /// The same; it has to be done.
    pub fn act(&self, fields: &[(&str, &str)]) -> String {
        let done = self.submit(fields);
        assert_eq!(done.status, 303, "{fields:?}: {}", done.html);
        done.leads.expect("a place")
    }

    /// The token of the forms.
    pub fn form(&self) -> String {
        let html = self.open("/me/google").html;
        let rest = html.split("name=\"form\" value=\"").nth(1);
        let token = rest.and_then(|rest| rest.split('"').next());
        token
            .unwrap_or_else(|| panic!("a page without a form: {html}"))
            .to_owned()
    }

    /// «Авторизоваться»: to Google, agrees, and back.
    pub fn agree(&self) -> Page {
        let google = self.act(&[("act", "begin")]);
        let back = self.open(&google);
        assert_eq!(back.status, 302, "{}", back.html);
        self.open(&back.leads.expect("a way back"))
    }
}

fn page(response: reqwest::blocking::Response) -> Page {
    let leads = response.headers().get("location");
    let leads = leads.map(|value| value.to_str().expect("ASCII").to_owned());
    Page {
        status: response.status().as_u16(),
        leads,
        html: response.text().expect("text"),
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
