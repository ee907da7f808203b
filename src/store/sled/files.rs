//! Whether the files of the embedded store are sound: pieces of large values, log and base, and that nothing was stored aside.

use super::TABLES;
use super::backup::applied;
use super::checkpoint::Checkpoint;
use super::rows::{Paged, Rows};
use super::tree::Tree;
use crate::ports::{CheckReport, Finding, StoreError};
use crate::store::check::Look;
use crate::store::kv::{KeyRange, PAGE_ROWS, View};
use crate::store::queries::Read;
use crate::store::tables::{Table, hex};
use crate::store::wal::{LogFolder, base_header, commits, read_base};
use std::fs;
use std::io;
use std::path::Path;

/// The rows of a running store.
pub(super) struct Held<'a>(Paged<'a>);

impl<'a> Held<'a> {
    pub(super) fn new(rows: &'a Rows) -> Self {
        Self(Paged(rows))
    }
}

impl Look for Held<'_> {
    fn passing(&self) -> &dyn View {
        &self.0
    }

    fn still(&self, look: &mut dyn FnMut(&dyn View) -> Read<()>) -> Read<()> {
        let rows = self.0.0;
        let _held = rows.hold();
        look(rows)
    }
}

/// Adds what is wrong with the files.
pub(super) fn check(checkpoint: &Checkpoint, report: &mut CheckReport) -> Result<(), StoreError> {
    check_pieces(&checkpoint.rows, report)?;
    check_aside(&checkpoint.folder, report)?;
    let _kept = checkpoint.log.keep_whole();
    let last = applied(&checkpoint.rows);
    note(check_log(&checkpoint.log, last), "log", report);
    Ok(())
}

/// A piece of no value takes room for ever.
fn check_pieces(rows: &Rows, report: &mut CheckReport) -> Result<(), StoreError> {
    let Some(tables) = rows.tables() else {
        report.add(Finding {
            table: Table::Rows.name(),
            key: String::new(),
            what: "there are no tables: the disk does not take any, and reads go on from the log"
                .into(),
        });
        return Ok(());
    };
    let mut range = Tree::pieces();
    loop {
        let page = {
            let _held = rows.hold();
            tables.keys(&range, PAGE_ROWS)?
        };
        for piece in &page {
            let _held = rows.hold();
            // It may have gone since the page was read.
            if tables.is_stray(piece)? && !tables.keys(&only(piece), 1)?.is_empty() {
                report.add(Finding {
                    table: Table::Rows.name(),
                    key: hex(piece),
                    what: "it is a piece of no value".into(),
                });
            }
        }
        match page.last() {
            Some(edge) if page.len() == PAGE_ROWS => range = range.after(edge),
            Some(_) | None => return Ok(()),
        }
    }
}

/// The range of one key.
fn only(key: &[u8]) -> KeyRange {
    KeyRange {
        start: key.to_vec(),
        end: [key, &[0]].concat(),
    }
}

/// sled keeps aside what is too large for a page, and never syncs it.
fn check_aside(folder: &Path, report: &mut CheckReport) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder.join(TABLES).join("blobs")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        report.add(Finding {
            table: "blobs",
            key: entry?.file_name().to_string_lossy().into_owned(),
            what: "a value was stored aside, where nothing is synced".into(),
        });
    }
    Ok(())
}

/// Reads the base and every commit up to `last`, as a start without tables would.
fn check_log(log: &LogFolder, last: u64) -> Result<(), StoreError> {
    read_base(log, |_| Ok(()))?;
    let base = base_header(log)?.map_or(1, |header| header.first);
    let oldest = match log.segments()?.first() {
        Some(segment) => log.header(*segment)?.first.min(base),
        None => base,
    };
    commits(log, oldest - 1, last, |_, _| Ok(()))
}

/// An error of the files is a finding here.
fn note(checked: Result<(), StoreError>, table: &'static str, report: &mut CheckReport) {
    let (key, what) = match checked {
        Ok(()) => return,
        Err(StoreError::Damaged { key, why, .. }) => (key, why),
        Err(error) => (String::new(), error.to_string()),
    };
    report.add(Finding { table, key, what });
}
