//! Reads back what only a key says.

use crate::model::{CollectionId, CollectionKind, ObjectId, SubscriptionId, UserId};
use uuid::Uuid;

/// Every kind that a key may name.
const KINDS: [CollectionKind; 1] = [CollectionKind::Events];

/// The collection that a key names right after its table; `None` when it names none.
pub fn collection(key: &[u8]) -> Option<CollectionId> {
    let (owner, rest) = leading_text(key.get(1..)?)?;
    let byte = rest.first()?;
    let kind = KINDS.into_iter().find(|kind| super::kind(*kind) == *byte)?;
    Some(CollectionId {
        owner: UserId::new(owner),
        kind,
    })
}

/// The subscription and the object that a key names right after its table; `None` when it names none.
pub fn subscription_and_object(key: &[u8]) -> Option<(SubscriptionId, ObjectId)> {
    let (subscription, rest) = leading_text(key.get(1..)?)?;
    let object = Uuid::from_slice(rest).ok()?;
    Some((SubscriptionId::new(subscription), ObjectId(object)))
}

/// The text that a key names right after its table.
pub fn text(key: &[u8]) -> Option<String> {
    Some(leading_text(key.get(1..)?)?.0)
}

/// A text and what comes after it: see [`KeyBuilder::text`](super::KeyBuilder::text).
fn leading_text(mut bytes: &[u8]) -> Option<(String, &[u8])> {
    let mut text = Vec::new();
    loop {
        match bytes {
            [0, 0, rest @ ..] => return Some((String::from_utf8(text).ok()?, rest)),
            [0, u8::MAX, rest @ ..] => {
                text.push(0);
                bytes = rest;
            }
            [0, ..] | [] => return None,
            [byte, rest @ ..] => {
                text.push(*byte);
                bytes = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tables::Table;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_collection_comes_back_from_a_key(owner in "[\0-\u{2}a-bя]{0,5}", rest in any::<u64>()) {
            let id = CollectionId::events(&UserId::new(owner));
            let key = Table::Members.key().collection(&id).unwrap().number(rest).done();
            prop_assert_eq!(collection(&key), Some(id));
        }

        #[test]
        fn any_bytes_name_a_collection_or_none(bytes in prop::collection::vec(0..4_u8, 0..9)) {
            if let Some(id) = collection(&bytes) {
                let key = Table::Members.key().collection(&id).unwrap().done();
                prop_assert!(bytes[1..].starts_with(&key[1..]));
            }
        }
    }
}
