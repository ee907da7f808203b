//! The files of a log.

use super::frame::{Header, SEGMENT_HEADER_BYTES};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Zeros are written in blocks of this size.
const FILL_BYTES: usize = 1 << 20;

/// The folder that holds the segments.
#[derive(Clone, Debug)]
pub struct LogFolder(PathBuf);

impl LogFolder {
    /// Opens the folder, making it if need be, and removes segments that were not finished.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        if let Some(parent) = path.parent() {
            sync_folder(parent)?;
        }
        let folder = Self(path);
        match fs::remove_file(folder.unfinished()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(folder),
        }
    }

    /// Numbers of the segments, ascending.
    pub fn segments(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// All bytes of a segment.
    pub fn read(&self, segment: u64) -> io::Result<Vec<u8>> {
        fs::read(self.path(segment))
    }

    /// Makes a segment of at least `bytes_min` bytes and hands out its file. It appears under its name only when whole and synced.
    pub fn create(&self, header: &Header, bytes_min: usize) -> io::Result<File> {
        let head = header
            .encode()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the epoch is too long"))?;
        let mut file = File::create(self.unfinished())?;
        file.write_all(&head)?;
        let mut left = bytes_min.saturating_sub(SEGMENT_HEADER_BYTES);
        let zeros = vec![0; FILL_BYTES.min(left)];
        while left > 0 {
            let block = left.min(FILL_BYTES);
            file.write_all(&zeros[..block])?;
            left -= block;
        }
        file.sync_all()?;
        fs::rename(self.unfinished(), self.path(header.segment))?;
        sync_folder(&self.0)?;
        Ok(file)
    }

    /// Removes all segments before this one, oldest first: what is left has no gap, whenever it is cut short.
    pub fn remove_before(&self, segment: u64) -> io::Result<()> {
        for number in self.segments()?.into_iter().filter(|n| *n < segment) {
            fs::remove_file(self.path(number))?;
            sync_folder(&self.0)?;
        }
        Ok(())
    }

    /// Path of a segment.
    pub fn path(&self, segment: u64) -> PathBuf {
        self.0.join(format!("{segment:012}.log"))
    }

    fn unfinished(&self) -> PathBuf {
        self.0.join("next.unfinished")
    }
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
