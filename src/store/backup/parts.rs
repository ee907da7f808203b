//! The parts of a backup and their bytes.

use crate::store::kv::Batch;
use crate::store::wal::batch;

/// Begins every backup.
pub const MAGIC: [u8; 8] = *b"ADVBBAK1";

/// What stands in the frames of a backup for the number of a segment, so that a frame of a log is never taken for a part.
pub const SEGMENT: u64 = u64::MAX;

const HEAD: u8 = 0;
const ROWS: u8 = 1;
const COMMIT: u8 = 2;
const END: u8 = 3;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the backup says of itself.
    Head(Head),
    /// Rows as they were found.
    Rows(Batch),
    /// A commit that was made meanwhile.
    Commit(u64, Batch),
    /// The end.
    End(End),
}

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Format of the rows.
    pub format: u64,
    /// Epoch of the store that was backed up.
    pub epoch: String,
}

/// What must be true of everything before the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Number of the last commit.
    pub last: u64,
    /// How many rows the rows parts hold.
    pub rows: u64,
    /// How many commits follow them.
    pub commits: u64,
    /// BLAKE3 of all bytes before the frame of the end.
    pub sum: [u8; 32],
}

impl Part {
    /// Its payload; `None` when a row is too large for one.
    pub fn encode(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Head(head) => [
                &[HEAD][..],
                &head.format.to_be_bytes(),
                head.epoch.as_bytes(),
            ]
            .concat(),
            Self::Rows(rows) => [&[ROWS][..], &batch::encode(rows)?].concat(),
            Self::Commit(number, rows) => {
                [&[COMMIT][..], &number.to_be_bytes(), &batch::encode(rows)?].concat()
            }
            Self::End(end) => [
                &[END][..],
                &end.last.to_be_bytes(),
                &end.rows.to_be_bytes(),
                &end.commits.to_be_bytes(),
                &end.sum,
            ]
            .concat(),
        })
    }

    /// A part from its payload; `None` when it is none.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let (kind, mut rest) = payload.split_first()?;
        Some(match *kind {
            HEAD => Self::Head(Head {
                format: number(&mut rest)?,
                epoch: std::str::from_utf8(rest).ok()?.to_owned(),
            }),
            ROWS => Self::Rows(batch::decode(rest)?),
            COMMIT => Self::Commit(number(&mut rest)?, batch::decode(rest)?),
            END => Self::End(End {
                last: number(&mut rest)?,
                rows: number(&mut rest)?,
                commits: number(&mut rest)?,
                sum: rest.try_into().ok()?,
            }),
            _ => return None,
        })
    }
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(u64::from_be_bytes(*head))
}
