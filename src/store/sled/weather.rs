//! Whether the disk takes writes: looked at before each group of commits, said once when it changes.
//!
//! The log alone could go on to its last prepared byte. But what it takes the tables have to take as well, so commits are refused
//! while less than a reserve is free, and while the tables could not be made anew.

use super::checkpoint::Checkpoint;
use super::{StoreOptions, open};
use crate::ports::{Hindrance, StoreError};
use rustix::io::Errno;
use std::io;
use std::time::{Duration, Instant};

/// Between two attempts to make the tables anew; it doubles.
const MEND_PAUSE: Duration = Duration::from_secs(1);
const MEND_PAUSE_MAX: Duration = Duration::from_secs(60);

/// What was last seen.
#[derive(Default)]
pub(super) struct Weather {
    /// What was said to the operator, until the disk takes writes again.
    hindrance: Option<Hindrance>,
    /// When the tables may next be made anew, and the pause after that.
    mend: Option<(Instant, Duration)>,
}

impl Weather {
    /// Sees to it that the disk has room and the tables stand.
    pub(super) fn look(
        &mut self,
        checkpoint: &Checkpoint,
        options: &StoreOptions,
        needed: usize,
    ) -> Result<(), StoreError> {
        let free = checkpoint.log.disk().free(&checkpoint.folder)?;
        if free < options.disk_reserve_bytes.saturating_add(needed as u64) {
            return Err(StoreError::Unwritable(Hindrance::Full));
        }
        if checkpoint.rows.are_lost() {
            self.mend(checkpoint, options)?;
        }
        Ok(())
    }

    fn mend(&mut self, checkpoint: &Checkpoint, options: &StoreOptions) -> Result<(), StoreError> {
        let pause = match self.mend {
            Some((next, _)) if Instant::now() < next => {
                let known = self.hindrance.unwrap_or(Hindrance::Failing);
                return Err(StoreError::Unwritable(known));
            }
            Some((_, pause)) => pause,
            None => MEND_PAUSE,
        };
        let made = open::make_tables_anew(checkpoint, options);
        self.mend = match &made {
            Ok(()) => None,
            Err(_) => Some((Instant::now() + pause, (pause * 2).min(MEND_PAUSE_MAX))),
        };
        made
    }

    /// What committers are told of an error, and the operator when it is the first.
    pub(super) fn refuse(&mut self, error: StoreError, checkpoint: &Checkpoint) -> StoreError {
        let hindrance = match &error {
            StoreError::Unwritable(hindrance) => *hindrance,
            StoreError::Io(error) => hindrance(error),
            // What cannot be read must not be written over; an operator has to look at it.
            StoreError::Damaged { .. } | StoreError::Closed => return error,
        };
        if self.hindrance != Some(hindrance) {
            self.hindrance = Some(hindrance);
            tracing::error!(
                "{hindrance}: no commit is taken until that changes, and reads go on ({error}; data folder {})",
                checkpoint.folder.display()
            );
        }
        StoreError::Unwritable(hindrance)
    }

    /// A group was written.
    pub(super) fn clear(&mut self) {
        if self.hindrance.take().is_some() {
            tracing::warn!("the disk takes commits again");
        }
    }
}

/// What an error of the system says of the disk.
pub(super) fn hindrance(error: &io::Error) -> Hindrance {
    match Errno::from_io_error(error) {
        Some(Errno::NOSPC | Errno::DQUOT) => Hindrance::Full,
        Some(Errno::ROFS) => Hindrance::ReadOnly,
        _ => match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Hindrance::Full,
            io::ErrorKind::ReadOnlyFilesystem => Hindrance::ReadOnly,
            _ => Hindrance::Failing,
        },
    }
}
