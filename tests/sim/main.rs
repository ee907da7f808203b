//! The real engine in a fake world: planner, worker, rules, outbox and store, with everything outside them in the hands of a seed.
//!
//! `SIM_FROM=17 SIM_SEEDS=1 cargo test --test sim seeds -- --nocapture` runs one seed again; `tests/sim-50000` runs many. A failure
//! prints its seed and a scenario made small, which goes into `tests/sim/found`.
//!
//! | | |
//! |---|---|
//! | [`choices`] | a seed, all small scenarios, or bytes |
//! | [`scenario`], [`verbs`] | what can happen, as plain data |
//! | [`manners`] | how remote calendars behave: one table |
//! | [`calendar`], [`remote`], [`advanta`], [`store`], [`io`] | the fakes, and the wire that is cut |
//! | [`actors`], [`deeds`] | people, and what the bridge is asked to do |
//! | [`invariants`], [`ending`] | what must hold after every step, and at the end |
//! | [`run`] | twice, and smaller |

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
mod remote;
mod run;
mod scenario;
mod series;
mod store;
mod verbs;
mod world;

/// Seeds that an ordinary run takes.
const SEEDS: u64 = 300;

fn told(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Every kind of failure in many seeds, each with its smallest scenario: for a look at the whole.
#[test]
#[ignore = "a survey for people; it fails at nothing"]
fn survey() {
    let from = told("SIM_FROM").unwrap_or(0);
    let count = told("SIM_SEEDS").unwrap_or(SEEDS);
    let mut kinds: std::collections::BTreeMap<String, Vec<u64>> = Default::default();
    for seed in from..from + count {
        if let Err(why) = run::twice(&run::of_seed(seed)) {
            kinds.entry(run::kind_of(&why)).or_default().push(seed);
        }
    }
    let failed: usize = kinds.values().map(Vec::len).sum();
    println!("{failed} of {count} seeds fail");
    for (kind, seeds) in &kinds {
        println!("\n======== {} times: {kind} (seeds {:?})", seeds.len(), &seeds[..seeds.len().min(8)]);
        let (small, end) = run::shrink(&run::of_seed(seeds[0]));
        let from = end.trace.len().saturating_sub(90);
        let traced = end.trace[from..].iter().filter(|line| !line.contains("watch"));
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
    let began = std::time::Instant::now();
    let mut ran = 0;
    for seed in from..from + count {
        let scenario = run::of_seed(seed);
        if let Err(why) = run::twice(&scenario) {
            let (small, end) = run::shrink(&scenario);
            let from = end.trace.len().saturating_sub(120);
            for line in &end.trace[from..] {
                println!("{line}");
            }
            panic!("seed {seed}: {why}\n{small}-> {:?}", end.broken);
        }
        ran += 1;
    }
    assert_eq!(ran, count);
    println!("{ran} seeds, each twice, in {:?}", began.elapsed());
}
