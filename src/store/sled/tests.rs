use super::*;
use crate::store::contract::random::everything;
use crate::store::contract::{Ground, contract, fixtures::*};
use crate::store::{RestoreError, RestoreOptions};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

pub(super) struct Folder(tempfile::TempDir);

impl Ground for Folder {
    type Opened = SledStore;

    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self, limits: Limits) -> SledStore {
        let options = StoreOptions { limits, ..small() };
        SledStore::open(self.0.path(), options).unwrap()
    }

    async fn restore(&self, backup: &[u8], limits: Limits) -> Result<SledStore, RestoreError> {
        restore_backup(backup, self.0.path(), &RestoreOptions::default())?;
        Ok(Ground::open(self, limits).await)
    }
}

impl Folder {
    pub(super) fn opened(&self) -> SledStore {
        self.try_open().unwrap()
    }

    pub(super) fn try_open(&self) -> Result<SledStore, OpenError> {
        SledStore::open(self.0.path(), small())
    }

    pub(super) fn refusal(&self) -> String {
        self.try_open().err().unwrap().to_string()
    }

    /// The machine has started anew, and sled's files may hold anything.
    pub(super) fn lose_power(&self) {
        let mark = fs::read_to_string(self.path("mark")).unwrap();
        let applied = mark.split_whitespace().last().unwrap();
        fs::write(self.path("mark"), format!("boot another {applied}\n")).unwrap();
        fs::write(self.path("tables/db"), b"what was here is gone").unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Small segments, so that tests pass many of them.
pub(super) fn small() -> StoreOptions {
    StoreOptions {
        wal_segment_bytes: 64 << 10,
        cache_bytes: 1 << 20,
        log_bytes_kept: 256 << 10,
        limits: Limits {
            tombstones_max: 3,
            ..Limits::default()
        },
        ..StoreOptions::default()
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

contract!(Folder);

#[test]
fn a_folder_has_one_user_at_a_time() {
    let folder = Folder::new();
    let store = folder.opened();
    assert_eq!(folder.refusal(), "another process is using the data folder");
    drop(store);
    folder.opened();
}

#[test]
fn the_epoch_stays() {
    let folder = Folder::new();
    let epoch = Engine::epoch(&folder.opened());
    assert_eq!(Engine::epoch(&folder.opened()), epoch);
    assert_ne!(Engine::epoch(&Folder::new().opened()), epoch);
}

#[test]
fn the_folder_of_a_newer_program_is_left_alone() {
    let folder = Folder::new();
    let store = folder.opened();
    store.rows.apply(&[format::row(FORMAT + 1)].into(), 0);
    drop(store);
    assert_eq!(
        folder.refusal(),
        "the store has format 7, and this program knows up to 6"
    );
}

async fn fill(store: &SledStore, members: std::ops::Range<u128>) {
    for n in members {
        write(store, vec![put("anna", draft(n, &"a".repeat(2000)))]).await;
    }
}

#[tokio::test]
async fn a_base_takes_the_place_of_a_log_that_grew_too_long() {
    let folder = Folder::new();
    let store = folder.opened();
    // About 6 MiB of log; how soon a base follows depends on what else the machine does.
    for _ in 0..16 {
        fill(&store, 0..100).await;
    }
    let expected = everything(&store).await;
    Engine::close(&store).await.unwrap();
    drop(store);
    let (log, base) = crate::store::wal::LogFolder::open(folder.path("log"))
        .unwrap()
        .bytes()
        .unwrap();
    assert!(base > 100 * 2000, "{base}");
    assert!(log < 3 << 20, "{log}");
    folder.lose_power();
    assert_eq!(everything(&folder.opened()).await, expected);
}

#[tokio::test]
async fn a_kill_right_after_a_new_base_leaves_no_gap_between_mark_and_log() {
    let folder = Folder::new();
    let options = StoreOptions {
        log_bytes_kept: u64::MAX,
        ..small()
    };
    let store = SledStore::open(&folder.path("."), options).unwrap();
    fill(&store, 0..40).await;
    let marked = store.rows.applied();
    fill(&store, 0..200).await;
    let checkpoint = checkpoint::Checkpoint {
        folder: folder.path("."),
        epoch: Engine::epoch(&store),
        rows: store.rows.clone(),
        log: crate::store::wal::LogFolder::open(folder.path("log")).unwrap(),
        log_bytes_kept: u64::MAX,
        disk_reserve_bytes: 0,
        backup_log_bytes_max: u64::MAX,
    };
    // The mark as it was when the checkpoint began.
    mark::write(&folder.path("."), mark::Mark::Running(marked)).unwrap();
    checkpoint.renew_base().unwrap();
    let expected = everything(&store).await;
    let killed = tempfile::tempdir().unwrap();
    copy(&folder.path("."), killed.path());
    Engine::close(&store).await.unwrap();
    let reopened = SledStore::open(killed.path(), options).unwrap();
    assert_eq!(everything(&reopened).await, expected);
}

#[tokio::test]
async fn after_a_loss_of_power_the_tables_are_made_anew() {
    let folder = Folder::new();
    let store = folder.opened();
    let epoch = Engine::epoch(&store);
    for n in 1..20 {
        write(
            &store,
            vec![put("anna", draft(n, "b")), take("anna", n / 2)],
        )
        .await;
    }
    let expected = everything(&store).await;
    drop(store);
    for _ in 0..3 {
        folder.lose_power();
        let store = folder.opened();
        assert_eq!(everything(&store).await, expected);
        assert_eq!(Engine::epoch(&store), epoch);
    }
    assert_eq!(folder.names("."), ["lock", "log", "mark", "tables"]);
}

#[tokio::test]
async fn a_closed_store_needs_no_log_to_be_replayed_on_another_boot() {
    let folder = Folder::new();
    let store = folder.opened();
    fill(&store, 1..9).await;
    Engine::close(&store).await.unwrap();
    drop(store);
    assert_eq!(
        fs::read_to_string(folder.path("mark")).unwrap(),
        "closed 8\n"
    );
    let store = folder.opened();
    let mark = fs::read_to_string(folder.path("mark")).unwrap();
    assert!(
        mark.starts_with("boot ") && mark.ends_with(" 8\n"),
        "{mark}"
    );
    drop(store);
}

#[tokio::test]
async fn tables_cut_at_any_place_are_made_anew() {
    let folder = Folder::new();
    let store = folder.opened();
    fill(&store, 1..40).await;
    let expected = everything(&store).await;
    Engine::close(&store).await.unwrap();
    drop(store);
    copy(&folder.path("tables"), &folder.path("whole"));
    let bytes = fs::metadata(folder.path("whole/db")).unwrap().len();
    for part in [0, 1, 3, 4, 5, 7] {
        fs::remove_dir_all(folder.path("tables")).unwrap();
        copy(&folder.path("whole"), &folder.path("tables"));
        let db = fs::OpenOptions::new()
            .write(true)
            .open(folder.path("tables/db"))
            .unwrap();
        db.set_len(bytes * part / 8).unwrap();
        drop(db);
        let store = folder.opened();
        assert_eq!(
            everything(&store).await,
            expected,
            "{part} eighths are left"
        );
        Engine::close(&store).await.unwrap();
    }
}

#[tokio::test]
async fn tables_that_lost_what_was_never_synced_are_made_good_from_the_log() {
    let folder = Folder::new();
    let store = folder.opened();
    write(&store, vec![put("anna", draft(1, "a"))]).await;
    drop(store);
    // From here on sled loses everything: the copy of its files is put back later.
    copy(&folder.path("tables"), &folder.path("older"));
    let store = folder.opened();
    for n in 2..20 {
        write(&store, vec![put("anna", draft(n, "b")), take("anna", 1)]).await;
    }
    let expected = everything(&store).await;
    drop(store);
    fs::remove_dir_all(folder.path("tables")).unwrap();
    fs::rename(folder.path("older"), folder.path("tables")).unwrap();
    assert_eq!(everything(&folder.opened()).await, expected);
    fs::remove_dir_all(folder.path("tables")).unwrap();
    assert_eq!(everything(&folder.opened()).await, expected);
}

#[tokio::test]
async fn a_lock_that_sled_still_holds_is_waited_for() {
    let folder = Folder::new();
    drop(folder.opened());
    // Another handle of the same process holds sled's lock for a while, as a thread of sled may.
    let held = sled::Config::new()
        .path(folder.path("tables"))
        .open()
        .unwrap();
    let mark = fs::metadata(folder.path("mark")).unwrap().ino();
    let opening = thread::spawn({
        let path = folder.path("");
        move || SledStore::open(&path, small()).map(drop)
    });
    // The opening vouches for the tables right before it asks for them.
    while fs::metadata(folder.path("mark")).unwrap().ino() == mark {
        thread::yield_now();
    }
    drop(held);
    opening.join().unwrap().unwrap();
}

#[tokio::test]
async fn many_starts_do_not_pile_up_segments() {
    let folder = Folder::new();
    fill(&folder.opened(), 0..1).await;
    for _ in 0..5 {
        folder.opened();
    }
    assert_eq!(
        folder.names("log"),
        ["000000000001.log", "000000000002.log"]
    );
    let first = fs::metadata(folder.path("log/000000000001.log")).unwrap();
    assert!(first.len() < 16 << 10, "{}", first.len());
}

#[tokio::test]
async fn a_log_of_another_time_is_refused_and_the_tables_stay() {
    let folder = Folder::new();
    let store = folder.opened();
    fill(&store, 0..1).await;
    drop(store);
    copy(&folder.path("log"), &folder.path("older log"));
    let store = folder.opened();
    fill(&store, 1..400).await;
    let expected = everything(&store).await;
    drop(store);
    let newer = folder.path("newer");
    fs::rename(folder.path("log"), &newer).unwrap();
    fs::rename(folder.path("older log"), folder.path("log")).unwrap();
    let refusal = folder.refusal();
    assert!(
        refusal.starts_with("store: record commit 2 of log is damaged: log and tables do not fit"),
        "{refusal}"
    );
    fs::remove_dir_all(folder.path("log")).unwrap();
    fs::rename(newer, folder.path("log")).unwrap();
    assert_eq!(everything(&folder.opened()).await, expected);
}

#[tokio::test]
async fn a_damaged_base_leaves_the_tables_for_rescue() {
    let folder = Folder::new();
    let store = folder.opened();
    fill(&store, 0..400).await;
    Engine::close(&store).await.unwrap();
    drop(store);
    let bases = folder
        .names("log")
        .into_iter()
        .find(|name| name.ends_with(".base"));
    let base = folder.path("log").join(bases.unwrap());
    let mut bytes = fs::read(&base).unwrap();
    bytes[5000] ^= 1;
    fs::write(&base, bytes).unwrap();
    fs::remove_file(folder.path("mark")).unwrap();
    let tables = folder.names("tables");
    let refusal = folder.refusal();
    assert!(
        refusal.ends_with("of log is damaged: its part 1 is wrong"),
        "{refusal}"
    );
    assert_eq!(folder.names("tables"), tables);
}

#[tokio::test]
async fn nothing_is_stored_aside_at_any_size() {
    let folder = Folder::new();
    let store = folder.opened();
    let sizes = [0, 1, 4000, 4096, 8192, 100_000, 131_072, 1 << 20, 2 << 20];
    for (n, size) in (0_u128..40).zip(sizes.into_iter().cycle()) {
        let mut large = draft(n, "a");
        // Quotes double in JSON: the worst that a body of this size can do.
        large.body = "\"".repeat(size).into();
        write(&store, vec![put("anna", large)]).await;
    }
    Engine::close(&store).await.unwrap();
    drop(store);
    assert_eq!(folder.names("tables/blobs"), Vec::<String>::new());
    let store = folder.opened();
    let stored = member(&store, "anna", 8).await.unwrap();
    assert_eq!(stored.body.len(), 2 << 20);
    // A shorter value leaves no piece of the longer one behind.
    for n in 0..40 {
        write(&store, vec![take("anna", n)]).await;
    }
    let pieces = crate::store::kv::KeyRange::prefix(&[0xfe]);
    let left = View::range(&*store.rows, &pieces, crate::store::kv::Order::Ascending, 9);
    assert_eq!(left.unwrap(), []);
}

#[tokio::test]
async fn what_the_log_does_not_take_is_refused_and_the_store_goes_on() {
    let folder = Folder::new();
    let store = folder.opened();
    write(&store, vec![put("anna", draft(1, "a"))]).await;
    let before = everything(&store).await;
    fs::rename(folder.path("log"), folder.path("elsewhere")).unwrap();
    let mut large = draft(2, "b");
    large.body = "x".repeat(100_000).into();
    let failed = store.commit(vec![], vec![put("anna", large.clone())]).await;
    assert_eq!(
        failed.unwrap_err().to_string(),
        "store: the disk takes no writes"
    );
    assert_eq!(everything(&store).await, before);
    fs::rename(folder.path("elsewhere"), folder.path("log")).unwrap();
    write(&store, vec![put("anna", large)]).await;
    let after = everything(&store).await;
    drop(store);
    assert_eq!(everything(&folder.opened()).await, after);
}

#[tokio::test]
async fn many_writers_at_once_all_get_their_own_answer() {
    let folder = Folder::new();
    let store = Arc::new(folder.opened());
    let listener = Listener::on(&*store);
    let commits = (1..=200_u128).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            // Every third wants what cannot be.
            let expects = match n % 3 {
                0 => vec![Expect::Object(
                    object_id(n),
                    Some(crate::model::Revision(9)),
                )],
                _ => vec![],
            };
            let done = store
                .commit(expects, vec![put("anna", draft(n, "a"))])
                .await;
            done.map(|committed| committed.members[0].2.0).ok()
        })
    });
    let mut revisions = Vec::new();
    for commit in commits.collect::<Vec<_>>() {
        revisions.extend(commit.await.unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=134).collect::<Vec<_>>());
    assert_eq!(listener.heard().len(), 134);
}
