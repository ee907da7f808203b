//! The files of a log: `{number}.log` for segments, `{number of the first commit after it}.base` for bases.

use super::damaged;
use super::frame::{Header, SEGMENT_HEADER_BYTES};
use crate::ports::StoreError;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Zeros are written in blocks of this size.
const FILL_BYTES: usize = 1 << 20;

/// Ending of a segment's name.
const SEGMENT: &str = ".log";
/// Ending of a base's name.
const BASE: &str = ".base";
/// Extension of a file that is being written.
const UNFINISHED: &str = "unfinished";

/// The folder that holds segments and bases.
#[derive(Clone, Debug)]
pub struct LogFolder {
    path: PathBuf,
    /// How many readers need every commit that is in it.
    readers: Arc<Mutex<usize>>,
}

/// While it lives, the log is [kept whole](LogFolder::is_kept).
pub struct KeptWhole(Arc<Mutex<usize>>);

impl Drop for KeptWhole {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}

impl LogFolder {
    /// Opens the folder, making it if need be.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        if let Some(parent) = path.parent() {
            sync_folder(parent)?;
        }
        Ok(Self {
            path,
            readers: Arc::default(),
        })
    }

    /// Asks that nothing be removed from the log until the answer is dropped.
    pub fn keep_whole(&self) -> KeptWhole {
        *self.readers.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        KeptWhole(self.readers.clone())
    }

    /// Whether somebody reads the log and wants nothing removed. Asked before a removal and after the choice of what to
    /// remove: whoever begins to read later reads commits later than those.
    pub fn is_kept(&self) -> bool {
        *self.readers.lock().unwrap_or_else(PoisonError::into_inner) > 0
    }

    /// Numbers of the segments, ascending.
    pub fn segments(&self) -> io::Result<Vec<u64>> {
        self.numbers(SEGMENT)
    }

    /// Numbers of the bases, ascending.
    pub fn bases(&self) -> io::Result<Vec<u64>> {
        self.numbers(BASE)
    }

    fn numbers(&self, ending: &str) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(ending));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// How many bytes the segments take, and how many the bases.
    pub fn bytes(&self) -> io::Result<(u64, u64)> {
        let (mut segments, mut bases) = (0, 0);
        for number in self.segments()? {
            segments += fs::metadata(self.path(number))?.len();
        }
        for number in self.bases()? {
            bases += fs::metadata(self.base_path(number))?.len();
        }
        Ok((segments, bases))
    }

    /// All bytes of a segment.
    pub fn read(&self, segment: u64) -> io::Result<Vec<u8>> {
        fs::read(self.path(segment))
    }

    /// The header of a segment.
    pub fn header(&self, segment: u64) -> Result<Header, StoreError> {
        let mut bytes = Vec::new();
        File::open(self.path(segment))?
            .take(SEGMENT_HEADER_BYTES as u64)
            .read_to_end(&mut bytes)?;
        Header::decode(&bytes)
            .filter(|header| header.segment == segment && header.first > 0)
            .ok_or_else(|| damaged(segment, 0, "its header is wrong"))
    }

    /// Makes a segment of at least `bytes_min` bytes and hands out its file. It appears under its name only when whole and synced.
    pub fn create(&self, header: &Header, bytes_min: usize) -> io::Result<File> {
        let path = self.path(header.segment);
        let mut file = begin(header, &path)?;
        let mut left = bytes_min.saturating_sub(SEGMENT_HEADER_BYTES);
        let zeros = vec![0; FILL_BYTES.min(left)];
        while left > 0 {
            let block = left.min(FILL_BYTES);
            file.write_all(&zeros[..block])?;
            left -= block;
        }
        finish(&file, &path)?;
        Ok(file)
    }

    /// Cuts a segment that will not be written any more after its last whole frame.
    pub fn trim(&self, segment: u64, bytes: usize) -> io::Result<()> {
        let file = File::options().write(true).open(self.path(segment))?;
        file.set_len(bytes as u64)?;
        file.sync_all()
    }

    /// Removes what was begun and never finished.
    pub fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == UNFINISHED) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// The folder.
    pub fn as_path(&self) -> &Path {
        &self.path
    }

    /// Path of a segment.
    pub fn path(&self, segment: u64) -> PathBuf {
        self.path.join(format!("{segment:012}{SEGMENT}"))
    }

    /// Path of a base.
    pub fn base_path(&self, first: u64) -> PathBuf {
        self.path.join(format!("{first:020}{BASE}"))
    }
}

/// Begins a file that gets its name only when it is whole.
pub(super) fn begin(header: &Header, path: &Path) -> io::Result<File> {
    let head = header
        .encode()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the epoch is too long"))?;
    let mut file = File::create(path.with_extension(UNFINISHED))?;
    file.write_all(&head)?;
    Ok(file)
}

/// Makes a file durable and gives it its name.
pub(super) fn finish(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    fs::rename(path.with_extension(UNFINISHED), path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    // An empty path is how a relative path names the present folder as its parent.
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    File::open(path)?.sync_all()
}
