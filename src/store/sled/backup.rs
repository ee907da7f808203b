//! Backs up a running store, and makes a new one from a backup.
//!
//! A restored store begins as a base without a log: its tables are made when it is first opened.

use super::TABLES;
use super::checkpoint::Checkpoint;
use super::open;
use super::rows::{Paged, Rows};
use crate::model::Epoch;
use crate::ports::{BackupDone, StoreError};
use crate::store::backup::{
    BackupReader, BackupWriter, Contents, RestoreError, RestoreOptions, facts_of_restored,
    rows_of_restored,
};
use crate::store::wal::{BaseWriter, Header, LogFolder, commits, sync_folder};
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use uuid::Uuid;

/// Where a store is made from a backup, in the data folder.
pub(super) const RESTORING: &str = "restore.unfinished";

/// What became of a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The life that begins with it: no ETag and no sync token of the old one is believed.
    pub epoch: Epoch,
    /// How many commits had led to the state that was restored.
    pub commits: u64,
    /// Rows that were copied.
    pub rows: u64,
    /// Length of the backup in bytes.
    pub bytes: u64,
}

/// Writes all rows while commits go on, then those commits.
pub(super) fn backup(checkpoint: &Checkpoint, to: impl Write) -> Result<BackupDone, StoreError> {
    // Before the first commit is looked up: none after it may go from the log.
    let _kept = checkpoint.log.keep_whole();
    let before = applied(&checkpoint.rows);
    let mut backup = BackupWriter::begin(to, &checkpoint.epoch)?;
    backup.rows(&Paged(&checkpoint.rows))?;
    let last = applied(&checkpoint.rows);
    check_kept(&checkpoint.log, before)?;
    commits(&checkpoint.log, before, last, |number, rows| {
        Ok(backup.commit(number, rows)?)
    })?;
    Ok(backup.end(last)?)
}

/// The log is kept for us only up to a bound.
fn check_kept(log: &LogFolder, before: u64) -> Result<(), StoreError> {
    let first = log.segments()?.first().copied();
    let first = first.map(|segment| log.header(segment)).transpose()?;
    match first.is_some_and(|header| header.first <= before + 1) {
        true => Ok(()),
        false => Err(StoreError::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            "the backup took too long: the log outgrew its bound and was cut",
        ))),
    }
}

/// The last commit that is wholly visible.
pub(super) fn applied(rows: &Rows) -> u64 {
    let _held = rows.hold();
    rows.applied()
}

/// Makes a store in a folder that holds none, from a backup that is found whole and sound. Blocks.
///
/// Killed at any time it leaves either no store or all of it; when it returns, the store is on disk. The store lives a new
/// epoch, holds its outbox until an administrator lets it go on, and knows no cursor of ADVANTA nor of any subscription, so that everything
/// is compared.
pub fn restore_backup(
    from: impl Read,
    folder: &Path,
    options: &RestoreOptions,
) -> Result<Restored, RestoreError> {
    restore(from, folder, options, || ())
}

/// `step` is called after every change of the folder.
pub(super) fn restore(
    from: impl Read,
    folder: &Path,
    options: &RestoreOptions,
    step: impl FnMut(),
) -> Result<Restored, RestoreError> {
    fs::create_dir_all(folder).map_err(StoreError::Io)?;
    let _lock = open::lock(folder).map_err(|error| match error {
        super::OpenError::Store(error) => RestoreError::Store(error),
        _ => RestoreError::InUse,
    })?;
    if holds_store(folder).map_err(StoreError::Io)? {
        return Err(RestoreError::HoldsStore);
    }
    let restored = build(from, folder, options, step);
    if restored.is_err() {
        // The reason is worth more than what is left; the next restore or opening removes it.
        let _ = fs::remove_dir_all(folder.join(RESTORING));
    }
    restored
}

/// Whether anything is there that may be somebody's store.
///
/// # Errors
/// The folder cannot be read.
pub fn holds_store(folder: &Path) -> io::Result<bool> {
    let is_empty = match fs::read_dir(folder.join("log")) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error),
    };
    Ok(!is_empty || folder.join(TABLES).try_exists()? || folder.join("mark").try_exists()?)
}

/// Makes the log aside and gives it its name when it is whole.
fn build(
    from: impl Read,
    folder: &Path,
    options: &RestoreOptions,
    mut step: impl FnMut(),
) -> Result<Restored, RestoreError> {
    let aside = folder.join(RESTORING);
    open::remove_folder(&aside)?;
    step();
    let log = LogFolder::open(aside.clone()).map_err(StoreError::Io)?;
    step();
    let epoch = Epoch::new(Uuid::new_v4().to_string());
    let contents = write_base(from, &log, &epoch, options, &mut step)?;
    step();
    put_in_place(&aside, folder, &mut step).map_err(StoreError::Io)?;
    Ok(Restored {
        epoch,
        commits: contents.commits,
        rows: contents.rows,
        bytes: contents.bytes,
    })
}

/// Turns a backup into a base, batch by batch.
fn write_base(
    from: impl Read,
    log: &LogFolder,
    epoch: &Epoch,
    options: &RestoreOptions,
    step: &mut impl FnMut(),
) -> Result<Contents, RestoreError> {
    let backup = BackupReader::begin(from, options)?;
    let header = Header {
        segment: 0,
        // The new store counts its commits from the beginning.
        first: 1,
        format: backup.format(),
        epoch: epoch.as_str().to_owned(),
    };
    let mut base = BaseWriter::begin(log, &header).map_err(StoreError::Io)?;
    let contents = backup.read(|rows| {
        base.write(&rows_of_restored(rows)?)?;
        step();
        Ok(())
    })?;
    base.write(&facts_of_restored())
        .and_then(|()| base.finish())
        .map_err(StoreError::Io)?;
    Ok(contents)
}

/// The step that makes it a store.
fn put_in_place(aside: &Path, folder: &Path, step: &mut impl FnMut()) -> io::Result<()> {
    fs::rename(aside, folder.join("log"))?;
    step();
    sync_folder(folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}
