use super::frame::SEGMENT_HEADER_BYTES;
use super::*;
use crate::store::kv::{Batch, Key};
use std::collections::BTreeMap;
use std::fs;

fn header() -> Header {
    Header {
        segment: 1,
        first: 1,
        format: 1,
        epoch: "life".into(),
    }
}

fn batch(text: &str) -> Batch {
    [(text.as_bytes().to_vec(), Some(vec![b'x'; 100]))].into()
}

/// Writes groups of commits into segments of 8 KiB.
fn written(folder: &LogFolder, groups: &[&[&str]]) -> Log {
    let mut log = Log::begin(folder.clone(), header(), 8192).unwrap();
    for texts in groups {
        let mut group = Group::default();
        for text in *texts {
            group.push(&batch(text)).unwrap();
        }
        log.write(&group).unwrap();
    }
    log
}

fn read(folder: &LogFolder) -> Result<Vec<String>, String> {
    let mut texts = Vec::new();
    let replayed = replay(folder, |number, batch| {
        let key = batch.keys().next().unwrap();
        texts.push(format!("{number}{}", std::str::from_utf8(key).unwrap()));
        Ok(())
    });
    replayed.map(|_| texts).map_err(|error| error.to_string())
}

fn base_header_at(first: u64) -> Header {
    Header {
        segment: 0,
        first,
        ..header()
    }
}

/// So many rows of 1 KiB.
fn rows(count: u32) -> BTreeMap<Key, Vec<u8>> {
    let row = |n: u32| (n.to_be_bytes().to_vec(), vec![b'r'; 1024]);
    (0..count).map(row).collect()
}

fn place() -> (tempfile::TempDir, LogFolder) {
    let place = tempfile::tempdir().unwrap();
    let folder = LogFolder::open(place.path().join("wal")).unwrap();
    (place, folder)
}

#[test]
fn an_empty_folder_holds_no_log() {
    let (_place, folder) = place();
    assert_eq!(replay(&folder, |_, _| Ok(())).unwrap(), None);
}

#[test]
fn commits_come_back_in_order_over_segments() {
    let (_place, folder) = place();
    let texts: Vec<String> = (1..=100).map(|n| format!("-{n}")).collect();
    let groups: Vec<Vec<&str>> = texts
        .chunks(3)
        .map(|c| c.iter().map(String::as_str).collect())
        .collect();
    let groups: Vec<&[&str]> = groups.iter().map(Vec::as_slice).collect();
    let log = written(&folder, &groups);
    assert_eq!((log.segment(), log.durable()), (4, 100));
    let expected: Vec<String> = (1..=100).map(|n| format!("{n}-{n}")).collect();
    assert_eq!(read(&folder).unwrap(), expected);
    write_base(&folder, &base_header_at(60), &rows(1), || Ok(())).unwrap();
    folder.prune().unwrap();
    assert_eq!(folder.segments().unwrap(), [3, 4]);
    assert_eq!(read(&folder).unwrap().last().unwrap(), "100-100");
}

#[test]
fn a_group_larger_than_a_segment_gets_one_that_fits() {
    let (_place, folder) = place();
    let many = ["m"; 200];
    written(&folder, &[&["a"], &many, &["z"]]);
    let read = read(&folder).unwrap();
    assert_eq!(
        (read.len(), read[0].as_str(), read[201].as_str()),
        (202, "1a", "202z")
    );
}

/// Frames of `batch("a")` and the like take 24 + 4 + 8 + 1 + 100 bytes, rounded up.
const FRAME: usize = 144;

#[test]
fn a_tail_torn_at_any_byte_leaves_what_was_answered() {
    let (_place, folder) = place();
    written(&folder, &[&["a"], &["b", "c"]]);
    let whole = folder.read(1).unwrap();
    let begin = SEGMENT_HEADER_BYTES + 2 * FRAME;
    for at in begin..begin + 137 {
        let mut garbled = whole.clone();
        garbled[at] ^= 0x55;
        fs::write(folder.path(1), &garbled).unwrap();
        assert_eq!(read(&folder).unwrap(), ["1a", "2b"], "garbled at {at}");
        fs::write(folder.path(1), &whole[..at]).unwrap();
        assert_eq!(read(&folder).unwrap(), ["1a", "2b"], "cut at {at}");
    }
}

#[test]
fn a_failed_write_is_cut_even_when_no_file_can_be_opened() {
    let (place, folder) = place();
    let mut log = written(&folder, &[&["a"]]);
    // Without its name the segment cannot be opened again, as without a free descriptor.
    let elsewhere = place.path().join("elsewhere");
    fs::rename(folder.path(1), &elsewhere).unwrap();
    folder.disk().faults.plan(disk::faults::Plan {
        touch: Some(disk::Touch::Sync),
        well: 0,
        failures: 1,
        error: rustix::io::Errno::IO,
    });
    let mut group = Group::default();
    group.push(&batch("b")).unwrap();
    log.write(&group).unwrap_err();
    // A kill: what is in the file is what the next start reads.
    fs::rename(elsewhere, folder.path(1)).unwrap();
    assert_eq!(read(&folder).unwrap(), ["1a"]);
}

#[test]
fn a_group_torn_in_its_middle_is_cut_there() {
    let (_place, folder) = place();
    written(&folder, &[&["a"], &["b", "c", "d"]]);
    let mut bytes = folder.read(1).unwrap();
    bytes[SEGMENT_HEADER_BYTES + 2 * FRAME + 50] ^= 1;
    fs::write(folder.path(1), bytes).unwrap();
    assert_eq!(read(&folder).unwrap(), ["1a", "2b"]);
}

#[test]
fn damage_to_an_answered_commit_is_named_at_every_byte() {
    let (_place, folder) = place();
    written(&folder, &[&["a"], &["b"], &["c"]]);
    let whole = folder.read(1).unwrap();
    let begin = SEGMENT_HEADER_BYTES + FRAME;
    for at in begin..begin + 137 {
        let mut garbled = whole.clone();
        garbled[at] ^= 0x55;
        fs::write(folder.path(1), &garbled).unwrap();
        assert_eq!(
            read(&folder).unwrap_err(),
            "store: record segment 1 offset 4240 of log is damaged: commit 2 is damaged, and commit 3 knew it to be on disk",
            "garbled at {at}"
        );
    }
}

#[test]
fn damage_in_an_earlier_segment_is_named() {
    let (_place, folder) = place();
    let many = ["m"; 28];
    written(&folder, &[&many, &["n"]]);
    assert_eq!(folder.segments().unwrap(), [1, 2]);
    let mut bytes = folder.read(1).unwrap();
    bytes[SEGMENT_HEADER_BYTES + 27 * FRAME + 50] ^= 1;
    fs::write(folder.path(1), bytes).unwrap();
    assert_eq!(
        read(&folder).unwrap_err(),
        "store: record segment 2 offset 0 of log is damaged: commit 28 is missing: the segment before it is damaged"
    );
    fs::remove_file(folder.path(1)).unwrap();
    assert_eq!(read(&folder).unwrap(), ["29n"]);
}

#[test]
fn a_wrong_header_and_a_missing_segment_are_named() {
    let (_place, folder) = place();
    let many = ["m"; 28];
    written(&folder, &[&many, &many, &many]);
    fs::remove_file(folder.path(2)).unwrap();
    assert_eq!(
        read(&folder).unwrap_err(),
        "store: record segment 3 offset 0 of log is damaged: the segment before it is missing"
    );
    fs::write(folder.path(1), b"ADVBWAL1 and so on").unwrap();
    assert_eq!(
        read(&folder).unwrap_err(),
        "store: record segment 1 offset 0 of log is damaged: its header is wrong"
    );
}

#[test]
fn what_was_not_finished_is_swept_away() {
    let (place, folder) = place();
    written(&folder, &[&["a"]]);
    let unfinished = place.path().join("wal/000000000002.unfinished");
    fs::write(&unfinished, b"half").unwrap();
    folder.sweep().unwrap();
    assert_eq!(read(&folder).unwrap(), ["1a"]);
    assert!(!unfinished.exists());
}

#[test]
fn a_base_of_many_parts_comes_back() {
    let (_place, folder) = place();
    assert_eq!(read_base(&folder, |_| Ok(())).unwrap(), None);
    let rows = rows(3000);
    write_base(&folder, &base_header_at(60), &rows, || Ok(())).unwrap();
    let (mut found, mut parts) = (Batch::new(), 0);
    let header = read_base(&folder, |batch| {
        parts += 1;
        found.extend(batch);
        Ok(())
    });
    assert_eq!(header.unwrap(), Some(base_header_at(60)));
    assert_eq!(parts, 3);
    let expected: Batch = rows
        .into_iter()
        .map(|(key, value)| (key, Some(value)))
        .collect();
    assert!(found == expected);
}

#[test]
fn the_newest_base_counts_and_the_older_ones_go() {
    let (_place, folder) = place();
    write_base(&folder, &base_header_at(9), &rows(1), || Ok(())).unwrap();
    write_base(&folder, &base_header_at(10), &rows(1), || Ok(())).unwrap();
    assert_eq!(base_header(&folder).unwrap(), Some(base_header_at(10)));
    folder.prune().unwrap();
    assert_eq!(folder.bases().unwrap(), [10]);
}

#[test]
fn a_base_that_is_cut_or_garbled_anywhere_is_refused() {
    let (_place, folder) = place();
    write_base(&folder, &base_header_at(7), &rows(2), || Ok(())).unwrap();
    let path = folder.base_path(7);
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let read = read_base(&folder, |_| Ok(()));
        let why = read.unwrap_err().to_string();
        assert!(
            why.starts_with("store: record base before commit 7 of log is damaged: its "),
            "{why}"
        );
    };
    for at in (0..whole.len()).step_by(97) {
        refused(&whole[..at]);
    }
    for at in (SEGMENT_HEADER_BYTES..SEGMENT_HEADER_BYTES + 2000).step_by(53) {
        let mut garbled = whole.clone();
        garbled[at] ^= 0x55;
        refused(&garbled);
    }
}
