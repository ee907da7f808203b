//! The one way to Google's servers: TLS, time and size.

use super::options::GoogleOptions;
use bytes::BytesMut;
use chrono::DateTime;
use http::{HeaderMap, StatusCode, header};
use reqwest::redirect;
use std::error::Error as _;
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring;

/// What we call ourselves when nothing else is set.
const OWN_NAME: &str = concat!("advanta-bridge/", env!("CARGO_PKG_VERSION"));

/// Sends requests and reads their answers to the end.
pub(super) struct Http {
    client: reqwest::Client,
    answer_bytes_max: usize,
    retry_after_max: Duration,
    plain_http: bool,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// No answer. The words hold no address but the host's name, and no content.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub(super) struct NoAnswer {
    pub(super) words: String,
    /// No connection came about: the network between us and Google is in the way.
    pub(super) network: bool,
}

impl NoAnswer {
    fn of(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            network: false,
        }
    }
}

impl Http {
    pub(super) fn new(options: &GoogleOptions) -> Result<Self, NoAnswer> {
        // The client takes the process's provider of cryptography. Whoever installed one before us installed the same one.
        let _ = ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            .timeout(options.call_timeout)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| NoAnswer::of(format!("TLS cannot be set up: {error}")))?;
        Ok(Self {
            client,
            answer_bytes_max: options.answer_bytes_max,
            retry_after_max: options.retry_after_max,
            plain_http: options.plain_http,
        })
    }

    /// Sends a request that is whole but for what we call ourselves.
    pub(super) async fn send(
        &self,
        mut request: http::Request<Vec<u8>>,
        name: &str,
    ) -> Result<Whole, NoAnswer> {
        self.check_address(request.uri())?;
        let name = Some(name).filter(|name| !name.is_empty());
        let name = name.and_then(|name| http::HeaderValue::from_str(name).ok());
        let own = http::HeaderValue::from_static(OWN_NAME);
        request
            .headers_mut()
            .insert(header::USER_AGENT, name.unwrap_or(own));
        let host = host_of(request.uri());
        let away = |error| away(error, &host);
        let request = reqwest::Request::try_from(request).map_err(away)?;
        let mut response = self.client.execute(request).await.map_err(away)?;
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(away)? {
            if body.len() + piece.len() > self.answer_bytes_max {
                let max = self.answer_bytes_max;
                return Err(NoAnswer::of(format!(
                    "the answer is longer than {max} bytes"
                )));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Whole {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: body.to_vec(),
        })
    }

    /// Tokens are not sent in the clear to another machine.
    pub(super) fn check_address(&self, address: &http::Uri) -> Result<(), NoAnswer> {
        let host = address.host().unwrap_or_default();
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if address.scheme_str() == Some("https") || here || self.plain_http {
            return Ok(());
        }
        Err(NoAnswer::of(
            "the address is not https, and google.plain_http is not set",
        ))
    }

    /// How long an answer asks us to wait; bounded. Seconds, or a date, which counts from the answer's own date (RFC 9110 §10.2.3).
    pub(super) fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let until = DateTime::parse_from_rfc2822(text).ok()?;
                let sent = headers.get(header::DATE)?.to_str().ok()?;
                let sent = DateTime::parse_from_rfc2822(sent).ok()?;
                (until - sent).to_std().unwrap_or_default()
            }
        };
        Some(wait.min(self.retry_after_max))
    }
}

/// The host that an address names, with its port if it names one.
pub(super) fn host_of(address: &http::Uri) -> String {
    let authority = address.authority().map(http::uri::Authority::as_str);
    let authority = authority.unwrap_or_default();
    // What may stand before an `@` is nobody's business.
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    host.to_owned()
}

/// The words of the last cause, with the host: neither paths nor content, which may name people.
fn away(error: reqwest::Error, host: &str) -> NoAnswer {
    let network = error.is_connect();
    let what = if network {
        format!("no connection to {host}")
    } else if error.is_timeout() {
        format!("no answer in time from {host}")
    } else {
        format!("the connection to {host} broke")
    };
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    let words = cause.map_or_else(|| what.clone(), |cause| format!("{what}: {cause}"));
    NoAnswer { words, network }
}
