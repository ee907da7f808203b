//! Where a result goes: a file that is whole or not there, or standard output.

use super::failure::Failure;
use super::voice::Voice;
use super::way::Stream;
use http_body_util::BodyExt as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Where to write.
pub(super) enum Target {
    /// Standard output.
    Standard,
    /// A file, written beside its place until it is whole.
    /// Something that is there and is no file: a device, a pipe.
    Straight(File, PathBuf),
    Beside(Beside),
}

/// A file under another name; removed unless it was put in its place.
pub(super) struct Beside {
    file: File,
    unfinished: PathBuf,
    place: PathBuf,
    placed: bool,
}

impl Target {
    /// Opens a target: `-` or nothing is standard output. A file is readable by its owner only: it holds a calendar or a store.
    pub(super) fn open(path: Option<&Path>, voice: &Voice) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Standard);
        };
        let opened = match std::fs::metadata(path) {
            // A device or a pipe is written to; only a file is replaced, and of a link what it leads to.
            Ok(there) if !there.is_file() => OpenOptions::new()
                .write(true)
                .open(path)
                .map(|file| Self::Straight(file, path.to_owned())),
            Ok(_) => std::fs::canonicalize(path)
                .and_then(|path| Beside::open(&path))
                .map(Self::Beside),
            Err(_) => Beside::open(path).map(Self::Beside),
        };
        opened.map_err(|error| cannot_write(path, &error, voice))
    }

    /// The file's name, if it is one.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Standard => None,
            Self::Straight(_, path) => Some(path.display().to_string()),
            Self::Beside(beside) => Some(beside.place.display().to_string()),
        }
    }

    /// Writes all of an answer, and puts the file in its place. Returns the number of bytes.
    pub(super) async fn take(
        &mut self,
        mut body: Stream,
        voice: &Voice,
        mut told: impl FnMut(u64),
    ) -> Result<u64, Failure> {
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(Failure::Failed)?;
            if let Ok(piece) = frame.into_data() {
                bytes += piece.len() as u64;
                self.write_all(&piece)
                    .map_err(|error| self.failed(&error, voice))?;
                told(bytes);
            }
        }
        match self.finish() {
            Ok(()) => Ok(bytes),
            Err(error) => Err(self.failed(&error, voice)),
        }
    }

    /// Ends what was written to it as to any writer, and puts the file in its place.
    pub(super) fn place(&mut self, voice: &Voice) -> Result<(), Failure> {
        self.finish().map_err(|error| self.failed(&error, voice))
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Standard => io::stdout().lock().flush(),
            Self::Straight(file, _) => file.flush(),
            Self::Beside(beside) => beside.place(),
        }
    }

    fn failed(&self, error: &io::Error, voice: &Voice) -> Failure {
        match self {
            Self::Standard => Failure::Failed(error.to_string()),
            Self::Straight(_, path) => cannot_write(path, error, voice),
            Self::Beside(beside) => cannot_write(&beside.place, error, voice),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard => io::stdout().lock().write(bytes),
            Self::Straight(file, _) => file.write(bytes),
            Self::Beside(beside) => beside.file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard => io::stdout().lock().flush(),
            Self::Straight(file, _) => file.flush(),
            Self::Beside(beside) => beside.file.flush(),
        }
    }
}

impl Beside {
    fn open(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut other = std::ffi::OsString::from(".");
        other.push(name);
        other.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = path.with_file_name(other);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        Ok(Self {
            file,
            unfinished,
            place: path.to_owned(),
            placed: false,
        })
    }

    fn place(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.unfinished, &self.place)?;
        self.placed = true;
        let folder = match self.place.parent() {
            Some(folder) if folder != Path::new("") => folder,
            Some(_) | None => Path::new("."),
        };
        File::open(folder)?.sync_all()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.placed {
            // What stays says by its name that it is not finished.
            let _stays = std::fs::remove_file(&self.unfinished);
        }
    }
}

fn cannot_write(path: &Path, error: &io::Error, voice: &Voice) -> Failure {
    let lead = voice.pick("не записывается", "cannot write");
    Failure::Failed(format!("{lead} {}: {error}", path.display()))
}
