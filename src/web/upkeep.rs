//! A copy of the store, and whether it is sound.

use super::Answer;
use super::ask::{Ask, LINES, streamed};
use super::ics::line;
use super::problem::Problem;
use super::wire::CheckLine;
use crate::caldav::{Body, BrokenOff};
use crate::ports::CheckReport;
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Pieces or lines that wait for a reader.
const AHEAD: usize = 16;
/// Bytes of a piece, about.
const PIECE_BYTES: usize = 64 << 10;

impl Ask<'_> {
    pub(super) fn backup(&self) -> Answer {
        self.only(&[])?;
        let (out, pieces) = mpsc::channel(AHEAD);
        let store = Arc::clone(self.bridge.store());
        let job = async move {
            match store.backup(Box::new(Pipe::new(out))).await {
                Ok(done) => {
                    tracing::info!("backed up {} rows as of commit {}", done.rows, done.commits);
                    Ok(())
                }
                Err(error) => {
                    tracing::error!("a backup broke off: {error}");
                    Err(BrokenOff)
                }
            }
        };
        let body = Body::job(pieces, tokio::spawn(job));
        Ok(streamed(body, "application/octet-stream"))
    }

    pub(super) fn check(&self) -> Answer {
        self.only(&[])?;
        let (lines, pieces) = mpsc::channel(AHEAD);
        let store = Arc::clone(self.bridge.store());
        let language = self.language;
        tokio::spawn(async move {
            let told = lines.clone();
            let progress = move |rows| {
                // Whoever reads slowly misses some; the looking does not wait.
                let _missed = told.try_send(line(&CheckLine::Progress { rows }));
            };
            let last = match store.check(Box::new(progress)).await {
                Ok(report) => end_of(report, &lines).await,
                Err(error) => CheckLine::Failed {
                    problem: Problem::from(error).body(language),
                },
            };
            let _nobody_listens = lines.send(line(&last)).await;
        });
        Ok(streamed(Body::channel(pieces), LINES))
    }
}

/// Tells every finding; returns the last line.
async fn end_of(report: CheckReport, lines: &mpsc::Sender<Bytes>) -> CheckLine {
    let done = CheckLine::Done {
        rows: report.rows,
        findings: report.findings.len() as u64 + report.further,
    };
    for finding in report.findings {
        let told = CheckLine::Finding {
            table: finding.table.to_owned(),
            key: finding.key,
            what: finding.what,
        };
        if lines.send(line(&told)).await.is_err() {
            break;
        }
    }
    done
}

/// Hands what is written to it to an answer. It blocks while nobody reads, so it is written to off the async threads.
struct Pipe {
    out: mpsc::Sender<Bytes>,
    held: Vec<u8>,
}

impl Pipe {
    fn new(out: mpsc::Sender<Bytes>) -> Self {
        Self {
            out,
            held: Vec::with_capacity(PIECE_BYTES),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let full = std::mem::replace(&mut self.held, Vec::with_capacity(PIECE_BYTES));
        let sent = self.out.blocking_send(full.into());
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes the backup"))
    }
}

impl io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.send()
    }
}
