//! Opens a data folder: lock, tables, log.
//!
//! Base and log are the truth. Tables that a [mark](super::mark) vouches for are brought up to the end of the log; others are
//! made anew beside the old ones, which go only when the new ones are whole.

use super::backup::RESTORING;
use super::checkpoint::Checkpoint;
use super::compact::OLD_TABLES;
use super::format::{self, FORMAT, MIGRATIONS};
use super::mark::{self, Mark};
use super::rows::Rows;
use super::tree::{Tree, of_sled};
use super::weather::hindrance;
use super::{OpenError, StoreOptions, TABLES};
use crate::model::Epoch;
use crate::ports::{Hindrance, StoreError};
use crate::store::keys;
use crate::store::kv::{Batch, View};
use crate::store::tables::{Table, damaged};
use crate::store::wal::disk::Touch;
use crate::store::wal::{Header, Log, LogFolder, Replayed, Tail, base_header, read_base, replay};
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
pub(super) const NEXT_TABLES: &str = "tables.unfinished";

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
pub(super) struct Told {
    /// The first commit that the base may lack; 1 without a base.
    pub base: u64,
    /// The oldest format of any row in them.
    pub format: u64,
    pub epoch: Option<String>,
}

/// Opens a folder; everything that was ever acknowledged is in the rows when it returns.
pub(super) fn open(folder: &Path, options: &StoreOptions) -> Result<Opened, OpenError> {
    fs::create_dir_all(folder).map_err(StoreError::Io)?;
    let lock = lock(folder)?;
    // A restore that was killed: there is no store in it.
    remove_folder(&folder.join(RESTORING))?;
    // A compaction that was killed: the tables in their place, if any, are whole, and the log makes others.
    remove_folder(&folder.join(OLD_TABLES))?;
    let log = LogFolder::open(folder.join("log")).map_err(StoreError::Io)?;
    log.sweep().map_err(StoreError::Io)?;
    let told = told(&log)?;
    if told.epoch.is_none() {
        check_never_used(folder, options)?;
    }
    let (rows, replayed, epoch) = open_rows(folder, options, &log, &told)?;
    let checkpoint = Checkpoint {
        folder: folder.to_owned(),
        epoch,
        rows: Arc::new(rows),
        log: log.clone(),
        log_bytes_kept: options.log_bytes_kept,
        disk_reserve_bytes: options.disk_reserve_bytes,
        backup_log_bytes_max: options.backup_log_bytes_max,
    };
    if !checkpoint.rows.are_lost() {
        checkpoint.mark_running()?;
    }
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

/// There is no log at all. That is so before the first start has ended, and never afterwards: what stands beside it would be all there
/// is, and starting a new log would lose it with the next loss of power.
fn check_never_used(folder: &Path, options: &StoreOptions) -> Result<(), OpenError> {
    let marked = mark::applied(folder);
    let held = match folder.join(TABLES).try_exists() {
        Ok(true) => held_by(&folder.join(TABLES), options),
        Ok(false) => None,
        Err(error) => return Err(StoreError::Io(error).into()),
    };
    match marked.max(held) {
        None | Some(0) => Ok(()),
        Some(commits) => Err(OpenError::LogMissing { commits }),
    }
}

/// Up to which commit tables hold everything, if they can be read.
pub(super) fn held_by(tables: &Path, options: &StoreOptions) -> Option<u64> {
    let held = catch_unwind(AssertUnwindSafe(|| open_tables(tables, options)?.applied()));
    held.ok()?.ok()
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
pub(super) fn told(log: &LogFolder) -> Result<Told, OpenError> {
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

/// The rows, the epoch and what the log said. A disk that takes no writes leaves them readable.
fn open_rows(
    folder: &Path,
    options: &StoreOptions,
    log: &LogFolder,
    told: &Told,
) -> Result<(Rows, Option<Replayed>, Epoch), OpenError> {
    let opened = tables_of(folder, options, log).and_then(|(tree, replayed)| {
        let epoch = epoch(&tree, told)?;
        let rows = Rows::new(tree, log.clone())?;
        Ok((rows, replayed, epoch))
    });
    match (opened, &told.epoch) {
        // An older format has to be migrated first, and a new store needs a first word.
        (Err(OpenError::Store(StoreError::Io(error))), Some(epoch))
            if told.format == FORMAT && may_pass(&error) =>
        {
            tracing::error!("the tables cannot be opened, reads go on from the log: {error}");
            let replayed = replay(log, |_, _| Ok(()))?;
            let last = replayed.as_ref().map_or(told.base - 1, |found| found.last);
            let rows = Rows::without_tables(log.clone(), last)?;
            Ok((rows, replayed, Epoch::new(epoch.clone())))
        }
        (opened, _) => opened,
    }
}

/// Tables that hold everything up to the end of the log, in the present format.
fn tables_of(
    folder: &Path,
    options: &StoreOptions,
    log: &LogFolder,
) -> Result<(Tree, Option<Replayed>), OpenError> {
    if let Some(applied) = mark::read(folder) {
        // Once sled writes again, only this boot is vouched for.
        mark::write(folder, Mark::Running(applied)).map_err(StoreError::Io)?;
        // sled answers some damage with a panic; the log does not need the tables.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let tree = open_tables(&folder.join(TABLES), options)?;
            let held = tree.applied()?;
            Ok::<_, StoreError>((tree, held))
        }));
        match opened {
            Ok(Ok((tree, held))) if held >= applied => {
                let replayed = replay_into(&tree, log, applied)?;
                return Ok((tree, replayed));
            }
            Ok(Ok(_)) => tracing::warn!("the tables lack commits: they are made anew"),
            Ok(Err(error)) => tracing::warn!("the tables are made anew: {error}"),
            Err(_) => tracing::warn!("the tables are damaged: they are made anew"),
        }
    }
    let replayed = rebuild(folder, options, log)?;
    Ok((open_tables(&folder.join(TABLES), options)?, replayed))
}

/// Gives a running store new tables in place of those that sled does not write any more. The old ones go first: what they hold
/// is in base and log, and their space may be the space that is missing.
pub(super) fn make_tables_anew(
    checkpoint: &Checkpoint,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    let (folder, log) = (&checkpoint.folder, &checkpoint.log);
    let _kept = log.keep_whole();
    mark::remove(folder)?;
    remove_folder(&folder.join(TABLES))?;
    let made = catch_unwind(AssertUnwindSafe(|| {
        log.disk().touch(Touch::Tables).map_err(StoreError::Io)?;
        rebuild(folder, options, log)?;
        let tree = open_tables(&folder.join(TABLES), options)?;
        tree.apply(&facts(&checkpoint.epoch, FORMAT), checkpoint.rows.applied())?;
        tree.flush()?;
        Ok(tree)
    }));
    let tree = match made {
        Ok(Ok(tree)) => tree,
        failed => {
            let _ = remove_folder(&folder.join(NEXT_TABLES));
            return Err(match failed {
                Ok(Err(OpenError::Store(error))) => error,
                Ok(_) | Err(_) => StoreError::Io(io::Error::other("new tables cannot be made")),
            });
        }
    };
    checkpoint.rows.set_tables(tree);
    checkpoint.mark_running()
}

/// Opens sled's files. Its threads may hold their lock for a moment after it was dropped, so a lock is tried again: our own
/// lock says already that no other process is here.
pub(super) fn open_tables(path: &Path, options: &StoreOptions) -> Result<Tree, StoreError> {
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
            opened => return opened.map(Tree::new).map_err(of_sled),
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
) -> Result<Option<Replayed>, OpenError> {
    let (tree, replayed) = make_beside(folder, options, log)?;
    tree.flush()?;
    drop(tree);
    remove_folder(&folder.join(TABLES))?;
    fs::rename(folder.join(NEXT_TABLES), folder.join(TABLES)).map_err(StoreError::Io)?;
    Ok(replayed)
}

/// Makes tables of base and log beside those in use.
pub(super) fn make_beside(
    folder: &Path,
    options: &StoreOptions,
    log: &LogFolder,
) -> Result<(Tree, Option<Replayed>), OpenError> {
    let next = folder.join(NEXT_TABLES);
    remove_folder(&next)?;
    let base = base_header(log)?.map_or(1, |header| header.first);
    let tree = open_tables(&next, options)?;
    read_base(log, |batch| {
        tree.apply(&batch, base - 1)?;
        // What was written over is free for what comes next only when its successor is flushed: else the file grows by both.
        tree.flush()
    })?;
    let replayed = replay_into(&tree, log, base - 1)?;
    Ok((tree, replayed))
}

pub(super) fn remove_folder(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Brings the rows, which hold everything up to `held`, to the end of the log. Every row of the log is an absolute
/// value, so it does not matter how much more the rows hold already.
fn replay_into(rows: &Tree, log: &LogFolder, held: u64) -> Result<Option<Replayed>, OpenError> {
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
fn epoch(rows: &Tree, told: &Told) -> Result<Epoch, OpenError> {
    let key = keys::meta(EPOCH);
    let Some(stored) = rows.get(&key)? else {
        let epoch = told.epoch.clone();
        let epoch = Epoch::new(epoch.unwrap_or_else(|| Uuid::new_v4().to_string()));
        rows.apply(&facts(&epoch, told.format), rows.applied()?)?;
        return Ok(epoch);
    };
    let told = told.epoch.as_ref();
    if told.is_some_and(|told| told.as_bytes() != stored) {
        return Err(damaged(Table::Meta, &key, "log and tables are of different stores").into());
    }
    let text = String::from_utf8(stored).map_err(|_| damaged(Table::Meta, &key, "it is no text"));
    Ok(Epoch::new(text?))
}

/// What the tables say of themselves and no commit ever wrote.
fn facts(epoch: &Epoch, format: u64) -> Batch {
    let epoch = Some(epoch.as_str().as_bytes().to_vec());
    [(keys::meta(EPOCH), epoch), format::row(format)].into()
}

/// Brings rows of an older format to the present one. A base in the new format then takes the place of the whole log,
/// because rows of the old one must never be replayed over new ones.
fn migrate(checkpoint: &Checkpoint, told: &Told) -> Result<(), OpenError> {
    let Some(rows) = checkpoint.rows.tables() else {
        return Ok(());
    };
    let applied = rows.applied()?;
    let found = format::read(&*rows)?.unwrap_or(FORMAT);
    format::migrate(&*rows, (found, FORMAT), MIGRATIONS, |batch| {
        rows.apply(&batch, applied)
    })?;
    if told.format != FORMAT {
        checkpoint.renew_base()?;
    }
    Ok(())
}

/// Ends the last segment where its last commit ends and begins the next. A segment without a commit is begun again. When the disk
/// does not take it now, the first commit tries again.
fn begin_segment(
    checkpoint: &Checkpoint,
    replayed: Option<&Replayed>,
    options: &StoreOptions,
) -> Result<Log, StoreError> {
    let (segment, tail) = match replayed {
        Some(found) if found.last < found.header.first => (found.header.segment, None),
        Some(found) => {
            let (segment, end) = (found.header.segment, found.end);
            (segment + 1, Some(Tail { segment, end }))
        }
        None => (1, None),
    };
    let header = Header {
        segment,
        first: checkpoint.rows.applied() + 1,
        format: FORMAT,
        epoch: checkpoint.epoch.as_str().to_owned(),
    };
    let folder = checkpoint.log.clone();
    let mut log = Log::resume(folder, header, tail, options.wal_segment_bytes);
    match log.reach(0) {
        Err(error) if may_pass(&error) => tracing::error!("the log waits for the disk: {error}"),
        reached => reached?,
    }
    Ok(log)
}

/// Whether an error is one that a start waits out: a folder that may not be written at all is better named at once.
fn may_pass(error: &io::Error) -> bool {
    matches!(hindrance(error), Hindrance::Full | Hindrance::ReadOnly)
}
