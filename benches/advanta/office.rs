//! An office to measure: ADVANTA (the stand-in) with its people and objects, and the bridge as a program of its own.

use crate::advanta_standin::{Person, Right, Sort, StandIn, Thing, signatures};
use crate::figures::Usage;
use crate::wire::{Line, Reply, basic};
use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use std::fs::{File, Permissions};
use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uuid::Uuid;

/// What the bridge says when it serves; the address follows.
const READY: &str = "ready: listening on ";
const ADMIN_TOKEN: &str = "token-of-the-benchmark-only";
/// Nothing here takes longer.
const LONG: Duration = Duration::from_secs(600);
/// How often a state is asked for that is waited for.
const LOOK: Duration = Duration::from_millis(5);
/// Who works in the office; each object has five of them, so each has a tenth of all objects.
pub const PEOPLE: usize = 50;
const PARTICIPANTS: usize = 5;

/// The person whose calendar is looked at.
pub const ANNA: &str = "person-0";

/// A folder with settings and secrets, and the program that runs on it. Killed, and the folder removed, when dropped.
pub struct Bridge {
    child: Child,
    /// Kept open: a bridge that prints more must not die of a closed pipe.
    _stdout: BufReader<ChildStdout>,
    url: String,
    folder: TempDir,
}

impl Bridge {
    /// Starts on a fresh folder on the disk of the working directory.
    pub fn start(settings: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::tempdir_in(".").expect("a temporary folder");
        configure(folder.path(), settings);
        let (child, stdout, url) = spawn(folder.path());
        Self {
            child,
            _stdout: stdout,
            url,
            folder,
        }
    }

    /// Ends it, and starts it again with other settings on the same data; returns how long the start took.
    pub fn restart(&mut self, settings: impl FnOnce(&Path) -> String) -> Duration {
        self.stop();
        configure(self.folder.path(), settings);
        let begin = Instant::now();
        (self.child, self._stdout, self.url) = spawn(self.folder.path());
        begin.elapsed()
    }

    /// The bare host.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the system says of the process now.
    pub fn usage(&self) -> Usage {
        Usage::of(self.pid())
    }

    /// The folder that goes when the bridge goes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Asks the administrator's API.
    pub fn admin(&self, method: &str, path: &str) -> Reply {
        let token = format!("Bearer {ADMIN_TOKEN}");
        let mut line = Line::to(&self.url, Some(&token));
        let reply = line.ask(method, &format!("/admin/v1/{path}"), &[], "");
        assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
        reply
    }

    /// Waits until a count of the bridge's status is as it should be.
    pub fn wait(&self, count: &str, is_right: impl Fn(u64) -> bool) {
        let end = Instant::now() + LONG;
        loop {
            let status = self.admin("GET", "status").body;
            let status: Value = serde_json::from_str(&status).expect("a status");
            if status[count].as_u64().is_some_and(&is_right) {
                return;
            }
            assert!(Instant::now() < end, "{count} is not right: {status}");
            std::thread::sleep(LOOK);
        }
    }

    /// Runs a command of the program on the same folder; what it says. `codes` are the exit codes that are no mistake.
    pub fn command(&self, args: &[&str], codes: &[i32]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_advanta-bridge"));
        let place = self.folder();
        command.args(args).arg("--data").arg(place.join("data"));
        command.arg("--config").arg(place.join("config.toml"));
        let output = command.output().expect("the program runs");
        let failed = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().unwrap_or(-1);
        assert!(codes.contains(&code), "{args:?}: {code}: {failed}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A new app password of a person, as a client shows it.
    pub fn password_of(&self, login: &str) -> String {
        let args = ["app-password", "add", login, "--label", "bench"];
        basic(login, &self.command(&args, &[0]))
    }

    fn stop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};
        // An error says that it is gone already.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // An error says that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configure(folder: &Path, settings: impl FnOnce(&Path) -> String) {
    let tokens = private(folder, "admin-tokens", ADMIN_TOKEN);
    let admin = format!("[admin]\ntoken_file = {tokens:?}\n");
    private(folder, "config.toml", &(admin + &settings(folder)));
}

/// Writes a file that nobody else may read; where it is, as seen from wherever the program runs.
pub fn private(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its mode");
    path.canonicalize().expect("its whole path")
}

fn spawn(folder: &Path) -> (Child, BufReader<ChildStdout>, String) {
    let log = folder.join("stderr.log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_advanta-bridge"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.join("data"))
        .arg("--config")
        .arg(folder.join("config.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(&log).expect("a log file"))
        .spawn()
        .expect("the program runs");
    let mut stdout = BufReader::new(child.stdout.take().expect("a piped stdout"));
    let mut lines = stdout.by_ref().lines().map_while(Result::ok);
    let url = lines.find_map(|line| line.strip_prefix(READY).map(str::to_owned));
    let url = url.unwrap_or_else(|| {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        panic!("the bridge ended before it was ready:\n{said}")
    });
    (child, stdout, url)
}

/// Settings of a bridge that asks ADVANTA at this address, and compares when it is told to.
pub fn with_advanta(folder: &Path, url: &str, advanta: &StandIn) -> String {
    let token = private(folder, "token", advanta.token());
    let secrets = private(folder, "secrets", &advanta.secret());
    format!(
        "[advanta]\nurl = {url:?}\ntoken_file = {token:?}\nhook_secrets_file = {secrets:?}\n\
         reconcile_secs = 86400\n"
    )
}

/// Hires everybody.
pub fn hire(advanta: &StandIn) {
    for number in 0..PEOPLE {
        let id = format!("person-{number}");
        advanta.world().put_person(Person::new(&id, &id));
    }
}

/// Makes objects of all the people, all editable by everyone in them; their ids.
pub fn furnish(advanta: &StandIn, objects: usize) -> Vec<Uuid> {
    let mut world = advanta.world();
    (0..objects)
        .map(|number| world.add(object(number)))
        .collect()
}

/// The ids of the objects that a person sees, of those that [`furnish`] made.
pub fn seen_by(advanta: &StandIn, ids: &[Uuid], person: &str) -> Vec<Uuid> {
    let world = advanta.world();
    let seen = |id: &&Uuid| {
        let thing = world.thing(**id).expect("an object");
        thing.people.contains_key(person)
    };
    ids.iter().filter(seen).copied().collect()
}

fn object(number: usize) -> Thing {
    let who = |place: usize| format!("person-{}", (number + place) % PEOPLE);
    let sort = if number.is_multiple_of(2) {
        Sort::Task
    } else {
        Sort::Meeting
    };
    let (month, day) = (number / 28 % 12 + 1, number % 28 + 1);
    let time = |hour: u32| format!("2026-{month:02}-{day:02}T{hour:02}:00");
    let mut thing = Thing::new(sort, &format!("Согласование {number}"), &who(0));
    thing.description = "Согласовать сроки и объёмы, уточнить состав работ. ".repeat(4);
    for place in 1..PARTICIPANTS {
        thing = thing.shared(&who(place), &Right::ALL);
    }
    thing.planned(&time(9), &time(10))
}

/// A hook as ADVANTA sends it, signed now.
pub struct Hook {
    body: String,
    id: String,
    timestamp: String,
    signature: String,
}

impl Hook {
    /// A fat one of these objects as they stand.
    pub fn of(advanta: &StandIn, ids: &[Uuid], number: usize) -> Self {
        let world = advanta.world();
        let whole = |id: &Uuid| world.thing(*id).expect("an object").json(None);
        let objects: Vec<Value> = ids.iter().map(whole).collect();
        let now = Utc::now();
        let sent = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let data = json!({ "objects": objects });
        let body = json!({ "type": "calendar.changed", "timestamp": sent, "data": data });
        let (id, body) = (format!("msg_bench_{number}"), body.to_string());
        let signature = signatures(&[advanta.secret()], &id, now.timestamp(), &body);
        let timestamp = now.timestamp().to_string();
        Self {
            body,
            id,
            timestamp,
            signature,
        }
    }

    /// Posts it; the bridge has it durably when this returns.
    pub fn post(&self, line: &mut Line) {
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", &*self.id),
            ("webhook-timestamp", &*self.timestamp),
            ("webhook-signature", &*self.signature),
        ];
        let reply = line.ask("POST", "/hooks/advanta", &headers, &self.body);
        assert_eq!(reply.status, 204, "{reply:?}");
    }
}
