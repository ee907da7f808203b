//! Any bytes from outside are read or refused; nothing panics.

use super::calls::with_each;
use super::hooks::{reader, signed};
use super::samples::{FIXTURES, at};
use crate::ports::{HookHead, Hooks as _};
use http::HeaderMap;
use proptest::prelude::*;

/// Bytes, or a fixture with a few bytes of it changed.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let near = (
        0..FIXTURES.len(),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    )
        .prop_map(|(fixture, changes)| {
            let mut text = FIXTURES[fixture].1.as_bytes().to_vec();
            for (place, byte) in changes {
                let place = place.index(text.len());
                text[place] = byte;
            }
            text
        });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..64), near]
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused(status in 100_u16..1000, wait in "\\PC{0,30}", body in bytes()) {
        let mut headers = HeaderMap::new();
        if let Ok(wait) = wait.parse() {
            headers.insert(http::header::RETRY_AFTER, wait);
        }
        with_each(|_, call| {
            let _ = call.reply(status, &headers, &body);
        });
    }

    #[test]
    fn any_signed_hook_is_read_or_refused(body in bytes()) {
        let now = at("2026-11-22T10:16:03Z");
        let signature = signed(&String::from_utf8_lossy(&body), now);
        let head = HookHead { signature: Some(&signature), ..super::hooks::head() };
        let _ = reader().read(head, String::from_utf8_lossy(&body).as_bytes(), now);
    }

    #[test]
    fn any_head_is_read_or_refused(id in "\\PC{0,300}", timestamp in "\\PC{0,30}", signature in "\\PC{0,99}", body in bytes()) {
        let head = HookHead { id: Some(&id), timestamp: Some(&timestamp), signature: Some(&signature) };
        prop_assert!(reader().read(head, &body, at("2026-11-22T10:16:03Z")).is_err());
    }
}
