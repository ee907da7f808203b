//! What one connection is doing, as those who may have to end it see it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// For how long a connection must have nothing to do before it is dropped in the middle of an orderly end: the last bytes of
/// HTTP/2 go out meanwhile, and a request whose first bytes are there can still arrive.
const LINGER: Duration = Duration::from_millis(200);

/// How long a connection must have waited for its client, in the middle of a request, before it can be put out for another one.
const STUCK: Duration = Duration::from_secs(2);

/// The state of one connection.
pub(super) struct Presence {
    /// Whether the client ever sent a whole request head.
    asked: AtomicBool,
    /// Requests whose answer the client does not have yet.
    under_way: AtomicUsize,
    /// Of these, those that wait for the client: for the rest of a body, or for an answer to be taken.
    waiting: AtomicUsize,
    /// Of those, the answers that are not taken.
    untaken: AtomicUsize,
    /// Whether bytes wait because the client does not read.
    blocked: AtomicBool,
    resting_since: Mutex<Instant>,
    moved: Notify,
    ousted: Notify,
}

impl Presence {
    pub(super) fn new() -> Self {
        Self {
            asked: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            untaken: AtomicUsize::new(0),
            blocked: AtomicBool::new(false),
            resting_since: Mutex::new(Instant::now()),
            moved: Notify::new(),
            ousted: Notify::new(),
        }
    }

    /// Counts a request until the guard is dropped; whether it is the connection's first is the second value.
    pub(super) fn begin(self: &Arc<Self>) -> (Underway, bool) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let first = !self.asked.swap(true, Ordering::SeqCst);
        self.moved.notify_one();
        (Underway(Arc::clone(self)), first)
    }

    /// Whether a request ever came.
    pub(super) fn has_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Notes whether bytes wait for the client to read.
    pub(super) fn set_blocked(&self, blocked: bool) {
        if self.blocked.swap(blocked, Ordering::SeqCst) != blocked {
            self.rest();
        }
    }

    /// Since when there is nothing to do; `None` while there is.
    pub(super) fn resting_since(&self) -> Option<Instant> {
        let since = *self
            .resting_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        (!self.is_busy()).then_some(since)
    }

    /// Since when all that is under way waits for the client: it does not read, does not take its answer, or does not send the rest of
    /// a body. `None`: there is work of ours, nothing is under way, or the client moved a moment ago.
    pub(super) fn stuck_since(&self) -> Option<Instant> {
        let since = *self
            .resting_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.blocked.load(Ordering::SeqCst) {
            return Some(since);
        }
        let under_way = self.under_way.load(Ordering::SeqCst);
        let waits = under_way > 0 && self.waiting.load(Ordering::SeqCst) >= under_way;
        (waits && since.elapsed() >= STUCK).then_some(since)
    }

    /// Counts a request as waiting for its client, until the guard is dropped.
    pub(super) fn wait(self: &Arc<Self>, awaited: Awaited) -> Waiting {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if awaited == Awaited::Answer {
            self.untaken.fetch_add(1, Ordering::SeqCst);
        }
        self.rest();
        Waiting(Arc::clone(self), awaited)
    }

    /// The client took a piece of what waited for it.
    pub(super) fn took(&self) {
        self.rest();
    }

    /// Ready when the client has not taken an answer for so long. No timer of HTTP/2 or TCP sees a client that answers pings and
    /// never opens its window. (A body has a time-out of its own.)
    pub(super) async fn stalled(&self, after: Duration) {
        loop {
            let untaken = self.untaken.load(Ordering::SeqCst) > 0;
            match self.stuck_since().filter(|_| untaken) {
                Some(since) if since.elapsed() >= after => return,
                Some(since) => tokio::time::sleep_until(since + after).await,
                None => tokio::time::sleep(after).await,
            }
        }
    }

    /// Asks the connection to end for the sake of another one.
    pub(super) fn oust(&self) {
        self.ousted.notify_one();
    }

    /// Ready when the connection is to end for the sake of another one.
    pub(super) async fn ousted(&self) {
        self.ousted.notified().await;
    }

    /// Ready when there has been nothing to do for a moment.
    pub(super) async fn quiet(&self) {
        loop {
            let moved = self.moved.notified();
            if self.is_busy() {
                moved.await;
            } else if tokio::time::timeout(LINGER, moved).await.is_err() {
                return;
            }
        }
    }

    fn is_busy(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) > 0 || self.blocked.load(Ordering::SeqCst)
    }

    fn rest(&self) {
        *self
            .resting_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.moved.notify_one();
    }
}

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// The rest of its body.
    Body,
    /// Its answer being taken.
    Answer,
}

/// A request that waits for its client.
pub(super) struct Waiting(Arc<Presence>, Awaited);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        if self.1 == Awaited::Answer {
            self.0.untaken.fetch_sub(1, Ordering::SeqCst);
        }
        self.0.rest();
    }
}

/// Travels with a request until its body is there.
#[derive(Clone)]
pub(super) struct BodyAwaited {
    _waiting: Arc<Waiting>,
}

impl BodyAwaited {
    pub(super) fn new(presence: &Arc<Presence>) -> Self {
        Self {
            _waiting: Arc::new(presence.wait(Awaited::Body)),
        }
    }
}

/// One request whose answer is not sent yet.
pub(super) struct Underway(Arc<Presence>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
        self.0.rest();
    }
}
