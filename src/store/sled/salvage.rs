//! Saves what can be saved of a folder whose log is damaged or gone.
//!
//! There are two copies of most rows: the tables, and base and log as far as they can be read. What reaches further is written as a
//! backup, and `restore` makes a new store of it, with a new epoch, so that no client takes a later state for the one that it knows. The folder
//! itself is not changed.

use super::open::{self, NEXT_TABLES};
use super::tree::Tree;
use super::{OpenError, StoreOptions, TABLES, mark};
use crate::model::Epoch;
use crate::ports::StoreError;
use crate::store::FORMAT;
use crate::store::backup::BackupWriter;
use crate::store::check;
use crate::store::kv::View;
use crate::store::sled::format;
use crate::store::wal::{LogFolder, LogView};
use std::fs;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// Whether it is of the tables; else of base and log, up to the damage.
    pub from_tables: bool,
    /// Up to which commit.
    pub commits: u64,
    /// Commits that are known to have been made and are not in it.
    pub lost: u64,
    /// Rows.
    pub rows: u64,
    /// Length of the backup.
    pub bytes: u64,
}

/// Writes a backup of what can be read in a folder on which no bridge runs. Blocks.
///
/// # Errors
/// Neither tables nor log can be read, or `to` cannot be written.
pub fn salvage(
    folder: &Path,
    options: &StoreOptions,
    to: impl Write,
) -> Result<Salvaged, OpenError> {
    let _lock = open::lock(folder)?;
    let log = folder.join("log");
    // Opening it would make one.
    let log = match log.is_dir() {
        true => Some(LogFolder::open(log).map_err(StoreError::Io)?),
        false => None,
    };
    let copy = folder.join(NEXT_TABLES);
    let tables = of_tables(folder, &copy, options);
    let saved = save(folder, log.as_ref(), tables.as_ref(), to);
    drop(tables);
    open::remove_folder(&copy)?;
    saved
}

fn save(
    folder: &Path,
    log: Option<&LogFolder>,
    tables: Option<&Tables>,
    to: impl Write,
) -> Result<Salvaged, OpenError> {
    let read = log.and_then(LogView::salvage);
    let trusted = mark::read(folder);
    let known = [
        mark::applied(folder),
        tables.map(|tables| tables.held),
        read.as_ref().map(|(_, reached)| *reached),
    ];
    let known = known.into_iter().flatten().max().unwrap_or(0);
    // Without a mark that vouches for them, tables may lack rows here and there.
    let better = |tables: &Tables, reached: u64| {
        let whole = trusted.is_some_and(|trusted| tables.held >= trusted) || tables.sound;
        whole && tables.held >= reached
    };
    let (view, commits, from_tables): (&dyn View, u64, bool) = match (tables, &read) {
        (Some(tables), None) => (&tables.tree, tables.held, true),
        (Some(tables), Some((_, reached))) if better(tables, *reached) => {
            (&tables.tree, tables.held, true)
        }
        (_, Some((view, reached))) => (view, *reached, false),
        (None, None) => {
            let why = "neither the tables nor the log can be read";
            return Err(StoreError::Io(io::Error::new(io::ErrorKind::InvalidData, why)).into());
        }
    };
    let epoch = Epoch::new("salvaged");
    let mut backup = BackupWriter::begin(to, &epoch).map_err(StoreError::Io)?;
    backup.rows(view)?;
    let done = backup.end(commits).map_err(StoreError::Io)?;
    Ok(Salvaged {
        from_tables,
        commits,
        lost: known - commits,
        rows: done.rows,
        bytes: done.bytes,
    })
}

/// Tables that could be read.
struct Tables {
    tree: Tree,
    /// Their last commit.
    held: u64,
    /// Whether nothing in them contradicts another row.
    sound: bool,
}

/// The tables, read in a copy: sled writes to what it opens. `None` when not every row can be read, or they are of another format.
fn of_tables(folder: &Path, copy: &Path, options: &StoreOptions) -> Option<Tables> {
    let opened = catch_unwind(AssertUnwindSafe(|| {
        open::remove_folder(copy)?;
        copy_folder(&folder.join(TABLES), copy)?;
        let tree = open::open_tables(copy, options)?;
        // Damage that a start would meet only later.
        let report = check::check(&Alone(&tree), Box::new(|_| ()))?;
        for finding in &report.findings {
            tracing::warn!(
                "in the tables: {} {}: {}",
                finding.table,
                finding.key,
                finding.what
            );
        }
        let (held, found) = (tree.applied()?, format::read(&tree)?);
        let sound = report.is_sound();
        Ok::<_, StoreError>((Tables { tree, held, sound }, found))
    }));
    match opened {
        Ok(Ok((tables, Some(FORMAT)))) if tables.held > 0 => Some(tables),
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            tracing::warn!("the tables cannot be read: {error}");
            None
        }
        Err(_) => {
            tracing::warn!("the tables cannot be read");
            None
        }
    }
}

/// Tables that nobody writes to.
struct Alone<'a>(&'a Tree);

impl check::Look for Alone<'_> {
    fn passing(&self) -> &dyn View {
        self.0
    }

    fn still(
        &self,
        look: &mut dyn FnMut(&dyn View) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        look(self.0)
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => fs::copy(entry.path(), target).map(|_| ())?,
        }
    }
    Ok(())
}
