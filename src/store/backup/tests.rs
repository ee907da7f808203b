use super::parts::{Head, MAGIC, Part, SEGMENT};
use super::*;
use crate::model::Epoch;
use crate::store::kv::{Batch, Key};
use crate::store::wal::frame;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A backup of one row, then commits with these numbers.
fn backup(text: &str, commits: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut backup = BackupWriter::begin(&mut bytes, &Epoch::new("life")).unwrap();
    let rows: BTreeMap<Key, Vec<u8>> = [(b"\x20key".to_vec(), text.into())].into();
    backup.rows(&rows).unwrap();
    for number in commits {
        let row = (b"\x20key".to_vec(), Some(number.to_string().into_bytes()));
        backup.commit(*number, [row].into()).unwrap();
    }
    backup.end(commits.last().copied().unwrap_or(7)).unwrap();
    bytes
}

/// Everything that was read, or why nothing counts.
fn read(bytes: &[u8]) -> Result<Vec<Batch>, String> {
    let mut batches = Vec::new();
    let read = BackupReader::begin(bytes, &RestoreOptions::default()).and_then(|backup| {
        backup.read(|batch| {
            batches.push(batch);
            Ok(())
        })
    });
    read.map(|_| batches).map_err(|error| error.to_string())
}

#[test]
fn rows_come_first_and_commits_in_order() {
    let row = |text: &str| Batch::from([(b"\x20key".to_vec(), Some(text.into()))]);
    assert_eq!(
        read(&backup("a", &[8, 9])),
        Ok(vec![row("a"), row("8"), row("9")])
    );
}

#[test]
fn a_part_of_another_backup_is_found() {
    let (mut one, other) = (backup("a", &[]), backup("b", &[]));
    // Behind the magic and a head of 13 bytes comes the part with the row.
    let rows = 8 + 40..8 + 40 + 48;
    assert_ne!(one[rows.clone()], other[rows.clone()]);
    one[rows.clone()].copy_from_slice(&other[rows]);
    assert_eq!(
        read(&one),
        Err(
            "the backup is damaged at byte 96, in its part 3: the check sum over all is wrong"
                .into()
        )
    );
}

#[test]
fn commits_with_a_gap_are_found() {
    assert_eq!(
        read(&backup("a", &[8, 10])),
        Err(
            "the backup is damaged at byte 152, in its part 4: the commit before it is missing"
                .into()
        )
    );
    let largest = read(&backup("a", &[u64::MAX, 1]));
    assert!(
        largest
            .unwrap_err()
            .ends_with("the commit before it is missing")
    );
}

#[test]
fn a_backup_of_a_newer_program_is_named() {
    let mut bytes = MAGIC.to_vec();
    let head = Part::Head(Head {
        format: 9_000,
        epoch: "life".into(),
    });
    frame::push(&mut bytes, SEGMENT, 1, 0, &head.encode().unwrap()).unwrap();
    assert_eq!(
        read(&bytes),
        Err("the backup has format 9000, and this program knows up to 6".into())
    );
}

proptest! {
    #[test]
    fn any_bytes_are_a_part_or_none(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Some(part) = Part::decode(&bytes) {
            // A batch may spell its rows in any order; everything else comes back as it was.
            prop_assert_eq!(Part::decode(&part.encode().unwrap()), Some(part));
        }
    }

    #[test]
    fn whatever_is_changed_in_a_backup_is_found(at in 0..400_usize, flip in 1..=255_u8) {
        let mut bytes = backup("a", &[8, 9]);
        let place = at % bytes.len();
        bytes[place] ^= flip;
        prop_assert!(read(&bytes).is_err());
    }
}
