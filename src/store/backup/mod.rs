//! A whole store as one stream of bytes, the same for every engine.
//!
//! Start at [`BackupWriter`] to write and at [`BackupReader`] to read. A backup is eight bytes of magic, then frames as those of the log, each
//! with its own check sum, one part each:
//!
//! | Part | Payload after its kind |
//! |---|---|
//! | head | the rows' format, epoch of the store |
//! | rows | rows as they were found |
//! | commit | its number, its rows |
//! | end | number of the last commit, counts, BLAKE3 of everything before this frame |
//!
//! The rows are read while commits go on, so that some of them may be of later commits than others. All commits made meanwhile
//! follow, and every row of theirs is an absolute value: laid over the rows they make the state as of the last of them,
//! exactly. Neither side holds more than one part in memory.

mod parts;
mod read;
mod write;

pub use read::{
    BackupReader, Contents, RestoreError, RestoreOptions, facts_of_restored, rows_of_restored,
};
pub use write::BackupWriter;

#[cfg(test)]
mod tests;
