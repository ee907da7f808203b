//! The file of keys: read only when nobody else can, and replaced as a whole or not at all.

use super::VaultOptions;
use super::key::{Key, KeyTextError, read_keys, write_keys};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Why a file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The system says no.
    #[error("cannot {what} the keys of secrets in {}: {error}", path.display())]
    Io {
        /// `read` or `write`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Others may read or change it.
    #[error("{} holds keys and has the mode {mode:03o}: chmod 600", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It cannot be a list of keys.
    #[error("{} is larger than {bytes_max} bytes or no file at all", path.display())]
    NoKeys {
        /// Which file.
        path: PathBuf,
        /// How large it may be.
        bytes_max: u64,
    },
    /// What it says is wrong.
    #[error("the keys of secrets in {from}: {error}")]
    Text {
        /// Which file or variable.
        from: String,
        /// What and where.
        error: KeyTextError,
    },
}

/// Reads the keys of a file; `None`: it is not there.
///
/// # Errors
/// It cannot be read, others can, or something else stands in it.
pub fn read(path: &Path, options: &VaultOptions) -> Result<Option<Vec<Key>>, KeyFileError> {
    let failed = failing("read", path);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // Of the opened file, not of the name: nobody can put another one there in between.
    let about = file.metadata().map_err(&failed)?;
    let bytes_max = options.file_bytes_max;
    if !about.is_file() || about.len() > bytes_max {
        let path = path.to_owned();
        return Err(KeyFileError::NoKeys { path, bytes_max });
    }
    let mode = about.permissions().mode() & 0o777;
    if mode != 0o600 && mode != 0o400 {
        let path = path.to_owned();
        return Err(KeyFileError::Open { path, mode });
    }
    let text = text(file, about.len()).map_err(&failed)?;
    let keys = read_keys(&text, options.keys_max);
    keys.map(Some).map_err(|error| KeyFileError::Text {
        from: path.display().to_string(),
        error,
    })
}

/// The text of a file of this length, wiped after use.
fn text(file: File, bytes: u64) -> io::Result<Zeroizing<String>> {
    let room = usize::try_from(bytes).unwrap_or(0);
    let mut text = Zeroizing::new(String::with_capacity(room + 1));
    file.take(bytes).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes the first keys of a file; durable when it returns. Answers false, and leaves it alone, when it is there already.
///
/// # Errors
/// It cannot be written.
pub fn create(path: &Path, keys: &[Key]) -> Result<bool, KeyFileError> {
    let failed = failing("write", path);
    let aside = write_aside(path, keys).map_err(&failed)?;
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside).map_err(&failed)?;
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(failed(error)),
    }
    sync_folder(path).map_err(&failed)?;
    Ok(true)
}

/// Writes other keys into a file that is there; durable when it returns. A symbolic link stays one.
///
/// # Errors
/// It cannot be written; then what stood there before still does, or the new keys already do.
pub fn replace(path: &Path, keys: &[Key]) -> Result<(), KeyFileError> {
    let failed = failing("write", path);
    let path = fs::canonicalize(path).map_err(&failed)?;
    let aside = write_aside(&path, keys).map_err(&failed)?;
    fs::rename(&aside, &path).map_err(&failed)?;
    sync_folder(&path).map_err(&failed)
}

/// Writes keys beside their place. What an earlier try left there goes.
fn write_aside(path: &Path, keys: &[Key]) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let aside = path.with_file_name(name);
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(write_keys(keys).as_bytes())?;
    file.sync_all()?;
    Ok(aside)
}

/// A name is durable when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

fn failing(what: &'static str, path: &Path) -> impl Fn(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |error| KeyFileError::Io {
        what,
        path: path.clone(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::KeyId;

    fn ids(keys: &[Key]) -> Vec<KeyId> {
        keys.iter().map(Key::id).collect()
    }

    fn read_ids(path: &Path) -> Option<Vec<KeyId>> {
        let keys = read(path, &VaultOptions::default()).unwrap();
        keys.map(|keys| ids(&keys))
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn keys_are_made_once_and_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.key");
        let (one, two) = (Key::random(), Key::random());
        assert_eq!(read_ids(&path), None);
        assert!(create(&path, std::slice::from_ref(&one)).unwrap());
        assert!(!create(&path, std::slice::from_ref(&two)).unwrap());
        assert_eq!(read_ids(&path), Some(vec![one.id()]));
        assert_eq!(mode(&path), 0o600);
        // What a killed process left beside it.
        fs::write(folder.path().join("secrets.key.new"), "half").unwrap();
        replace(&path, &[two.clone(), one.clone()]).unwrap();
        assert_eq!(read_ids(&path), Some(vec![two.id(), one.id()]));
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(folder.path()), ["secrets.key"]);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.key");
        create(&path, &[Key::random()]).unwrap();
        for allowed in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(allowed)).unwrap();
            assert!(read(&path, &VaultOptions::default()).is_ok(), "{allowed:o}");
        }
        for refused in [0o640, 0o604, 0o660, 0o644, 0o700, 0o666, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(refused)).unwrap();
            let told = read(&path, &VaultOptions::default()).unwrap_err();
            let expected = format!(
                "{} holds keys and has the mode {refused:03o}: chmod 600",
                path.display()
            );
            assert_eq!(told.to_string(), expected);
        }
    }

    #[test]
    fn a_link_to_the_file_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("real"), folder.path().join("link"));
        let (one, two) = (Key::random(), Key::random());
        create(&path, &[one]).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, std::slice::from_ref(&two)).unwrap();
        assert_eq!(read_ids(&path), Some(vec![two.id()]));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn what_cannot_be_a_list_of_keys_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        fs::write(&path, vec![b'A'; 65]).unwrap();
        let options = VaultOptions {
            file_bytes_max: 64,
            ..VaultOptions::default()
        };
        let told = |path: &Path| read(path, &options).unwrap_err().to_string();
        let expected = |path: &Path| {
            format!(
                "{} is larger than 64 bytes or no file at all",
                path.display()
            )
        };
        assert_eq!(told(&path), expected(&path));
        assert_eq!(told(folder.path()), expected(folder.path()));
    }
}
