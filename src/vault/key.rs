//! Keys, and the text in which they stand: one a line, in base64; the first one seals. Lines that begin with `#` say nothing.

use crate::ports::KeyId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// What a key's name is derived for: the same key has another digest anywhere else.
const NAMED_FOR: &str = "advanta-bridge 2026 name of a key for secrets";

/// What stands above the keys of a file that we write.
const HEAD: &str = "\
# Keys of the secrets in the store of advanta-bridge: the first one seals, all of them open.
# Keep a copy of this file, and not beside the backups: each is worth nothing to a thief without the other.
";

/// A key. It is wiped from memory when it is no longer used, and is never shown.
#[derive(Clone)]
pub struct Key {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    id: KeyId,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Why a text of keys cannot be used. Nothing of the text is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// It holds none.
    #[error("there is no key in it")]
    Empty,
    /// Something else stands where a key should.
    #[error("line {line} holds something that is no key: {KEY_BYTES} bytes in base64")]
    NoKey {
        /// Counted from 1.
        line: usize,
    },
    /// Each of them is tried when the bridge starts, and kept in memory.
    #[error("there are more than {keys_max} keys in it")]
    TooMany {
        /// How many there may be.
        keys_max: usize,
    },
}

impl Key {
    /// A new one.
    pub fn random() -> Self {
        Self::new(Zeroizing::new(rand::random()))
    }

    /// A key of these bytes.
    pub fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let digest = Zeroizing::new(blake3::derive_key(NAMED_FOR, bytes.as_slice()));
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        Self {
            bytes,
            id: KeyId(id),
        }
    }

    /// Which one it is.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// Reads one key.
    fn read(word: &str) -> Option<Self> {
        let decoded = Zeroizing::new(STANDARD.decode(word).ok()?);
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if decoded.len() != KEY_BYTES {
            return None;
        }
        bytes.copy_from_slice(&decoded);
        Some(Self::new(bytes))
    }
}

/// Reads keys. A variable has hardly any lines, so keys may also stand beside each other; one that stands there twice counts once.
///
/// # Errors
/// There is none, too many, or something else.
pub fn read_keys(text: &str, keys_max: usize) -> Result<Vec<Key>, KeyTextError> {
    let mut keys: Vec<Key> = Vec::new();
    let lines = text.lines().zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim_start().starts_with('#'));
    for (word, line) in
        lines.flat_map(|(text, line)| text.split_whitespace().map(move |w| (w, line)))
    {
        let key = Key::read(word).ok_or(KeyTextError::NoKey { line })?;
        if keys.iter().any(|other| other.id == key.id) {
            continue;
        }
        if keys.len() == keys_max {
            return Err(KeyTextError::TooMany { keys_max });
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(KeyTextError::Empty);
    }
    Ok(keys)
}

/// The text of keys, as [`read_keys`] takes it.
pub fn write_keys(keys: &[Key]) -> Zeroizing<String> {
    // Room for all of it: a text that grows would leave copies behind.
    let room = HEAD.len() + keys.len() * (KEY_BYTES * 2);
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(HEAD);
    for key in keys {
        STANDARD.encode_string(key.bytes(), &mut text);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of one byte, repeated.
    fn key(byte: u8) -> Key {
        Key::new(Zeroizing::new([byte; KEY_BYTES]))
    }

    fn ids(keys: &[Key]) -> Vec<KeyId> {
        keys.iter().map(Key::id).collect()
    }

    const ONES: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    const TWOS: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

    #[test]
    fn keys_are_read_in_their_order_and_once_each() {
        let text = format!("# ours\n\n  {ONES}\r\n{TWOS} {ONES}\n");
        let keys = read_keys(&text, 2).unwrap();
        assert_eq!(ids(&keys), [key(1).id(), key(2).id()]);
    }

    #[test]
    fn what_is_written_is_read_again_and_needs_no_more_room() {
        let keys = [key(2), key(1), Key::random()];
        let text = write_keys(&keys);
        assert_eq!(ids(&read_keys(&text, 3).unwrap()), ids(&keys));
        assert_eq!(*write_keys(&keys[..2]), format!("{HEAD}{TWOS}\n{ONES}\n"));
    }

    #[test]
    fn what_is_no_key_is_named_by_its_line_and_not_shown() {
        for (text, expected) in [
            ("", "there is no key in it"),
            ("# only words\n", "there is no key in it"),
            (
                "\nhunter2",
                "line 2 holds something that is no key: 32 bytes in base64",
            ),
            (
                &ONES[4..],
                "line 1 holds something that is no key: 32 bytes in base64",
            ),
            (
                &format!("{ONES}\n{TWOS}\nAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="),
                "there are more than 2 keys in it",
            ),
        ] {
            let told = read_keys(text, 2).unwrap_err().to_string();
            assert_eq!(told, expected, "{text}");
        }
    }

    #[test]
    fn a_key_is_shown_by_its_name_only() {
        assert_eq!(format!("{:?}", key(1)), format!("Key({})", key(1).id()));
        assert_eq!(key(1).id().to_string().len(), 16);
        assert_ne!(key(1).id(), key(2).id());
    }
}
