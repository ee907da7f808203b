//! How many commits a second, against what the disk can do:
//! `cargo test --release --lib store::sled::speed -- --ignored --nocapture`.

use super::{SledStore, StoreOptions};
use crate::store::contract::fixtures::*;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(3);
const BODY_BYTES: usize = 2048;

#[test]
#[ignore = "a measurement, which takes ten seconds and fails only when something is broken"]
fn commits_per_second() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let raw = raw_syncs_per_second(folder.path());
    println!("raw fdatasync of {BODY_BYTES} bytes: {raw:.0} per second");
    for writers in [1, 16] {
        let rate = commits_of(&folder.path().join(writers.to_string()), writers);
        println!(
            "{writers} writers: {rate:.0} commits per second, {:.2} of raw",
            rate / raw
        );
        assert!(rate > 0.0);
    }
}

/// One after the other, into a file that was written before.
fn raw_syncs_per_second(folder: &Path) -> f64 {
    let file = File::create(folder.join("raw")).unwrap();
    let space = 16 << 20;
    file.write_all_at(&vec![0; space], 0).unwrap();
    file.sync_all().unwrap();
    let bytes = vec![b'x'; BODY_BYTES];
    let begin = Instant::now();
    let mut syncs = 0;
    while begin.elapsed() < TIME {
        let at = syncs * BODY_BYTES % space;
        file.write_all_at(&bytes, at as u64).unwrap();
        file.sync_data().unwrap();
        syncs += 1;
    }
    syncs as f64 / begin.elapsed().as_secs_f64()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn commits_of(folder: &Path, writers: u128) -> f64 {
    let store = Arc::new(SledStore::open(folder, StoreOptions::default()).unwrap());
    let begin = Instant::now();
    let tasks = (0..writers).map(|writer| tokio::spawn(write_for_a_while(store.clone(), writer)));
    let (mut commits, mut slowest) = (0, Vec::new());
    for task in tasks.collect::<Vec<_>>() {
        let mut waits = task.await.unwrap();
        commits += waits.len();
        slowest.append(&mut waits);
    }
    let rate = commits as f64 / begin.elapsed().as_secs_f64();
    slowest.sort_unstable();
    let at = |share: f64| slowest[(slowest.len() as f64 * share) as usize];
    println!(
        "p50 {:?}, p99 {:?}, slowest {:?}",
        at(0.5),
        at(0.99),
        slowest[slowest.len() - 1]
    );
    rate
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
