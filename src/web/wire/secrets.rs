//! The keys of stored secrets.

use serde::{Deserialize, Serialize};

/// A key of stored secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyBody {
    /// Its name: 16 hexadecimal digits, from which nobody gets the key.
    pub id: String,
    /// `seals`, `old`, or `missing`: secrets name it, and we do not have it.
    pub state: String,
    /// How many secrets name it.
    pub secrets: u64,
}

/// `GET secrets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretsBody {
    /// Where the keys stand.
    pub origin: String,
    /// The one that seals first, the missing ones last. Empty before the first secret.
    pub keys: Vec<KeyBody>,
    /// How many secrets cannot be opened: their people have to connect anew.
    pub unreadable: u64,
}

/// A key that seals no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldKeyBody {
    /// Its name.
    pub id: String,
    /// `dropped`; or why it stays: `unasked`, `needed`, `recent`, `fixed`.
    pub state: String,
}

/// `POST secrets/rotate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotatedBody {
    /// Whether a new key was made; otherwise an earlier rotation was brought to its end.
    pub made: bool,
    /// The key that seals.
    pub seals: String,
    /// How many secrets were sealed anew.
    pub resealed: u64,
    /// How many secrets cannot be opened.
    pub unreadable: u64,
    /// The keys that seal no more.
    pub old: Vec<OldKeyBody>,
}
