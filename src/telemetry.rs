//! Logs: what happened, never titles, tokens or bodies.
//!
//! Our own lines are written so. Those of dependencies are not ours to write: at their lower levels sled prints rows, and HTTP libraries
//! print headers. So they are capped at warnings, whatever is asked for.

use std::any::Any;
use std::io::IsTerminal as _;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The environment variable that chooses what is logged.
const SETTING: &str = "ADVANTA_BRIDGE_LOG";
/// The most that dependencies are asked for.
const DEPENDENCIES: LevelFilter = LevelFilter::WARN;
/// Where our own lines come from.
const OURS: &str = "advanta_bridge";

/// Why logs are not begun.
#[derive(Debug, thiserror::Error)]
#[error(
    "{SETTING}: \"{part}\" is not understood: it takes off, error, warn, info, debug or trace, alone or for a part of the program (advanta_bridge::PART=debug), several with commas between them"
)]
pub struct NotUnderstood {
    part: String,
}

/// Writes logs to standard error, panics among them; the environment variable `ADVANTA_BRIDGE_LOG` chooses what (`otherwise` when it is not set).
///
/// # Errors
/// What it says is not understood.
pub fn start(otherwise: LevelFilter) -> Result<(), NotUnderstood> {
    let asked = match std::env::var_os(SETTING) {
        Some(asked) => filter(&asked.to_string_lossy(), otherwise)?,
        None => filter("", otherwise)?,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    let subscriber = tracing_subscriber::registry().with(asked).with(lines);
    // A second start in one process (tests) keeps the first.
    let _already_started = subscriber.try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!("{}", told(panic.payload(), place.as_deref()));
    }));
    Ok(())
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

/// What passes, by where it comes from.
fn filter(asked: &str, otherwise: LevelFilter) -> Result<Targets, NotUnderstood> {
    let (mut level, mut parts) = (otherwise, Vec::new());
    for part in asked
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match part.split_once('=') {
            None => level = level_of(part, part)?,
            Some((target, word)) if is_ours(target) => {
                parts.push((target.to_owned(), level_of(word, part)?));
            }
            Some(_) => return Err(not_understood(part)),
        }
    }
    Ok(Targets::new()
        .with_default(level.min(DEPENDENCIES))
        .with_target(OURS, level)
        .with_targets(parts))
}

fn is_ours(target: &str) -> bool {
    target == OURS
        || target
            .strip_prefix(OURS)
            .is_some_and(|rest| rest.starts_with("::"))
}

fn level_of(word: &str, part: &str) -> Result<LevelFilter, NotUnderstood> {
    let known = ["off", "error", "warn", "info", "debug", "trace"];
    let word = word.to_ascii_lowercase();
    // A number would do as well, but nobody means it.
    let level = known.contains(&word.as_str()).then(|| word.parse().ok());
    level.flatten().ok_or_else(|| not_understood(part))
}

fn not_understood(part: &str) -> NotUnderstood {
    let part = part
        .chars()
        .take(80)
        .map(|c| if c.is_control() { '?' } else { c });
    NotUnderstood {
        part: part.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    fn passes(asked: &str) -> impl Fn(&str, Level) -> bool {
        let filter = filter(asked, LevelFilter::INFO).unwrap();
        move |target, level| filter.would_enable(target, &level)
    }

    #[test]
    fn dependencies_stay_at_warnings_whatever_is_asked() {
        let all = passes("trace");
        assert!(all("advanta_bridge::store", Level::TRACE) && all("advanta_bridge", Level::TRACE));
        for dependency in [
            "sled",
            "sled::pagecache",
            "hyper",
            "h2",
            "reqwest",
            "rustls",
            "log",
        ] {
            assert!(all(dependency, Level::WARN), "{dependency}");
            assert!(!all(dependency, Level::INFO), "{dependency}");
        }
        let some = passes("error,advanta_bridge::store=debug");
        assert!(some("advanta_bridge::store::sled", Level::DEBUG));
        assert!(!some("advanta_bridge::bridge", Level::WARN));
        assert!(!some("sled", Level::WARN));
        let usual = passes("");
        assert!(usual("advanta_bridge", Level::INFO) && !usual("advanta_bridge", Level::DEBUG));
    }

    #[test]
    fn of_a_panic_only_the_program_s_own_words_are_logged() {
        let place = Some("src/a.rs:1:2");
        let own: &dyn Any = &"no branch left";
        assert_eq!(told(own, place), "panicked at src/a.rs:1:2: no branch left");
        let theirs: &dyn Any = &"Anna's meeting".to_owned();
        assert_eq!(told(theirs, place), "panicked at src/a.rs:1:2");
        assert_eq!(told(theirs, None), "panicked at an unknown place");
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for wrong in [
            "verbose",
            "2",
            "sled=trace",
            "advanta_bridge=loud",
            "info,hyper=debug",
            "=info",
            "advanta_bridgex=info",
        ] {
            let error = filter(wrong, LevelFilter::INFO).unwrap_err().to_string();
            let part = wrong.rsplit(',').next().unwrap();
            let begins = format!("ADVANTA_BRIDGE_LOG: \"{part}\" is not understood: it takes off,");
            assert!(error.starts_with(&begins), "{error}");
        }
    }
}
