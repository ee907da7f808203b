//! Backups taken under load, restores cut short, damaged files.

use super::backup::{restore, restore_backup};
use super::tests::{Folder, copy, small};
use super::*;
use crate::model::Outcome;
use crate::ports::{Finding, JournalQuery, Move, Store, Write};
use crate::store::contract::Ground;
use crate::store::contract::fixtures::*;
use crate::store::contract::laws_upkeep::{Written, backup, findings, furnish};
use crate::store::contract::random::{Random, commit, commits, everything};
use crate::store::memory::MemoryStore;
use crate::store::wal::LogFolder;
use crate::store::{RestoreError, RestoreOptions};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;

fn restored(folder: &Folder, bytes: &[u8]) -> Result<Restored, RestoreError> {
    restore_backup(bytes, &folder.path("."), &RestoreOptions::default())
}

/// Some megabytes between the rows of anna and those of boris, so that a backup takes several parts.
async fn widen(store: &dyn Store) {
    let large = (100..130).flat_map(|n| {
        let member = put("annika", draft(n, &"wide ".repeat(14_000)));
        [Write::Object(object(n, 1)), member]
    });
    write(store, large.collect()).await;
}

/// Does something before each part of a backup that is written.
struct Between<F>(Written, F);

impl<F: FnMut() + Send> io::Write for Between<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.1)();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Backs up a store, with so many commits between the parts, and compares what is restored with the state that the
/// backup says it holds.
async fn back_up_between(before: Vec<Random>, during: Vec<Random>, at_once: usize) {
    let (folder, memory) = (
        Folder::new(),
        Arc::new(MemoryStore::with_limits(Epoch::new("m"), small().limits)),
    );
    let store = Arc::new(folder.opened());
    for random in before {
        commit(&*memory, random.clone()).await;
        commit(&*store, random).await;
    }
    widen(&*memory).await;
    widen(&*store).await;
    let states = Arc::new(Mutex::new(BTreeMap::new()));
    let state = everything(&*memory).await;
    states.lock().unwrap().insert(memory.commits(), state);
    let written = Written::default();
    let (first, mut during) = (memory.commits(), during.into_iter());
    let between = {
        let (store, states, runtime) = (store.clone(), states.clone(), Handle::current());
        move || {
            for random in during.by_ref().take(at_once) {
                runtime.block_on(async {
                    commit(&*memory, random.clone()).await;
                    commit(&*store, random).await;
                    let state = everything(&*memory).await;
                    states.lock().unwrap().insert(memory.commits(), state);
                });
            }
        }
    };
    let to = Between(written.clone(), between);
    let done = Store::backup(&*store, Box::new(to)).await.unwrap();
    assert!(done.commits >= first);
    let place = Folder::new();
    let bytes = written.0.lock().unwrap().clone();
    assert_eq!(restored(&place, &bytes).unwrap().commits, done.commits);
    assert_eq!(
        everything(&place.opened()).await,
        states.lock().unwrap()[&done.commits]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn a_backup_is_the_state_as_of_the_commit_that_it_names(
        before in commits(0..20), during in commits(0..30), at_once in 1..6_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(back_up_between(before, during, at_once));
    }
}

/// One round writes into many tables, the same number everywhere.
async fn round(store: &dyn Store, number: u64) {
    let mut writes = vec![Write::Journal(journal_row("anna", 1, Outcome::Applied))];
    for user in ["anna", "boris"] {
        writes.push(Write::Member(
            events_of(user),
            draft(1, &number.to_string()),
            Move::Content,
        ));
    }
    for n in 1..4 {
        writes.push(Write::Object(object(n, number)));
    }
    write(store, writes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_taken_under_load_are_sound_and_each_of_one_moment() {
    let folder = Folder::new();
    let options = StoreOptions {
        // Every segment asks for a new base, which would take the log away.
        log_bytes_kept: 0,
        ..small()
    };
    let store = Arc::new(SledStore::open(&folder.path("."), options).unwrap());
    widen(&*store).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, stop) = (store.clone(), stop.clone());
        async move {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                number += 1;
                round(&*store, number).await;
            }
        }
    });
    let mut last = 0;
    for _ in 0..4 {
        let (done, bytes) = backup(&*store).await;
        assert!(done.commits > last, "nothing was written meanwhile");
        last = done.commits;
        assert_eq!(findings(&*store).await, Vec::<String>::new());
        let place = Folder::new();
        restored(&place, &bytes).unwrap();
        let copy = place.opened();
        assert_eq!(findings(&copy).await, Vec::<String>::new());
        assert_eq!(rounds(&copy).await, [done.commits - 1; 6]);
    }
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
}

/// The number of the last round, from every place that knows it.
async fn rounds(store: &dyn Store) -> [u64; 6] {
    let object = async |n| {
        let object = store.object(object_id(n)).await.unwrap();
        object.map_or(0, |object| object.revision.0)
    };
    let change = async |user| store.collection(&events_of(user)).await.unwrap().change.0;
    let query = JournalQuery {
        rows_max: 1,
        ..JournalQuery::default()
    };
    let journal = store.journal(query).await.unwrap();
    [
        object(1).await,
        object(2).await,
        object(3).await,
        change("anna").await,
        change("boris").await,
        journal.first().map_or(0, |row| row.id.0),
    ]
}

/// The first commit in the log.
fn first(log: &LogFolder) -> Option<u64> {
    let segment = *log.segments().unwrap().first()?;
    log.header(segment).ok().map(|header| header.first)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_backup_that_takes_too_long_fails_and_the_store_goes_on() {
    let folder = Folder::new();
    let options = StoreOptions {
        log_bytes_kept: 0,
        backup_log_bytes_max: 1 << 20,
        ..small()
    };
    let store = Arc::new(SledStore::open(&folder.path("."), options).unwrap());
    widen(&*store).await;
    let log = store.checkpoint.log.clone();
    let to = Between(Written::default(), {
        let (store, log, runtime) = (store.clone(), log.clone(), Handle::current());
        move || {
            let mut tries = 0..100;
            // A segment may go between two looks.
            while first(&log).is_none_or(|first| first <= 2) {
                assert!(tries.next().is_some(), "the log is kept for ever");
                runtime.block_on(widen(&*store));
            }
        }
    });
    let failed = Store::backup(&*store, Box::new(to)).await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        "store: the backup took too long: the log outgrew its bound and was cut"
    );
    assert!(!log.is_kept());
    round(&*store, 1).await;
    assert_eq!(rounds(&*store).await, [1; 6]);
}

#[tokio::test]
async fn a_store_is_restored_only_where_none_is() {
    let (folder, place) = (Folder::new(), Folder::new());
    let store = folder.opened();
    furnish(&store).await;
    let (_, bytes) = backup(&store).await;
    let refusal = |folder: &Folder| restored(folder, &bytes).unwrap_err().to_string();
    assert_eq!(refusal(&folder), "another process is using the data folder");
    drop(store);
    assert_eq!(refusal(&folder), "the data folder holds a store already");
    // Each part of a store alone is somebody's as well.
    for part in ["mark", "tables", "log"] {
        let rest = Folder::new();
        copy(&folder.path("."), &rest.path("."));
        for other in ["mark", "tables", "log"]
            .into_iter()
            .filter(|other| *other != part)
        {
            let _ = fs::remove_file(rest.path(other));
            let _ = fs::remove_dir_all(rest.path(other));
        }
        assert_eq!(
            refusal(&rest),
            "the data folder holds a store already",
            "{part}"
        );
    }
    // What is no part of a store stays.
    fs::write(place.path("key"), "secret").unwrap();
    restored(&place, &bytes).unwrap();
    assert_eq!(place.names("."), ["key", "lock", "log"]);
}

#[tokio::test]
async fn a_refused_backup_leaves_the_folder_as_it_was() {
    let (folder, place) = (Folder::new(), Folder::new());
    let store = folder.opened();
    furnish(&store).await;
    let (_, bytes) = backup(&store).await;
    let refusal = |bytes: &[u8]| restored(&place, bytes).unwrap_err().to_string();
    assert_eq!(
        refusal(&bytes[..bytes.len() - 1]),
        format!(
            "the backup is cut: it ends in its part 3, which begins at byte {}",
            bytes.len() - 88
        )
    );
    let mut damaged = bytes.clone();
    damaged[200] ^= 1;
    assert_eq!(
        refusal(&damaged),
        "the backup is damaged at byte 80, in its part 2: its check sum is wrong"
    );
    assert_eq!(
        refusal(b"BEGIN:VCALENDAR"),
        "this is no backup of the bridge"
    );
    assert_eq!(refusal(b""), "this is no backup of the bridge");
    assert_eq!(
        refusal(&fs::read(folder.path("log/000000000001.log")).unwrap()),
        "this is no backup of the bridge"
    );
    let options = RestoreOptions {
        backup_bytes_max: 1_000,
    };
    let long = restore_backup(&*bytes, &place.path("."), &options).unwrap_err();
    assert_eq!(long.to_string(), "the backup is longer than 1000 bytes");
    assert_eq!(place.names("."), ["lock"]);
    restored(&place, &bytes).unwrap();
}

/// A copy of the folder at each step is what a kill would leave there.
#[tokio::test]
async fn a_restore_that_is_killed_at_any_step_leaves_no_store_or_all_of_it() {
    let (folder, place) = (Folder::new(), Folder::new());
    let store = folder.opened();
    furnish(&store).await;
    widen(&store).await;
    let expected = everything(&store).await;
    let (_, bytes) = backup(&store).await;
    let mut killed: Vec<PathBuf> = Vec::new();
    let copies = tempfile::tempdir().unwrap();
    let step = || {
        let left = copies.path().join(killed.len().to_string());
        copy(&place.path("."), &left);
        killed.push(left);
    };
    restore(&*bytes, &place.path("."), &RestoreOptions::default(), step).unwrap();
    let nothing = everything(&Folder::new().opened()).await;
    let mut whole = Vec::new();
    for left in &killed {
        // It can be begun again unless it was done.
        let again = copies.path().join("again");
        copy(left, &again);
        let refused = restore_backup(&*bytes, &again, &RestoreOptions::default()).is_err();
        fs::remove_dir_all(again).unwrap();
        let store = SledStore::open(left, small()).unwrap();
        let found = everything(&store).await;
        assert!(found == expected || found == nothing);
        assert_eq!(store.held().await.unwrap(), found == expected);
        assert_eq!(refused, found == expected);
        assert!(!left.join("restore.unfinished").exists());
        whole.push(found == expected);
    }
    // Nothing at the steps before the last, and everything from there on.
    assert!(whole.len() > 5 && whole.is_sorted(), "{whole:?}");
    assert_eq!(whole.iter().filter(|whole| **whole).count(), 1);
}

#[tokio::test]
async fn damaged_files_are_found_while_the_store_runs() {
    let folder = Folder::new();
    let options = StoreOptions {
        log_bytes_kept: u64::MAX,
        ..small()
    };
    let store = SledStore::open(&folder.path("."), options).unwrap();
    // Before a segment is full and asks for a checkpoint of its own.
    let first = vec![
        Write::Object(object(200, 1)),
        put("annika", draft(200, &"a".repeat(2_000))),
    ];
    write(&store, first).await;
    store.checkpoint.renew_base().unwrap();
    furnish(&store).await;
    for number in 1..100 {
        round(&store, number).await;
    }
    assert_eq!(findings(&store).await, Vec::<String>::new());
    let flip = |name: &str| {
        let path = folder.path(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[5_000] ^= 1;
        fs::OpenOptions::new()
            .write(true)
            .open(path)
            .unwrap()
            .write_all(&bytes)
            .unwrap();
    };
    let all = async || {
        let report = Store::check(&store, Box::new(|_| ())).await.unwrap();
        let line =
            |finding: Finding| format!("{} {}: {}", finding.table, finding.key, finding.what);
        report.findings.into_iter().map(line).collect::<Vec<_>>()
    };
    let base = folder
        .names("log")
        .into_iter()
        .find(|name| name.ends_with(".base"));
    let base = format!("log/{}", base.unwrap());
    flip(&base);
    assert_eq!(
        all().await,
        ["log base before commit 2: its part 1 is wrong"]
    );
    flip(&base);
    flip("log/000000000002.log");
    let found = all().await;
    assert!(
        found.len() == 1 && found[0].starts_with("log segment 2 offset"),
        "{found:?}"
    );
    flip("log/000000000002.log");
    fs::rename(folder.path("log/000000000002.log"), folder.path("away")).unwrap();
    let found = all().await;
    assert!(
        found.len() == 1 && found[0].ends_with("is missing or damaged"),
        "{found:?}"
    );
    fs::rename(folder.path("away"), folder.path("log/000000000002.log")).unwrap();
    fs::write(folder.path("tables/blobs/17"), "large").unwrap();
    assert_eq!(
        all().await,
        ["blobs 17: a value was stored aside, where nothing is synced"]
    );
    fs::remove_file(folder.path("tables/blobs/17")).unwrap();
    let stray = [(vec![0xfe, 0x20, 0, 0, 0, 9], Some(vec![]))].into();
    store.rows.apply(&stray, store.rows.applied());
    assert_eq!(
        all().await,
        ["rows fe2000000009: it is a piece of no value"]
    );
}

#[tokio::test]
async fn a_large_value_without_one_of_its_pieces_is_found_and_so_is_what_comes_after() {
    let folder = Folder::new();
    let store = folder.opened();
    furnish(&store).await;
    Engine::close(&store).await.unwrap();
    drop(store);
    // sled's threads may hold their lock for a moment after it was dropped.
    let config = sled::Config::new().path(folder.path("tables"));
    let tables = (0..500).find_map(|_| {
        let opened = config.open();
        if opened.is_err() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        opened.ok()
    });
    let tables = tables.unwrap();
    let (piece, _) = tables.range([0xfe]..).next().unwrap().unwrap();
    tables.remove(piece).unwrap();
    tables.flush().unwrap();
    drop(tables);
    let store = folder.opened();
    write(
        &store,
        vec![Write::Timer(crate::store::contract::random::fan_out(1, 1))],
    )
    .await;
    let report = Store::check(&store, Box::new(|_| ())).await.unwrap();
    let what: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| &*finding.what)
        .collect();
    assert_eq!(what[0], "a piece of it is missing");
}
