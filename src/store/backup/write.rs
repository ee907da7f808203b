//! Writes a backup.

use super::parts::{End, Head, MAGIC, Part, SEGMENT};
use crate::model::Epoch;
use crate::ports::{BackupDone, StoreError};
use crate::store::FORMAT;
use crate::store::keys;
use crate::store::kv::{Batch, View};
use crate::store::wal::{frame, in_batches};
use std::io::{self, Write};

/// Facts of the engine that wrote them, which mean nothing elsewhere: the head says the epoch and the format.
const ENGINE_FACTS: [&str; 3] = ["applied", "epoch", "format"];

/// A backup in the making.
pub struct BackupWriter<W> {
    to: W,
    hash: blake3::Hasher,
    parts: u64,
    rows: u64,
    commits: u64,
    bytes: u64,
}

impl<W: Write> BackupWriter<W> {
    /// Begins the backup of a store.
    pub fn begin(to: W, epoch: &Epoch) -> io::Result<Self> {
        let mut backup = Self {
            to,
            hash: blake3::Hasher::new(),
            parts: 0,
            rows: 0,
            commits: 0,
            bytes: 0,
        };
        backup.write(&MAGIC)?;
        backup.part(&Part::Head(Head {
            format: FORMAT,
            epoch: epoch.as_str().to_owned(),
        }))?;
        Ok(backup)
    }

    /// Adds all rows of a view. Commits may become visible in it meanwhile; those must follow.
    pub fn rows(&mut self, view: &dyn View) -> Result<(), StoreError> {
        let facts = ENGINE_FACTS.map(keys::meta);
        in_batches(view, |mut rows| {
            rows.retain(|key, _| !facts.contains(key));
            if rows.is_empty() {
                return Ok(());
            }
            self.rows += rows.len() as u64;
            Ok(self.part(&Part::Rows(rows))?)
        })
    }

    /// Adds a commit that was made since the rows were begun.
    pub fn commit(&mut self, number: u64, rows: Batch) -> io::Result<()> {
        self.commits += 1;
        self.part(&Part::Commit(number, rows))
    }

    /// Ends it: it holds the state as of the commit `last`.
    pub fn end(mut self, last: u64) -> io::Result<BackupDone> {
        let end = End {
            last,
            rows: self.rows,
            commits: self.commits,
            sum: *self.hash.finalize().as_bytes(),
        };
        self.part(&Part::End(end))?;
        self.to.flush()?;
        Ok(BackupDone {
            commits: last,
            rows: self.rows,
            bytes: self.bytes,
        })
    }

    fn part(&mut self, part: &Part) -> io::Result<()> {
        self.parts += 1;
        let mut bytes = Vec::new();
        part.encode()
            .and_then(|payload| frame::push(&mut bytes, SEGMENT, self.parts, 0, &payload))
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a row is too large"))?;
        self.write(&bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.to.write_all(bytes)
    }
}
