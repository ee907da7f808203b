//! Answers as the contract knows them.

use serde_json::{Value, json};

/// An answer as the contract knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Option<Value>,
    /// Whether the call changed something.
    pub has_acted: bool,
}

impl Answer {
    /// JSON, with nothing done.
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: Some(body),
            has_acted: false,
        }
    }

    /// Done, and nothing to say.
    pub fn done(has_acted: bool) -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: None,
            has_acted,
        }
    }

    /// A problem of the contract, named by the last word of its type.
    pub fn problem(status: u16, word: &str, title: &str) -> Self {
        let kind = format!("urn:advanta-bridge:problem:{word}");
        let media = "application/problem+json".to_owned();
        Self {
            headers: vec![("content-type", media)],
            ..Self::json(
                status,
                json!({ "type": kind, "title": title, "status": status }),
            )
        }
    }

    /// The same, with so many seconds to wait.
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.headers.push(("retry-after", seconds.to_string()));
        self
    }
}

/// There is nothing with this id, or no more.
pub fn not_found() -> Answer {
    Answer::problem(404, "not-found", "Not found")
}

/// ADVANTA's own rules say no.
pub fn refused(title: &str) -> Answer {
    Answer::problem(422, "refused", title)
}

/// The object has moved on.
pub fn stale() -> Answer {
    Answer::problem(409, "stale", "The object has changed")
}
