//! `kill -9` under load: what was acknowledged is there afterwards, whole, and no name for a state ever means two states.
//!
//! Several connections create, edit and delete notes of their own while others read; the bridge is killed at a moment
//! that chance picks, started again on the same data, and everything it says is held against what it said before.
//! `ADVANTA_BRIDGE_CRASH_ROUNDS` and `ADVANTA_BRIDGE_CRASH_SEED` change how often and from where.

mod load;
mod world;

use crate::harness::{Bridge, Random, demo};
use load::{Slots, Worker};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use world::World;

/// Rounds of the ordinary test run.
const ROUNDS: u64 = 50;
/// The longest time between the first request of a round and the kill.
const LOAD_MILLIS_MAX: u64 = 300;
/// Who writes: two connections each.
const WRITERS: [&str; 4] = ["anna", "anna", "boris", "boris"];
/// Whose collections are watched.
const OWNERS: [&str; 2] = ["anna", "boris"];

#[test]
fn what_was_acknowledged_survives_kill_9_under_load() {
    let rounds = number("ADVANTA_BRIDGE_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let seed = number("ADVANTA_BRIDGE_CRASH_SEED").unwrap_or_else(clock);
    println!("ADVANTA_BRIDGE_CRASH_ROUNDS={rounds} ADVANTA_BRIDGE_CRASH_SEED={seed}");
    let mut chance = Random(seed);
    let mut bridge = Bridge::demo(&[]);
    let mut world = World::new(&bridge);
    let mut slots: Vec<Slots> = (0..WRITERS.len()).map(Slots::new).collect();
    let started = Instant::now();
    for round in 0..rounds {
        loaded(&mut bridge, &mut world, &mut slots, &mut chance);
        bridge.restart();
        world.check(&bridge, &mut slots, round);
    }
    let writes: u64 = slots.iter().map(|slots| slots.acknowledged).sum();
    let secs = started.elapsed().as_secs();
    println!("{rounds} kills in {secs} s; {writes} acknowledged writes, all there");
    assert!(
        writes > rounds,
        "no load: {writes} writes in {rounds} rounds"
    );
}

/// Load from all sides until the bridge is killed.
fn loaded(bridge: &mut Bridge, world: &mut World, slots: &mut [Slots], chance: &mut Random) {
    let dead = AtomicBool::new(false);
    let moment = Duration::from_millis(chance.below(LOAD_MILLIS_MAX));
    std::thread::scope(|scope| {
        let writers: Vec<_> = slots
            .iter_mut()
            .zip(WRITERS)
            .map(|(slots, owner)| {
                let mut worker = Worker::new(bridge.dav(owner), owner, chance.next());
                let dead = &dead;
                scope.spawn(move || {
                    while !dead.load(Ordering::SeqCst) && worker.step(slots) {}
                    worker.seen
                })
            })
            .collect();
        let watchers: Vec<_> = OWNERS
            .iter()
            .map(|owner| {
                let dav = bridge.dav(owner);
                let dead = &dead;
                scope.spawn(move || load::watch(&dav, &demo::collection(owner), dead))
            })
            .collect();
        std::thread::sleep(moment);
        bridge.kill9();
        dead.store(true, Ordering::SeqCst);
        for writer in writers {
            world.saw_bodies(writer.join().expect("a writer"));
        }
        for (owner, watcher) in OWNERS.iter().zip(watchers) {
            world.saw_states(owner, watcher.join().expect("a watcher"));
        }
    });
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text}")),
    )
}

fn clock() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::from(since.subsec_nanos()) ^ since.as_secs()
}
