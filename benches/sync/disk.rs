//! The disk alone, for comparison.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a commit of one link takes, about.
const COMMIT_BYTES: usize = 1024;

/// A file that was written before.
pub struct Disk(File);

impl Disk {
    /// In this folder.
    pub fn at(folder: &Path) -> Self {
        let file = File::create(folder.join("raw")).expect("the disk does its part");
        let disk = Self(file);
        disk.sync();
        disk
    }

    /// What it takes to make a commit's bytes durable when nothing but the disk works. Asked for between rounds: a disk of which much
    /// was asked may be slower for a while.
    pub fn sync(&self) -> Duration {
        let begin = Instant::now();
        let written = self.0.write_all_at(&[b'x'; COMMIT_BYTES], 0);
        written
            .and_then(|()| self.0.sync_data())
            .expect("the disk does its part");
        begin.elapsed()
    }
}
