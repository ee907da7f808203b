//! Stops calling for a while when ADVANTA does not answer, and logs that once.

use super::options::BreakerOptions;
use failsafe::backoff::{self, EqualJittered};
use failsafe::failure_policy::{self, ConsecutiveFailures};
use failsafe::{Instrument, StateMachine};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tracing::{info, warn};

/// Longer waits would overflow when they are doubled.
const WAIT_SECS_MAX: u64 = 24 * 60 * 60;

/// What one call told of ADVANTA's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It answered as it should, be it yes or no.
    Well,
    /// It is there and asks for patience.
    Busy,
    /// It did not answer, or could not.
    Away,
}

/// Closed: calls pass. Open: none does. Half open, after a wait: calls pass again, and the first one decides.
pub(super) struct Breaker(StateMachine<ConsecutiveFailures<EqualJittered>, Log>);

impl Breaker {
    /// A closed one. Waits are brought into range: whole seconds, at least one, `wait_max` not below `wait_base`.
    pub(super) fn new(options: BreakerOptions) -> Self {
        let seconds = |wait: Duration| wait.as_secs().clamp(1, WAIT_SECS_MAX);
        let base = seconds(options.wait_base);
        let max = seconds(options.wait_max).max(base);
        let waits = backoff::equal_jittered(Duration::from_secs(base), Duration::from_secs(max));
        let policy = failure_policy::consecutive_failures(options.failures.max(1), waits);
        Self(StateMachine::new(policy, Log::default()))
    }

    /// Whether a call may be tried now.
    pub(super) fn permits(&self) -> bool {
        self.0.is_call_permitted()
    }

    /// Takes note of how a call went.
    pub(super) fn record(&self, health: Health) {
        match health {
            Health::Well => self.0.on_success(),
            Health::Busy => {}
            Health::Away => self.0.on_error(),
        }
    }
}

/// Says every change of state once.
#[derive(Default)]
struct Log {
    /// The machine also reports the state in which it begins.
    was_open: AtomicBool,
}

impl Instrument for Log {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        self.was_open.store(true, Ordering::Relaxed);
        warn!("advanta does not answer: calls stop for a while");
    }

    fn on_half_open(&self) {
        info!("advanta is tried again");
    }

    fn on_closed(&self) {
        if self.was_open.swap(false, Ordering::Relaxed) {
            info!("advanta answers again");
        }
    }
}
