//! Shapes of what is kept and what is sent.

use serde::{Deserialize, Serialize};

/// What lets us in, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum GrantWire {
    Consented { refresh_token: String },
    Delegated { account: String },
}

/// The key file of a service account, as Google's console makes it.
#[derive(Deserialize)]
pub(super) struct KeyFile {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) client_email: Option<String>,
    pub(super) private_key: Option<String>,
    pub(super) private_key_id: Option<String>,
}

/// Claims of a service account (RFC 7523 §3).
#[derive(Serialize)]
pub(super) struct Claims<'a> {
    pub(super) iss: &'a str,
    pub(super) scope: String,
    pub(super) aud: &'a str,
    pub(super) sub: &'a str,
    pub(super) iat: i64,
    pub(super) exp: i64,
}

/// An access token (RFC 6749 §5.1).
#[derive(Deserialize)]
pub(super) struct TokenWire {
    pub(super) access_token: String,
    pub(super) expires_in: Option<u64>,
}

/// A refusal (RFC 6749 §5.2).
#[derive(Deserialize)]
pub(super) struct RefusalWire {
    pub(super) error: String,
    pub(super) error_description: Option<String>,
}
