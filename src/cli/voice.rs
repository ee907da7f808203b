//! In which language and form a command speaks.

use crate::bridge::words;
use crate::model::Language;
use crate::web::wire::Instant;
use clap::ValueEnum;
use serde::Serialize;
use std::io::Write as _;

/// Language and form, as they are asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Manner {
    /// Вывод для программ (JSON). / Output for programs (JSON).
    #[arg(long, global = true)]
    json: bool,
    /// Язык вывода. / Language of the output [default: LC_ALL, LC_MESSAGES, LANG; else en].
    #[arg(long, global = true, value_name = "LANG")]
    lang: Option<Tongue>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tongue {
    /// Русский.
    Ru,
    /// English.
    En,
}

/// Language and form, as they are used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    /// In which language.
    pub(super) language: Language,
    /// Whether a program reads.
    pub(super) json: bool,
}

/// Where a system says its language, the strongest first.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

impl Voice {
    pub(super) fn of(manner: &Manner) -> Self {
        let language = match manner.lang {
            Some(Tongue::Ru) => Language::Russian,
            Some(Tongue::En) => Language::English,
            None => from_environment(|name| std::env::var(name).ok()),
        };
        Self {
            language,
            json: manner.json,
        }
    }

    /// The words of the language.
    pub(super) fn pick<'a>(&self, russian: &'a str, english: &'a str) -> &'a str {
        words::pick(self.language, russian, english)
    }

    /// The same of words that were just made.
    pub(super) fn phrase(&self, russian: String, english: String) -> String {
        match self.language {
            Language::Russian => russian,
            Language::English => english,
        }
    }

    /// A line of the result.
    pub(super) fn say(&self, line: &str) {
        let mut out = std::io::stdout().lock();
        // Nobody may be reading any more; that is no reason to fail.
        let _nobody_reads = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    /// A line beside the result.
    pub(super) fn note(&self, line: &str) {
        let _nobody_reads = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// The result for a program.
    pub(super) fn say_json<T: Serialize>(&self, value: &T) {
        self.say(&serde_json::to_string(value).unwrap_or_default());
    }
}

/// The first variable that is set decides.
fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Language {
    let mut values = VARIABLES.iter().filter_map(|name| variable(name));
    let set = values.find(|value| !value.is_empty());
    set.and_then(|tag| Language::from_tag(&tag))
        .unwrap_or(Language::English)
}

/// A point in time as tables show it: UTC, to the minute.
pub(super) fn moment(at: Instant) -> String {
    at.0.format("%Y-%m-%d %H:%MZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_variable_that_is_set_decides() {
        let language = |set: &[(&str, &str)]| {
            let value = |name: &str| {
                let found = set.iter().find(|(each, _)| *each == name)?;
                Some(found.1.to_owned())
            };
            from_environment(value).tag()
        };
        assert_eq!(language(&[]), "en");
        assert_eq!(language(&[("LANG", "ru_RU.UTF-8")]), "ru");
        assert_eq!(language(&[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "C")]), "en");
        assert_eq!(language(&[("LC_ALL", ""), ("LC_MESSAGES", "ru")]), "ru");
        assert_eq!(language(&[("LANG", "de_DE.UTF-8")]), "en");
    }
}
