//! The real engine in a fake world: planner, worker, rules, outbox and store, with everything outside them in the hands of a seed.
//!
//! `SIM_FROM=17 SIM_SEEDS=1 cargo test --test sim seeds -- --nocapture` runs one seed again; `tests/sim-50000` runs many. A failure
//! prints its seed and a scenario made small, which goes into `tests/sim/found`. With `SIM_FILE=scenario.txt` the same command runs that
//! scenario and shows all that happens (`SIM_FAULT` plants a fault); with `SIM_SURVEY=1` it lists every kind of failure, with `SIM_COUNT=1` how many
//! seeds find each planted fault (`SIM_PLAIN=1`: of seeds that have everything in play).
//!
//! | | |
//! |---|---|
//! | [`choices`] | a seed, all small scenarios, or bytes |
//! | [`scenario`], [`verbs`] | what can happen, as plain data |
//! | [`swarm`] | what of it is in play in one seed, and how often |
//! | [`manners`] | how remote calendars behave: one table |
//! | [`calendar`], [`remote`], [`advanta`], [`store`], [`io`] | the fakes, and the wire that is cut |
//! | [`actors`], [`deeds`] | people, and what the bridge is asked to do |
//! | [`invariants`], [`ending`] | what must hold after every step, and at the end |
//! | [`run`] | twice, and smaller |

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod actors;
mod advanta;
mod calendar;
mod choices;
mod dates;
mod deeds;
mod ending;
mod invariants;
mod io;
mod manners;
mod planted;
mod remote;
mod run;
mod scenario;
mod series;
mod small;
mod store;
mod swarm;
mod verbs;
mod world;

use std::io::Write as _;

/// Seeds that an ordinary run takes, each twice: with all other tests of this binary 16 seconds on two processors (measured once).
const SEEDS: u64 = 1000;

/// What has to happen in them: what rounds do, and how edits end.
const HAPPENS: [&str; 20] = [
    "import",
    "adopt",
    "edit",
    "delete-object",
    "restore",
    "create",
    "write",
    "delete-event",
    "remark",
    "forget",
    "held",
    "applied",
    "superseded",
    "actual-start",
    "no-right-to-dates",
    "no-right-to-title",
    "not-deletable",
    "no-recurrence",
    "not-writable",
    "killed",
];

fn told(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs a printed scenario and shows all that happened; `SIM_FAULT` plants a fault.
fn replay(path: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    let scenario = scenario::Scenario::parse(&text).expect("a scenario");
    planted::plant_told();
    let ran = run::run(&scenario);
    for line in &ran.trace {
        println!("{line}");
    }
    println!("-> {:?}", ran.broken);
}

/// Scenarios that once failed, each made small, by file.
fn kept() -> Vec<(String, scenario::Scenario)> {
    let found = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sim/found");
    let mut files: Vec<_> = std::fs::read_dir(found)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        (name, scenario::Scenario::parse(&text).expect("a scenario"))
    };
    files.into_iter().map(read).collect()
}

#[test]
fn what_was_found_stays_mended() {
    for (file, scenario) in kept() {
        let ran = run::twice(&scenario);
        assert!(ran.is_ok(), "{file}: {ran:?}");
    }
}

/// Every kind of failure in many seeds, each with its smallest scenario: for a look at the whole.
fn survey(from: u64, count: u64) {
    let mut kinds: std::collections::BTreeMap<String, Vec<u64>> = Default::default();
    let (failed, _) = run::all(from..from + count);
    for (seed, why) in failed {
        kinds.entry(run::kind_of(&why)).or_default().push(seed);
    }
    let failed: usize = kinds.values().map(Vec::len).sum();
    println!("{failed} of {count} seeds fail");
    planted::plant_told();
    for (kind, seeds) in &kinds {
        println!(
            "\n======== {} times: {kind} (seeds {:?})",
            seeds.len(),
            &seeds[..seeds.len().min(8)]
        );
        let (small, end) = run::shrink(&run::of_seed(seeds[0]));
        let from = end.trace.len().saturating_sub(90);
        let traced = end.trace[from..]
            .iter()
            .filter(|line| !line.contains("watch"));
        for line in traced.take_while(|line| *line != "HEAL 3") {
            println!("{line}");
        }
        println!("{small}-> {:?}", end.broken);
    }
}

#[test]
fn seeds() {
    let from = told("SIM_FROM").unwrap_or(0);
    let count = told("SIM_SEEDS").unwrap_or(SEEDS);
    if let Ok(path) = std::env::var("SIM_FILE") {
        return replay(&path);
    }
    if told("SIM_COUNT").is_some() {
        return planted::count(from..from + count);
    }
    if told("SIM_SURVEY").is_some() {
        return survey(from, count);
    }
    let began = std::time::Instant::now();
    let (failed, tally) = run::all(from..from + count);
    if let Some((seed, why)) = failed.first_key_value() {
        let (small, end) = run::shrink(&run::of_seed(*seed));
        let from = end.trace.len().saturating_sub(120);
        for line in &end.trace[from..] {
            println!("{line}");
        }
        panic!(
            "{} of {count} seeds fail; seed {seed}: {why}\n{small}-> {:?}",
            failed.len(),
            end.broken
        );
    }
    // Past the harness, which shows what is printed only of tests that fail.
    let took = format!("{count} seeds, each twice, in {:.1?}\n", began.elapsed());
    let _nobody_reads = std::io::stderr().write_all(took.as_bytes());
    println!("{tally:?}");
    if (from, count) == (0, SEEDS) {
        let missed = HAPPENS.iter().filter(|word| !tally.contains_key(**word));
        let missed: Vec<_> = missed.collect();
        assert!(missed.is_empty(), "never happened: {missed:?}");
    }
}
