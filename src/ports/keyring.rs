//! The keys behind a [`Vault`]: which there are, and how they change.

use super::Vault;
use crate::model::Sealed;
use std::collections::BTreeSet;
use std::fmt;

/// Which key: a digest of it, from which nobody gets the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What became of an old key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldKey {
    /// It is gone.
    Dropped,
    /// It stays, because nobody asked for more.
    Unasked,
    /// It stays, because a stored secret was sealed with it and could not be sealed anew.
    Needed,
    /// It stays for a while: somebody may be about to store what was sealed with it a moment ago.
    Recent,
    /// It stays, because the keys stand where we cannot write.
    Fixed,
}

/// Why the keys could not be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// They stand where we cannot write: an administrator puts a new one in front of the old one.
    #[error(
        "the keys stand in {0}, which only you can change: put a new key in front of the old one there, start the bridge anew, and rotate again"
    )]
    Fixed(String),
    /// They cannot be read or written. The text names the file.
    #[error("{0}")]
    Failed(String),
}

/// A vault whose keys can be changed while it is used. The first key seals, all of them open.
pub trait Keyring: Vault {
    /// Where the keys stand, for people.
    fn origin(&self) -> String;
    /// The keys, the one that seals first; empty before a secret was sealed.
    fn keys(&self) -> Vec<KeyId>;
    /// Which key sealed this, whether we have it or not; `None`: it is nothing that a vault sealed.
    fn key_of(&self, sealed: &Sealed) -> Option<KeyId>;
    /// Puts a new key in front, durably. While there are old keys none is made: first what they sealed is sealed anew.
    /// Answers whether one was made.
    ///
    /// # Errors
    /// They cannot be changed here.
    fn renew(&self) -> Result<bool, KeyringError>;
    /// Removes the old keys, durably, except those that are `needed`, because stored secrets name them, and those that cannot go yet. Answers what
    /// became of each. `needed` may name the key that seals: it stays in any case.
    ///
    /// # Errors
    /// They cannot be read or written.
    fn drop_old(&self, needed: &BTreeSet<KeyId>) -> Result<Vec<(KeyId, OldKey)>, KeyringError>;
}
