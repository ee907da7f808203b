//! The embedded store: a write-ahead log of our own is the durable truth, sled holds the tables.
//!
//! Start at [`SledStore`]. The data folder holds `lock`, `log/` (the truth: a base and the segments after it), `tables/` (sled's
//! files) and `mark` (how far these can be trusted). sled alone would not do: its flush is `sync_file_range` on Linux, and its
//! large values are never synced. So a commit is one frame of the log, synced together with whoever waits beside it. After
//! a kill the tables are brought up to the end of the log; after a loss of power they are made anew from base and log.

mod backup;
mod checkpoint;
mod compact;
mod files;
mod format;
mod mark;
mod open;
mod rows;
mod salvage;
mod tree;
mod weather;
mod writer;

use crate::model::Epoch;
use crate::ports::{
    BackupDone, CheckReport, CommitError, CommitSink, Committed, Expect, Progress, StoreError,
    Write,
};
use crate::store::check;
use crate::store::engine::Engine;
use crate::store::kv::View;
use crate::store::queries::Read;
use crate::store::transaction::Limits;
use async_trait::async_trait;
pub use backup::{Restored, holds_store, restore_backup};
use checkpoint::{Checkpoint, Checkpointer};
pub use compact::{CompactError, Compacted, compact};
use files::Held;
pub(in crate::store) use format::FORMAT;
use rows::{Paged, Rows};
pub use salvage::{Salvaged, salvage};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};
use weather::Weather;
use writer::{Job, Sink, Writer};

/// Name of sled's folder.
const TABLES: &str = "tables";

/// What an operator may set of the embedded store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Memory for sled's page cache, in bytes.
    pub cache_bytes: u64,
    /// Size of a log segment in bytes. A larger one means fewer checkpoints and a longer replay after a kill.
    pub wal_segment_bytes: usize,
    /// The log may grow to so many bytes, or to the size of its base if that is larger, before a new base takes its place.
    pub log_bytes_kept: u64,
    /// While a backup or a check is made, the log may grow to so many bytes; beyond, the backup fails and the store goes on.
    pub backup_log_bytes_max: u64,
    /// Commits that may wait for the writer; further ones wait before they are queued.
    pub queue_commits_max: usize,
    /// Commits are refused while less than this is free on the disk: the tables must have room to take what the log took.
    pub disk_reserve_bytes: u64,
    /// What bounds the tables.
    pub limits: Limits,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 16 << 20,
            wal_segment_bytes: 16 << 20,
            log_bytes_kept: 64 << 20,
            backup_log_bytes_max: 4 << 30,
            queue_commits_max: 1024,
            disk_reserve_bytes: 32 << 20,
            limits: Limits::default(),
        }
    }
}

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another process is using the data folder")]
    InUse,
    /// A newer program wrote it.
    #[error("the store has format {found}, and this program knows up to {known}")]
    NewerFormat {
        /// Its format.
        found: u64,
        /// The newest format that this program knows.
        known: u64,
    },
    /// A much older program wrote it.
    #[error("the store has format {from}, which this program can no longer read")]
    NoMigration {
        /// Its format.
        from: u64,
    },
    /// Tables are there and no log: it was removed.
    #[error("the log is missing beside tables that hold {commits} commits")]
    LogMissing {
        /// Up to which commit.
        commits: u64,
    },
    /// The disk failed or something is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OpenError {
    /// Whether the truth itself is damaged, so that only what [`salvage`] finds is left of it.
    pub fn is_of_log(&self) -> bool {
        match self {
            Self::LogMissing { .. } => true,
            Self::Store(StoreError::Damaged { table, .. }) => *table == "log",
            Self::InUse | Self::NewerFormat { .. } | Self::NoMigration { .. } | Self::Store(_) => {
                false
            }
        }
    }
}

/// The embedded store in one folder.
pub struct SledStore {
    epoch: Epoch,
    rows: Arc<Rows>,
    checkpoint: Checkpoint,
    sink: Sink,
    /// `None` once closed.
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Last, so that it is let go last.
    _lock: open::Lock,
}

impl SledStore {
    /// Opens a data folder, making it if need be. Blocks: the log is replayed.
    pub fn open(folder: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        let opened = open::open(folder, &options)?;
        let sink = Sink::default();
        let (jobs, asked) = mpsc::channel(options.queue_commits_max.max(1));
        let (rows, epoch) = (
            opened.checkpoint.rows.clone(),
            opened.checkpoint.epoch.clone(),
        );
        let writer = Writer {
            rows: rows.clone(),
            checkpointer: Checkpointer::start(
                opened.checkpoint.clone(),
                &opened.log,
                options.wal_segment_bytes,
            )
            .map_err(StoreError::Io)?,
            log: opened.log,
            options,
            sink: sink.clone(),
            checkpoint: opened.checkpoint.clone(),
            weather: Weather::default(),
        };
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run(asked))
            .map_err(StoreError::Io)?;
        Ok(Self {
            epoch,
            rows,
            checkpoint: opened.checkpoint,
            sink,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(thread)),
            _lock: opened.lock,
        })
    }

    /// Does what may take long off the async threads.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(Checkpoint) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let checkpoint = self.checkpoint.clone();
        tokio::task::spawn_blocking(move || work(checkpoint))
            .await
            // It panicked or the runtime is going down: either way there is no answer.
            .map_err(|_| StoreError::Closed)?
    }

    fn jobs(&self) -> Result<mpsc::Sender<Job>, StoreError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.clone().ok_or(StoreError::Closed)
    }
}

#[async_trait]
impl Engine for SledStore {
    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    fn is_open(&self) -> bool {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().is_some_and(|writer| !writer.is_finished())
    }

    fn set_sink(&self, sink: Arc<dyn CommitSink>) {
        let mut slot = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(sink);
    }

    async fn commit(
        &self,
        expects: Vec<Expect>,
        writes: Vec<Write>,
    ) -> Result<Committed, CommitError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Commit {
            expects,
            writes,
            reply,
        };
        self.jobs()?
            .send(job)
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    fn read<T>(&self, query: impl FnOnce(&dyn View) -> Read<T>) -> Read<T> {
        let _held = self.rows.hold();
        query(&*self.rows)
    }

    async fn scan<T, Q>(&self, query: Q) -> Read<T>
    where
        T: Send + 'static,
        Q: FnOnce(&dyn View) -> Read<T> + Send + 'static,
    {
        self.aside(|checkpoint| query(&Paged(&checkpoint.rows)))
            .await
    }

    async fn backup(&self, to: Box<dyn io::Write + Send>) -> Result<BackupDone, StoreError> {
        self.aside(|checkpoint| backup::backup(&checkpoint, to))
            .await
    }

    async fn check(&self, progress: Progress) -> Result<CheckReport, StoreError> {
        self.aside(|checkpoint| {
            let mut report = check::check(&Held::new(&checkpoint.rows), progress)?;
            files::check(&checkpoint, &mut report)?;
            Ok(report)
        })
        .await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let jobs = self
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // Closed before: nothing is left to do.
        let Some(jobs) = jobs else {
            return Ok(());
        };
        let (reply, answer) = oneshot::channel();
        let asked = jobs.send(Job::Close(reply)).await;
        asked.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for SledStore {
    /// Waits for the writer, so that the folder is free when the store is gone. Waiting commits are still made.
    fn drop(&mut self) {
        let jobs = self.jobs.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(jobs.take());
        let writer = self
            .writer
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = writer.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod crash;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod property;
#[cfg(test)]
mod rescue;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upkeep;
