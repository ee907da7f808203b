//! Shows that the simulation can fail: faults planted in planner, worker and outbox. The common ones are found within the seeds of an
//! ordinary run; each rare one, a fault that there was, by a scenario that was kept.

use crate::run;
use crate::scenario::Scenario;
pub use advanta_bridge::sync::planted::{Fault, plant};

/// Every fault.
pub fn all() -> impl Iterator<Item = Fault> {
    Fault::COMMON.into_iter().chain(Fault::RARE)
}

/// Plants in this thread the fault that `SIM_FAULT` names.
pub fn plant_told() {
    let told = std::env::var("SIM_FAULT").unwrap_or_default();
    let fault = all().find(|each| each.to_string() == told);
    plant(fault.as_slice());
}

/// What a scenario breaks with a fault, unless it breaks something without it too: the fault has to be what is found.
fn finds(scenario: &Scenario, fault: Fault) -> Option<String> {
    let why = breaks(scenario, &[fault])?;
    run::run(scenario).broken.is_none().then_some(why)
}

/// What a scenario breaks with some faults.
fn breaks(scenario: &Scenario, faults: &[Fault]) -> Option<String> {
    plant(faults);
    let ran = run::run(scenario);
    plant(&[]);
    ran.broken.map(|(_, why)| why)
}

#[test]
fn every_planted_fault_is_found() {
    let began = std::time::Instant::now();
    let mut missed = vec![];
    for fault in Fault::COMMON {
        let found =
            (0..crate::SEEDS).find_map(|seed| Some((seed, finds(&run::of_seed(seed), fault)?)));
        match found {
            Some((seed, why)) => println!("{fault}: seed {seed}: {why}"),
            None => missed.push(fault),
        }
    }
    println!("{} faults in {:?}", Fault::COMMON.len(), began.elapsed());
    assert!(missed.is_empty(), "nothing found {missed:?}");
}

#[test]
fn every_fault_that_there_was_is_found_by_what_was_kept() {
    let kept = crate::kept();
    let missed: Vec<Fault> = Fault::RARE
        .into_iter()
        .filter(|fault| !kept.iter().any(|(_, each)| finds(each, *fault).is_some()))
        .collect();
    assert!(missed.is_empty(), "nothing found {missed:?}");
}

/// How many seeds find the rare faults: a figure to compare ways of drawing with. All of them are planted at once; which of them a seed
/// finds is looked at only where there is any.
pub fn count(seeds: std::ops::Range<u64>) {
    let mut found = std::collections::BTreeMap::new();
    for seed in seeds.clone() {
        let scenario = run::of_seed(seed);
        if breaks(&scenario, &Fault::RARE).is_none() {
            continue;
        }
        let of = Fault::RARE
            .into_iter()
            .find(|fault| finds(&scenario, *fault).is_some());
        let name = of.map_or("several together, or none".to_owned(), |fault| {
            fault.to_string()
        });
        found.entry(name).or_insert_with(Vec::new).push(seed);
    }
    let all: usize = found.values().map(Vec::len).sum();
    println!("{all} of {} seeds find one", seeds.end - seeds.start);
    for (name, seeds) in found {
        println!(
            "{name}: {} seeds, {:?}",
            seeds.len(),
            &seeds[..seeds.len().min(5)]
        );
    }
}
