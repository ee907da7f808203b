//! How far sled's files can be trusted.
//!
//! sled never really syncs on Linux, and it uses the space of old pages again. So after a loss of power its files may lack even what
//! was synced long ago. What a *process* wrote, though, the system keeps when the process dies. The mark says which
//! case it is: it names the boot of the machine, or that the store was closed and everything synced.

use crate::store::wal::sync_folder;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Name of the mark in the data folder.
const NAME: &str = "mark";

/// Under which condition the tables hold everything up to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// In any case: the store was closed.
    Closed(u64),
    /// As long as the machine has not started anew.
    Running(u64),
}

/// Writes the mark, durably.
pub(super) fn write(folder: &Path, mark: Mark) -> io::Result<()> {
    let text = match mark {
        Mark::Closed(applied) => format!("closed {applied}\n"),
        Mark::Running(applied) => format!("boot {} {applied}\n", boot()?),
    };
    let unfinished = folder.join("mark.unfinished");
    let mut file = File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, folder.join(NAME))?;
    sync_folder(folder)
}

/// Removes the mark, durably: from here on the tables are not trusted.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(NAME)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => sync_folder(folder),
    }
}

/// The commit up to which the tables can be trusted; `None` when they cannot.
pub(super) fn read(folder: &Path) -> Option<u64> {
    let text = fs::read_to_string(folder.join(NAME)).ok()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        ["closed", applied] => applied.parse().ok(),
        ["boot", id, applied] if boot().is_ok_and(|boot| boot == id) => applied.parse().ok(),
        _ => None,
    }
}

/// The commit that a mark names, whether it can be trusted or not.
pub(super) fn applied(folder: &Path) -> Option<u64> {
    let text = fs::read_to_string(folder.join(NAME)).ok()?;
    text.split_whitespace().last()?.parse().ok()
}

/// What Linux calls this run of the machine. Where there is no such name, no two runs have the same.
fn boot() -> io::Result<String> {
    match fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(uuid::Uuid::new_v4().to_string())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(text: &str) -> Option<u64> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), text).unwrap();
        read(folder.path())
    }

    #[test]
    fn a_mark_of_this_boot_or_of_a_closed_store_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), None);
        write(folder.path(), Mark::Running(7)).unwrap();
        assert_eq!(read(folder.path()), Some(7));
        write(folder.path(), Mark::Closed(8)).unwrap();
        assert_eq!(read(folder.path()), Some(8));
    }

    #[test]
    fn a_mark_of_another_boot_or_a_torn_one_is_not() {
        assert_eq!(read_back("boot 6f1c 7\n"), None);
        assert_eq!(read_back("boot"), None);
        assert_eq!(read_back("closed x"), None);
        assert_eq!(read_back(""), None);
    }
}
