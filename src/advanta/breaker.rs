//! Stops calling for a while when ADVANTA does not answer, and logs that once.

use super::options::BreakerOptions;
use failsafe::backoff::{self, EqualJittered};
use failsafe::failure_policy::{self, ConsecutiveFailures};
use failsafe::{Instrument, StateMachine};
use std::sync::Arc;
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

/// Closed: calls pass. Open: none does. Half open, after a wait: one call at a time passes, and decides.
pub(super) struct Breaker {
    machine: StateMachine<ConsecutiveFailures<EqualJittered>, Log>,
    /// Open or half open.
    stopped: Arc<AtomicBool>,
    /// A call is finding out whether ADVANTA is back.
    probing: AtomicBool,
}

/// Leave to make one call.
pub(super) struct Pass<'a> {
    /// Given back when the call ends, however it ends.
    probing: Option<&'a AtomicBool>,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(probing) = self.probing {
            probing.store(false, Ordering::Release);
        }
    }
}

impl Breaker {
    /// A closed one. Waits are brought into range: whole seconds, at least one, `wait_max` not below `wait_base`.
    pub(super) fn new(options: BreakerOptions) -> Self {
        let seconds = |wait: Duration| wait.as_secs().clamp(1, WAIT_SECS_MAX);
        let base = seconds(options.wait_base);
        let max = seconds(options.wait_max).max(base);
        let waits = backoff::equal_jittered(Duration::from_secs(base), Duration::from_secs(max));
        let policy = failure_policy::consecutive_failures(options.failures.max(1), waits);
        let stopped = Arc::new(AtomicBool::new(false));
        let log = Log {
            stopped: Arc::clone(&stopped),
        };
        Self {
            machine: StateMachine::new(policy, log),
            stopped,
            probing: AtomicBool::new(false),
        }
    }

    /// Leave to try a call now, if there is any.
    pub(super) fn pass(&self) -> Option<Pass<'_>> {
        if !self.machine.is_call_permitted() {
            return None;
        }
        if !self.stopped.load(Ordering::Acquire) {
            return Some(Pass { probing: None });
        }
        // Without this all that waited would fall upon an ADVANTA that is just coming back.
        let taken = self.probing.swap(true, Ordering::AcqRel);
        (!taken).then_some(Pass {
            probing: Some(&self.probing),
        })
    }

    /// Takes note of how a call went.
    pub(super) fn record(&self, health: Health) {
        match health {
            Health::Well => self.machine.on_success(),
            Health::Busy => {}
            Health::Away => self.machine.on_error(),
        }
    }
}

/// Says every change of state once.
struct Log {
    /// Also tells the state in which the machine begins, which it reports, from one that it returns to.
    stopped: Arc<AtomicBool>,
}

impl Instrument for Log {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        self.stopped.store(true, Ordering::Release);
        warn!("advanta does not answer: calls stop for a while");
    }

    fn on_half_open(&self) {
        info!("advanta is tried again");
    }

    fn on_closed(&self) {
        if self.stopped.swap(false, Ordering::AcqRel) {
            info!("advanta answers again");
        }
    }
}
