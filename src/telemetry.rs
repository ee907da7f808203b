//! Logs: what happened, never titles, tokens or bodies.

use std::any::Any;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Writes logs to standard error, panics among them; the environment variable `ADVANTA_BRIDGE_LOG` chooses what (`otherwise`
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
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!("{}", told(panic.payload(), place.as_deref()));
    }));
}

/// What is logged of a panic: where it happened, and what it said if that stands so in the program. Words that were put together
/// may hold what a person wrote.
fn told(payload: &dyn Any, place: Option<&str>) -> String {
    let place = place.unwrap_or("an unknown place");
    match payload.downcast_ref::<&'static str>() {
        Some(words) => format!("panicked at {place}: {words}"),
        None => format!("panicked at {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_panic_only_the_program_s_own_words_are_logged() {
        let place = Some("src/a.rs:1:2");
        let own: &dyn Any = &"no branch left";
        assert_eq!(told(own, place), "panicked at src/a.rs:1:2: no branch left");
        let theirs: &dyn Any = &"Anna's meeting".to_owned();
        assert_eq!(told(theirs, place), "panicked at src/a.rs:1:2");
        assert_eq!(told(theirs, None), "panicked at an unknown place");
    }
}
