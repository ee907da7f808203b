//! Values that several tests use. The key is a test key of the stand-in for Google: it opens nothing.

use super::super::{Credentials, Grant, OAuth, ServiceAccount};
use super::server::Server;
use crate::google::http::Http;
use crate::google::options::{Addresses, GoogleOptions};
use crate::model::Timestamp;
use crate::ports::Clock;
use oauth2::{ClientId, ClientSecret, RefreshToken};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

pub(super) const TEST_KEY: &str =
    include_str!("../../../../tests/standins/google/service_account.pem");
pub(super) const TEST_KEY_PUBLIC: &[u8] =
    include_bytes!("../../../../tests/standins/google/service_account.pub.pem");

pub(super) const REDIRECT: &str = "https://bridge.example.com/oauth/google/callback";
pub(super) const BOTH_SCOPES: &str = "https://www.googleapis.com/auth/calendar.events https://www.googleapis.com/auth/calendar.calendarlist.readonly";

/// Answers of the test's server longer than this are too long.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// An OAuth whose token and revoke addresses are the server's.
pub(super) fn oauth(server: &Server) -> OAuth {
    let root = format!("http://{}", server.address);
    oauth_at(Addresses {
        token: format!("{root}/token"),
        revoke: format!("{root}/revoke"),
        ..Addresses::default()
    })
}

pub(super) fn oauth_at(addresses: Addresses) -> OAuth {
    let options = GoogleOptions {
        answer_bytes_max: ANSWER_BYTES_MAX,
        ..GoogleOptions::default()
    };
    OAuth::new(Arc::new(Http::new(&options).unwrap()), addresses)
}

/// An installation with an OAuth client and a service account.
pub(super) fn who() -> Credentials {
    Credentials {
        client: Some((
            ClientId::new("client-1".to_owned()),
            ClientSecret::new("hush-client".to_owned()),
        )),
        service_account: Some(ServiceAccount::read(&key_file().to_string()).unwrap()),
        application_name: String::new(),
    }
}

/// A key file as Google's console makes it.
pub(super) fn key_file() -> Value {
    json!({
        "type": "service_account",
        "project_id": "bridge",
        "private_key_id": "key-1",
        "private_key": TEST_KEY,
        "client_email": "bridge@project.example.com",
        "client_id": "1",
        "token_uri": "https://elsewhere.example.com/token",
    })
}

pub(super) fn consented(token: &str) -> Grant {
    Grant::Consented(RefreshToken::new(token.to_owned()))
}

pub(super) fn delegated() -> Grant {
    Grant::Delegated("anna@example.com".to_owned())
}

/// An access token as Google answers it.
pub(super) fn token(access: &str, seconds: u64) -> Value {
    json!({"access_token": access, "expires_in": seconds, "scope": BOTH_SCOPES, "token_type": "Bearer"})
}

/// What a grant keeps, to be compared.
pub(super) fn kept(grant: &Grant) -> String {
    String::from_utf8(grant.to_bytes()).unwrap()
}

/// A clock that stands until it is set.
pub(super) struct HeldClock(Mutex<Timestamp>);

impl HeldClock {
    pub(super) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(text.parse().unwrap())))
    }

    pub(super) fn set(&self, text: &str) {
        *self.0.lock().unwrap() = text.parse().unwrap();
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
