//! A plain client of the contract.

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::{Certificate, Identity};
use serde_json::Value;
use std::time::Duration;

/// Calls one base address with one token.
pub struct Caller {
    http: Client,
    base: String,
    token: String,
}

impl Caller {
    /// A client for a base address.
    pub fn new(base: &str, token: &str) -> Self {
        Self::with(base, token, |builder| builder)
    }

    /// One that believes an authority, and shows a certificate with its key if it has them.
    pub fn over_tls(base: &str, token: &str, authority: &str, identity: Option<String>) -> Self {
        let authority = Certificate::from_pem(authority.as_bytes()).expect("an authority");
        let identity = identity.map(|pem| Identity::from_pem(pem.as_bytes()).expect("an identity"));
        Self::with(base, token, |builder| {
            let builder = builder.tls_certs_only([authority]);
            match identity {
                Some(identity) => builder.identity(identity),
                None => builder,
            }
        })
    }

    fn with(base: &str, token: &str, tls: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        // The library wants a provider even where nothing is encrypted; another test may have been first.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(10));
        Self {
            http: tls(builder).build().expect("an HTTP client"),
            base: base.to_owned(),
            token: token.to_owned(),
        }
    }

    /// Status and body; the body is null when it is empty or no JSON. `None` when no answer came.
    pub fn call(&self, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let method = method.parse().expect("a method");
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            let typed = request.header("content-type", "application/json");
            request = typed.body(body.to_string());
        }
        let answer = request.send().ok()?;
        let status = answer.status().as_u16();
        let text = answer.text().ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// The same, when an answer must come.
    pub fn told(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call(method, path, body).expect("an answer")
    }

    /// Reads.
    pub fn get(&self, path: &str) -> (u16, Value) {
        self.told("GET", path, None)
    }
}
