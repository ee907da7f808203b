//! Shows that the simulation can fail: faults planted in planner, worker and outbox, each found within the seeds of an ordinary run.

use crate::run;
pub use advanta_bridge::sync::planted::{Fault, plant};

/// The first seed that finds a fault.
fn found_by(fault: Fault, seeds: u64) -> Option<(u64, String)> {
    let run = |seed, fault| {
        plant(fault);
        let ran = run::run(&run::of_seed(seed));
        plant(None);
        ran.broken.map(|(_, why)| why)
    };
    (0..seeds).find_map(|seed| {
        let why = run(seed, Some(fault))?;
        // The fault has to be what is found.
        run(seed, None).is_none().then_some((seed, why))
    })
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
