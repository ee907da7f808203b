//! What stands between ADVANTA and a calendar costs: hook → visible in a sync-collection report, and a client's edit → ADVANTA,
//! over real HTTP between three programs' worth of code on this machine.
//!
//! `cargo bench --bench advanta`; beside each figure stands what the same bridge takes for a bare GET, and what the disk takes for
//! one fdatasync of 2 KB: two commits lie on each way.

#[expect(
    dead_code,
    unused_imports,
    reason = "a benchmark uses a part of the stand-in"
)]
#[path = "../tests/standins/advanta/mod.rs"]
mod advanta_standin;
#[expect(
    dead_code,
    unused_imports,
    reason = "a benchmark uses a part of the harness"
)]
#[path = "../tests/it/harness/mod.rs"]
mod harness;
#[expect(dead_code, reason = "a benchmark uses a part of the house")]
#[path = "../tests/it/together/house.rs"]
mod house;

use advanta_standin::{Right, Sort, Thing};
use harness::with_line;
use house::{HOOKS_ONLY, House, SOON, guid};
use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// Rounds of each measurement.
const ROUNDS: u32 = 500;
/// Objects of the first comparison.
const OBJECTS: u32 = 5_000;

fn main() {
    let house = House::open(1, HOOKS_ONLY);
    println!("{ROUNDS} rounds, milliseconds");
    println!("{:<44}{:>8}{:>8}{:>8}{:>8}", "", "p50", "p90", "p99", "max");
    let disk = disk();
    row("fdatasync of 2 KB on this disk", disk.clone());
    let get = get(&house);
    row("GET of one event", get.clone());
    let hook = hook(&house);
    row("hook → visible in sync-collection", hook.clone());
    let edit = edit(&house);
    row("PUT → its answer (ADVANTA has stored it)", edit.clone());
    let ratio = |of: &[Duration], to: &[Duration]| half(of).as_secs_f64() / half(to).as_secs_f64();
    println!(
        "at p50: hook {:.1}x, edit {:.1}x of a GET; hook {:.1}x, edit {:.1}x of an fdatasync",
        ratio(&hook, &get),
        ratio(&edit, &get),
        ratio(&hook, &disk),
        ratio(&edit, &disk),
    );
    reconcile(&house);
    println!("resident: {}", resident(&house));
    house.advanta.finish();
}

/// Half of them were faster.
fn half(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

fn row(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| {
        let place = (times.len() as f64 * part) as usize;
        times[place.min(times.len() - 1)].as_secs_f64() * 1000.0
    };
    let (p50, p90, p99, max) = (at(0.5), at(0.9), at(0.99), at(1.0));
    println!("{name:<44}{p50:>8.2}{p90:>8.2}{p99:>8.2}{max:>8.2}");
}

fn times(mut round: impl FnMut(u32) -> Duration) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..ROUNDS).map(&mut round).collect();
    times.sort();
    times
}

fn disk() -> Vec<Duration> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut file = File::create(folder.path().join("file")).expect("a file");
    times(|_| {
        let start = Instant::now();
        file.write_all(&[7; 2048]).expect("a write");
        file.sync_data().expect("a sync");
        start.elapsed()
    })
}

fn get(house: &House) -> Vec<Duration> {
    let (href, _) = house.event("anna", "Ключи");
    let dav = house.dav("anna");
    times(|_| {
        let start = Instant::now();
        assert_eq!(dav.get(&href).status, 200);
        start.elapsed()
    })
}

/// From the change in ADVANTA, which posts its hook at once, to the first report that tells of it.
fn hook(house: &House) -> Vec<Duration> {
    let thing = Thing::new(Sort::Task, "Смета", &guid("anna"))
        .planned("2026-12-01T09:00", "2026-12-01T18:00")
        .shared(&guid("boris"), &[Right::Title]);
    let id = house.add(thing);
    house.wait("the task", || house.titles("anna").contains_key("Смета"));
    let (dav, home) = (house.dav("anna"), house.home("anna").to_owned());
    let mut token = dav.sync(&home, "").sync_token.expect("a token");
    times(|round| {
        house
            .world()
            .edit(id, |thing| thing.title = format!("Смета {round}"));
        let start = Instant::now();
        loop {
            let news = dav.sync(&home, &token);
            if !news.listing().is_empty() {
                token = news.sync_token.expect("a token");
                return start.elapsed();
            }
        }
    })
}

/// The answer waits for ADVANTA's read-back, so it tells of both.
fn edit(house: &House) -> Vec<Duration> {
    house.add(
        Thing::new(Sort::Note, "Обед", &guid("anna"))
            .planned("2026-12-02T09:00", "2026-12-02T10:00"),
    );
    house.wait("the note", || house.titles("anna").contains_key("Обед"));
    let (href, text) = house.event("anna", "Обед");
    let dav = house.dav("anna");
    times(|round| {
        let title = format!("Обед {round}");
        let edited = with_line(&text, "SUMMARY", &format!("SUMMARY:{title}"));
        let start = Instant::now();
        assert_eq!(dav.put(&href, &edited).status, 204);
        let taken = start.elapsed();
        assert!(house.world().things().any(|thing| thing.title == title));
        taken
    })
}

/// A first comparison of many objects that no hook told of, and a quiet one.
fn reconcile(house: &House) {
    house.world().hooks.lose_one_in = 1;
    for number in 0..OBJECTS {
        let title = format!("Задача {number}");
        let thing = Thing::new(Sort::Task, &title, &guid("anna"))
            .planned("2026-12-01T09:00", "2026-12-01T18:00")
            .shared(&guid("boris"), &[]);
        house.add(thing);
    }
    house.advanta.drained(SOON);
    for what in ["a comparison", "a quiet comparison"] {
        let calls = house.world().calls.len();
        let start = Instant::now();
        let said = house::cli(house.bridge.folder(), &["reconcile", "--json"]);
        let taken = start.elapsed();
        let calls = house.world().calls.len() - calls;
        println!(
            "{what} in {:.2} s, {calls} calls: {said}",
            taken.as_secs_f64()
        );
    }
}

fn resident(house: &House) -> String {
    let status = house.bridge.status_of_process();
    let lines = status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    lines.collect::<Vec<_>>().join(", ").replace('\t', " ")
}
