//! How many commits a second, against what the disk can do:
//! `cargo test --release --lib store::sled::speed -- --ignored --nocapture`.

use super::{SledStore, StoreOptions};
use crate::store::contract::fixtures::*;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(2);
const BODY_BYTES: usize = 2048;

#[test]
#[ignore = "a measurement, which takes ten seconds and fails only when something is broken"]
fn commits_per_second() {
    let folder = tempfile::tempdir_in(".").unwrap();
    // Before and after: the disk of a busy machine is not the same for ten seconds.
    raw_syncs(folder.path());
    for writers in [1, 16] {
        let begin = Instant::now();
        let waits = commits_of(&folder.path().join(writers.to_string()), writers);
        report(
            &format!("commits of {writers} writers"),
            waits,
            begin.elapsed(),
        );
        raw_syncs(folder.path());
    }
}

fn report(what: &str, mut waits: Vec<Duration>, time: Duration) {
    waits.sort_unstable();
    let at = |share: f64| waits[(waits.len() as f64 * share) as usize];
    let rate = waits.len() as f64 / time.as_secs_f64();
    println!(
        "{what}: {rate:.0} per second, p50 {:?}, p99 {:?}, slowest {:?}",
        at(0.5),
        at(0.99),
        waits[waits.len() - 1]
    );
}

/// One `fdatasync` after the other, into a file that was written before.
fn raw_syncs(folder: &Path) {
    let file = File::create(folder.join("raw")).unwrap();
    let space = 16 << 20;
    file.write_all_at(&vec![0; space], 0).unwrap();
    file.sync_all().unwrap();
    let bytes = vec![b'x'; BODY_BYTES];
    let begin = Instant::now();
    let mut waits = Vec::new();
    while begin.elapsed() < TIME {
        let asked = Instant::now();
        let at = waits.len() * BODY_BYTES % space;
        file.write_all_at(&bytes, at as u64).unwrap();
        file.sync_data().unwrap();
        waits.push(asked.elapsed());
    }
    report("raw fdatasync", waits, begin.elapsed());
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn commits_of(folder: &Path, writers: u128) -> Vec<Duration> {
    let store = Arc::new(SledStore::open(folder, StoreOptions::default()).unwrap());
    let tasks = (0..writers).map(|writer| tokio::spawn(write_for_a_while(store.clone(), writer)));
    let mut waits = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        waits.append(&mut task.await.unwrap());
    }
    waits
}

/// New members of the same collection, as a first sync makes them.
async fn write_for_a_while(store: Arc<SledStore>, writer: u128) -> Vec<Duration> {
    let begin = Instant::now();
    let mut waits = Vec::new();
    while begin.elapsed() < TIME {
        let mut draft = draft(writer << 64 | waits.len() as u128, "a");
        draft.body = "x".repeat(BODY_BYTES).into();
        let asked = Instant::now();
        write(&*store, vec![put("anna", draft)]).await;
        waits.push(asked.elapsed());
    }
    waits
}
