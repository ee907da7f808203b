//! What a sealed secret looks like: a byte for the form, the key's name, a random nonce, and XChaCha20-Poly1305.
//!
//! | Bytes | |
//! |---|---|
//! | 1 | form: 1 |
//! | 8 | which key |
//! | 24 | nonce |
//! | rest | ciphertext, then a tag of 16 bytes |
//!
//! Form, key and place are authenticated too, so nothing can be moved to another place or said to be of another key.

use super::key::Key;
use crate::model::Sealed;
use crate::ports::KeyId;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// The form that this version writes, and the only one that it reads.
const FORM: u8 = 1;
/// Form and key.
const HEAD_BYTES: usize = 1 + 8;
/// Nobody has to count nonces of this length: they are drawn.
const NONCE_BYTES: usize = 24;

/// Seals a secret; `None`: it is longer than the cipher takes, which is 256 GiB.
pub fn seal(key: &Key, place: &str, secret: &[u8]) -> Option<Sealed> {
    let mut sealed = Vec::with_capacity(HEAD_BYTES + NONCE_BYTES + secret.len() + 16);
    sealed.push(FORM);
    sealed.extend_from_slice(&key.id().0);
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let aad = associated(&sealed, place);
    let payload = Payload {
        msg: secret,
        aad: &aad,
    };
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let text = cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    Some(Sealed(sealed))
}

/// Opens a secret; `None`: it was sealed for another place, with another key, or it is damaged.
pub fn open(key: &Key, place: &str, sealed: &Sealed) -> Option<Vec<u8>> {
    if key_of(sealed)? != key.id() {
        return None;
    }
    let (head, rest) = sealed.0.split_at_checked(HEAD_BYTES)?;
    let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>()?;
    let aad = associated(head, place);
    let payload = Payload {
        msg: text,
        aad: &aad,
    };
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    cipher.decrypt(&XNonce::from(*nonce), payload).ok()
}

/// Which key sealed it, as it says itself.
pub fn key_of(sealed: &Sealed) -> Option<KeyId> {
    let (form, rest) = sealed.0.split_first()?;
    let id = rest.first_chunk::<8>()?;
    (*form == FORM).then_some(KeyId(*id))
}

/// The head has one length, so no place can be taken for a part of it.
fn associated(head: &[u8], place: &str) -> Vec<u8> {
    [head, place.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn key(byte: u8) -> Key {
        Key::new(Zeroizing::new([byte; 32]))
    }

    /// Sealed by libsodium: what is stored must stay readable, whatever library reads it.
    #[test]
    fn what_was_sealed_once_can_be_opened_for_ever() {
        let mut sealed = vec![FORM];
        sealed.extend_from_slice(&key(7).id().0);
        sealed.extend_from_slice(&[9; NONCE_BYTES]);
        sealed.extend_from_slice(&KNOWN);
        let opened = open(&key(7), "subscription/1", &Sealed(sealed));
        assert_eq!(opened.as_deref(), Some(b"refresh token".as_slice()));
    }

    /// Of the key of sevens, the nonce of nines, the place `subscription/1` and the text `refresh token`.
    const KNOWN: [u8; 29] = [
        0xcc, 0x17, 0x84, 0xf8, 0x19, 0xd9, 0x11, 0x42, 0x80, 0x7d, 0x63, 0x59, 0x06, 0x5e, 0x04,
        0x7a, 0x07, 0x51, 0xa3, 0x89, 0xa7, 0x05, 0x13, 0x5a, 0x51, 0x59, 0xc4, 0x23, 0x40,
    ];

    #[test]
    fn two_sealings_of_one_secret_have_nothing_in_common_but_the_key() {
        let (one, two) = (
            seal(&key(1), "a", b"x").unwrap(),
            seal(&key(1), "a", b"x").unwrap(),
        );
        assert_eq!(one.0[..HEAD_BYTES], two.0[..HEAD_BYTES]);
        assert_ne!(one.0[HEAD_BYTES..], two.0[HEAD_BYTES..]);
        assert_eq!(key_of(&one), Some(key(1).id()));
    }

    proptest! {
        // Every case looks at each bit or length.
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn what_was_sealed_is_opened_for_its_place_only(
            secret in proptest::collection::vec(any::<u8>(), 0..200),
            place in ".{0,20}",
            other in ".{0,20}",
        ) {
            let sealed = seal(&key(1), &place, &secret).unwrap();
            prop_assert_eq!(open(&key(1), &place, &sealed), Some(secret));
            prop_assert_eq!(open(&key(2), &place, &sealed), None);
            if other != place {
                prop_assert_eq!(open(&key(1), &other, &sealed), None);
            }
        }

        #[test]
        fn every_flipped_bit_is_refused(secret in proptest::collection::vec(any::<u8>(), 0..40)) {
            let sealed = seal(&key(1), "a", &secret).unwrap();
            for bit in 0..sealed.0.len() * 8 {
                let mut flipped = sealed.clone();
                flipped.0[bit / 8] ^= 1 << (bit % 8);
                prop_assert_eq!(open(&key(1), "a", &flipped), None, "bit {}", bit);
            }
        }

        #[test]
        fn what_is_cut_off_or_added_is_refused(secret in proptest::collection::vec(any::<u8>(), 0..40)) {
            let sealed = seal(&key(1), "a", &secret).unwrap();
            for length in 0..sealed.0.len() {
                let cut = Sealed(sealed.0[..length].to_vec());
                prop_assert_eq!(open(&key(1), "a", &cut), None, "{} bytes", length);
            }
            let longer = Sealed([sealed.0, vec![0]].concat());
            prop_assert_eq!(open(&key(1), "a", &longer), None);
        }

        #[test]
        fn any_bytes_are_refused_and_harm_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut ours = vec![FORM];
            ours.extend_from_slice(&key(1).id().0);
            ours.extend_from_slice(&bytes);
            prop_assert_eq!(open(&key(1), "a", &Sealed(ours)), None);
            prop_assert_eq!(open(&key(1), "a", &Sealed(bytes)), None);
        }
    }
}
