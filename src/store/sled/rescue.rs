//! Compacting, and saving what can be saved: whatever is killed, removed or damaged, nothing goes silently.

use super::compact::compact_by_steps;
use super::salvage::salvage;
use super::tests::{Folder, copy, small};
use super::*;
use crate::ports::Write;
use crate::store::RestoreOptions;
use crate::store::contract::Ground;
use crate::store::contract::fixtures::*;
use crate::store::contract::random::everything;
use std::fs;
use std::path::PathBuf;

fn options() -> StoreOptions {
    StoreOptions {
        disk_reserve_bytes: 0,
        // No base before one is asked for: which commits the log holds depends on nothing else.
        log_bytes_kept: u64::MAX,
        ..small()
    }
}

/// A store whose tables have grown: the same few rows, written many times. Closed.
async fn grown(folder: &Folder, rounds: u64) -> String {
    let store = SledStore::open(&folder.path("."), options()).unwrap();
    for n in 1..=rounds {
        let text = format!("{n};").repeat(700);
        let key = u128::from(n % 7);
        write(
            &store,
            vec![
                Write::Object(object(key, n)),
                put("anna", draft(key, &text)),
            ],
        )
        .await;
    }
    let expected = everything(&store).await;
    Engine::close(&store).await.unwrap();
    expected
}

async fn shown(path: &Path) -> String {
    everything(&SledStore::open(path, options()).unwrap()).await
}

#[tokio::test]
async fn a_compaction_killed_at_any_step_leaves_everything() {
    let folder = Folder::new();
    let expected = grown(&folder, 120).await;
    let copies = tempfile::tempdir().unwrap();
    let mut killed: Vec<(String, PathBuf)> = Vec::new();
    let step = |done: &str| {
        let left = copies.path().join(killed.len().to_string());
        copy(&folder.path("."), &left);
        killed.push((done.to_owned(), left));
    };
    let compacted = compact_by_steps(&folder.path("."), &options(), step).unwrap();
    assert!(compacted.after < compacted.before, "{compacted:?}");
    assert!(compacted.after < 5 * compacted.live_bytes, "{compacted:?}");
    let steps: Vec<&str> = killed.iter().map(|(done, _)| done.as_str()).collect();
    assert_eq!(
        steps,
        [
            "opened",
            "new base",
            "new tables",
            "compared and synced",
            "mark removed",
            "old tables aside",
            "new tables in place",
            "marked",
            "old tables gone",
            "log cut"
        ]
    );
    for (done, left) in &killed {
        assert!(shown(left).await == expected, "killed after: {done}");
        for rest in ["tables.old", "tables.unfinished"] {
            assert!(
                !left.join(rest).exists() || rest == "tables.unfinished",
                "{done}: {rest}"
            );
        }
        // Compacted again, whatever the first one left.
        compact(left, &options()).unwrap();
        assert!(shown(left).await == expected, "again after: {done}");
    }
    assert!(shown(&folder.path(".")).await == expected);
    assert_eq!(folder.names("."), ["lock", "log", "mark", "tables"]);
    folder.lose_power();
    assert!(shown(&folder.path(".")).await == expected);
}

#[tokio::test]
async fn tables_that_would_not_get_smaller_stay() {
    let folder = Folder::new();
    let expected = grown(&folder, 120).await;
    compact(&folder.path("."), &options()).unwrap();
    for _ in 0..3 {
        let again = compact(&folder.path("."), &options()).unwrap();
        assert!(again.after <= again.before, "{again:?}");
        assert_eq!(folder.names("."), ["lock", "log", "mark", "tables"]);
        assert!(shown(&folder.path(".")).await == expected);
    }
}

#[tokio::test]
async fn without_space_for_a_copy_and_the_reserve_nothing_is_compacted() {
    let folder = Folder::new();
    let expected = grown(&folder, 20).await;
    let options = StoreOptions {
        disk_reserve_bytes: 1 << 60,
        ..small()
    };
    let refused = compact(&folder.path("."), &options)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains(
            "bytes must be free for a copy of everything and twice store.disk_reserve_bytes"
        ),
        "{refused}"
    );
    assert!(shown(&folder.path(".")).await == expected);
    let store = folder.opened();
    let busy = compact(&folder.path("."), &options)
        .unwrap_err()
        .to_string();
    assert_eq!(busy, "another process is using the data folder");
    drop(store);
}

/// Saves a folder and opens what was saved.
async fn saved(folder: &Folder) -> (Result<Salvaged, String>, String) {
    let mut backup = Vec::new();
    let names = folder.names(".");
    let salvaged = salvage(&folder.path("."), &options(), &mut backup);
    let salvaged = salvaged.map_err(|error| error.to_string());
    assert_eq!(folder.names("."), names, "the folder is not changed");
    if salvaged.is_err() {
        return (salvaged, String::new());
    }
    let place = Folder::new();
    restore_backup(&*backup, &place.path("."), &RestoreOptions::default()).unwrap();
    let shown = shown(&place.path(".")).await;
    (salvaged, shown)
}

/// Changes a byte in the middle of a file of the log.
fn damage(folder: &Folder, name: &str, at: usize) {
    let path = folder.path("log").join(name);
    let mut bytes = fs::read(&path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_log_that_was_removed_is_named_and_the_tables_are_saved() {
    let folder = Folder::new();
    let expected = grown(&folder, 30).await;
    fs::remove_dir_all(folder.path("log")).unwrap();
    let refusal = "the log is missing beside tables that hold 30 commits";
    assert_eq!(folder.refusal(), refusal);
    assert!(folder.try_open().err().unwrap().is_of_log());
    let (salvaged, shown) = saved(&folder).await;
    let salvaged = salvaged.unwrap();
    assert_eq!(
        (salvaged.from_tables, salvaged.commits, salvaged.lost),
        (true, 30, 0)
    );
    assert!(shown == expected);
    // Whether the machine started anew meanwhile or not, and whatever was removed as well.
    fs::write(folder.path("mark"), "boot another 30\n").unwrap();
    assert_eq!(folder.refusal(), refusal);
    fs::remove_file(folder.path("mark")).unwrap();
    assert_eq!(folder.refusal(), refusal);
    let (salvaged, shown) = saved(&folder).await;
    assert_eq!(salvaged.unwrap().lost, 0);
    assert!(shown == expected);
}

#[tokio::test]
async fn a_folder_whose_first_start_was_killed_is_no_damage() {
    let folder = Folder::new();
    drop(folder.opened());
    fs::remove_dir_all(folder.path("log")).unwrap();
    drop(folder.opened());
    fs::remove_dir_all(folder.path("log")).unwrap();
    fs::remove_file(folder.path("mark")).unwrap();
    drop(folder.opened());
}

#[tokio::test]
async fn of_a_damaged_log_whatever_reaches_further_is_saved() {
    let folder = Folder::new();
    let expected = grown(&folder, 30).await;
    let first = folder.names("log").remove(0);
    assert!(first.ends_with(".log"), "{first}");
    damage(&folder, &first, 30_000);
    assert!(folder.try_open().err().unwrap().is_of_log());
    let (salvaged, shown) = saved(&folder).await;
    let salvaged = salvaged.unwrap();
    assert_eq!((salvaged.from_tables, salvaged.lost), (true, 0));
    assert!(shown == expected);
    // Without tables only what comes before the damage.
    fs::remove_dir_all(folder.path("tables")).unwrap();
    let (salvaged, _) = saved(&folder).await;
    let salvaged = salvaged.unwrap();
    assert!(!salvaged.from_tables);
    assert_eq!(salvaged.commits + salvaged.lost, 30);
    assert!(salvaged.lost > 0);
    damage(&folder, &first, 30_000);
    let (salvaged, shown) = saved(&folder).await;
    let salvaged = salvaged.unwrap();
    assert_eq!((salvaged.from_tables, salvaged.lost), (false, 0));
    assert!(shown == expected);
    fs::remove_dir_all(folder.path("log")).unwrap();
    let (salvaged, _) = saved(&folder).await;
    assert_eq!(
        salvaged.unwrap_err(),
        "store: neither the tables nor the log can be read"
    );
}
