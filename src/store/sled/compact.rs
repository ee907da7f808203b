//! Makes the tables of a stopped bridge anew, in the size that the rows need.
//!
//! First a base of all rows, which also takes the place of the log before it; then tables of it beside the old ones; then both are
//! compared, row by row; then they change places, if the new ones are smaller. The log is the truth all the while: killed at any step, the next start finds either the old
//! tables or the new, or makes them once more.

use super::checkpoint::{Checkpoint, sync_tree};
use super::mark::{self, Mark};
use super::open::{self, Opened};
use super::tree::Tree;
use super::{OpenError, StoreOptions, TABLES};
use crate::ports::StoreError;
use crate::store::kv::{KeyRange, Order, View, scan};
use crate::store::tables::hex;
use crate::store::wal::sync_folder;
use std::fs;
use std::io;
use std::path::Path;

/// Where the old tables stand until the new ones have their place.
pub(super) const OLD_TABLES: &str = "tables.old";

/// What a compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Rows that are kept.
    pub rows: u64,
    /// Bytes of their keys and values.
    pub live_bytes: u64,
    /// Bytes of tables and log before.
    pub before: u64,
    /// And after.
    pub after: u64,
}

/// Why tables are not made anew. Everything is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no space for a copy beside what is there.
    #[error(
        "{needed} bytes must be free for a copy of everything and twice store.disk_reserve_bytes, and {free} are"
    )]
    NoSpace {
        /// What a copy and the reserve take.
        needed: u64,
        /// What is free.
        free: u64,
    },
    /// The copy is not what it was made of.
    #[error("the new tables are not the same as the old ones, which stay: they differ at {0}")]
    Differs(String),
}

impl From<StoreError> for CompactError {
    fn from(error: StoreError) -> Self {
        Self::Open(error.into())
    }
}

impl From<io::Error> for CompactError {
    fn from(error: io::Error) -> Self {
        StoreError::Io(error).into()
    }
}

/// Makes the tables of a folder anew. Blocks; no bridge may run on it.
///
/// # Errors
/// See [`CompactError`].
pub fn compact(folder: &Path, options: &StoreOptions) -> Result<Compacted, CompactError> {
    compact_by_steps(folder, options, |_| ())
}

/// `step` is called after every change of the folder, with what was done.
pub(super) fn compact_by_steps(
    folder: &Path,
    options: &StoreOptions,
    mut step: impl FnMut(&str),
) -> Result<Compacted, CompactError> {
    let before = bytes_of(&folder.join(TABLES))? + bytes_of(&folder.join("log"))?;
    let opened = open::open(folder, options)?;
    step("opened");
    let checkpoint = &opened.checkpoint;
    let old = checkpoint.rows.tables();
    let old = old.ok_or_else(|| io::Error::other("the disk takes no tables"))?;
    let (rows, live_bytes) = count(&*old)?;
    check_space(checkpoint, options, live_bytes)?;
    checkpoint.renew_base()?;
    step("new base");
    let next = make_beside(&opened, options);
    if next.is_err() {
        let _ = open::remove_folder(&folder.join(open::NEXT_TABLES));
    }
    let new = next?;
    step("new tables");
    let differs = difference(&*old, &new)?;
    drop(new);
    if let Some(key) = differs {
        open::remove_folder(&folder.join(open::NEXT_TABLES))?;
        return Err(CompactError::Differs(key));
    }
    sync_tree(&folder.join(open::NEXT_TABLES))?;
    step("compared and synced");
    let applied = checkpoint.rows.applied();
    let Opened {
        lock,
        log,
        checkpoint,
    } = opened;
    drop(old);
    if bytes_of(&folder.join(open::NEXT_TABLES))? < bytes_of(&folder.join(TABLES))? {
        drop(checkpoint);
        switch(folder, applied, &mut step)?;
    } else {
        // sled needs some room beside the rows, and the old ones have no more of it.
        open::remove_folder(&folder.join(open::NEXT_TABLES))?;
        checkpoint.close();
        step("old tables kept");
    }
    // Nothing was written to it, so the next start begins it again.
    log.discard()?;
    step("log cut");
    drop(lock);
    Ok(Compacted {
        rows,
        live_bytes,
        before,
        after: bytes_of(&folder.join(TABLES))? + bytes_of(&folder.join("log"))?,
    })
}

/// A base and tables are a copy each, and tables in the making are larger than made ones.
fn check_space(
    checkpoint: &Checkpoint,
    options: &StoreOptions,
    live_bytes: u64,
) -> Result<(), CompactError> {
    let kept = options.disk_reserve_bytes.saturating_mul(2);
    let needed = (3 * live_bytes).saturating_add(kept);
    let free = checkpoint.log.disk().free(&checkpoint.folder)?;
    match free < needed {
        true => Err(CompactError::NoSpace { needed, free }),
        false => Ok(()),
    }
}

fn make_beside(opened: &Opened, options: &StoreOptions) -> Result<Tree, CompactError> {
    let checkpoint = &opened.checkpoint;
    let (tree, _) = open::make_beside(&checkpoint.folder, options, &checkpoint.log)?;
    tree.flush()?;
    Ok(tree)
}

/// Puts the new tables in the place of the old.
fn switch(folder: &Path, applied: u64, step: &mut impl FnMut(&str)) -> Result<(), CompactError> {
    let (tables, old) = (folder.join(TABLES), folder.join(OLD_TABLES));
    // Killed between the two names there are no tables at all, and no mark may say that there are.
    mark::remove(folder)?;
    step("mark removed");
    fs::rename(&tables, &old)?;
    step("old tables aside");
    fs::rename(folder.join(open::NEXT_TABLES), &tables)?;
    sync_folder(folder)?;
    step("new tables in place");
    mark::write(folder, Mark::Closed(applied))?;
    step("marked");
    open::remove_folder(&old)?;
    sync_folder(folder)?;
    step("old tables gone");
    Ok(())
}

/// Rows, and bytes of their keys and values.
fn count(view: &dyn View) -> Result<(u64, u64), StoreError> {
    let (mut rows, mut bytes) = (0, 0);
    scan(
        view,
        KeyRange::tables(),
        Order::Ascending,
        |(key, value)| {
            rows += 1;
            bytes += (key.len() + value.len()) as u64;
            Ok(true)
        },
    )?;
    Ok((rows, bytes))
}

/// The first key that two views do not agree on, in hexadecimal.
fn difference(old: &dyn View, new: &dyn View) -> Result<Option<String>, StoreError> {
    let (mut differs, mut rows) = (None, 0_u64);
    scan(old, KeyRange::tables(), Order::Ascending, |(key, value)| {
        rows += 1;
        if new.get(&key)?.as_deref() != Some(&value) {
            differs = Some(hex(&key));
        }
        Ok(differs.is_none())
    })?;
    if differs.is_none() && count(new)?.0 != rows {
        differs = Some("a row that the old ones lack".into());
    }
    Ok(differs)
}

/// Bytes that a folder takes on the disk.
fn bytes_of(folder: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += match metadata.is_dir() {
            true => bytes_of(&entry.path())?,
            false => metadata.blocks() * 512,
        };
    }
    Ok(bytes)
}
