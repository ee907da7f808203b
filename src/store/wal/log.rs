//! Writes the log.

use super::frame::{self, Header, SEGMENT_HEADER_BYTES};
use super::{LogFolder, batch};
use crate::store::kv::Batch;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

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

    fn bytes(&self) -> usize {
        let sizes = self
            .payloads
            .iter()
            .map(|payload| frame::size(payload.len()));
        sizes.sum()
    }
}

/// The writing end of the log.
pub struct Log {
    folder: LogFolder,
    header: Header,
    segment_bytes: usize,
    file: File,
    /// Size of the file and where the next frame goes.
    file_bytes: usize,
    offset: usize,
    /// Number of the last frame that is surely on disk.
    durable: u64,
    /// After a failed write nobody knows what is on disk: nothing may be written, let alone acknowledged.
    failed: bool,
}

impl Log {
    /// Begins a new segment.
    pub fn begin(folder: LogFolder, header: Header, segment_bytes: usize) -> io::Result<Self> {
        let file_bytes = segment_bytes.max(SEGMENT_HEADER_BYTES);
        let file = folder.create(&header, file_bytes)?;
        Ok(Self {
            folder,
            durable: header.first - 1,
            header,
            segment_bytes,
            file,
            file_bytes,
            offset: SEGMENT_HEADER_BYTES,
            failed: false,
        })
    }

    /// Number of the segment that is being written.
    pub fn segment(&self) -> u64 {
        self.header.segment
    }

    /// Number of the last durable frame.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Writes a group and syncs it. When it returns `Ok` everything in it is on disk; after an error every later call fails.
    pub fn write(&mut self, group: &Group) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("the log failed before"));
        }
        let written = self.try_write(group);
        self.failed = written.is_err();
        written
    }

    fn try_write(&mut self, group: &Group) -> io::Result<()> {
        if self.offset + group.bytes() > self.file_bytes {
            self.next_segment(group.bytes())?;
        }
        let mut bytes = Vec::with_capacity(group.bytes());
        let mut number = self.durable;
        for payload in &group.payloads {
            number += 1;
            frame::push(
                &mut bytes,
                self.header.segment,
                number,
                self.durable,
                payload,
            )
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        }
        self.file.write_all_at(&bytes, self.offset as u64)?;
        self.file.sync_data()?;
        self.offset += bytes.len();
        self.durable = number;
        Ok(())
    }

    /// The old segment is complete and synced; the new one's first number says up to where it goes.
    fn next_segment(&mut self, needed: usize) -> io::Result<()> {
        self.header.segment += 1;
        self.header.first = self.durable + 1;
        self.file_bytes = self.segment_bytes.max(SEGMENT_HEADER_BYTES + needed);
        self.file = self.folder.create(&self.header, self.file_bytes)?;
        self.offset = SEGMENT_HEADER_BYTES;
        Ok(())
    }
}
