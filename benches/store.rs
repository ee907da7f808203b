//! How many commits a second the embedded store makes durable, beside what the same disk can do in the same run:
//! `cargo bench --bench store`. The folder is made in the working directory, so that it lies on the disk in question.

use advanta_bridge::model::{Base, CollectionId, Fields, ObjectId, ResourceName, UserId};
use advanta_bridge::ports::{Move, ResourceDraft, Store as _, Write};
use advanta_bridge::store::{SledStore, StoreOptions};
use chrono::DateTime;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const TIME: Duration = Duration::from_secs(2);
const BODY_BYTES: usize = 2048;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("the disk does its part");
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
    let file = File::create(folder.join("raw")).expect("the disk does its part");
    let space = 16 << 20;
    file.write_all_at(&vec![0; space], 0)
        .expect("the disk does its part");
    file.sync_all().expect("the disk does its part");
    let bytes = vec![b'x'; BODY_BYTES];
    let begin = Instant::now();
    let mut waits = Vec::new();
    while begin.elapsed() < TIME {
        let asked = Instant::now();
        let at = waits.len() * BODY_BYTES % space;
        file.write_all_at(&bytes, at as u64)
            .expect("the disk does its part");
        file.sync_data().expect("the disk does its part");
        waits.push(asked.elapsed());
    }
    report("raw fdatasync", waits, begin.elapsed());
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn commits_of(folder: &Path, writers: u128) -> Vec<Duration> {
    let store =
        Arc::new(SledStore::open(folder, StoreOptions::default()).expect("the disk does its part"));
    let tasks = (0..writers).map(|writer| tokio::spawn(write_for_a_while(store.clone(), writer)));
    let mut waits = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        waits.append(&mut task.await.expect("the disk does its part"));
    }
    waits
}

/// New members of the same collection, as a first sync makes them.
async fn write_for_a_while(store: Arc<SledStore>, writer: u128) -> Vec<Duration> {
    let begin = Instant::now();
    let mut waits = Vec::new();
    while begin.elapsed() < TIME {
        let member = member(writer << 64 | waits.len() as u128);
        let asked = Instant::now();
        store.commit(vec![], vec![member]).await.expect("a commit");
        waits.push(asked.elapsed());
    }
    waits
}

fn member(number: u128) -> Write {
    let object = ObjectId(Uuid::from_u128(number));
    let fields = Fields {
        title: "Смета".to_owned(),
        span: None,
        description: String::new(),
        location: String::new(),
        recurs: false,
    };
    let draft = ResourceDraft {
        object,
        name: ResourceName::of_object(object, 0),
        uid: object.to_string(),
        body: "x".repeat(BODY_BYTES).into(),
        first: 0,
        last: 1,
        recurs: false,
        shown: Base::from(&fields),
        mirrored: Base::from(&fields),
        overlay: None,
        stamp: DateTime::UNIX_EPOCH,
        rendering: 1,
        refusal: None,
    };
    Write::Member(
        CollectionId::events(&UserId::new("anna")),
        draft,
        Move::Content,
    )
}
