//! `[secrets]`: the keys under which what lets the bridge into people's calendars is stored.

use super::set;
use crate::vault::{KeySource, VaultOptions};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// Environment variable that holds the keys when no file is named.
const KEY_VARIABLE: &str = "ADVANTA_BRIDGE_SECRETS_KEY";

/// The file of keys that is made in the data folder when nothing else is said.
const OWN_FILE: &str = "secrets.key";

/// `[secrets]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// File with the keys, one a line; the first one seals.
    pub key_file: Option<PathBuf>,
    /// Seconds for which an old key is kept after a new one took its place.
    pub old_key_kept_secs: Option<u64>,
}

impl Secrets {
    /// Its times, for the check that none is beyond all sense.
    pub(super) fn seconds(&self) -> [(&'static str, Option<u64>); 1] {
        [("secrets.old_key_kept_secs", self.old_key_kept_secs)]
    }

    /// Where the keys stand: in the file that is named, else in the variable, else in the data folder.
    pub fn source(&self, data: &Path) -> KeySource {
        let variable = std::env::var_os(KEY_VARIABLE);
        // What is no text is no key either, and is refused as such.
        let variable = variable.map(|text| text.to_string_lossy().into_owned());
        self.source_of(variable.map(Zeroizing::new), data)
    }

    fn source_of(&self, variable: Option<Zeroizing<String>>, data: &Path) -> KeySource {
        match (&self.key_file, variable) {
            (Some(path), _) => KeySource::File(path.clone()),
            (None, Some(text)) if !text.trim().is_empty() => KeySource::Variable {
                name: KEY_VARIABLE,
                text,
            },
            (None, _) => KeySource::Own(data.join(OWN_FILE)),
        }
    }

    /// The bounds of a vault.
    pub fn options(&self) -> VaultOptions {
        let mut options = VaultOptions::default();
        let kept = self.old_key_kept_secs.map(Duration::from_secs);
        set(&mut options.old_key_kept, kept);
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_before_the_variable_and_both_before_the_data_folder() {
        let named = Secrets {
            key_file: Some("/etc/keys".into()),
            old_key_kept_secs: None,
        };
        let unnamed = Secrets::default();
        for (secrets, variable, expected) in [
            (&named, Some("AA=="), "/etc/keys"),
            (&named, None, "/etc/keys"),
            (
                &unnamed,
                Some("AA=="),
                "the variable ADVANTA_BRIDGE_SECRETS_KEY",
            ),
            (&unnamed, Some(" \n"), "data/secrets.key"),
            (&unnamed, None, "data/secrets.key"),
        ] {
            let text = variable.map(|text| Zeroizing::new(text.to_owned()));
            let source = secrets.source_of(text, Path::new("data"));
            assert_eq!(source.to_string(), expected);
        }
    }
}
