//! The payload of a frame: one commit's rows.
//!
//! `count u32`, then per row `key length u32`, `value length u32` ([`REMOVED`] for none), key, value; all big-endian.

use crate::store::kv::{Batch, Key};
use std::ops::Range;

/// Stands for a value's length where the row is removed.
const REMOVED: u32 = u32::MAX;

/// Bytes of a batch, or `None` when a length does not fit.
pub(in crate::store) fn encode(batch: &Batch) -> Option<Vec<u8>> {
    let mut bytes = u32::try_from(batch.len()).ok()?.to_be_bytes().to_vec();
    for (key, value) in batch {
        let value_length = match value {
            Some(value) => u32::try_from(value.len()).ok().filter(|n| *n != REMOVED)?,
            None => REMOVED,
        };
        bytes.extend(u32::try_from(key.len()).ok()?.to_be_bytes());
        bytes.extend(value_length.to_be_bytes());
        bytes.extend(key);
        bytes.extend(value.iter().flatten());
    }
    Some(bytes)
}

/// A batch from its bytes; `None` when they are no batch.
pub(in crate::store) fn decode(bytes: &[u8]) -> Option<Batch> {
    let rows = places(bytes)?.into_iter();
    let held =
        |(key, value): (Key, Option<Range<usize>>)| (key, value.map(|at| bytes[at].to_vec()));
    Some(rows.map(held).collect())
}

/// Where the value of each row lies in the bytes of a batch; `None` when they are no batch.
pub(super) fn places(bytes: &[u8]) -> Option<Vec<(Key, Option<Range<usize>>)>> {
    let mut rest = bytes;
    let count = number(&mut rest)?;
    let mut places = Vec::new();
    for _ in 0..count {
        let key_length = number(&mut rest)?;
        let value_length = number(&mut rest)?;
        let key = take(&mut rest, key_length)?.to_vec();
        let value = match value_length {
            REMOVED => None,
            length => {
                let at = bytes.len() - rest.len();
                take(&mut rest, length)?;
                Some(at..at + length as usize)
            }
        };
        places.push((key, value));
    }
    rest.is_empty().then_some(places)
}

fn number(bytes: &mut &[u8]) -> Option<u32> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_be_bytes(*head))
}

fn take<'a>(bytes: &mut &'a [u8], length: u32) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(length as usize)?;
    *bytes = rest;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_batch_comes_back(batch in prop::collection::btree_map(
            prop::collection::vec(any::<u8>(), 0..9), prop::option::of(prop::collection::vec(any::<u8>(), 0..9)), 0..9)) {
            prop_assert_eq!(decode(&encode(&batch).unwrap()), Some(batch));
        }

        #[test]
        fn any_bytes_are_a_batch_or_none(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(batch) = decode(&bytes) {
                prop_assert!(batch.len() <= bytes.len());
            }
        }
    }
}
