//! Why a command was not done, and what the exit code says of it.

use super::voice::Voice;
use crate::web::wire::ProblemBody;
use std::process::ExitCode;

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Done,
    /// It failed.
    Failed,
    /// It was not asked rightly.
    Usage,
    /// Done, but some items were refused or broken.
    Incomplete,
    /// Damage was found.
    Findings,
    /// Neither a bridge nor a store can be reached.
    Unreachable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
            Exit::Findings => 4,
            Exit::Unreachable => 5,
        })
    }
}

/// Why a command was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The bridge says why.
    Problem(ProblemBody),
    /// Something on this side.
    Failed(String),
    /// It was not asked rightly.
    Usage(String),
    /// Neither a bridge nor a store can be reached.
    Unreachable(String),
}

/// What every command ends with.
pub(super) type Done = Result<Exit, Failure>;

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }
}

impl Failure {
    /// An answer that ended before its last line.
    pub(super) fn broken_off(voice: &Voice) -> Self {
        let words = voice.pick("ответ оборвался", "the answer broke off");
        Self::Failed(words.to_owned())
    }

    /// Tells the person at the terminal, or the program that asked for JSON.
    pub(super) fn tell(self, voice: &Voice) -> Exit {
        let (exit, words) = match self {
            Self::Problem(problem) if voice.json => (
                Exit::Failed,
                serde_json::to_string(&problem).unwrap_or_default(),
            ),
            Self::Problem(problem) => (Exit::Failed, problem_words(&problem)),
            Self::Failed(words) => (Exit::Failed, said(words, "failed", voice)),
            Self::Usage(words) => (Exit::Usage, said(words, "usage", voice)),
            Self::Unreachable(words) => (Exit::Unreachable, said(words, "unreachable", voice)),
        };
        if voice.json {
            // Programs read one shape, whoever says no.
            voice.note(&words);
        } else {
            voice.note(&format!("advanta-bridge: {words}"));
        }
        exit
    }
}

/// Words of this side of the wire: for programs in the shape that the bridge's own problems have.
fn said(words: String, kind: &str, voice: &Voice) -> String {
    if !voice.json {
        return words;
    }
    let kind = format!("urn:advanta-bridge:problem:{kind}");
    serde_json::json!({ "type": kind, "title": words }).to_string()
}

/// `Not found: there is no person "anna"`, with the value's name if one is wrong.
pub(super) fn problem_words(problem: &ProblemBody) -> String {
    match (&problem.field, &problem.detail) {
        (Some(field), Some(detail)) => format!("{}: {field}: {detail}", problem.title),
        (None, Some(detail)) => format!("{}: {detail}", problem.title),
        (_, None) => problem.title.clone(),
    }
}
