//! The stand-in for ADVANTA does what it says: a plain client drives each call and each manner, and what is forbidden is
//! caught.

mod admission;
mod answers;
mod caller;
mod caught;
mod contract;
mod contract_client;
mod listings;
mod mishaps;
mod receiver;
mod told;

use crate::advanta_standin::{Person, Sort, StandIn, Thing};
use caller::Caller;
use uuid::Uuid;

const ANNA: &str = "7f1c2b9a-anna";
const BORIS: &str = "7f1c2b9a-boris";
/// An id that the bridge would give.
const GIVEN: &str = "9b2f5c60-7a1d-4c2e-a6a8-0d4a3e1f7b03";

/// A stand-in with two people and Anna's task, which Boris only sees.
fn advanta_with_a_task() -> (StandIn, Uuid) {
    let advanta = StandIn::start(1);
    let task = {
        let mut world = advanta.world();
        world.put_person(Person::new(ANNA, "Анна Примерова"));
        world.put_person(Person::new(BORIS, "Boris Sample"));
        let task = Thing::new(Sort::Task, "Смета", ANNA);
        let task = task.planned("2026-12-01T09:00", "2026-12-01T18:00");
        world.add(task.shared(BORIS, &[]))
    };
    (advanta, task)
}

/// The same with a client that may come in.
fn with_a_task() -> (StandIn, Caller, Uuid) {
    let (advanta, task) = advanta_with_a_task();
    let caller = Caller::new(&advanta.url(), advanta.token());
    (advanta, caller, task)
}
