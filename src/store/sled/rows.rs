//! The rows that readers see: sled's tables, or base and log themselves while the tables cannot be used.
//!
//! sled takes no more writes after its first failed one, and answers with errors for what it had not written yet. The tables are only
//! what can be made again from base and log, so then reads go on from [there](LogView), and the writer makes new tables.

use super::tree::Tree;
use crate::ports::StoreError;
use crate::store::kv::{Batch, Key, KeyRange, Order, Row, View};
use crate::store::wal::disk::Touch;
use crate::store::wal::{LogFolder, LogView};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// How long after a failed attempt the log is not looked through again for a mere reader.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Rows {
    source: RwLock<Source>,
    /// Held for writing while a batch is applied, so that a reader of several rows sees all of a commit or nothing.
    gate: RwLock<()>,
    log: LogFolder,
    /// Number of the last commit that readers see.
    applied: AtomicU64,
}

/// Where rows are read.
#[derive(Clone)]
enum Source {
    Tables(Arc<Tree>),
    Log(Arc<LogView>),
    /// Neither can be read; when that was last tried.
    Nothing(Option<Instant>),
}

impl Rows {
    /// Rows that sled holds up to its last commit.
    pub(super) fn new(tree: Tree, log: LogFolder) -> Result<Self, StoreError> {
        let applied = tree.applied()?;
        Ok(Self::of(Source::Tables(Arc::new(tree)), log, applied))
    }

    /// Rows of the log up to a commit, without tables.
    pub(super) fn without_tables(log: LogFolder, applied: u64) -> Result<Self, StoreError> {
        let view = LogView::read(&log, applied)?;
        Ok(Self::of(Source::Log(Arc::new(view)), log, applied))
    }

    fn of(source: Source, log: LogFolder, applied: u64) -> Self {
        Self {
            source: RwLock::new(source),
            gate: RwLock::default(),
            log,
            applied: AtomicU64::new(applied),
        }
    }

    /// A state that stays the same while the guard lives.
    pub(super) fn hold(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of the last commit in these rows; 0 when there is none.
    pub(super) fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    /// Makes a batch visible, all at once. It must be in the log, durably: if the tables do not take it, it is read from there.
    pub(super) fn apply(&self, batch: &Batch, number: u64) {
        let tree = match self.source() {
            Source::Tables(tree) => tree,
            Source::Log(_) | Source::Nothing(_) => {
                let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
                self.applied.store(number, Ordering::Release);
                return self.fall_back();
            }
        };
        let prepared = guarded(|| {
            self.log.disk().touch(Touch::Tables)?;
            tree.prepare(batch, number)
        });
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let written = prepared.and_then(|rows| guarded(|| tree.write(rows)));
        self.applied.store(number, Ordering::Release);
        if let Err(error) = written {
            self.lose(&tree, &error);
            let_go(tree);
        }
    }

    /// Hands everything written so far to the operating system.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        let Source::Tables(tree) = self.source() else {
            return Err(StoreError::Io(io::Error::other("the tables are lost")));
        };
        let flushed = guarded(|| tree.flush());
        if let Err(error) = &flushed {
            let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
            self.lose(&tree, error);
            let_go(tree);
        }
        flushed
    }

    /// Whether new tables are needed.
    pub(super) fn are_lost(&self) -> bool {
        !matches!(self.source(), Source::Tables(_))
    }

    /// Reads new tables from here on.
    pub(super) fn set_tables(&self, tree: Tree) {
        let tables = Source::Tables(Arc::new(tree));
        *self.source.write().unwrap_or_else(PoisonError::into_inner) = tables;
    }

    /// The tables, for what only they have.
    pub(super) fn tables(&self) -> Option<Arc<Tree>> {
        match self.source() {
            Source::Tables(tree) => Some(tree),
            Source::Log(_) | Source::Nothing(_) => None,
        }
    }

    fn source(&self) -> Source {
        let source = self.source.read().unwrap_or_else(PoisonError::into_inner);
        source.clone()
    }

    /// Leaves the tables that failed. The gate is held, so that no commit becomes visible meanwhile.
    fn lose(&self, failed: &Arc<Tree>, why: &StoreError) {
        let mut source = self.source.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever fails late, on tables that were made anew since, has nothing against the new ones.
        if !matches!(&*source, Source::Tables(present) if Arc::ptr_eq(present, failed)) {
            return;
        }
        tracing::error!(
            "the tables cannot be used until they are made anew; reads go on from the log: {why}"
        );
        let tables = std::mem::replace(&mut *source, Source::Nothing(None));
        let_go(tables);
        self.look(&mut source);
    }

    /// Reads the log, unless that failed a moment ago.
    fn fall_back(&self) {
        let mut source = self.source.write().unwrap_or_else(PoisonError::into_inner);
        self.look(&mut source);
    }

    fn look(&self, source: &mut Source) {
        if let Source::Nothing(Some(tried)) = source
            && tried.elapsed() < LOOK_AGAIN
        {
            return;
        }
        *source = match LogView::read(&self.log, self.applied()) {
            Ok(view) => Source::Log(Arc::new(view)),
            Err(error) => {
                tracing::error!("nothing can be read, neither tables nor log: {error}");
                Source::Nothing(Some(Instant::now()))
            }
        };
    }

    /// Asks the present source, and when that fails its successor.
    fn ask<T>(
        &self,
        question: impl Fn(&dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.source() {
            Source::Log(view) => return question(&*view),
            Source::Nothing(_) => self.fall_back(),
            Source::Tables(tree) => match guarded(|| question(&*tree)) {
                Err(StoreError::Io(error)) => {
                    self.lose(&tree, &StoreError::Io(error));
                    let_go(tree);
                }
                answered => return answered,
            },
        }
        match self.source() {
            Source::Log(view) => question(&*view),
            Source::Tables(tree) => question(&*tree),
            Source::Nothing(_) => Err(StoreError::Io(io::Error::other("nothing can be read"))),
        }
    }
}

/// sled answers some damage and some failures with a panic.
fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StoreError::Io(io::Error::other("the tables panicked"))))
}

/// sled may panic when it cannot sync its file at the end.
fn let_go<T>(tables: T) {
    let _ = guarded(|| {
        drop(tables);
        Ok(())
    });
}

impl View for Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(|view| view.get(key))
    }

    fn range(
        &self,
        range: &KeyRange,
        order: Order,
        rows_max: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.ask(|view| view.range(range, order, rows_max))
    }

    fn keys(&self, range: &KeyRange, rows_max: usize) -> Result<Vec<Key>, StoreError> {
        self.ask(|view| view.keys(range, rows_max))
    }
}

/// The rows, held for one call at a time: a long scan lets commits through between its pages.
pub(super) struct Paged<'a>(pub(super) &'a Rows);

impl View for Paged<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let _held = self.0.hold();
        self.0.get(key)
    }

    fn range(
        &self,
        range: &KeyRange,
        order: Order,
        rows_max: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let _held = self.0.hold();
        self.0.range(range, order, rows_max)
    }

    fn keys(&self, range: &KeyRange, rows_max: usize) -> Result<Vec<Key>, StoreError> {
        let _held = self.0.hold();
        self.0.keys(range, rows_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_late_failure_of_old_tables_leaves_the_new_ones() {
        let place = tempfile::tempdir().unwrap();
        let log = LogFolder::open(place.path().join("log")).unwrap();
        let tree = || Tree::new(sled::Config::new().temporary(true).open().unwrap());
        let rows = Rows::new(tree(), log).unwrap();
        let asked = Cell::new(0);
        let answer = rows.ask(|_| {
            asked.set(asked.get() + 1);
            if asked.get() > 1 {
                return Ok(asked.get());
            }
            // While the first answer is awaited, the writer makes new tables.
            rows.set_tables(tree());
            Err(StoreError::Io(io::Error::other("the old tables")))
        });
        assert_eq!(answer.unwrap(), 2);
        assert!(!rows.are_lost());
    }
}
