//! Logs: what happened, never titles, tokens or bodies.

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Writes logs to standard error; the environment variable `ADVANTA_BRIDGE_LOG` chooses what (`otherwise`
/// when it is not set).
pub fn start(otherwise: &str) {
    let filter =
        EnvFilter::try_from_env("ADVANTA_BRIDGE_LOG").unwrap_or_else(|_| EnvFilter::new(otherwise));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start in one process (tests) keeps the first.
    let _already_started = subscriber.try_init();
}
