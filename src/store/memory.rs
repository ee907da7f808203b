//! A store in memory: for tests, the simulation and whoever needs nothing kept.
//!
//! Start at [`MemoryStore`]. A commit is "durable" when it is in the map; [`MemoryStore::crash`] shows what a process
//! would find after `kill -9`.

use crate::model::Epoch;
use crate::ports::{
    BackupDone, CheckReport, CommitError, CommitSink, Committed, Expect, Progress, StoreError,
    Write,
};
use crate::store::backup::{
    BackupReader, BackupWriter, RestoreError, RestoreOptions, facts_of_restored, rows_of_restored,
};
use crate::store::check;
use crate::store::engine::Engine;
use crate::store::kv::{Batch, Key, View};
use crate::store::queries::Read;
use crate::store::transaction::{self, Evaluated, Limits};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A store in memory.
pub struct MemoryStore {
    epoch: Epoch,
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<Key, Vec<u8>>,
    /// Number of the last commit.
    commits: u64,
    sink: Option<Arc<dyn CommitSink>>,
    closed: bool,
}

impl State {
    fn apply(&mut self, batch: Batch) {
        for (key, value) in batch {
            match value {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new(epoch: Epoch) -> Self {
        Self::with_limits(epoch, Limits::default())
    }

    /// An empty store with other bounds.
    pub fn with_limits(epoch: Epoch, limits: Limits) -> Self {
        Self {
            epoch,
            limits,
            state: Mutex::default(),
        }
    }

    /// Makes a store from a backup that is found whole and sound: see [`restore_backup`](crate::store::restore_backup).
    pub fn restored(
        epoch: Epoch,
        from: impl io::Read,
        options: &RestoreOptions,
        limits: Limits,
    ) -> Result<Self, RestoreError> {
        let mut state = State::default();
        let backup = BackupReader::begin(from, options)?;
        backup.read(|rows| {
            state.apply(rows_of_restored(rows)?);
            Ok(())
        })?;
        state.apply(facts_of_restored());
        Ok(Self {
            epoch,
            limits,
            state: Mutex::new(state),
        })
    }

    /// Ends this store as `kill -9` would, and opens what is left: every commit that was answered, no sink.
    #[must_use]
    pub fn crash(&self) -> Self {
        let mut state = self.state();
        state.closed = true;
        Self {
            epoch: self.epoch.clone(),
            limits: self.limits,
            state: Mutex::new(State {
                rows: state.rows.clone(),
                commits: state.commits,
                ..State::default()
            }),
        }
    }

    /// How many commits there were.
    #[cfg(test)]
    pub(super) fn commits(&self) -> u64 {
        self.state().commits
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of a sink leaves the rows whole: they change after the batch is complete.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Engine for MemoryStore {
    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    fn is_open(&self) -> bool {
        !self.state().closed
    }

    fn set_sink(&self, sink: Arc<dyn CommitSink>) {
        self.state().sink = Some(sink);
    }

    async fn commit(
        &self,
        expects: Vec<Expect>,
        writes: Vec<Write>,
    ) -> Result<Committed, CommitError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Closed.into());
        }
        let Evaluated {
            batch,
            committed,
            deltas,
        } = transaction::evaluate(&state.rows, self.limits, &expects, writes)?;
        state.commits += u64::from(!batch.is_empty());
        state.apply(batch);
        if let Some(sink) = &state.sink {
            sink.committed(&deltas);
        }
        Ok(committed)
    }

    fn read<T>(&self, query: impl FnOnce(&dyn View) -> Read<T>) -> Read<T> {
        query(&self.state().rows)
    }

    async fn scan<T, Q>(&self, query: Q) -> Read<T>
    where
        T: Send + 'static,
        Q: FnOnce(&dyn View) -> Read<T> + Send + 'static,
    {
        // Without a disk a scan is short, and a simulation wants no threads.
        self.read(query)
    }

    async fn backup(&self, to: Box<dyn io::Write + Send>) -> Result<BackupDone, StoreError> {
        let (rows, commits) = {
            let state = self.state();
            (state.rows.clone(), state.commits)
        };
        let mut backup = BackupWriter::begin(to, &self.epoch)?;
        backup.rows(&rows)?;
        Ok(backup.end(commits)?)
    }

    async fn check(&self, progress: Progress) -> Result<CheckReport, StoreError> {
        let rows = self.state().rows.clone();
        check::check(&rows, progress)
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.state().closed = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{Ground, contract};

    /// Memory: the place is a store that crashed.
    struct Memory;

    impl Ground for Memory {
        type Opened = MemoryStore;

        fn new() -> Self {
            Self
        }

        async fn open(&self, limits: Limits) -> MemoryStore {
            MemoryStore::with_limits(Epoch::new("life"), limits)
        }

        async fn restore(
            &self,
            backup: &[u8],
            limits: Limits,
        ) -> Result<MemoryStore, RestoreError> {
            let options = RestoreOptions::default();
            MemoryStore::restored(Epoch::new("next life"), backup, &options, limits)
        }
    }

    contract!(Memory);
}
