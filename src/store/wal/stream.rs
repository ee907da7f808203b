//! Reads frames one after the other, so that a file of any size needs little memory.

use super::frame::{self, FRAME_HEADER_BYTES, Header, SEGMENT_HEADER_BYTES};
use super::log::COMMIT_BYTES_MAX;
use super::{LogFolder, batch, damaged};
use crate::ports::StoreError;
use crate::store::kv::Batch;
use std::fs::File;
use std::io::{self, BufReader, Read};

/// What stands where a frame should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The payload of a whole frame.
    Whole(Vec<u8>),
    /// The file ends before the frame does.
    Cut,
    /// Something else.
    Wrong,
}

/// Reads the next frame, which must be of this segment and have this number.
pub fn read_part(file: &mut impl Read, segment: u64, wanted: u64) -> io::Result<Part> {
    let mut bytes = read_up_to(file, FRAME_HEADER_BYTES)?;
    if bytes.len() < FRAME_HEADER_BYTES {
        return Ok(Part::Cut);
    }
    let payload = frame::payload_bytes(&bytes).filter(|bytes| *bytes <= COMMIT_BYTES_MAX);
    let Some(payload) = payload else {
        return Ok(Part::Wrong);
    };
    let size = frame::size(payload);
    bytes.extend(read_up_to(file, size - FRAME_HEADER_BYTES)?);
    if bytes.len() < size {
        return Ok(Part::Cut);
    }
    let found = frame::read(&bytes, segment, 0, |number, _| number == wanted)
        // What fills it up is in no check sum.
        .filter(|frame| bytes[frame.payload.end..].iter().all(|byte| *byte == 0));
    Ok(found.map_or(Part::Wrong, |frame| {
        bytes.truncate(frame.payload.end);
        bytes.drain(..frame.payload.start);
        Part::Whole(bytes)
    }))
}

/// Reads the next frame as rows.
pub(super) fn read_batch(
    file: &mut impl Read,
    segment: u64,
    wanted: u64,
) -> io::Result<Option<Batch>> {
    Ok(match read_part(file, segment, wanted)? {
        Part::Whole(payload) => batch::decode(&payload),
        Part::Cut | Part::Wrong => None,
    })
}

/// So many bytes, or fewer at the end of the file.
pub(super) fn read_up_to(file: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut found = Vec::new();
    file.take(bytes as u64).read_to_end(&mut found)?;
    Ok(found)
}

/// Hands the commits after `after`, up to and with `last`, to `each`, in order. They must be durable; later ones may be in the
/// making meanwhile. The log must be [kept whole](LogFolder::keep_whole).
pub fn commits(
    folder: &LogFolder,
    after: u64,
    last: u64,
    mut each: impl FnMut(u64, Batch) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut next = after + 1;
    let mut reached = (0, 0);
    let headers = headers_from(folder, next)?;
    for (place, header) in headers.iter().enumerate() {
        let (segment, begin) = (header.segment, header.first);
        if next > last || begin > next {
            break;
        }
        // What a segment holds from the first number of the next one on was never acknowledged.
        let last = match headers.get(place + 1) {
            Some(next) => last.min(next.first - 1),
            None => last,
        };
        let mut file = BufReader::new(File::open(folder.path(segment))?);
        reached = (segment, read_up_to(&mut file, SEGMENT_HEADER_BYTES)?.len());
        for number in begin..=last {
            let Part::Whole(payload) = read_part(&mut file, segment, number)? else {
                break;
            };
            reached.1 += frame::size(payload.len());
            if number == next {
                let rows = batch::decode(&payload);
                each(number, rows.ok_or_else(|| missing(reached, next))?)?;
                next += 1;
            }
        }
    }
    match next > last {
        true => Ok(()),
        false => Err(missing(reached, next)),
    }
}

fn missing((segment, offset): (u64, usize), commit: u64) -> StoreError {
    damaged(
        segment,
        offset,
        format!("commit {commit} is missing or damaged"),
    )
}

/// The segments from the one that should hold a commit on.
fn headers_from(folder: &LogFolder, commit: u64) -> Result<Vec<Header>, StoreError> {
    let mut headers = folder.headers()?;
    let after = headers.partition_point(|header| header.first <= commit);
    // Several may begin at the same commit, all but the last of them without any.
    headers.drain(..after.saturating_sub(1));
    Ok(headers)
}
