//! Bytes of a segment's header and of one frame.

use std::ops::Range;

/// The header takes one page, so that frames never share a page with it.
pub const SEGMENT_HEADER_BYTES: usize = 4096;

/// Begins every segment.
const MAGIC: [u8; 8] = *b"ADVBWAL1";

/// The longest epoch that fits a header.
const EPOCH_BYTES_MAX: usize = 256;

/// Length, check sum, number and durable number.
pub(super) const FRAME_HEADER_BYTES: usize = 24;

/// Frames begin at multiples of this.
const FRAME_ALIGN: usize = 8;

/// What a segment says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Number of the segment; they count up without gaps.
    pub segment: u64,
    /// Number of the first frame in it.
    pub first: u64,
    /// Format of the rows in it.
    pub format: u64,
    /// Epoch of the store.
    pub epoch: String,
}

impl Header {
    /// Its bytes, [`SEGMENT_HEADER_BYTES`] long; `None` when the epoch is too long.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let epoch = self.epoch.as_bytes();
        if epoch.len() > EPOCH_BYTES_MAX {
            return None;
        }
        let mut body = Vec::new();
        body.extend(self.segment.to_be_bytes());
        body.extend(self.first.to_be_bytes());
        body.extend(self.format.to_be_bytes());
        body.extend((epoch.len() as u64).to_be_bytes());
        body.extend(epoch);
        let mut bytes = MAGIC.to_vec();
        bytes.extend(crc32fast::hash(&body).to_be_bytes());
        bytes.extend((body.len() as u32).to_be_bytes());
        bytes.extend(body);
        bytes.resize(SEGMENT_HEADER_BYTES, 0);
        Some(bytes)
    }

    /// The header at the beginning of a segment's bytes, if there is a whole one.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let page = bytes.get(..SEGMENT_HEADER_BYTES)?.strip_prefix(&MAGIC)?;
        let (sum, page) = page.split_first_chunk::<4>()?;
        let (length, page) = page.split_first_chunk::<4>()?;
        let body = page.get(..u32::from_be_bytes(*length) as usize)?;
        if crc32fast::hash(body) != u32::from_be_bytes(*sum) {
            return None;
        }
        let epoch = body.get(32..)?;
        Some(Self {
            segment: number_at(body, 0)?,
            first: number_at(body, 8)?,
            format: number_at(body, 16)?,
            epoch: std::str::from_utf8(epoch).ok()?.to_owned(),
        })
    }
}

/// A whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Number of the commit.
    pub number: u64,
    /// Every number up to here was on disk when this frame was written.
    pub durable: u64,
    /// Where its payload lies.
    pub payload: Range<usize>,
    /// Where the next frame begins.
    pub next: usize,
}

/// Appends a frame; `None` when the payload is too long for one.
pub(in crate::store) fn push(
    bytes: &mut Vec<u8>,
    segment: u64,
    number: u64,
    durable: u64,
    payload: &[u8],
) -> Option<()> {
    let length = u32::try_from(payload.len()).ok()?;
    bytes.extend(length.to_be_bytes());
    bytes.extend(check_sum(segment, number, durable, payload).to_be_bytes());
    bytes.extend(number.to_be_bytes());
    bytes.extend(durable.to_be_bytes());
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(FRAME_ALIGN), 0);
    Some(())
}

/// How long the payload is of the frame that begins with these bytes.
pub(super) fn payload_bytes(head: &[u8]) -> Option<usize> {
    half_at(head, 0).map(|length| length as usize)
}

/// How many bytes a frame with such a payload takes.
pub(super) fn size(payload: usize) -> usize {
    (FRAME_HEADER_BYTES + payload).next_multiple_of(FRAME_ALIGN)
}

/// The frame at an offset, if there is a whole one with a number that `wanted` accepts (asked before the check sum is made).
pub(super) fn read(
    bytes: &[u8],
    segment: u64,
    at: usize,
    wanted: impl Fn(u64, u64) -> bool,
) -> Option<Frame> {
    let head = bytes.get(at..at.checked_add(FRAME_HEADER_BYTES)?)?;
    let (length, sum) = (half_at(head, 0)?, half_at(head, 4)?);
    let (number, durable) = (number_at(head, 8)?, number_at(head, 16)?);
    let begin = at + FRAME_HEADER_BYTES;
    let payload = begin..begin.checked_add(length as usize)?;
    let content = bytes.get(payload.clone())?;
    if !wanted(number, durable) || check_sum(segment, number, durable, content) != sum {
        return None;
    }
    Some(Frame {
        number,
        durable,
        payload,
        next: at + size(length as usize),
    })
}

/// The segment is part of the sum: a frame of another file is never taken for one of this.
fn check_sum(segment: u64, number: u64, durable: u64, payload: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    for part in [segment, number, durable, payload.len() as u64] {
        sum.update(&part.to_be_bytes());
    }
    sum.update(payload);
    sum.finalize()
}

fn number_at(bytes: &[u8], at: usize) -> Option<u64> {
    let chunk = bytes.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_be_bytes(*chunk))
}

fn half_at(bytes: &[u8], at: usize) -> Option<u32> {
    let chunk = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*chunk))
}

/// Where a frame may begin at or after an offset.
pub(super) fn aligned(at: usize) -> usize {
    at.next_multiple_of(FRAME_ALIGN)
}

/// The distance between places where a frame may begin.
pub(super) const STEP: usize = FRAME_ALIGN;
