//! The stored form of every model type: a version byte, then JSON that a migration (or a person) can read.
//!
//! The mirror structs keep serde out of the model and keep what is on disk apart from what is in memory: a field of the
//! model may be renamed, a field here may not. Start at [`Record`].

mod command;
mod connect;
mod journal;
mod link;
mod notice;
mod object;
mod people;
mod resource;
mod subscription;
mod time;
mod trouble;
mod used;
mod words;

pub use resource::CollectionRow;
pub use used::UsedRow;

use crate::ports::StoreError;
use crate::store::tables::{Table, damaged};
use serde::{Serialize, de::DeserializeOwned};

/// The version byte of records that this program writes.
pub const RECORD_VERSION: u8 = 1;

/// A model type that can be stored.
pub trait Record: Sized {
    /// Where it lives.
    const TABLE: Table;
    /// What is on disk.
    type Stored: Serialize + DeserializeOwned;

    /// Its stored form.
    fn stored(&self) -> Self::Stored;
    /// Reads a stored form; the error says what is wrong, without the content.
    fn restored(stored: Self::Stored) -> Result<Self, Invalid>;
}

/// What a stored form says that the model cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is out of range")]
pub struct Invalid(pub &'static str);

/// Bytes of a record.
pub fn encode<R: Record>(record: &R) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![RECORD_VERSION];
    serde_json::to_writer(&mut bytes, &record.stored())
        .map_err(|error| damaged(R::TABLE, &[], error.to_string()))?;
    Ok(bytes)
}

/// A record from its bytes; `key` is named when they are damaged.
pub fn decode<R: Record>(key: &[u8], bytes: &[u8]) -> Result<R, StoreError> {
    let Some((version, json)) = bytes.split_first() else {
        return Err(damaged(R::TABLE, key, "it is empty"));
    };
    if *version != RECORD_VERSION {
        return Err(damaged(
            R::TABLE,
            key,
            format!("version {version} is unknown"),
        ));
    }
    let stored =
        serde_json::from_slice(json).map_err(|error| damaged(R::TABLE, key, place(&error)))?;
    R::restored(stored).map_err(|invalid| damaged(R::TABLE, key, invalid.to_string()))
}

/// Where a JSON text is wrong. The library's own message may quote the text, which is a user's.
fn place(error: &serde_json::Error) -> String {
    format!("its text is wrong at column {}", error.column())
}

#[cfg(test)]
mod tests;
