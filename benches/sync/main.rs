//! What it costs to keep a remote calendar in step: `cargo bench --bench sync`, a tenth of it with `-- --quick`.
//!
//! The remote is a calendar in memory that answers at once, so what is printed is ours alone: against a real one the waits for its
//! answers come on top, and their number is printed. The planner is compared with a plain comparison in the same run, single changes
//! over the embedded store with what the same disk takes for one `fdatasync`, by turns. Its folder is made in the working directory,
//! so that it lies on the disk in question. How often the remote is written to is asserted, not only printed.

mod calendar;
mod counting;
mod disk;
#[path = "../advanta/figures.rs"]
#[expect(dead_code, reason = "the other benchmark prints more kinds of rows")]
mod figures;
mod house;
mod memory;
#[path = "../office/mod.rs"]
mod office;
mod plan;
mod remote;
mod rounds;

use advanta_bridge::model::Epoch;
use advanta_bridge::store::{MemoryStore, SledStore, StoreOptions};
use disk::Disk;
use figures::Usage;
use rounds::{Sizes, rounds};
use std::sync::Arc;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let share = if quick { 10 } else { 1 };
    let sizes = Sizes {
        items: 10_000 / share,
        changes: 500 / share,
        together: 1_000 / share,
        quiet: 10_000 / share,
    };
    // First of all, while nothing is left behind in which its memory would disappear.
    memory::links(20_000 / share).await;
    plan::plans(share);
    let folder = tempfile::tempdir_in(".").expect("the disk does its part");
    let disk = Disk::at(folder.path());
    let data = folder.path().join("data");
    let before = Usage::of(std::process::id());
    let store = SledStore::open(&data, StoreOptions::default()).expect("a new store");
    rounds("the embedded store", Arc::new(store), sizes, Some(&disk)).await;
    let after = Usage::of(std::process::id());
    after.say(
        "  all of it, calendar and setting up too",
        before,
        2 * sizes.items,
    );
    let store = Arc::new(MemoryStore::new(Epoch::new("bench")));
    rounds("a store in memory", store, sizes, None).await;
}
