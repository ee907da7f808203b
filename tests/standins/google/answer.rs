//! Answers in Google's shape.

use serde_json::{Value, json};

/// An answer, before it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header fields beside the length.
    pub headers: Vec<(&'static str, String)>,
    /// JSON; `None`: no body.
    pub body: Option<Value>,
}

impl Answer {
    /// 200 with JSON.
    pub fn json(body: Value) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "application/json; charset=UTF-8".to_owned())],
            body: Some(body),
        }
    }

    /// 204 and nothing to say.
    pub fn nothing() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: None,
        }
    }

    /// An error as the API tells it.
    pub fn error(status: u16, reason: &str, message: &str) -> Self {
        let domain = match status {
            403 if reason.contains("imit") || reason.contains("uota") => "usageLimits",
            429 => "usageLimits",
            _ => "global",
        };
        let errors = json!([{ "domain": domain, "reason": reason, "message": message }]);
        Self {
            status,
            ..Self::json(
                json!({ "error": { "code": status, "message": message, "errors": errors } }),
            )
        }
    }

    /// An error as the OAuth doors tell it (RFC 6749 §5.2).
    pub fn oauth(status: u16, error: &str, description: &str) -> Self {
        Self {
            status,
            ..Self::json(json!({ "error": error, "error_description": description }))
        }
    }

    /// The same, with so many seconds to wait.
    pub fn with_retry_after(mut self, seconds: Option<u32>) -> Self {
        let header = seconds.map(|seconds| ("retry-after", seconds.to_string()));
        self.headers.extend(header);
        self
    }
}

/// Nothing has this id, or the caller may not know.
pub fn not_found() -> Answer {
    Answer::error(404, "notFound", "Not Found")
}

/// The request makes no sense.
pub fn invalid(message: &str) -> Answer {
    Answer::error(400, "invalid", message)
}

/// The caller may not.
pub fn forbidden() -> Answer {
    Answer::error(403, "forbidden", "Forbidden")
}

/// The event has moved on.
pub fn stale() -> Answer {
    Answer::error(412, "conditionNotMet", "Precondition Failed")
}
