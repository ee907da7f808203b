//! Runs scenarios, each twice, and makes the ones that fail small.

use crate::choices::Choices;
use crate::ending;
use crate::invariants;
use crate::scenario::{Scenario, Setup, Step};
use crate::verbs::Verb;
use crate::world::{Tally, World, lock};
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Steps of a scenario that is drawn from a seed.
const STEPS: usize = 60;
/// Runs that making a scenario small may take.
const SHRINKING_MAX: u32 = 400;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Over everything that went in and out.
    pub hash: u64,
    /// What was not as it must be, and after which step.
    pub broken: Option<(usize, String)>,
    /// The last of what went in and out.
    pub trace: Vec<String>,
    /// How often what happened.
    pub tally: Tally,
}

impl Ran {
    fn kind(&self) -> String {
        kind_of(self.broken.as_ref().map_or("", |(_, why)| why))
    }
}

/// The scenario of a seed. With `SIM_PLAIN=1` everything is in play in each, for a comparison.
pub fn of_seed(seed: u64) -> Scenario {
    match crate::told("SIM_PLAIN") {
        None => drawn(seed, Scenario::draw_swarm),
        Some(_) => drawn(seed, Scenario::draw),
    }
}

fn drawn(seed: u64, draw: impl FnOnce(&mut Choices, usize) -> Scenario) -> Scenario {
    let mut scenario = draw(&mut Choices::seeded(seed), STEPS);
    begin(&mut scenario.steps, seed);
    scenario
}

/// Both subscribe first, in most scenarios.
fn begin(steps: &mut Vec<Step>, seed: u64) {
    let subscribe = |who| Step {
        verb: Verb::Subscribe,
        args: vec![who, 0],
    };
    let round = |who| Step {
        verb: Verb::Round,
        args: vec![who],
    };
    steps.insert(0, subscribe(0));
    if !seed.is_multiple_of(3) {
        steps.insert(1, subscribe(1));
        steps.insert(2, round(1));
    }
    if !seed.is_multiple_of(4) {
        steps.insert(1, round(0));
    }
}

/// Runs a scenario once.
pub fn run(scenario: &Scenario) -> Ran {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let ran = catch_unwind(AssertUnwindSafe(|| runtime.block_on(go(scenario))));
    ran.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Ran {
            hash: 0,
            broken: Some((usize::MAX, format!("panic: {}", text.unwrap_or_default()))),
            trace: vec![],
            tally: Tally::new(),
        }
    })
}

async fn go(scenario: &Scenario) -> Ran {
    let mut world = World::new(scenario.setup).await;
    let broken = through(&mut world, scenario).await.err();
    let (trace, hash) = world.io.trace();
    Ran {
        hash,
        broken,
        trace,
        tally: world.tally,
    }
}

async fn through(world: &mut World, scenario: &Scenario) -> Result<(), (usize, String)> {
    for (n, step) in scenario.steps.iter().enumerate() {
        world.io.note(format!("{n} {step}"));
        let said = world.carry_out(step).await.map_err(|why| (n, why))?;
        world.io.note(format!("= {said}"));
        invariants::check(world).await.map_err(|why| (n, why))?;
    }
    let all = scenario.steps.len();
    ending::heal(world).await.map_err(|why| (all, why))
}

/// Runs a scenario twice: the same things must happen.
pub fn twice(scenario: &Scenario) -> Result<Tally, String> {
    let first = run(scenario);
    if let Some((_, why)) = first.broken {
        return Err(why);
    }
    let second = run(scenario);
    if first.hash != second.hash {
        return Err("the second run is not as the first".to_owned());
    }
    Ok(first.tally)
}

/// Runs the scenarios of many seeds on all processors; those that fail and why, and how often what happened.
pub fn all(seeds: Range<u64>) -> (BTreeMap<u64, String>, Tally) {
    let next = AtomicU64::new(seeds.start);
    let ran = AtomicU64::new(0);
    let failed = Mutex::new(BTreeMap::new());
    let tally = Mutex::new(Tally::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                crate::planted::plant_told();
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        return;
                    }
                    match twice(&of_seed(seed)) {
                        Ok(happened) => add(&mut lock(&tally), happened),
                        Err(why) => drop(lock(&failed).insert(seed, why)),
                    }
                    ran.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(
        ran.into_inner(),
        seeds.end - seeds.start,
        "not every seed was run"
    );
    let failed = failed.into_inner().unwrap_or_default();
    (failed, tally.into_inner().unwrap_or_default())
}

fn add(tally: &mut Tally, happened: Tally) {
    for (word, times) in happened {
        *tally.entry(word).or_default() += times;
    }
}

/// The smallest scenario that was found to fail alike, and how.
pub fn shrink(scenario: &Scenario) -> (Scenario, Ran) {
    let mut best = scenario.clone();
    let mut ran = run(&best);
    let mut runs = 0;
    let kind = ran.kind();
    let mut fails = |candidate: &Scenario, ran: &mut Ran| {
        if runs >= SHRINKING_MAX {
            return false;
        }
        runs += 1;
        let again = run(candidate);
        let alike = again.broken.is_some() && again.kind() == kind;
        if alike {
            *ran = again;
        }
        alike
    };
    let mut chunk = (best.steps.len() / 2).max(1);
    loop {
        let mut at = 0;
        while at < best.steps.len() {
            let mut candidate = best.clone();
            candidate
                .steps
                .drain(at..(at + chunk).min(best.steps.len()));
            if fails(&candidate, &mut ran) {
                best = candidate;
            } else {
                at += chunk;
            }
        }
        if chunk == 1 {
            break;
        }
        chunk /= 2;
    }
    for candidate in simpler_setups(best.setup) {
        let candidate = Scenario {
            setup: candidate,
            ..best.clone()
        };
        if fails(&candidate, &mut ran) {
            best = candidate;
        }
    }
    (best, ran)
}

/// The first words of what is broken: a smaller scenario must not fail for another reason.
pub fn kind_of(why: &str) -> String {
    let letters = |word: &&str| word.chars().all(char::is_alphabetic);
    why.split([' ', ':'])
        .filter(letters)
        .collect::<Vec<_>>()
        .join(" ")
}

fn simpler_setups(setup: Setup) -> Vec<Setup> {
    vec![
        Setup {
            objects: 0,
            ..setup
        },
        Setup { events: 0, ..setup },
        Setup {
            objects: 0,
            events: 0,
            ..setup
        },
        Setup { zone: 0, ..setup },
        Setup { policy: 0, ..setup },
    ]
}
