//! Every touch of the disk that a commit needs, in one place, so that a test can make any of them fail.
//!
//! Not in tests it adds nothing to what the system does.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The disk as the log sees it.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// What is to go wrong, in tests.
    #[cfg(test)]
    pub faults: std::sync::Arc<faults::Faults>,
}

/// One touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// A file is made.
    Create,
    /// Bytes are written.
    Write,
    /// A file is synced.
    Sync,
    /// A file gets its name.
    Rename,
    /// Names are synced.
    SyncFolder,
    /// A file is cut.
    Cut,
    /// The tables are written.
    Tables,
}

impl Disk {
    /// Fails if a test wants it to.
    #[cfg_attr(
        not(test),
        expect(
            clippy::unused_self,
            clippy::unnecessary_wraps,
            reason = "tests make it fail"
        )
    )]
    pub fn touch(&self, touch: Touch) -> io::Result<()> {
        #[cfg(test)]
        self.faults.meet(touch)?;
        let _ = touch;
        Ok(())
    }

    /// Makes a file, or empties the one of that name.
    pub fn create(&self, path: &Path) -> io::Result<File> {
        self.touch(Touch::Create)?;
        File::create(path)
    }

    /// Writes all bytes at an offset. After an error any part of them may be there.
    pub fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Err(error) = self.touch(Touch::Write) {
            // Worse than nothing: the front half is there.
            file.write_all_at(&bytes[..bytes.len() / 2], offset)?;
            return Err(error);
        }
        file.write_all_at(bytes, offset)
    }

    /// Waits until what was written is on disk, with as little else as possible.
    pub fn sync_data(&self, file: &File) -> io::Result<()> {
        self.touch(Touch::Sync)?;
        file.sync_data()
    }

    /// Waits until the whole file is on disk.
    pub fn sync_all(&self, file: &File) -> io::Result<()> {
        self.touch(Touch::Sync)?;
        file.sync_all()
    }

    /// Cuts a file.
    pub fn cut(&self, file: &File, bytes: u64) -> io::Result<()> {
        self.touch(Touch::Cut)?;
        file.set_len(bytes)
    }

    /// Gives a file another name.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.touch(Touch::Rename)?;
        fs::rename(from, to)
    }

    /// Makes the names in an open folder durable.
    pub fn sync_names(&self, folder: &File) -> io::Result<()> {
        self.touch(Touch::SyncFolder)?;
        folder.sync_all()
    }

    /// Bytes that may still be written beside `path`, by a process without privileges.
    pub fn free(&self, path: &Path) -> io::Result<u64> {
        #[cfg(test)]
        if let Some(free) = self.faults.free() {
            return Ok(free);
        }
        let space = rustix::fs::statvfs(path)?;
        if space.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

/// What goes wrong in tests.
#[cfg(test)]
pub mod faults {
    use super::Touch;
    use std::io;
    use std::sync::{Mutex, PoisonError};

    /// See [`Faults::plan`].
    #[derive(Clone, Copy, Debug)]
    pub struct Plan {
        /// Only touches of this kind; `None`: all.
        pub touch: Option<Touch>,
        /// Touches that go well before.
        pub well: u64,
        /// Touches that fail then.
        pub failures: u64,
        /// With this error of the system.
        pub error: rustix::io::Errno,
    }

    /// Which touches fail.
    #[derive(Debug, Default)]
    pub struct Faults {
        state: Mutex<State>,
    }

    #[derive(Debug, Default)]
    struct State {
        plan: Option<Plan>,
        met: u64,
        free: Option<u64>,
    }

    impl Faults {
        /// Makes touches fail from here on.
        pub fn plan(&self, plan: Plan) {
            let mut state = self.state();
            (state.plan, state.met) = (Some(plan), 0);
        }

        /// Everything goes well again. Answers how many touches failed or could have.
        pub fn end(&self) -> u64 {
            let mut state = self.state();
            state.plan = None;
            state.free = None;
            state.met
        }

        /// Says how much space is free.
        pub fn set_free(&self, bytes: u64) {
            self.state().free = Some(bytes);
        }

        pub(super) fn free(&self) -> Option<u64> {
            self.state().free
        }

        pub(super) fn meet(&self, touch: Touch) -> io::Result<()> {
            let mut state = self.state();
            let Some(plan) = state.plan else {
                return Ok(());
            };
            if plan.touch.is_some_and(|only| only != touch) {
                return Ok(());
            }
            state.met += 1;
            let failing = plan.well + 1..=plan.well.saturating_add(plan.failures);
            match failing.contains(&state.met) {
                true => Err(plan.error.into()),
                false => Ok(()),
            }
        }

        fn state(&self) -> std::sync::MutexGuard<'_, State> {
            self.state.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
