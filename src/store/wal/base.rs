//! The base: every row as of one commit, so that the log before it may go.
//!
//! A base is written while commits go on, so it may hold rows of later commits. That does no harm: the log after it is
//! replayed over it, every row of the log is an absolute value, and what the base saw was durable in the log before.
//! Log and base together are enough to make the tables anew.

use super::folder::{begin, finish};
use super::frame::{self, FRAME_HEADER_BYTES, Header, SEGMENT_HEADER_BYTES};
use super::log::COMMIT_BYTES_MAX;
use super::{LogFolder, batch, sync_folder};
use crate::ports::StoreError;
use crate::store::kv::{Batch, KeyRange, Order, View, scan};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};

/// Rows are written and synced in frames of about this size, so that commits beside it never wait long for the disk.
const FRAME_BYTES: usize = 1 << 20;

/// A base has the number of no segment.
const NO_SEGMENT: u64 = 0;

/// Writes a base of all rows. `header.first` is the number of the first commit that may be missing in it.
pub fn write_base(folder: &LogFolder, header: &Header, view: &dyn View) -> Result<(), StoreError> {
    let path = folder.base_path(header.first);
    let mut file = begin(header, &path)?;
    let mut number = 0;
    let (mut rows, mut bytes) = (Batch::new(), 0);
    scan(
        view,
        KeyRange::tables(),
        Order::Ascending,
        |(key, value)| {
            bytes += key.len() + value.len();
            rows.insert(key, Some(value));
            if bytes >= FRAME_BYTES {
                number += 1;
                write_frame(&mut file, number, &rows)?;
                rows.clear();
                bytes = 0;
            }
            Ok(true)
        },
    )?;
    if !rows.is_empty() {
        number += 1;
        write_frame(&mut file, number, &rows)?;
    }
    // An empty frame ends it: a base that was cut short is told from a whole one.
    write_frame(&mut file, number + 1, &Batch::new())?;
    Ok(finish(&file, &path)?)
}

fn write_frame(file: &mut File, number: u64, rows: &Batch) -> io::Result<()> {
    let mut bytes = Vec::new();
    batch::encode(rows)
        .and_then(|payload| frame::push(&mut bytes, NO_SEGMENT, number, 0, &payload))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a row is too large"))?;
    file.write_all(&bytes)?;
    file.sync_data()
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
        let batch = read_frame(&mut file, number)?
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

fn read_frame(file: &mut impl Read, wanted: u64) -> io::Result<Option<Batch>> {
    let mut bytes = read_up_to(file, FRAME_HEADER_BYTES)?;
    let payload = frame::payload_bytes(&bytes).filter(|bytes| *bytes <= COMMIT_BYTES_MAX);
    let Some(payload) = payload else {
        return Ok(None);
    };
    bytes.extend(read_up_to(file, frame::size(payload) - FRAME_HEADER_BYTES)?);
    let found = frame::read(&bytes, NO_SEGMENT, 0, |number, _| number == wanted);
    Ok(found.and_then(|frame| batch::decode(&bytes[frame.payload])))
}

/// So many bytes, or fewer at the end of the file.
fn read_up_to(file: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut found = Vec::with_capacity(bytes);
    file.take(bytes as u64).read_to_end(&mut found)?;
    Ok(found)
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
