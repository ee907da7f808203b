//! Shows that the simulation can fail: faults planted in planner, worker and outbox, each found within the seeds of an ordinary run.

use crate::run;
use advanta_bridge::sync::planted::{Fault, plant};

/// The first seed that finds a fault.
fn found_by(fault: Fault, seeds: u64) -> Option<(u64, String)> {
    plant(Some(fault));
    let found = (0..seeds).find_map(|seed| {
        let broken = run::run(&run::of_seed(seed)).broken;
        broken.map(|(_, why)| (seed, why))
    });
    plant(None);
    found
}

#[test]
fn every_planted_fault_is_found() {
    let began = std::time::Instant::now();
    let mut missed = vec![];
    for fault in Fault::ALL {
        match found_by(fault, crate::SEEDS) {
            Some((seed, why)) => println!("{fault}: seed {seed}: {why}"),
            None => missed.push(fault),
        }
    }
    println!("{} faults in {:?}", Fault::ALL.len(), began.elapsed());
    assert!(missed.is_empty(), "nothing found {missed:?}");
}
