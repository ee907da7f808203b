//! Keeps the replay after a start short, and the log from growing without end.

use super::format::FORMAT;
use super::mark::{self, Mark};
use super::rows::{Paged, Rows};
use crate::model::Epoch;
use crate::ports::{Hindrance, StoreError};
use crate::store::wal::{Header, Log, LogFolder, sync_folder, write_base};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// What a checkpoint needs.
#[derive(Clone)]
pub(super) struct Checkpoint {
    pub folder: PathBuf,
    pub epoch: Epoch,
    pub rows: Arc<Rows>,
    pub log: LogFolder,
    pub log_bytes_kept: u64,
    pub disk_reserve_bytes: u64,
    pub backup_log_bytes_max: u64,
}

impl Checkpoint {
    /// A restart of the process replays the log only from here on; and a log that outgrew its base gets a new one.
    pub(super) fn run(&self) -> Result<(), StoreError> {
        self.mark_running()?;
        let (log, base) = self.log.bytes()?;
        // As much log as base: so a row is rewritten about once, however large the store is.
        if log > self.log_bytes_kept.max(base) && self.may_prune(log) {
            self.renew_base()?;
        }
        Ok(())
    }

    /// Everything is synced, in the log and in sled's own files. Where these cannot be written the log has everything all the same:
    /// the next start takes longer.
    pub(super) fn close(&self) {
        if self.rows.are_lost() {
            return;
        }
        if let Err(error) = self.close_tables() {
            tracing::warn!(
                "the tables are not closed and will be looked through at the next start: {error}"
            );
        }
    }

    fn close_tables(&self) -> Result<(), StoreError> {
        let applied = self.rows.applied();
        self.rows.flush()?;
        // sled's flush asks for no real sync on Linux, so each of its files is synced here.
        sync_tree(&self.folder.join(super::TABLES))?;
        Ok(mark::write(&self.folder, Mark::Closed(applied))?)
    }

    /// Hands everything applied to the operating system, and says so.
    pub(super) fn mark_running(&self) -> Result<(), StoreError> {
        let applied = self.rows.applied();
        self.rows.flush()?;
        Ok(mark::write(&self.folder, Mark::Running(applied))?)
    }

    /// Writes a base of the present rows and removes what it makes needless.
    pub(super) fn renew_base(&self) -> Result<(), StoreError> {
        let header = Header {
            segment: 0,
            first: self.rows.applied() + 1,
            format: FORMAT,
            epoch: self.epoch.as_str().to_owned(),
        };
        // About as large as the last one, when it begins; looked at again for each part.
        self.check_room(self.log.bytes()?.1)?;
        write_base(&self.log, &header, &Paged(&self.rows), || {
            self.check_room(0)
        })?;
        // Commits went on meanwhile, so the base is newer than the last mark. Pruned by it, the log could begin after what
        // the mark vouches for, and a process that is killed here would find a gap: the mark moves first.
        self.mark_running()?;
        if self.may_prune(self.log.bytes()?.0) {
            self.log.prune()?;
        }
        Ok(())
    }

    /// A base must not take the space that commits are measured by: they would be refused while it is written.
    fn check_room(&self, needed: u64) -> Result<(), StoreError> {
        let kept = self.disk_reserve_bytes.saturating_mul(2);
        let free = self.log.disk().free(&self.folder)?;
        match free < needed.saturating_add(kept) {
            true => Err(StoreError::Unwritable(Hindrance::Full)),
            false => Ok(()),
        }
    }

    /// A backup needs the log whole, but one that takes too long must not fill the disk: it fails, and the store goes on.
    fn may_prune(&self, log: u64) -> bool {
        !self.log.is_kept() || log > self.backup_log_bytes_max
    }
}

/// Syncs every file below a folder, then the folders.
pub(super) fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_tree(&path)?;
            continue;
        }
        match File::open(&path) {
            Ok(file) => file.sync_all()?,
            // sled replaces its snapshot files whenever it likes.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    sync_folder(folder)
}

/// What is done beside the commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// A checkpoint.
    Checkpoint,
    /// The next segment of the log.
    Spare,
}

/// A thread that makes checkpoints and segments while commits go on.
pub(super) struct Checkpointer {
    asks: Sender<Ask>,
    /// Whether a segment was asked for and not tried yet.
    preparing: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub(super) fn start(
        checkpoint: Checkpoint,
        log: &Log,
        segment_bytes: usize,
    ) -> io::Result<Self> {
        let (asks, asked) = channel();
        let preparing = Arc::<AtomicBool>::default();
        let spares = log.spares();
        let prepare = {
            let (preparing, checkpoint) = (preparing.clone(), checkpoint.clone());
            move || {
                let prepared = spares.prepare(&checkpoint.log, segment_bytes);
                preparing.store(false, Ordering::Release);
                // It is asked for again by the next commit, and said by the writer when it is missed.
                if let Err(error) = prepared {
                    tracing::debug!("the next segment of the log waits: {error}");
                }
            }
        };
        let thread = thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || work(&checkpoint, &asked, &prepare))?;
        Ok(Self {
            asks,
            preparing,
            thread,
        })
    }

    /// Asks for something. When the same is waiting already, that will do for both.
    pub(super) fn ask(&self, ask: Ask) {
        if ask == Ask::Spare && self.preparing.swap(true, Ordering::AcqRel) {
            return;
        }
        let _ = self.asks.send(ask);
    }

    /// Waits for what is being made.
    pub(super) fn stop(self) {
        drop(self.asks);
        let _ = self.thread.join();
    }
}

fn work(checkpoint: &Checkpoint, asked: &Receiver<Ask>, prepare: &impl Fn()) {
    let mut told = false;
    while let Ok(ask) = asked.recv() {
        let mut asks = vec![ask];
        asks.extend(asked.try_iter());
        // First what a commit may wait for.
        if asks.contains(&Ask::Spare) {
            prepare();
        }
        if asks.contains(&Ask::Checkpoint) {
            // The log keeps everything until a checkpoint succeeds; the next segment asks again.
            match checkpoint.run() {
                Err(error) if checkpoint.rows.are_lost() => {
                    tracing::debug!("no checkpoint without tables: {error}");
                }
                Err(StoreError::Unwritable(_)) if told => {}
                Err(StoreError::Unwritable(_)) => {
                    told = true;
                    tracing::warn!(
                        "there is no room for a new base beside twice store.disk_reserve_bytes: until there is, the log grows"
                    );
                }
                Err(error) => tracing::error!("checkpoint failed: {error}"),
                Ok(()) => told = false,
            }
        }
    }
}
