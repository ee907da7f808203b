//! Rows in sled: one tree, whole batches, and large values in pieces.
//!
//! sled writes a page that outgrows a quarter of its segment (128 KiB) into a file of its own under `blobs/`, which it never syncs.
//! A leaf page holds at most some twenty rows, so a row of at most [`PIECE_BYTES`] keeps every page far below that.
//! The cutting happens here and nowhere else.

use crate::ports::StoreError;
use crate::store::keys;
use crate::store::kv::{Batch, Key, KeyRange, Order, Row, View};
use crate::store::tables::{self, Table, damaged};
use sled::{Db, IVec};
use std::io;

/// The longest piece of a value.
pub(super) const PIECE_BYTES: usize = 4096;

/// Prefix of the keys of further pieces: above every table, so that no range of a table meets them.
const PIECE_PREFIX: u8 = 0xfe;

/// Name of the number of the last commit in these rows.
const APPLIED: &str = "applied";

/// The materialised tables. An [`StoreError::Io`] of theirs is sled's, and sled answers nothing reliably after one.
pub(super) struct Tree {
    db: Db,
}

impl Tree {
    pub(super) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Writes a batch. It is not durable by that.
    pub(super) fn apply(&self, batch: &Batch, number: u64) -> Result<(), StoreError> {
        self.write(self.prepare(batch, number)?)
    }

    /// Cuts a batch into what sled is to write.
    pub(super) fn prepare(&self, batch: &Batch, number: u64) -> Result<sled::Batch, StoreError> {
        let mut rows = sled::Batch::default();
        for (key, value) in batch {
            self.put(&mut rows, key, value.as_deref())?;
        }
        let applied = number.to_be_bytes();
        self.put(&mut rows, &keys::meta(APPLIED), Some(&applied))?;
        Ok(rows)
    }

    /// Writes what was prepared.
    pub(super) fn write(&self, rows: sled::Batch) -> Result<(), StoreError> {
        self.db.apply_batch(rows).map_err(of_sled)
    }

    /// Number of the last commit in these rows; 0 when there is none.
    pub(super) fn applied(&self) -> Result<u64, StoreError> {
        match View::get(self, &keys::meta(APPLIED))? {
            Some(bytes) => tables::last_number(Table::Meta, &bytes),
            None => Ok(0),
        }
    }

    /// Hands everything written so far to the operating system.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map(|_| ()).map_err(of_sled)
    }

    /// Adds the pieces of one value, and the removal of pieces that the old value had and the new one has not.
    fn put(
        &self,
        rows: &mut sled::Batch,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let old = self.db.get(key).map_err(of_sled)?;
        let old_pieces = old.map_or(Ok(0), |head| further_pieces(key, &head))?;
        let mut new_pieces = 0;
        match value {
            Some(value) => {
                let (first, rest) = value.split_at(value.len().min(PIECE_BYTES));
                for piece in rest.chunks(PIECE_BYTES) {
                    rows.insert(piece_key(key, new_pieces), piece);
                    new_pieces += 1;
                }
                rows.insert(key, [&new_pieces.to_be_bytes(), first].concat());
            }
            None => rows.remove(key),
        }
        for surplus in new_pieces..old_pieces {
            rows.remove(piece_key(key, surplus));
        }
        Ok(())
    }

    /// All keys of further pieces.
    pub(super) fn pieces() -> KeyRange {
        KeyRange::prefix(&[PIECE_PREFIX])
    }

    /// Whether a piece belongs to no value.
    pub(super) fn is_stray(&self, piece: &[u8]) -> Result<bool, StoreError> {
        let Some((key, number)) = piece.split_last_chunk::<4>() else {
            return Ok(true);
        };
        let key = key.get(1..).unwrap_or_default();
        let head = self.db.get(key).map_err(of_sled)?;
        // A head that cannot be read is found where it is.
        Ok(head.is_none_or(|head| {
            further_pieces(key, &head).is_ok_and(|pieces| u32::from_be_bytes(*number) >= pieces)
        }))
    }

    /// Joins the pieces of a value.
    fn joined(&self, key: &[u8], head: &IVec) -> Result<Vec<u8>, StoreError> {
        let pieces = further_pieces(key, head)?;
        let mut value = head[size_of::<u32>()..].to_vec();
        for number in 0..pieces {
            let piece = self.db.get(piece_key(key, number)).map_err(of_sled)?;
            let piece = piece.ok_or_else(|| broken(key, "a piece of it is missing"))?;
            value.extend_from_slice(&piece);
        }
        Ok(value)
    }
}

/// Key of a further piece. The number has a fixed length, so no two keys share their pieces.
fn piece_key(key: &[u8], number: u32) -> Key {
    [&[PIECE_PREFIX], key, &number.to_be_bytes()].concat()
}

/// How many pieces follow the first.
fn further_pieces(key: &[u8], head: &[u8]) -> Result<u32, StoreError> {
    let count = head.first_chunk::<4>();
    count
        .map(|bytes| u32::from_be_bytes(*bytes))
        .ok_or_else(|| broken(key, "its count of pieces is missing"))
}

fn broken(key: &[u8], why: &str) -> StoreError {
    damaged(Table::Rows, key, why)
}

/// sled's errors in our words: its own may show internals, but no content.
pub(super) fn of_sled(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => StoreError::Io(error),
        other => StoreError::Io(io::Error::other(other.to_string())),
    }
}

impl View for Tree {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let head = self.db.get(key).map_err(of_sled)?;
        head.map(|head| self.joined(key, &head)).transpose()
    }

    fn range(
        &self,
        range: &KeyRange,
        order: Order,
        rows_max: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.db.range(range.start.as_slice()..range.end.as_slice());
        let next = || match order {
            Order::Ascending => found.next(),
            Order::Descending => found.next_back(),
        };
        let heads = std::iter::from_fn(next).take(rows_max);
        heads
            .map(|row| {
                let (key, head) = row.map_err(of_sled)?;
                let value = self.joined(&key, &head)?;
                Ok((key.to_vec(), value))
            })
            .collect()
    }

    fn keys(&self, range: &KeyRange, rows_max: usize) -> Result<Vec<Key>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.db.range(range.start.as_slice()..range.end.as_slice());
        found
            .keys()
            .take(rows_max)
            .map(|key| Ok(key.map_err(of_sled)?.to_vec()))
            .collect()
    }
}
