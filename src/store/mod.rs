//! Where everything is kept: [`MemoryStore`] for tests, and the durable stores.
//!
//! A typed layer over a tiny ordered key-value view is shared by all engines:
//! `tables`, `keys` and `records` say how a model type lies on disk, `queries` reads, `transaction` turns a
//! commit into a batch of rows, `engine` joins them to the [`Store`](crate::ports::Store) port. An engine only makes batches durable,
//! then visible.

mod backup;
mod check;
#[cfg(test)]
mod contract;
mod engine;
mod keys;
mod kv;
mod memory;
mod queries;
mod records;
mod sled;
mod tables;
mod transaction;
mod wal;

pub use backup::{RestoreError, RestoreOptions};
pub use memory::MemoryStore;
use sled::FORMAT;
pub use sled::{
    CompactError, Compacted, OpenError, Restored, Salvaged, SledStore, StoreOptions, compact,
    holds_store, restore_backup, salvage,
};
pub use transaction::Limits;
