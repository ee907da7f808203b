//! Reads the log back.

use super::frame::{self, Header, SEGMENT_HEADER_BYTES};
use super::{LogFolder, batch, damaged};
use crate::ports::StoreError;
use crate::store::kv::Batch;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Header of the last segment.
    pub header: Header,
    /// Number of the first commit in the log.
    pub first: u64,
    /// Number of the last whole commit; one less than `first` when there is none.
    pub last: u64,
    /// Where the last segment's next frame would go.
    pub end: usize,
}

/// Hands every commit of the log to `each`, in order; `None` when there is no log.
///
/// An end that was torn while it was written is left out: nobody was answered for it. Any other gap is
/// [`StoreError::Damaged`] naming segment and offset.
pub fn replay(
    folder: &LogFolder,
    mut each: impl FnMut(u64, Batch) -> Result<(), StoreError>,
) -> Result<Option<Replayed>, StoreError> {
    let mut replayed: Option<Replayed> = None;
    let headers = folder.headers()?;
    for (place, header) in headers.iter().enumerate() {
        if let Some(before) = &replayed {
            check_successor(before, header)?;
        }
        let bytes = folder.read(header.segment)?;
        let end = headers.get(place + 1).map(|next| next.first);
        let (last, end) = replay_segment(&bytes, header, end, &mut each)?;
        replayed = Some(Replayed {
            first: replayed.map_or(header.first, |before| before.first),
            header: header.clone(),
            last,
            end,
        });
    }
    Ok(replayed)
}

/// A segment begins where the one before it ended; what the earlier one lacks was damaged.
fn check_successor(before: &Replayed, next: &Header) -> Result<(), StoreError> {
    if next.segment != before.header.segment + 1 || next.epoch != before.header.epoch {
        return Err(damaged(next.segment, 0, "the segment before it is missing"));
    }
    if next.first != before.last + 1 {
        let why = format!(
            "commit {} is missing: the segment before it is damaged",
            before.last + 1
        );
        return Err(damaged(next.segment, 0, why));
    }
    Ok(())
}

/// Replays one segment; answers the number of its last whole commit and where that ends. `end` is the first number of the next
/// segment: what is found here from there on was written while the disk failed, and its committers were told so.
fn replay_segment(
    bytes: &[u8],
    header: &Header,
    end: Option<u64>,
    each: &mut impl FnMut(u64, Batch) -> Result<(), StoreError>,
) -> Result<(u64, usize), StoreError> {
    let mut next = header.first;
    let mut at = SEGMENT_HEADER_BYTES;
    let stands = |number| end.is_none_or(|end| number < end);
    while let Some(frame) = frame::read(bytes, header.segment, at, |number, _| {
        number == next && stands(number)
    }) {
        let payload = &bytes[frame.payload];
        let batch = batch::decode(payload)
            .ok_or_else(|| damaged(header.segment, at, format!("commit {next} is no batch")))?;
        each(next, batch)?;
        next += 1;
        at = frame.next;
    }
    if stands(next) {
        check_torn(bytes, header.segment, at, next)?;
    }
    Ok((next - 1, at))
}

/// The reading stopped at `at`, before commit `missing`. If any later frame knew that commit to be on disk, it was damaged.
fn check_torn(bytes: &[u8], segment: u64, at: usize, missing: u64) -> Result<(), StoreError> {
    let witness = |number, durable| durable >= missing && durable < number;
    let found = (frame::aligned(at)..bytes.len())
        .step_by(frame::STEP)
        .find_map(|place| frame::read(bytes, segment, place, witness));
    match found {
        Some(witness) => {
            let why = format!(
                "commit {missing} is damaged, and commit {} knew it to be on disk",
                witness.number
            );
            Err(damaged(segment, at, why))
        }
        None => Ok(()),
    }
}
