//! Files that hold secrets.

use anyhow::{Context as _, Result, bail};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The longest secret file.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// The text of a file that nobody but us should read; a warning names it when others can.
///
/// # Errors
/// It cannot be read, or is too large.
pub fn secret_file(path: &Path) -> Result<String> {
    let text = read(path)?;
    warn_of_readers(path);
    Ok(text)
}

/// Names a file that holds a secret and that others can read.
pub fn warn_of_readers(path: &Path) {
    if let Some(mode) = open_to_others(path) {
        tracing::warn!(
            "{} holds a secret and has the mode {mode:03o}, so that others can read it: chmod 600",
            path.display()
        );
    }
}

/// The mode of a file that others than its owner can read or change.
pub fn open_to_others(path: &Path) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// The text of a file that is no secret.
pub(super) fn read(path: &Path) -> Result<String> {
    let failed = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(failed)?;
    let mut text = String::new();
    file.take(SECRET_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .with_context(failed)?;
    if text.len() as u64 > SECRET_BYTES_MAX {
        bail!("{} is larger than {SECRET_BYTES_MAX} bytes", path.display());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_secret_that_others_can_read_is_known_by_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        write(&path, "hush\n").unwrap();
        for (mode, open) in [
            (0o600, None),
            (0o400, None),
            (0o640, Some(0o640)),
            (0o604, Some(0o604)),
            (0o620, Some(0o620)),
        ] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(open_to_others(&path), open, "{mode:o}");
        }
        assert_eq!(secret_file(&path).unwrap(), "hush\n");
        assert_eq!(open_to_others(&folder.path().join("none")), None);
    }

    #[test]
    fn what_is_too_large_to_be_a_secret_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        write(&path, vec![b'a'; 65_537]).unwrap();
        let told = secret_file(&path).unwrap_err().to_string();
        assert_eq!(
            told,
            format!("{} is larger than 65536 bytes", path.display())
        );
    }
}
