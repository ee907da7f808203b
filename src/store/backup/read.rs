//! Reads a backup, trusting nothing in it.

use super::parts::{End, Head, MAGIC, Part, SEGMENT};
use crate::model::Subscription;
use crate::ports::StoreError;
use crate::store::FORMAT;
use crate::store::keys;
use crate::store::kv::Batch;
use crate::store::queries;
use crate::store::records::{decode, encode};
use crate::store::tables::Table;
use crate::store::wal::stream;
use std::io::{self, BufReader, Read};

/// What an operator may set of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreOptions {
    /// The longest backup that is read, in bytes.
    pub backup_bytes_max: u64,
}

impl Default for RestoreOptions {
    fn default() -> Self {
        Self {
            backup_bytes_max: 1 << 40,
        }
    }
}

/// What is true of every store that was restored, to be laid over the rows: nobody knows what became of the commands since, nor
/// what ADVANTA told.
pub fn facts_of_restored() -> Batch {
    [
        (keys::meta(queries::HELD), Some(Vec::new())),
        (keys::meta(queries::ADVANTA_CURSOR), None),
    ]
    .into()
}

/// Rows of a backup as a restored store holds them: every subscription compares everything before it writes again, for the bookmark of
/// the old life has passed over changes that this one never saw. A row that cannot be read stays as it is, for the check to find.
pub fn rows_of_restored(mut rows: Batch) -> Result<Batch, StoreError> {
    for (key, value) in &mut rows {
        if Table::of(key) != Some(Table::Subscriptions) {
            continue;
        }
        let Some(Ok(old)) = value
            .as_ref()
            .map(|bytes| decode::<Subscription>(key, bytes))
        else {
            continue;
        };
        *value = Some(encode(&Subscription {
            cursor: None,
            full: true,
            ..old
        })?);
    }
    Ok(rows)
}

/// Why a backup is not restored. Nothing was changed, then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a store already: it is not for us to overwrite it.
    #[error("the data folder holds a store already")]
    HoldsStore,
    /// Another process has the folder open.
    #[error("another process is using the data folder")]
    InUse,
    /// It was never written by a backup.
    #[error("this is no backup of the bridge")]
    Foreign,
    /// A newer program wrote it.
    #[error("the backup has format {found}, and this program knows up to {known}")]
    NewerFormat {
        /// Its format.
        found: u64,
        /// The newest format that this program knows.
        known: u64,
    },
    /// It was not written to its end, or not copied to its end.
    #[error("the backup is cut: it ends in its part {part}, which begins at byte {offset}")]
    Cut {
        /// Number of the part, counted from 1.
        part: u64,
        /// Where the part begins.
        offset: u64,
    },
    /// It is not what was written.
    #[error("the backup is damaged at byte {offset}, in its part {part}: {why}")]
    Damaged {
        /// Number of the part, counted from 1.
        part: u64,
        /// Where the part begins.
        offset: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It is longer than [`RestoreOptions::backup_bytes_max`].
    #[error("the backup is longer than {bytes_max} bytes")]
    TooLong {
        /// The bound.
        bytes_max: u64,
    },
    /// It could not be read.
    #[error("the backup could not be read: {0}")]
    Read(io::Error),
    /// The new store could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a whole backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Epoch of the store that was backed up.
    pub epoch: String,
    /// Number of the last commit in it.
    pub commits: u64,
    /// Rows that were copied.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
}

/// A backup of which only the head is known.
pub struct BackupReader<R> {
    parts: Parts<R>,
    head: Head,
}

impl<R: Read> BackupReader<R> {
    /// Reads the head.
    pub fn begin(from: R, options: &RestoreOptions) -> Result<Self, RestoreError> {
        let mut parts = Parts::begin(from, options)?;
        let Part::Head(head) = parts.next()? else {
            return Err(parts.damaged("it is no head"));
        };
        if head.format > FORMAT {
            return Err(RestoreError::NewerFormat {
                found: head.format,
                known: FORMAT,
            });
        }
        Ok(Self { parts, head })
    }

    /// Format of its rows.
    pub fn format(&self) -> u64 {
        self.head.format
    }

    /// Hands the rows to `each`, in the order in which they are to be laid over each other. What was handed out counts only when
    /// the whole backup was found sound, which is when this returns.
    pub fn read(
        mut self,
        mut each: impl FnMut(Batch) -> Result<(), StoreError>,
    ) -> Result<Contents, RestoreError> {
        let mut so_far = SoFar::default();
        loop {
            let part = self.parts.next()?;
            so_far
                .follow(&part)
                .map_err(|why| self.parts.damaged(why))?;
            match part {
                Part::Rows(rows) | Part::Commit(_, rows) => each(rows)?,
                Part::Head(_) => {}
                Part::End(end) => {
                    self.parts.check_end(&end)?;
                    return Ok(Contents {
                        epoch: self.head.epoch,
                        commits: end.last,
                        rows: end.rows,
                        bytes: self.parts.from.bytes,
                    });
                }
            }
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct SoFar {
    rows: u64,
    commits: u64,
    last: Option<u64>,
}

impl SoFar {
    /// Takes a part into account, or says why it cannot stand here.
    fn follow(&mut self, part: &Part) -> Result<(), &'static str> {
        match (part, self.last) {
            (Part::Head(_), _) => Err("it is a second head"),
            (Part::Rows(_), Some(_)) => Err("rows come after a commit"),
            (Part::Rows(rows), None) => {
                self.rows += rows.len() as u64;
                Ok(())
            }
            (Part::Commit(number, _), Some(last)) if Some(*number) != last.checked_add(1) => {
                Err("the commit before it is missing")
            }
            (Part::Commit(number, _), _) => {
                self.last = Some(*number);
                self.commits += 1;
                Ok(())
            }
            (Part::End(end), last) => {
                let told = (end.rows, end.commits, end.last);
                match told == (self.rows, self.commits, last.unwrap_or(end.last)) {
                    true => Ok(()),
                    false => Err("its counts are wrong"),
                }
            }
        }
    }
}

/// The parts of a backup, one after the other.
struct Parts<R> {
    from: Summed<BufReader<R>>,
    bytes_max: u64,
    /// Number of the last part, where it began, and the sum of all before it.
    part: u64,
    offset: u64,
    sum: [u8; 32],
}

impl<R: Read> Parts<R> {
    fn begin(from: R, options: &RestoreOptions) -> Result<Self, RestoreError> {
        let mut from = Summed {
            from: BufReader::new(from),
            hash: blake3::Hasher::new(),
            bytes: 0,
        };
        let mut magic = [0; MAGIC.len()];
        match from.read_exact(&mut magic) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(RestoreError::Read(error));
            }
            Ok(()) if magic == MAGIC => {}
            Ok(()) | Err(_) => return Err(RestoreError::Foreign),
        }
        Ok(Self {
            from,
            bytes_max: options.backup_bytes_max,
            part: 0,
            offset: 0,
            sum: [0; 32],
        })
    }

    fn next(&mut self) -> Result<Part, RestoreError> {
        self.part += 1;
        self.offset = self.from.bytes;
        self.sum = *self.from.hash.finalize().as_bytes();
        let read = stream::read_part(&mut self.from, SEGMENT, self.part);
        let payload = match read.map_err(RestoreError::Read)? {
            stream::Part::Whole(payload) => payload,
            stream::Part::Wrong => return Err(self.damaged("its check sum is wrong")),
            stream::Part::Cut => {
                return Err(RestoreError::Cut {
                    part: self.part,
                    offset: self.offset,
                });
            }
        };
        if self.from.bytes > self.bytes_max {
            return Err(RestoreError::TooLong {
                bytes_max: self.bytes_max,
            });
        }
        Part::decode(&payload).ok_or_else(|| self.damaged("it cannot be understood"))
    }

    /// The end knows the sum of everything before it, and nothing may come after it.
    fn check_end(&mut self, end: &End) -> Result<(), RestoreError> {
        if end.sum != self.sum {
            return Err(self.damaged("the check sum over all is wrong"));
        }
        match self.from.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged("something follows the end")),
            Err(error) => Err(RestoreError::Read(error)),
        }
    }

    fn damaged(&self, why: &'static str) -> RestoreError {
        RestoreError::Damaged {
            part: self.part,
            offset: self.offset,
            why,
        }
    }
}

/// Counts and sums what is read through it.
struct Summed<R> {
    from: R,
    hash: blake3::Hasher,
    bytes: u64,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}
