//! What all calls to Google share: connections, TLS, time, size, and how fast we may ask.

use super::failure::{self, Answer};
use super::options::GoogleOptions;
use super::quota::{Quotas, TooLong};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use rand::RngExt as _;
use reqwest::{Url, redirect};
use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring;

/// People whose last refusals for speed are remembered.
const STRAINED_MAX: usize = 4096;
/// Doublings after which a wait is the longest one in any case.
const DOUBLINGS_MAX: u32 = 16;

/// Why Google cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// One of [`Addresses`](super::Addresses). The text is its name.
    #[error("the address of Google's {0} is not an https address, or plain http to another machine")]
    Address(&'static str),
    /// TLS cannot be set up.
    #[error("TLS to Google cannot be set up: {0}")]
    Tls(String),
}

/// What all calls share.
#[derive(Debug)]
pub(super) struct Transport {
    http: reqwest::Client,
    quotas: Quotas,
    pub(super) options: GoogleOptions,
    /// The path of the API's root, with its slash: what parts of a batch begin with.
    pub(super) root: String,
    /// Refusals for speed in a row, by person.
    strained: Mutex<HashMap<String, u32>>,
}

/// An answer and its kind of content.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) content_type: String,
    pub(super) answer: Answer,
}

impl Transport {
    pub(super) fn new(options: GoogleOptions) -> Result<Self, TransportError> {
        let api = checked("API", &options.addresses.api, options.plain_http)?;
        checked("batches", &options.addresses.batch, options.plain_http)?;
        Ok(Self {
            http: http_client(&options)?,
            quotas: Quotas::new(&options),
            root: format!("{}/", api.path().trim_end_matches('/')),
            options,
            strained: Mutex::default(),
        })
    }

    /// Waits for a person's turn to send so many requests.
    pub(super) async fn turn(&self, person: &str, count: usize) -> Result<(), TooLong> {
        self.quotas.pass(person, count).await
    }

    /// Sends a request and reads its answer, whatever it says. The error is words for people.
    pub(super) async fn execute(&self, request: http::Request<Bytes>) -> Result<Whole, String> {
        let request = reqwest::Request::try_from(request).map_err(away)?;
        let mut response = self.http.execute(request).await.map_err(away)?;
        let bytes_max = self.options.answer_bytes_max;
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(away)? {
            if body.len() + piece.len() > bytes_max {
                return Err(format!("the answer is longer than {bytes_max} bytes"));
            }
            body.extend_from_slice(&piece);
        }
        let headers = response.headers();
        let content_type = headers.get(CONTENT_TYPE);
        Ok(Whole {
            content_type: content_type
                .and_then(|text| text.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            answer: Answer {
                status: response.status().as_u16(),
                retry_after: failure::retry_after(headers),
                body: body.freeze(),
            },
        })
    }

    /// How long a person waits who was too fast, if Google does not say: twice as long each time, and up to a second more by chance.
    pub(super) fn strain(&self, person: &str) -> Duration {
        let mut strained = self.strained.lock().unwrap_or_else(PoisonError::into_inner);
        if strained.len() >= STRAINED_MAX && !strained.contains_key(person) {
            strained.clear();
        }
        let times = strained.entry(person.to_owned()).or_default();
        let wait = backoff(&self.options, *times);
        *times += 1;
        wait + Duration::from_millis(rand::rng().random_range(0..1000))
    }

    /// A person was not too fast.
    pub(super) fn relax(&self, person: &str) {
        let mut strained = self.strained.lock().unwrap_or_else(PoisonError::into_inner);
        strained.remove(person);
    }
}

fn backoff(options: &GoogleOptions, times: u32) -> Duration {
    let doubled = 2_u32.pow(times.min(DOUBLINGS_MAX));
    options.backoff.saturating_mul(doubled).min(options.backoff_max)
}

fn checked(name: &'static str, text: &str, plain_http: bool) -> Result<Url, TransportError> {
    let url = Url::parse(text).map_err(|_| TransportError::Address(name))?;
    let plain = url.scheme() == "http" && (plain_http || is_this_machine(&url));
    if url.scheme() == "https" || plain {
        Ok(url)
    } else {
        Err(TransportError::Address(name))
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

fn http_client(options: &GoogleOptions) -> Result<reqwest::Client, TransportError> {
    // The client takes the process's provider of cryptography. Whoever installed one before us installed the same one.
    let _ = ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(options.connect_timeout)
        .timeout(options.call_timeout)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| TransportError::Tls(away(error)))
}

/// The words of the last cause: neither address nor content, which may name people.
fn away(error: reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}"))
}
