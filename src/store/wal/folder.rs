//! The files of a log: `{number}.log` for segments, `{number of the first commit after it}.base` for bases.

use super::damaged;
use super::disk::Disk;
use super::frame::{Header, SEGMENT_HEADER_BYTES};
use crate::ports::StoreError;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Zeros are written in blocks of this size.
const FILL_BYTES: usize = 1 << 20;

/// Ending of a segment's name.
const SEGMENT: &str = ".log";
/// Ending of a base's name.
const BASE: &str = ".base";
/// Extension of a file that is being written.
const UNFINISHED: &str = "unfinished";
/// Name of the file that will be the next segment.
const SPARE: &str = "spare";

/// The folder that holds segments and bases.
#[derive(Clone, Debug)]
pub struct LogFolder {
    path: PathBuf,
    /// How many readers need every commit that is in it.
    readers: Arc<Mutex<usize>>,
    /// Its names. Kept open: making them durable must not need a descriptor when there is none left.
    names: Arc<File>,
    /// How many files were prepared: each has a name of its own.
    prepared: Arc<AtomicU64>,
    disk: Disk,
}

/// A file of zeros, synced, that becomes a segment without any more space and without another descriptor.
#[derive(Debug)]
pub struct Spare {
    /// `None` once it is a segment.
    file: Option<File>,
    path: PathBuf,
    bytes: usize,
}

impl Drop for Spare {
    fn drop(&mut self) {
        // One that is not used, or not whole, would only take space.
        if self.file.is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Spare {
    /// How long it is.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
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
            names: Arc::new(File::open(&path)?),
            path,
            readers: Arc::default(),
            prepared: Arc::default(),
            disk: Disk::default(),
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

    /// The headers of all segments, in order.
    pub fn headers(&self) -> Result<Vec<Header>, StoreError> {
        let segments = self.segments()?.into_iter();
        segments.map(|segment| self.header(segment)).collect()
    }

    /// Makes a segment of at least `bytes_min` bytes and hands out its file. It appears under its name only when whole and synced.
    pub fn create(&self, header: &Header, bytes_min: usize) -> io::Result<File> {
        let spare = self.prepare(bytes_min.max(SEGMENT_HEADER_BYTES))?;
        self.begin_with(spare, header)
    }

    /// Makes a file that can become a segment.
    pub fn prepare(&self, bytes: usize) -> io::Result<Spare> {
        let number = self.prepared.fetch_add(1, Ordering::Relaxed);
        let path = self.unfinished(&format!("{SPARE}-{number}"));
        let spare = Spare {
            file: Some(self.disk.create(&path)?),
            path,
            bytes,
        };
        if let Some(file) = &spare.file {
            self.fill(file, bytes)?;
        }
        Ok(spare)
    }

    fn fill(&self, file: &File, bytes: usize) -> io::Result<()> {
        let zeros = vec![0; FILL_BYTES.min(bytes)];
        for at in (0..bytes).step_by(FILL_BYTES) {
            let block = (bytes - at).min(FILL_BYTES);
            self.disk.write_at(file, &zeros[..block], at as u64)?;
        }
        self.disk.sync_all(file)
    }

    /// Makes a segment of a spare file.
    pub fn begin_with(&self, mut spare: Spare, header: &Header) -> io::Result<File> {
        let head = head(header)?;
        let gone = || io::Error::other("the spare file is a segment already");
        let file = spare.file.as_ref().ok_or_else(gone)?;
        self.disk.write_at(file, &head, 0)?;
        self.disk.sync_all(file)?;
        self.name(&spare.path, &self.path(header.segment))?;
        spare.file.take().ok_or_else(gone)
    }

    /// Gives a file that is on disk its name, durably.
    fn name(&self, unfinished: &Path, path: &Path) -> io::Result<()> {
        self.disk.rename(unfinished, path)?;
        self.disk.sync_names(&self.names)
    }

    /// Writes the front of a segment anew and drops the rest: what it holds may have been read from memory that a failing disk never
    /// took, and syncing the same pages again would not bring them there.
    pub fn rewrite(&self, segment: u64, bytes: usize) -> io::Result<()> {
        let mut front = self.read(segment)?;
        front.truncate(bytes);
        let path = self.path(segment);
        let unfinished = path.with_extension(UNFINISHED);
        let written = self.disk.create(&unfinished).and_then(|file| {
            self.disk.write_at(&file, &front, 0)?;
            self.disk.sync_all(&file)?;
            self.name(&unfinished, &path)
        });
        if written.is_err() {
            let _ = fs::remove_file(unfinished);
        }
        written
    }

    /// Cuts a segment that will not be written any more after its last whole frame.
    /// By its open file: there may be no descriptor for another.
    pub fn trim(&self, file: &File, bytes: usize) -> io::Result<()> {
        self.disk.cut(file, bytes as u64)?;
        self.disk.sync_all(file)
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

    /// The disk that it is on.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    fn unfinished(&self, name: &str) -> PathBuf {
        self.path.join(name).with_extension(UNFINISHED)
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

/// A file of the log in the making. It gets its name when it is whole and synced; given up, it leaves nothing.
pub(super) struct Unfinished {
    folder: LogFolder,
    path: PathBuf,
    file: File,
    written: u64,
    named: bool,
}

impl Unfinished {
    /// Begins a file that will be called `path`.
    pub(super) fn begin(folder: &LogFolder, header: &Header, path: PathBuf) -> io::Result<Self> {
        let mut file = Self {
            file: folder.disk.create(&path.with_extension(UNFINISHED))?,
            folder: folder.clone(),
            path,
            written: 0,
            named: false,
        };
        file.write(&head(header)?)?;
        Ok(file)
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let disk = &self.folder.disk;
        disk.write_at(&self.file, bytes, self.written)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Syncs what was added.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.folder.disk.sync_data(&self.file)
    }

    /// Makes it durable and gives it its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.folder.disk.sync_all(&self.file)?;
        let unfinished = self.path.with_extension(UNFINISHED);
        self.folder.name(&unfinished, &self.path)?;
        self.named = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.named {
            let _ = fs::remove_file(self.path.with_extension(UNFINISHED));
        }
    }
}

fn head(header: &Header) -> io::Result<Vec<u8>> {
    header
        .encode()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the epoch is too long"))
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
