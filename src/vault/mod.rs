//! Secrets at rest: XChaCha20-Poly1305 under keys that stand in a file or a variable.
//!
//! Start at [`KeyVault`]. `sealing` is what a secret looks like, `key` what a list of keys looks like, `file` where it stands.
//! The first key seals, all of them open, so keys can be changed while the bridge runs ([`Keyring`]).

mod file;
mod key;
mod sealing;
#[cfg(test)]
mod tests;

pub use file::KeyFileError;
pub use key::{KEY_BYTES, KeyTextError};

use crate::model::Sealed;
use crate::ports::{KeyId, Keyring, KeyringError, OldKey, Vault, VaultError};
use key::Key;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Bounds of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultOptions {
    /// Keys at the same time.
    pub keys_max: usize,
    /// Bytes of a file of keys.
    pub file_bytes_max: u64,
    /// How long a key is kept after another one took its place: whoever sealed with it a moment ago may not have stored it yet.
    pub old_key_kept: Duration,
}

impl Default for VaultOptions {
    fn default() -> Self {
        Self {
            keys_max: 16,
            file_bytes_max: 64 << 10,
            old_key_kept: Duration::from_secs(600),
        }
    }
}

/// Where keys stand.
pub enum KeySource {
    /// In a file of ours, which is made when the first secret is sealed.
    Own(PathBuf),
    /// In a file that an administrator named: without it nothing is begun.
    File(PathBuf),
    /// In a variable of the environment.
    Variable {
        /// Its name.
        name: &'static str,
        /// What it says.
        text: Zeroizing<String>,
    },
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySource({self})")
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(path) | Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable { name, .. } => write!(f, "the variable {name}"),
        }
    }
}

/// Seals and opens secrets.
#[derive(Debug)]
pub struct KeyVault {
    origin: String,
    /// The file that may be changed.
    file: Option<PathBuf>,
    options: VaultOptions,
    ring: RwLock<Ring>,
}

/// The keys as they are in use.
#[derive(Debug)]
struct Ring {
    /// The one that seals first.
    keys: Vec<Key>,
    /// When another key took the first place in this process.
    renewed: Option<Instant>,
}

impl KeyVault {
    /// A vault with the keys of a source.
    ///
    /// # Errors
    /// They cannot be read, others can read them, or they are no keys.
    pub fn new(source: KeySource, options: VaultOptions) -> Result<Self, KeyFileError> {
        let origin = source.to_string();
        let keys = match &source {
            KeySource::Own(path) => file::read(path, &options)?.unwrap_or_default(),
            KeySource::File(path) => present(path, &options)?,
            KeySource::Variable { text, .. } => {
                let keys = key::read_keys(text, options.keys_max);
                let from = origin.clone();
                keys.map_err(|error| KeyFileError::Text { from, error })?
            }
        };
        let file = match source {
            KeySource::Own(path) | KeySource::File(path) => Some(path),
            KeySource::Variable { .. } => None,
        };
        Ok(Self {
            origin,
            file,
            options,
            ring: RwLock::new(Ring {
                keys,
                renewed: None,
            }),
        })
    }

    /// The key that seals. The very first one is made now: once in the life of an installation a caller waits for its disk.
    fn front(&self) -> Result<Key, KeyFileError> {
        if let Some(key) = self.ring().keys.first() {
            return Ok(key.clone());
        }
        let mut ring = self.ring_mut();
        if ring.keys.is_empty() {
            ring.keys = self.first_keys()?;
        }
        Ok(ring.keys[0].clone())
    }

    /// Makes the first key, or takes what somebody put there meanwhile.
    fn first_keys(&self) -> Result<Vec<Key>, KeyFileError> {
        // A source without a file was refused when it held no key.
        let path = self.file.as_deref().unwrap_or(Path::new(""));
        let made = vec![Key::random()];
        if !file::create(path, &made)? {
            return present(path, &self.options);
        }
        tracing::info!(
            "made a key for secrets in {}: keep a copy, apart from the backups",
            path.display()
        );
        Ok(made)
    }

    /// Takes over what stands in the file now: an administrator may have changed it by hand. A key that went from it stays in use
    /// as an old one, until what it sealed is sealed anew.
    fn refresh(&self, ring: &mut Ring) -> Result<(), KeyFileError> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        // A file that went is not made anew: what was sealed would be lost.
        let mut keys = if ring.keys.is_empty() {
            file::read(path, &self.options)?.unwrap_or_default()
        } else {
            present(path, &self.options)?
        };
        if front_of(&keys) != front_of(&ring.keys) && !ring.keys.is_empty() {
            ring.renewed = Some(Instant::now());
        }
        let went = ring.keys.drain(..);
        let went = went.filter(|key| keys.iter().all(|other| other.id() != key.id()));
        let went: Vec<Key> = went.collect();
        keys.extend(went);
        ring.keys = keys;
        Ok(())
    }

    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring_mut(&self) -> RwLockWriteGuard<'_, Ring> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of a file that has to be there.
fn present(path: &Path, options: &VaultOptions) -> Result<Vec<Key>, KeyFileError> {
    let absent = || KeyFileError::Io {
        what: "read",
        path: path.to_owned(),
        error: std::io::ErrorKind::NotFound.into(),
    };
    file::read(path, options)?.ok_or_else(absent)
}

fn front_of(keys: &[Key]) -> Option<KeyId> {
    keys.first().map(Key::id)
}

impl Vault for KeyVault {
    fn seal(&self, place: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        let key = self.front().map_err(|error| {
            tracing::error!("a secret cannot be kept: {error}");
            VaultError::NoKey
        })?;
        sealing::seal(&key, place, secret).ok_or(VaultError::NoKey)
    }

    fn open(&self, place: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let ring = self.ring();
        let opened = ring.keys.iter();
        let mut opened = opened.filter_map(|key| sealing::open(key, place, sealed));
        opened.next().ok_or(VaultError::Unreadable)
    }
}

impl Keyring for KeyVault {
    fn origin(&self) -> String {
        self.origin.clone()
    }

    fn keys(&self) -> Vec<KeyId> {
        self.ring().keys.iter().map(Key::id).collect()
    }

    fn key_of(&self, sealed: &Sealed) -> Option<KeyId> {
        sealing::key_of(sealed)
    }

    fn renew(&self) -> Result<bool, KeyringError> {
        let mut ring = self.ring_mut();
        self.refresh(&mut ring)?;
        let Some(path) = &self.file else {
            let fixed = || KeyringError::Fixed(self.origin.clone());
            return (ring.keys.len() > 1).then_some(false).ok_or_else(fixed);
        };
        if ring.keys.is_empty() {
            ring.keys = self.first_keys()?;
            return Ok(true);
        }
        if ring.keys.len() > 1 {
            return Ok(false);
        }
        let mut keys = ring.keys.clone();
        keys.insert(0, Key::random());
        file::replace(path, &keys)?;
        ring.keys = keys;
        ring.renewed = Some(Instant::now());
        Ok(true)
    }

    fn drop_old(&self, needed: &BTreeSet<KeyId>) -> Result<Vec<(KeyId, OldKey)>, KeyringError> {
        let mut ring = self.ring_mut();
        self.refresh(&mut ring)?;
        let kept = self.options.old_key_kept;
        let is_recent = ring.renewed.is_some_and(|then| then.elapsed() < kept);
        let fate = |id: KeyId| match &self.file {
            _ if needed.contains(&id) => OldKey::Needed,
            None => OldKey::Fixed,
            Some(_) if is_recent => OldKey::Recent,
            Some(_) => OldKey::Dropped,
        };
        let old = ring.keys.iter().skip(1);
        let fates: Vec<(KeyId, OldKey)> = old.map(|key| (key.id(), fate(key.id()))).collect();
        let goes = |key: &Key| fates.contains(&(key.id(), OldKey::Dropped));
        let keys: Vec<Key> = ring.keys.iter().filter(|key| !goes(key)).cloned().collect();
        if let Some(path) = &self.file
            && keys.len() < ring.keys.len()
        {
            file::replace(path, &keys)?;
            ring.keys = keys;
        }
        Ok(fates)
    }
}

impl From<KeyFileError> for KeyringError {
    fn from(error: KeyFileError) -> Self {
        Self::Failed(error.to_string())
    }
}
