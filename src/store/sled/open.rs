//! Opens a data folder: lock, tables, log.
//!
//! Base and log are the truth. Tables that a [mark](super::mark) vouches for are brought up to the end of the log; others are
//! made anew beside the old ones, which go only when the new ones are whole.

use super::backup::RESTORING;
use super::checkpoint::Checkpoint;
use super::format::{self, FORMAT, MIGRATIONS};
use super::mark::{self, Mark};
use super::rows::{Rows, of_sled};
use super::{OpenError, StoreOptions, TABLES};
use crate::model::Epoch;
use crate::ports::StoreError;
use crate::store::keys;
use crate::store::kv::View;
use crate::store::tables::{Table, damaged};
use crate::store::wal::{Header, Log, LogFolder, Replayed, base_header, read_base, replay};
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use uuid::Uuid;

/// Name of the epoch in the meta table.
const EPOCH: &str = "epoch";

/// Where tables are made anew.
const NEXT_TABLES: &str = "tables.unfinished";

/// How often sled's own lock is tried, and how long between: five seconds in all.
const LOCK_TRIES_MAX: u32 = 500;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// An opened folder.
pub(super) struct Opened {
    pub lock: Lock,
    pub log: Log,
    pub checkpoint: Checkpoint,
}

/// What base and log say of themselves.
struct Told {
    /// The first commit that the base may lack; 1 without a base.
    base: u64,
    /// The oldest format of any row in them.
    format: u64,
    epoch: Option<String>,
}

/// Opens a folder; everything that was ever acknowledged is in the rows when it returns.
pub(super) fn open(folder: &Path, options: &StoreOptions) -> Result<Opened, OpenError> {
    fs::create_dir_all(folder).map_err(StoreError::Io)?;
    let lock = lock(folder)?;
    // A restore that was killed: there is no store in it.
    remove_folder(&folder.join(RESTORING))?;
    let log = LogFolder::open(folder.join("log")).map_err(StoreError::Io)?;
    log.sweep().map_err(StoreError::Io)?;
    let told = told(&log)?;
    let (rows, replayed) = open_rows(folder, options, &log, &told)?;
    let epoch = epoch(&rows, &told)?;
    let checkpoint = Checkpoint {
        folder: folder.to_owned(),
        epoch,
        rows: Arc::new(rows),
        log: log.clone(),
        log_bytes_kept: options.log_bytes_kept,
        backup_log_bytes_max: options.backup_log_bytes_max,
    };
    checkpoint.mark_running()?;
    migrate(&checkpoint, &told)?;
    let log = begin_segment(&checkpoint, replayed.as_ref(), options)?;
    Ok(Opened {
        lock,
        log,
        checkpoint,
    })
}

/// Keeps other processes out while it lives; the system lets go when the process dies.
pub(super) struct Lock(File);

impl Drop for Lock {
    /// Closing the file would do, were it not that a child process which is being started shares it for a moment.
    fn drop(&mut self) {
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

/// Takes the folder for this process.
pub(super) fn lock(folder: &Path) -> Result<Lock, OpenError> {
    let file = File::create(folder.join("lock")).map_err(StoreError::Io)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse),
        Err(error) => Err(StoreError::Io(io::Error::from(error)).into()),
    }
}

/// Reads the headers, and refuses a newer program's folder before anything is written to it.
fn told(log: &LogFolder) -> Result<Told, OpenError> {
    let base = base_header(log)?;
    let mut headers: Vec<Header> = base.iter().cloned().collect();
    for segment in log.segments().map_err(StoreError::Io)? {
        headers.push(log.header(segment)?);
    }
    let formats = || headers.iter().map(|header| header.format);
    format::check(formats().max().unwrap_or(FORMAT), FORMAT)?;
    Ok(Told {
        base: base.map_or(1, |header| header.first),
        format: formats().min().unwrap_or(FORMAT),
        epoch: headers.pop().map(|header| header.epoch),
    })
}

fn open_rows(
    folder: &Path,
    options: &StoreOptions,
    log: &LogFolder,
    told: &Told,
) -> Result<(Rows, Option<Replayed>), OpenError> {
    if let Some(applied) = mark::read(folder) {
        // Once sled writes again, only this boot is vouched for.
        mark::write(folder, Mark::Running(applied)).map_err(StoreError::Io)?;
        // sled answers some damage with a panic; the log does not need the tables.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let rows = open_tables(&folder.join(TABLES), options)?;
            let held = rows.applied()?;
            Ok::<_, StoreError>((rows, held))
        }));
        match opened {
            Ok(Ok((rows, held))) if held >= applied => {
                let replayed = replay_into(&rows, log, applied)?;
                return Ok((rows, replayed));
            }
            Ok(Ok(_)) => tracing::warn!("the tables lack commits: they are made anew"),
            Ok(Err(error)) => tracing::warn!("the tables are made anew: {error}"),
            Err(_) => tracing::warn!("the tables are damaged: they are made anew"),
        }
    }
    let replayed = rebuild(folder, options, log, told.base)?;
    Ok((open_tables(&folder.join(TABLES), options)?, replayed))
}

/// Opens sled's files. Its threads may hold their lock for a moment after it was dropped, so a lock is tried again: our own
/// lock says already that no other process is here.
fn open_tables(path: &Path, options: &StoreOptions) -> Result<Rows, StoreError> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(options.cache_bytes)
        // Calendars are small and disks are shared: less space matters more than the last of the speed.
        .mode(sled::Mode::LowSpace)
        // The log is the truth; flushes on a timer would cost writes and promise nothing.
        .flush_every_ms(None);
    for _ in 0..LOCK_TRIES_MAX {
        match config.open() {
            Err(sled::Error::Io(error)) if is_lock(&error) => thread::sleep(LOCK_PAUSE),
            opened => return opened.map(Rows::new).map_err(of_sled),
        }
    }
    Err(StoreError::Io(io::Error::other("the tables stay locked")))
}

/// sled has no kind of error for this, only a text.
fn is_lock(error: &io::Error) -> bool {
    error.to_string().starts_with("could not acquire lock")
}

/// Makes the tables anew from base and log.
fn rebuild(
    folder: &Path,
    options: &StoreOptions,
    log: &LogFolder,
    base: u64,
) -> Result<Option<Replayed>, OpenError> {
    let next = folder.join(NEXT_TABLES);
    remove_folder(&next)?;
    let rows = open_tables(&next, options)?;
    read_base(log, |batch| rows.apply(&batch, base - 1))?;
    let replayed = replay_into(&rows, log, base - 1)?;
    rows.flush()?;
    drop(rows);
    remove_folder(&folder.join(TABLES))?;
    fs::rename(&next, folder.join(TABLES)).map_err(StoreError::Io)?;
    Ok(replayed)
}

pub(super) fn remove_folder(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Brings the rows, which hold everything up to `held`, to the end of the log. Every row of the log is an absolute
/// value, so it does not matter how much more the rows hold already.
fn replay_into(rows: &Rows, log: &LogFolder, held: u64) -> Result<Option<Replayed>, OpenError> {
    let before = rows.applied()?;
    let mut reached = held;
    let replayed = replay(log, |number, batch| {
        if number <= held {
            return Ok(());
        }
        if number > reached + 1 {
            return Err(gap(reached, number));
        }
        reached = number;
        rows.apply(&batch, number)
    })?;
    match &replayed {
        Some(found) if reached < found.last => Err(gap(reached, found.last + 1).into()),
        // A frame is on disk before its rows are written, so this is a log of another time.
        Some(found) if before > found.last => Err(gap(found.last, before + 1).into()),
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

/// The epoch of the store; a new one gets an epoch and a format.
fn epoch(rows: &Rows, told: &Told) -> Result<Epoch, OpenError> {
    let key = keys::meta(EPOCH);
    let Some(stored) = rows.get(&key)? else {
        let epoch = told
            .epoch
            .clone()
            .unwrap_or_else(|| Uuid::new_v4().to_string());
        let facts = [
            (key, Some(epoch.clone().into_bytes())),
            format::row(told.format),
        ];
        rows.apply(&facts.into(), rows.applied()?)?;
        return Ok(Epoch::new(epoch));
    };
    let told = told.epoch.as_ref();
    if told.is_some_and(|told| told.as_bytes() != stored) {
        return Err(damaged(Table::Meta, &key, "log and tables are of different stores").into());
    }
    let text = String::from_utf8(stored).map_err(|_| damaged(Table::Meta, &key, "it is no text"));
    Ok(Epoch::new(text?))
}

/// Brings rows of an older format to the present one. A base in the new format then takes the place of the whole log,
/// because rows of the old one must never be replayed over new ones.
fn migrate(checkpoint: &Checkpoint, told: &Told) -> Result<(), OpenError> {
    let rows = &checkpoint.rows;
    let applied = rows.applied()?;
    let found = format::read(&**rows)?.unwrap_or(FORMAT);
    format::migrate(&**rows, (found, FORMAT), MIGRATIONS, |batch| {
        rows.apply(&batch, applied)
    })?;
    if told.format != FORMAT {
        checkpoint.renew_base()?;
    }
    Ok(())
}

/// Ends the last segment where its last commit ends and begins the next. A segment without a commit is begun again.
fn begin_segment(
    checkpoint: &Checkpoint,
    replayed: Option<&Replayed>,
    options: &StoreOptions,
) -> Result<Log, StoreError> {
    let log = checkpoint.log.clone();
    let segment = match replayed {
        Some(found) if found.last < found.header.first => found.header.segment,
        Some(found) => {
            log.trim(found.header.segment, found.end)?;
            found.header.segment + 1
        }
        None => 1,
    };
    let header = Header {
        segment,
        first: checkpoint.rows.applied()? + 1,
        format: FORMAT,
        epoch: checkpoint.epoch.as_str().to_owned(),
    };
    Ok(Log::begin(log, header, options.wal_segment_bytes)?)
}
