//! An office: ADVANTA (the stand-in), the bridge as a program of its own, and its people's calendars.

use crate::advanta_standin::{Person, StandIn, Thing, World};
use crate::harness::{Bridge, Dav};
use advanta_bridge::ical::text;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a slow machine.
pub const SOON: Duration = Duration::from_secs(30);

/// How the bridge is set up beside the addresses.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Seconds between two comparisons with ADVANTA's list.
    pub reconcile_secs: u32,
    /// Further lines of `[advanta]`.
    pub settings: &'static str,
}

/// Hooks alone have to do it: the next comparison comes after the test.
pub const HOOKS_ONLY: Plan = Plan {
    reconcile_secs: 3600,
    settings: "",
};

/// The people of the office. The administrator of the bridge knows their logins and e-mails, ADVANTA their GUIDs.
pub const PEOPLE: [&str; 2] = ["anna", "boris"];

pub struct House {
    pub advanta: StandIn,
    pub bridge: Bridge,
    passwords: BTreeMap<&'static str, String>,
    /// Where each person's calendar is.
    homes: BTreeMap<&'static str, String>,
}

/// Who somebody is in ADVANTA.
pub fn guid(who: &str) -> String {
    format!("guid-{who}")
}

impl House {
    /// Opens the office; the bridge has seen ADVANTA once when this returns.
    pub fn open(seed: u64, plan: Plan) -> Self {
        Self::beside(StandIn::start(seed), plan)
    }

    /// The same beside an ADVANTA that runs already.
    pub fn beside(advanta: StandIn, plan: Plan) -> Self {
        for who in PEOPLE {
            let mut person = Person::new(&guid(who), who);
            person.login = None;
            person.email = Some(format!("{who}@example.com"));
            advanta.world().put_person(person);
        }
        let mut passwords = BTreeMap::new();
        let mut ids = BTreeMap::new();
        let bridge = Bridge::installed(|folder| {
            configure(folder, &advanta.url(), &advanta, plan);
            for who in PEOPLE {
                let email = format!("{who}@example.com");
                let id = cli(
                    folder,
                    &["user", "add", who, "--name", who, "--email", &email],
                );
                ids.insert(who, id);
                let secret = cli(folder, &["app-password", "add", who, "--label", "test"]);
                passwords.insert(who, secret);
            }
        });
        advanta.hooks_to(bridge.url());
        let homes = ids
            .into_iter()
            .map(|(who, id)| (who, format!("/dav/calendars/{id}/advanta/")))
            .collect();
        let house = Self {
            advanta,
            bridge,
            passwords,
            homes,
        };
        house.advanta.until(SOON, |world| {
            world.count(crate::advanta_standin::Op::Changes) > 0
        });
        // A person is known when their own things reach them.
        for who in PEOPLE {
            house.add(
                Thing::new(crate::advanta_standin::Sort::Note, "Ключи", &guid(who))
                    .planned("2026-12-01T09:00", "2026-12-01T09:30"),
            );
            house.wait(&format!("{who} sees the first note"), || {
                house.titles(who).contains_key("Ключи")
            });
        }
        house
    }

    pub fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.advanta.world()
    }

    /// Somebody makes a thing in ADVANTA.
    pub fn add(&self, thing: Thing) -> uuid::Uuid {
        self.world().add(thing)
    }

    pub fn dav(&self, who: &str) -> Dav {
        Dav::new(self.bridge.url(), Some((who, &self.passwords[who])))
    }

    pub fn password(&self, who: &str) -> &str {
        &self.passwords[who]
    }

    /// The collection of a person.
    pub fn home(&self, who: &str) -> &str {
        &self.homes[who]
    }

    /// Kills the bridge and starts it on the same data; ADVANTA's hooks follow it.
    pub fn kill_and_restart(&mut self) {
        self.bridge.restart();
        self.advanta.hooks_to(self.bridge.url());
    }

    /// What a client finds: href, text, by title. Titles are unique in these tests.
    pub fn titles(&self, who: &str) -> BTreeMap<String, (String, String)> {
        let (dav, home) = (self.dav(who), self.home(who));
        let listing = dav.list(home);
        if listing.is_empty() {
            return BTreeMap::new();
        }
        let hrefs: Vec<&str> = listing.keys().map(String::as_str).collect();
        let mut found = BTreeMap::new();
        for response in dav.multiget(home, &hrefs).responses {
            let Some(text) = response
                .found
                .get("{urn:ietf:params:xml:ns:caldav}calendar-data")
            else {
                continue;
            };
            let text = text.text.clone();
            found.insert(property(&text, "SUMMARY"), (response.href, text));
        }
        found
    }

    /// The text of the event of this title.
    pub fn event(&self, who: &str, title: &str) -> (String, String) {
        let found = self.titles(who);
        found
            .get(title)
            .unwrap_or_else(|| panic!("{who} sees no {title}: {:?}", found.keys()))
            .clone()
    }

    /// Waits until something is so; panics with its name when that takes too long.
    pub fn wait(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let end = Instant::now() + SOON;
        while !is_so() {
            assert!(
                Instant::now() < end,
                "not within {SOON:?}: {what}\n{}",
                self.bridge.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Writes settings and secrets.
pub fn configure(folder: &Path, url: &str, advanta: &StandIn, plan: Plan) {
    let write = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, private).expect("its mode");
        path.display().to_string()
    };
    // With certificates there is no token.
    let proof = match advanta.certificates() {
        None => format!("token_file = \"{}\"", write("token", advanta.token())),
        Some(known) => format!(
            "ca_certificates = \"{}\"\nclient_certificate = \"{}\"\nclient_key = \"{}\"",
            write("ca.pem", &known.authority),
            write("client.pem", &known.certificate),
            write("client-key.pem", &known.key),
        ),
    };
    let secrets = write("secrets", &advanta.secret());
    let (every, more) = (plan.reconcile_secs, plan.settings);
    write(
        "config.toml",
        &format!(
            "[advanta]\nurl = \"{url}\"\n{proof}\nhook_secrets_file = \"{secrets}\"\nreconcile_secs = {every}\nbreaker_wait_secs = 1\nbreaker_wait_max_secs = 1\n{more}\n"
        ),
    );
}

/// Runs a command of the bridge on a folder; how it ended.
pub fn cli_of(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_advanta-bridge"))
        .args(args)
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--config")
        .arg(folder.join("config.toml"))
        .output()
        .expect("the program runs")
}

/// Runs a command that has to succeed; what it says.
pub fn cli(folder: &Path, args: &[&str]) -> String {
    let output = cli_of(folder, args);
    let (said, failed) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{args:?}: {failed}");
    said.trim().to_owned()
}

/// The value of the first property of this name, unescaped.
pub fn property(ics: &str, name: &str) -> String {
    let unfolded = ics.replace("\r\n ", "");
    let line = unfolded.lines().find(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with([':', ';']))
    });
    let value = line
        .and_then(|line| line.split_once(':'))
        .map(|(_, value)| value);
    text::unescape(value.unwrap_or_default())
}
