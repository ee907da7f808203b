//! Makes sled's files really durable, and only then lets go of the log before them.

use super::rows::Rows;
use crate::ports::StoreError;
use crate::store::wal::{LogFolder, sync_folder};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// What a checkpoint needs.
#[derive(Clone)]
pub(super) struct Checkpoint {
    pub rows: Arc<Rows>,
    pub files: PathBuf,
    pub log: LogFolder,
}

impl Checkpoint {
    /// Everything applied so far is durable in sled's files when this returns; log segments before `segment` are gone.
    ///
    /// sled's own flush asks for no real sync on Linux, so each of its files is synced here.
    pub(super) fn run(&self, segment: u64) -> Result<(), StoreError> {
        self.rows.flush()?;
        sync_tree(&self.files)?;
        Ok(self.log.remove_before(segment)?)
    }
}

/// Syncs every file below a folder, then the folders.
fn sync_tree(folder: &Path) -> io::Result<()> {
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

/// A thread that makes checkpoints while commits go on.
pub(super) struct Checkpointer {
    segments: SyncSender<u64>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub(super) fn start(checkpoint: Checkpoint) -> io::Result<Self> {
        let (segments, asked) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || work(&checkpoint, &asked))?;
        Ok(Self { segments, thread })
    }

    /// Asks for a checkpoint that lets go of what is before a segment. When one is waiting already, the next one will do for both.
    pub(super) fn ask(&self, segment: u64) {
        let _ = self.segments.try_send(segment);
    }

    /// Waits for the checkpoint that is being made.
    pub(super) fn stop(self) {
        drop(self.segments);
        let _ = self.thread.join();
    }
}

fn work(checkpoint: &Checkpoint, asked: &Receiver<u64>) {
    while let Ok(segment) = asked.recv() {
        // The log keeps everything until a checkpoint succeeds; the next segment asks again.
        if let Err(error) = checkpoint.run(segment) {
            tracing::error!(
                segment,
                "checkpoint before segment {segment} failed: {error}"
            );
        }
    }
}
