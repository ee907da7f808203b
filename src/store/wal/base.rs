//! The base: every row as of one commit, so that the log before it may go.
//!
//! A base is written while commits go on, so it may hold rows of later commits. That does no harm: the log after it is
//! replayed over it, every row of the log is an absolute value, and what the base saw was durable in the log before.
//! Log and base together are enough to make the tables anew.

use super::folder::Unfinished;
use super::frame::{self, Header, SEGMENT_HEADER_BYTES};
use super::stream::{read_batch, read_up_to};
use super::{LogFolder, batch, sync_folder};
use crate::ports::StoreError;
use crate::store::kv::{Batch, KeyRange, Order, View, scan};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};

/// Rows are written and synced in frames of about this size, so that commits beside it never wait long for the disk.
const FRAME_BYTES: usize = 1 << 20;

/// A base has the number of no segment.
pub(super) const NO_SEGMENT: u64 = 0;

/// Writes a base of all rows. `header.first` is the number of the first commit that may be missing in it.
/// `may_go_on` is asked before each part of it.
pub fn write_base(
    folder: &LogFolder,
    header: &Header,
    view: &dyn View,
    may_go_on: impl Fn() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut base = BaseWriter::begin(folder, header)?;
    in_batches(view, |rows| {
        may_go_on()?;
        Ok(base.write(&rows)?)
    })?;
    Ok(base.finish()?)
}

/// Hands all rows of all tables to `each`, in batches that fit a frame well.
pub fn in_batches(
    view: &dyn View,
    mut each: impl FnMut(Batch) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (mut rows, mut bytes) = (Batch::new(), 0);
    scan(
        view,
        KeyRange::tables(),
        Order::Ascending,
        |(key, value)| {
            bytes += key.len() + value.len();
            rows.insert(key, Some(value));
            if bytes >= FRAME_BYTES {
                each(std::mem::take(&mut rows))?;
                bytes = 0;
            }
            Ok(true)
        },
    )?;
    each(rows)
}

/// A base in the making. It appears under its name only when it is whole and synced.
pub struct BaseWriter {
    file: Unfinished,
    number: u64,
}

impl BaseWriter {
    /// Begins a base; `header.first` as in [`write_base`].
    pub fn begin(folder: &LogFolder, header: &Header) -> io::Result<Self> {
        let file = Unfinished::begin(folder, header, folder.base_path(header.first))?;
        Ok(Self { file, number: 0 })
    }

    /// Adds rows; later ones take the place of earlier ones.
    pub fn write(&mut self, rows: &Batch) -> io::Result<()> {
        // A frame without rows is how a base ends.
        if rows.is_empty() {
            return Ok(());
        }
        self.frame(rows)
    }

    /// Ends it and makes it durable. The empty frame tells a whole base from one that was cut short.
    pub fn finish(mut self) -> io::Result<()> {
        self.frame(&Batch::new())?;
        self.file.finish()
    }

    fn frame(&mut self, rows: &Batch) -> io::Result<()> {
        self.number += 1;
        let mut bytes = Vec::new();
        batch::encode(rows)
            .and_then(|payload| frame::push(&mut bytes, NO_SEGMENT, self.number, 0, &payload))
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a row is too large"))?;
        self.file.write(&bytes)?;
        self.file.sync()
    }
}

/// Hands all rows of the newest base to `each`; `None` when there is no base.
pub fn read_base(
    folder: &LogFolder,
    mut each: impl FnMut(Batch) -> Result<(), StoreError>,
) -> Result<Option<Header>, StoreError> {
    let Some(first) = folder.bases()?.pop() else {
        return Ok(None);
    };
    let mut file = BufReader::new(File::open(folder.base_path(first))?);
    let header = read_header(&mut file)?
        .filter(|header| header.first == first)
        .ok_or_else(|| damaged(first, "its header is wrong"))?;
    for number in 1.. {
        let batch = read_batch(&mut file, NO_SEGMENT, number)?
            .ok_or_else(|| damaged(first, format!("its part {number} is wrong")))?;
        if batch.is_empty() {
            break;
        }
        each(batch)?;
    }
    Ok(Some(header))
}

/// The header of the newest base.
pub fn base_header(folder: &LogFolder) -> Result<Option<Header>, StoreError> {
    let Some(first) = folder.bases()?.pop() else {
        return Ok(None);
    };
    let header = read_header(&mut File::open(folder.base_path(first))?)?;
    let header = header.filter(|header| header.first == first);
    header
        .map(Some)
        .ok_or_else(|| damaged(first, "its header is wrong"))
}

fn read_header(file: &mut impl Read) -> Result<Option<Header>, StoreError> {
    let bytes = read_up_to(file, SEGMENT_HEADER_BYTES)?;
    Ok(Header::decode(&bytes))
}

fn damaged(first: u64, why: impl Into<String>) -> StoreError {
    StoreError::Damaged {
        table: "log",
        key: format!("base before commit {first}"),
        why: why.into(),
    }
}

impl LogFolder {
    /// Removes what the newest base makes needless: older bases, and segments that end before its first commit.
    pub fn prune(&self) -> Result<(), StoreError> {
        let mut bases = self.bases()?;
        let Some(newest) = bases.pop() else {
            return Ok(());
        };
        for older in bases {
            fs::remove_file(self.base_path(older))?;
        }
        // Oldest first, each made durable: whenever this is cut short, what is left has no gap.
        let segments = self.segments()?;
        for pair in segments.windows(2) {
            if self.header(pair[1])?.first > newest {
                break;
            }
            fs::remove_file(self.path(pair[0]))?;
            sync_folder(self.as_path())?;
        }
        Ok(())
    }
}
