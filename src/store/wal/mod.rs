//! A write-ahead log: the durable truth of the embedded store.
//!
//! Segments of a fixed size lie side by side in one folder, filled with zeros when they are made, so that a later `fdatasync`
//! writes data and nothing else. A segment begins with a [`Header`](frame::Header); then come frames, one per commit, numbered without gaps.
//! Every frame says up to which number the log was surely on disk when it was written. So a reader can tell a torn end,
//! which nobody was answered for, from damage to what somebody was.
//!
//! Start at [`Log`] to write and at [`replay`](replay::replay) to read. A [base](base) takes the place of a log's older part.

mod base;
pub(in crate::store) mod batch;
pub(in crate::store) mod disk;
mod folder;
pub(in crate::store) mod frame;
mod log;
mod replay;
pub(in crate::store) mod stream;
mod view;

pub use base::{BaseWriter, base_header, in_batches, read_base, write_base};
pub use folder::{LogFolder, sync_folder};
pub use frame::Header;
pub use log::{Group, Log, Tail};
pub use replay::{Replayed, replay};
pub use stream::commits;
pub use view::LogView;

use crate::ports::StoreError;

/// Says what is wrong with the log, and where.
pub(in crate::store) fn damaged(segment: u64, offset: usize, why: impl Into<String>) -> StoreError {
    StoreError::Damaged {
        table: "log",
        key: format!("segment {segment} offset {offset}"),
        why: why.into(),
    }
}

#[cfg(test)]
mod tests;
