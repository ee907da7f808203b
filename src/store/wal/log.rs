//! Writes the log.

use super::folder::Spare;
use super::frame::{self, Header, SEGMENT_HEADER_BYTES};
use super::{LogFolder, batch};
use crate::store::kv::Batch;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The most bytes of one commit: a frame is read into memory whole.
pub const COMMIT_BYTES_MAX: usize = 256 << 20;

/// Frames that will be written and synced as one.
#[derive(Default)]
pub struct Group {
    payloads: Vec<Vec<u8>>,
}

impl Group {
    /// Adds a commit.
    pub fn push(&mut self, batch: &Batch) -> io::Result<()> {
        let payload = batch::encode(batch)
            .filter(|payload| payload.len() <= COMMIT_BYTES_MAX)
            .ok_or_else(|| {
                let why = format!("a commit is larger than {COMMIT_BYTES_MAX} bytes");
                io::Error::new(io::ErrorKind::InvalidInput, why)
            })?;
        self.payloads.push(payload);
        Ok(())
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.payloads.is_empty()
    }

    /// How many bytes it takes in the log.
    pub fn bytes(&self) -> usize {
        let sizes = self
            .payloads
            .iter()
            .map(|payload| frame::size(payload.len()));
        sizes.sum()
    }
}

/// The next segment, made before it is needed: when it is, there may be no space and no descriptor for it.
#[derive(Clone, Debug, Default)]
pub struct Spares(Arc<Mutex<Option<Spare>>>);

impl Spares {
    /// Makes one of this size, unless there is one.
    pub fn prepare(&self, folder: &LogFolder, bytes: usize) -> io::Result<()> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(folder.prepare(bytes)?);
        }
        Ok(())
    }

    fn take(&self) -> Option<Spare> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }

    fn is_there(&self) -> bool {
        // One that is just being made is as good as there.
        self.0.try_lock().is_ok_and(|slot| slot.is_some())
    }
}

/// Where the log goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The last segment.
    pub segment: u64,
    /// Where its last frame ends.
    pub end: usize,
}

/// The segment that is being written.
struct Open {
    file: File,
    /// Size of the file and where the next frame goes.
    file_bytes: usize,
    offset: usize,
}

/// The writing end of the log.
///
/// A write that fails leaves the log as it was: the next one begins a new segment, whose first number says that nothing written to
/// the old one meanwhile counts. So a failed disk is waited for, and what was answered with a failure never stands.
pub struct Log {
    folder: LogFolder,
    /// Of the segment that is being written, or of the last one that was.
    header: Header,
    segment_bytes: usize,
    /// `None`: the next write begins a segment.
    open: Option<Open>,
    /// What a start found: made durable before anything is built on it.
    tail: Option<Tail>,
    spares: Spares,
    /// Number of the last frame that is surely on disk.
    durable: u64,
}

impl Log {
    /// Goes on after `tail` with a segment of this header, made with the first write or by [`Log::reach`].
    pub fn resume(
        folder: LogFolder,
        header: Header,
        tail: Option<Tail>,
        segment_bytes: usize,
    ) -> Self {
        Self {
            folder,
            durable: header.first - 1,
            header: Header {
                segment: header.segment - 1,
                ..header
            },
            segment_bytes: segment_bytes.max(SEGMENT_HEADER_BYTES),
            open: None,
            tail,
            spares: Spares::default(),
        }
    }

    /// Begins a new segment.
    #[cfg(test)]
    pub fn begin(folder: LogFolder, header: Header, segment_bytes: usize) -> io::Result<Self> {
        let mut log = Self::resume(folder, header, None, segment_bytes);
        log.reach(0)?;
        Ok(log)
    }

    /// Number of the segment that is being written.
    pub fn segment(&self) -> u64 {
        self.header.segment
    }

    /// Number of the last durable frame.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Where the next segment is made ready.
    pub fn spares(&self) -> Spares {
        self.spares.clone()
    }

    /// Whether the next segment should be made ready: half of this one is written.
    pub fn wants_spare(&self) -> bool {
        let half = |open: &Open| open.offset > open.file_bytes / 2;
        self.open.as_ref().is_some_and(half) && !self.spares.is_there()
    }

    /// Writes a group and syncs it. When it returns `Ok` everything in it is on disk; after an error nothing of it stands.
    pub fn write(&mut self, group: &Group) -> io::Result<()> {
        self.reach(group.bytes())?;
        let (bytes, last) = self.frames(group)?;
        let Some(open) = &mut self.open else {
            return Err(io::Error::other("there is no segment"));
        };
        let disk = self.folder.disk();
        let written = disk
            .write_at(&open.file, &bytes, open.offset as u64)
            .and_then(|()| disk.sync_data(&open.file));
        if let Err(error) = written {
            self.give_up();
            return Err(error);
        }
        open.offset += bytes.len();
        self.durable = last;
        Ok(())
    }

    /// Sees to it that so many bytes can be written. An error means that nothing was.
    pub fn reach(&mut self, needed: usize) -> io::Result<()> {
        let fits = |open: &Open| open.offset + needed <= open.file_bytes;
        if self.open.as_ref().is_some_and(fits) {
            return Ok(());
        }
        if let Some(tail) = self.tail {
            self.folder.rewrite(tail.segment, tail.end)?;
            self.tail = None;
        }
        let header = Header {
            segment: self.header.segment + 1,
            first: self.durable + 1,
            ..self.header.clone()
        };
        let bytes = self.segment_bytes.max(SEGMENT_HEADER_BYTES + needed);
        let spare = self.spares.take().filter(|spare| spare.bytes() >= bytes);
        let (file, file_bytes) = match spare {
            Some(spare) => {
                let bytes = spare.bytes();
                (self.folder.begin_with(spare, &header)?, bytes)
            }
            None => (self.folder.create(&header, bytes)?, bytes),
        };
        self.header = header;
        self.open = Some(Open {
            file,
            file_bytes,
            offset: SEGMENT_HEADER_BYTES,
        });
        Ok(())
    }

    /// Ends a log that nothing was written to since it was begun: its segment needs no space meanwhile.
    pub fn discard(mut self) -> io::Result<()> {
        match self.open.take() {
            Some(open) if open.offset == SEGMENT_HEADER_BYTES => {
                self.folder.trim(&open.file, open.offset)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn frames(&self, group: &Group) -> io::Result<(Vec<u8>, u64)> {
        let mut bytes = Vec::with_capacity(group.bytes());
        let mut number = self.durable;
        for payload in &group.payloads {
            number += 1;
            let segment = self.header.segment;
            frame::push(&mut bytes, segment, number, self.durable, payload)
                .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        }
        Ok((bytes, number))
    }

    /// After a failed write nobody knows what of it is on disk, and a later sync would not say: nothing more is written to this
    /// segment. Its end is cut at once if that is possible, so that not even a kill before the next segment brings it back.
    fn give_up(&mut self) {
        if let Some(open) = self.open.take()
            && let Err(error) = self.folder.trim(&open.file, open.offset)
        {
            tracing::warn!("the end of the log cannot be cut now: {error}");
        }
    }
}
