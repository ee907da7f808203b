//! Secrets that the bridge draws itself, apart from the passwords that people choose.
//!
//! Nobody guesses 160 random bits, so a plain digest of them is safe to keep and costs nothing to check. The types keep it
//! to those: a [`SecretDigest`] is made of a [`GeneratedSecret`] only, and that holds 160 bits, never a text.

use super::AppPasswordId;
use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_VISUAL, BASE64URL_NOPAD, HEXLOWER};
use std::fmt;

/// 160 bits that were drawn at random.
#[derive(Clone, PartialEq, Eq)]
pub struct GeneratedSecret([u8; GeneratedSecret::BYTES]);

impl GeneratedSecret {
    /// Its length.
    pub const BYTES: usize = 20;

    /// Of fresh random bits.
    pub fn drawn(bits: [u8; Self::BYTES]) -> Self {
        Self(bits)
    }

    /// What is kept of it.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest(*blake3::hash(&self.0).as_bytes())
    }
}

impl fmt::Debug for GeneratedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeneratedSecret")
    }
}

/// The digest of a secret that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecretDigest(pub [u8; 32]);

/// An app password as its owner types it: a public id, from which an administrator sees which device's it is, and the secret.
///
/// `0f3c9a1b7d2e-mfrggzdf-mztwq2lk-nnwg23tp-obyxe43u`: the id is the beginning of the number that the password is listed under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPasswordText {
    /// The first bytes of its [`AppPasswordId`]; passwords that were made by older versions have none.
    id: Option<[u8; AppPasswordText::ID_BYTES]>,
    /// The secret.
    pub secret: GeneratedSecret,
}

impl AppPasswordText {
    /// Bytes of the public id.
    const ID_BYTES: usize = 6;
    /// Letters of the public id.
    const ID_CHARS: usize = 2 * Self::ID_BYTES;
    /// Letters of the secret.
    const SECRET_CHARS: usize = 32;
    /// Letters of a password of an older version, which was the secret alone.
    const OLD_CHARS: usize = 27;
    /// Letters that are written together, so that a person finds their place.
    const GROUP_CHARS: usize = 8;
    /// No text that is longer is looked into.
    const BYTES_MAX: usize = 128;

    /// How an app password is shown to its owner, once.
    pub fn write(id: AppPasswordId, secret: &GeneratedSecret) -> String {
        let mut text = HEXLOWER.encode(&id.0.as_bytes()[..Self::ID_BYTES]);
        let letters = BASE32_NOPAD.encode(&secret.0).to_ascii_lowercase();
        for (place, letter) in letters.chars().enumerate() {
            if place % Self::GROUP_CHARS == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    /// Reads what a person typed: case, blanks and hyphens do not matter. `None` when it can be no app password.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > Self::BYTES_MAX {
            return None;
        }
        let letters = |c: &char| !c.is_whitespace() && *c != '-';
        let typed: String = text.chars().filter(letters).collect();
        if typed.is_ascii() && typed.len() == Self::ID_CHARS + Self::SECRET_CHARS {
            let (id, secret) = typed.split_at(Self::ID_CHARS);
            let id = HEXLOWER.decode(id.to_ascii_lowercase().as_bytes()).ok()?;
            let letters = secret.to_ascii_uppercase();
            let bits = BASE32_NOPAD_VISUAL.decode(letters.as_bytes()).ok()?;
            return Some(Self {
                id: Some(id.try_into().ok()?),
                secret: GeneratedSecret(bits.try_into().ok()?),
            });
        }
        Self::read_old(text.trim())
    }

    /// One of an older version: here every letter counts, and so does its case.
    fn read_old(text: &str) -> Option<Self> {
        if text.len() != Self::OLD_CHARS {
            return None;
        }
        let bits = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Some(Self {
            id: None,
            secret: GeneratedSecret(bits.try_into().ok()?),
        })
    }

    /// Whether it is of an older version.
    pub fn is_old(&self) -> bool {
        self.id.is_none()
    }

    /// Whether its public id, if it has one, is of this password.
    pub fn names(&self, id: AppPasswordId) -> bool {
        let begins = |named: &[u8; Self::ID_BYTES]| id.0.as_bytes().starts_with(named);
        self.id.as_ref().is_none_or(begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const TEXT: &str = "0f3c9a1b7d2e-aaaqeaye-audaocaj-bifqydio-b4ibceqt";

    fn id() -> AppPasswordId {
        AppPasswordId(Uuid::from_u128(0x0f3c_9a1b_7d2e_4000_8000_0000_0000_0001))
    }

    fn secret() -> GeneratedSecret {
        GeneratedSecret::drawn(std::array::from_fn(|n| u8::try_from(n).unwrap()))
    }

    #[test]
    fn a_password_is_its_id_and_its_secret_in_groups() {
        let text = AppPasswordText::write(id(), &secret());
        assert_eq!(text, TEXT);
        let read = AppPasswordText::read(&text).unwrap();
        assert_eq!(read.secret, secret());
        assert!(read.names(id()) && !read.is_old());
        assert!(!read.names(AppPasswordId(Uuid::from_u128(1))));
    }

    #[test]
    fn a_person_may_type_it_in_capitals_with_blanks_and_with_a_nought_for_an_o() {
        let right = AppPasswordText::read(TEXT).unwrap();
        for typed in [
            TEXT.to_uppercase(),
            TEXT.replace('-', ""),
            TEXT.replace('-', " "),
            format!("  {TEXT}\n"),
            TEXT.replace("qydio", "qydi0"),
        ] {
            assert_eq!(AppPasswordText::read(&typed).as_ref(), Some(&right));
        }
    }

    #[test]
    fn a_password_of_an_older_version_is_its_secret_alone() {
        let old = AppPasswordText::read("AAECAwQFBgcICQoLDA0ODxAREhM").unwrap();
        assert_eq!(old.secret, secret());
        assert!(old.is_old() && old.names(id()));
        assert_eq!(AppPasswordText::read("AAECAwQFBgcICQoLDA0ODxAREh"), None);
    }

    #[test]
    fn what_a_person_chooses_is_no_app_password() {
        let long = "a".repeat(1_000);
        let letters = "я".repeat(44);
        for chosen in ["", "demo", "correct horse battery staple", &long, &letters] {
            assert_eq!(AppPasswordText::read(chosen), None, "{chosen}");
        }
    }
}
