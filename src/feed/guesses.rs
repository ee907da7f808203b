//! Secrets that nobody has: how many one address may try.

use std::time::Duration;

/// Bounds of guessing. A secret that somebody has opens whatever others tried.
#[derive(Clone, Copy, Debug)]
pub struct GuessLimits {
    /// Different wrong secrets from one address before it is told to wait. Many people can be behind one address.
    pub wrong_max: u32,
    /// For how long they count.
    pub window: Duration,
}

impl Default for GuessLimits {
    fn default() -> Self {
        Self {
            wrong_max: 100,
            window: Duration::from_secs(900),
        }
    }
}
