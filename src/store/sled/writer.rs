//! The one thread that commits.
//!
//! It takes all commits that wait, evaluates each over the rows and over the earlier ones of its group, writes them to
//! the log with one sync, then makes them visible, tells the sink and answers. A failed expectation fails its own commit only.
//! When the disk is full, read-only or fails, commits are refused and nothing of them stands; the next one tries again. What is in the
//! log is done, whatever becomes of the tables.

use super::checkpoint::{Ask, Checkpoint, Checkpointer};
use super::rows::Rows;
use super::{StoreOptions, weather::Weather};
use crate::ports::{CommitError, CommitSink, Committed, Delta, Expect, StoreError, Write};
use crate::store::kv::{Batch, Overlaid};
use crate::store::transaction::{self, Evaluated};
use crate::store::wal::{Group, Log};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Commits that share a sync, at most: bounds how long the first of them waits for the last.
pub(super) const GROUP_COMMITS_MAX: usize = 256;
/// Bytes of bodies that share a sync, about: bounds what a group holds in memory and in one segment.
const GROUP_BYTES_MAX: usize = 16 << 20;

/// Who is told of commits.
pub(super) type Sink = Arc<Mutex<Option<Arc<dyn CommitSink>>>>;

/// Where a commit's outcome goes.
type Reply = oneshot::Sender<Result<Committed, CommitError>>;

/// What the writer is asked to do.
pub(super) enum Job {
    /// Commit.
    Commit {
        expects: Vec<Expect>,
        writes: Vec<Write>,
        reply: Reply,
    },
    /// Make a checkpoint and end.
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// A commit of a group that is not durable yet.
struct Evaluation {
    outcome: Result<(Committed, Vec<Delta>), CommitError>,
    reply: Reply,
}

pub(super) struct Writer {
    pub rows: Arc<Rows>,
    pub log: Log,
    pub options: StoreOptions,
    pub sink: Sink,
    pub checkpoint: Checkpoint,
    pub checkpointer: Checkpointer,
    pub weather: Weather,
}

impl Writer {
    /// Works until it is closed or nobody can ask any more.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut closing = None;
        while let Some(first) = jobs.blocking_recv() {
            let group = take_group(first, &mut jobs, &mut closing);
            self.commit(group);
            if closing.is_some() {
                break;
            }
        }
        // Whoever waits or asks from here on learns that the store is closed.
        drop(jobs);
        self.checkpointer.stop();
        if let Some(reply) = closing {
            self.checkpoint.close();
            let _ = reply.send(Ok(()));
        }
    }

    /// Commits a group and tells everybody in it what became of theirs.
    fn commit(&mut self, jobs: Vec<Waiting>) {
        if jobs.is_empty() {
            return;
        }
        let mut batch = Batch::new();
        let mut group = Group::default();
        let evaluations: Vec<Evaluation> = jobs
            .into_iter()
            .map(|job| self.evaluate(job, &mut batch, &mut group))
            .collect();
        let stored = self.store(&batch, &group);
        for evaluation in evaluations {
            self.answer(evaluation, stored.as_ref().err());
        }
    }

    /// Evaluates one commit over those before it and adds it to the group.
    fn evaluate(&self, job: Waiting, batch: &mut Batch, group: &mut Group) -> Evaluation {
        let view = Overlaid {
            below: &*self.rows,
            batch,
        };
        let evaluated = transaction::evaluate(&view, self.options.limits, &job.expects, job.writes);
        let outcome = evaluated.and_then(|evaluated| {
            let Evaluated {
                batch: rows,
                committed,
                deltas,
            } = evaluated;
            if !rows.is_empty() {
                group.push(&rows).map_err(StoreError::from)?;
                batch.extend(rows);
            }
            Ok((committed, deltas))
        });
        Evaluation {
            outcome,
            reply: job.reply,
        }
    }

    /// Makes a group durable, then visible. After an error nothing of it stands.
    fn store(&mut self, batch: &Batch, group: &Group) -> Result<(), StoreError> {
        if group.is_empty() {
            return Ok(());
        }
        let segment = self.log.segment();
        let Self {
            checkpoint,
            options,
            weather,
            log,
            ..
        } = self;
        weather
            .look(checkpoint, options, group.bytes())
            .and_then(|()| Ok(log.write(group)?))
            .map_err(|error| weather.refuse(error, checkpoint))?;
        weather.clear();
        self.rows.apply(batch, self.log.durable());
        if self.log.segment() != segment {
            self.checkpointer.ask(Ask::Checkpoint);
        }
        if self.log.wants_spare() {
            self.checkpointer.ask(Ask::Spare);
        }
        Ok(())
    }

    fn answer(&self, evaluation: Evaluation, failed: Option<&StoreError>) {
        let outcome = match (evaluation.outcome, failed) {
            // Even a failed expectation may rest on what did not become durable.
            (_, Some(error)) => Err(CommitError::Store(again(error))),
            (Ok((committed, deltas)), None) => {
                self.tell(&deltas);
                Ok(committed)
            }
            (Err(error), None) => Err(error),
        };
        // A committer that went away is not told; the commit stands.
        let _ = evaluation.reply.send(outcome);
    }

    fn tell(&self, deltas: &[Delta]) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sink) = &*sink {
            sink.committed(deltas);
        }
    }
}

/// A commit that waits for its turn.
struct Waiting {
    expects: Vec<Expect>,
    writes: Vec<Write>,
    reply: Reply,
}

/// Takes what waits, up to a close.
fn take_group(
    first: Job,
    jobs: &mut mpsc::Receiver<Job>,
    closing: &mut Option<oneshot::Sender<Result<(), StoreError>>>,
) -> Vec<Waiting> {
    let (mut group, mut bytes) = (Vec::new(), 0);
    let mut next = Some(first);
    while let Some(job) = next {
        match job {
            Job::Commit {
                expects,
                writes,
                reply,
            } => {
                bytes += body_bytes(&writes);
                group.push(Waiting {
                    expects,
                    writes,
                    reply,
                });
            }
            Job::Close(reply) => {
                *closing = Some(reply);
                return group;
            }
        }
        next = (group.len() < GROUP_COMMITS_MAX && bytes < GROUP_BYTES_MAX)
            .then(|| jobs.try_recv().ok())
            .flatten();
    }
    group
}

/// What makes a commit large.
fn body_bytes(writes: &[Write]) -> usize {
    let body = |write: &Write| match write {
        Write::Member(_, draft, _) => draft.body.len(),
        _ => 0,
    };
    writes.iter().map(body).sum()
}

/// The same error for one more listener.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Io(error) => StoreError::Io(io::Error::new(error.kind(), error.to_string())),
        StoreError::Damaged { table, key, why } => StoreError::Damaged {
            table,
            key: key.clone(),
            why: why.clone(),
        },
        StoreError::Unwritable(hindrance) => StoreError::Unwritable(*hindrance),
        StoreError::Closed => StoreError::Closed,
    }
}
