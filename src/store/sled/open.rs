//! Opens a data folder: lock, tables, log, checkpoint.

use super::checkpoint::Checkpoint;
use super::format::{self, FORMAT, MIGRATIONS};
use super::rows::{Rows, of_sled};
use super::{OpenError, StoreOptions};
use crate::model::Epoch;
use crate::ports::StoreError;
use crate::store::kv::View;
use crate::store::tables::{self, Table, damaged};
use crate::store::wal::{Header, Log, LogFolder, Replayed, replay, sync_folder};
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// Name of the epoch in the meta table.
const EPOCH: &str = "epoch";

/// An opened folder.
pub(super) struct Opened {
    pub lock: File,
    pub epoch: Epoch,
    pub rows: Arc<Rows>,
    pub log: Log,
    pub checkpoint: Checkpoint,
}

/// Opens a folder; the log is replayed and everything is durable when it returns.
pub(super) fn open(folder: &Path, options: &StoreOptions) -> Result<Opened, OpenError> {
    fs::create_dir_all(folder).map_err(StoreError::Io)?;
    let lock = lock(folder)?;
    let files = folder.join("tables");
    let rows = Arc::new(Rows::new(open_tables(&files, options)?));
    let log = LogFolder::open(folder.join("log")).map_err(StoreError::Io)?;
    sync_folder(folder).map_err(StoreError::Io)?;
    let checkpoint = Checkpoint {
        rows: rows.clone(),
        files,
        log: log.clone(),
    };
    // Before anything is written: a newer program's folder is left as it is.
    format::check(format::read(&*rows)?.unwrap_or(FORMAT), FORMAT)?;
    let replayed = replay_into(&rows, &log)?;
    let epoch = found(&rows, replayed.as_ref())?;
    let segment = replayed.map_or(1, |replayed| replayed.header.segment + 1);
    // The log may go only when the rows are durable, and old rows may change their format only when no log in the old format is left.
    checkpoint.run(segment)?;
    migrate(&rows)?;
    checkpoint.run(segment)?;
    let header = Header {
        segment,
        first: rows.applied()? + 1,
        format: FORMAT,
        epoch: epoch.as_str().to_owned(),
    };
    let log = Log::begin(log, header, options.wal_segment_bytes).map_err(StoreError::Io)?;
    Ok(Opened {
        lock,
        epoch,
        rows,
        log,
        checkpoint,
    })
}

/// Keeps other processes out for as long as the file is open; the system lets go when the process dies.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let file = File::create(folder.join("lock")).map_err(StoreError::Io)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse),
        Err(error) => Err(StoreError::Io(io::Error::from(error)).into()),
    }
}

fn open_tables(files: &Path, options: &StoreOptions) -> Result<sled::Db, StoreError> {
    sled::Config::new()
        .path(files)
        .cache_capacity(options.cache_bytes)
        // Calendars are small and disks are shared: less space matters more than the last of the speed.
        .mode(sled::Mode::LowSpace)
        // The log is the truth; flushes on a timer would cost writes and promise nothing.
        .flush_every_ms(None)
        .open()
        .map_err(of_sled)
}

/// Brings the rows up to the end of the log. Every row of the log is an absolute value, so it does not matter how much of it
/// the rows hold already.
fn replay_into(rows: &Rows, log: &LogFolder) -> Result<Option<Replayed>, OpenError> {
    let applied = rows.applied()?;
    let mut reached = applied;
    let replayed = replay(log, |number, batch| {
        if number > reached + 1 {
            return Err(gap(reached, number));
        }
        reached = reached.max(number);
        rows.apply(&batch, number)
    })?;
    match &replayed {
        Some(found) if reached < found.last => Err(gap(reached, found.last + 1).into()),
        // A frame is on disk before its rows are written, so this is a log of another time.
        Some(found) if applied > found.last => Err(gap(found.last, applied + 1).into()),
        _ => Ok(replayed),
    }
}

fn gap(reached: u64, next: u64) -> StoreError {
    StoreError::Damaged {
        table: "log",
        key: format!("commit {}", reached + 1),
        why: format!("log and tables do not fit: commits before {next} are missing"),
    }
}

/// The epoch of the store; a new folder gets one.
fn found(rows: &Rows, replayed: Option<&Replayed>) -> Result<Epoch, OpenError> {
    let logged = replayed.map(|replayed| replayed.header.epoch.as_str());
    let key = tables::meta(EPOCH);
    let Some(stored) = rows.get(&key)? else {
        return Ok(found_anew(rows, replayed)?);
    };
    if logged.is_some_and(|logged| logged.as_bytes() != stored) {
        return Err(damaged(Table::Meta, &key, "log and tables are of different stores").into());
    }
    let text = String::from_utf8(stored).map_err(|_| damaged(Table::Meta, &key, "it is no text"));
    Ok(Epoch::new(text?))
}

/// Writes down the facts of a new store, or of one whose tables were lost and whose log goes back to the first commit.
fn found_anew(rows: &Rows, replayed: Option<&Replayed>) -> Result<Epoch, StoreError> {
    let (epoch, format, applied) = match replayed {
        Some(replayed) => (
            replayed.header.epoch.clone(),
            replayed.header.format,
            replayed.last,
        ),
        None => (Uuid::new_v4().to_string(), FORMAT, 0),
    };
    let facts = [
        (tables::meta(EPOCH), Some(epoch.clone().into_bytes())),
        format::row(format),
    ];
    rows.apply(&facts.into(), applied)?;
    Ok(Epoch::new(epoch))
}

fn migrate(rows: &Rows) -> Result<(), OpenError> {
    let applied = rows.applied()?;
    let found = format::read(rows)?.unwrap_or(FORMAT);
    format::migrate(rows, (found, FORMAT), MIGRATIONS, |batch| {
        rows.apply(&batch, applied)
    })
}
