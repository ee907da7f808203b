//! What one connection is doing, as those who may have to end it see it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// For how long a connection must have nothing to do before it is dropped in the middle of an orderly end: the last bytes of
/// HTTP/2 go out meanwhile, and a request whose first bytes are there can still arrive.
const LINGER: Duration = Duration::from_millis(200);

/// The state of one connection.
pub(super) struct Presence {
    /// Whether the client ever sent a whole request head.
    asked: AtomicBool,
    /// Requests whose answer the client does not have yet.
    under_way: AtomicUsize,
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

    /// Since when its client has not read what it asked for; `None`: nothing waits for it.
    pub(super) fn stuck_since(&self) -> Option<Instant> {
        let since = *self
            .resting_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.blocked.load(Ordering::SeqCst).then_some(since)
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

/// One request whose answer is not sent yet.
pub(super) struct Underway(Arc<Presence>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
        self.0.rest();
    }
}
