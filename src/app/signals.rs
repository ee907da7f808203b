//! What the system tells the process to do.

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ready when the process is asked to end.
pub(super) fn stop() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// SIGHUP, which does not end the process from now on.
pub(super) fn hangup() -> Result<Signal> {
    Ok(signal(SignalKind::hangup())?)
}
