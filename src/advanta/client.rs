//! The one driver that sends calls: TLS, time, size, and who we are.

use super::base::Base;
use super::breaker::{Breaker, Health};
use super::failure::Answer;
use super::options::Options;
use super::requests::Call;
use super::secret::Secret;
use crate::ports::{AdvantaError, AdvantaErrorKind};
use bytes::{Bytes, BytesMut};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use reqwest::{Certificate, Identity, redirect};
use std::error::Error as _;
use tokio_rustls::rustls::crypto::ring;

const USER_AGENT: &str = concat!("advanta-bridge/", env!("CARGO_PKG_VERSION"));

/// Where ADVANTA is and how we prove who we are: by a token, a client certificate, or both.
#[derive(Clone, Debug)]
pub struct Access {
    /// The address that calls are appended to.
    pub base: Base,
    /// A bearer token.
    pub token: Option<Secret>,
    /// A client certificate, its chain and its key, as PEM.
    pub identity: Option<Secret>,
    /// The only authorities whose server certificates are believed, as PEM; without it those of the system.
    pub authorities: Option<Vec<u8>>,
}

/// Why calls cannot be made at all.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It cannot stand in a header.
    #[error("the token for ADVANTA holds a character that no token may hold")]
    Token,
    /// No certificate and key in it, or they cannot be used.
    #[error("the client certificate for ADVANTA cannot be used: {0}")]
    Identity(String),
    /// A client certificate proves nothing without TLS.
    #[error("a client certificate needs an https address of ADVANTA")]
    IdentityWithoutTls,
    /// No certificate in it.
    #[error("the certificate authorities for ADVANTA cannot be read: {0}")]
    Authorities(String),
    /// The pieces do not fit together, for example key and certificate.
    #[error("TLS to ADVANTA cannot be set up: {0}")]
    Tls(String),
}

/// Sends calls.
pub(super) struct Client {
    http: reqwest::Client,
    base: Base,
    authorization: Option<HeaderValue>,
    breaker: Breaker,
    options: Options,
}

/// An answer that was read to its end.
struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// No answer, and whether that speaks against ADVANTA's health.
struct NoAnswer {
    health: Health,
    why: String,
}

impl Client {
    pub(super) fn new(access: Access, options: Options) -> Result<Self, ClientError> {
        Ok(Self {
            http: http_client(&access, &options)?,
            authorization: access.token.as_ref().map(authorization).transpose()?,
            base: access.base,
            breaker: Breaker::new(options.breaker),
            options,
        })
    }

    /// The limits it works with.
    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    /// Sends one call and reads its answer. Nothing is repeated here: the caller knows what it owes.
    pub(super) async fn call<C: Call + Sync>(&self, call: &C) -> Result<C::Reply, AdvantaError> {
        let transient = |why: &str| AdvantaError {
            kind: AdvantaErrorKind::Transient,
            detail: format!("{}: {why}", call.name()),
        };
        let request = call.request(&self.base)?;
        let Some(_pass) = self.breaker.pass() else {
            return Err(transient("not tried, too many calls failed in a row"));
        };
        let whole = match self.send(request).await {
            Ok(whole) => whole,
            Err(NoAnswer { health, why }) => {
                self.breaker.record(health);
                return Err(transient(&why));
            }
        };
        let answer = Answer {
            status: whole.status,
            headers: &whole.headers,
            body: &whole.body,
        };
        let reply = call.reply(&answer, &self.options);
        self.breaker.record(health(whole.status, &reply));
        reply
    }

    async fn send(&self, mut request: Request<Bytes>) -> Result<Whole, NoAnswer> {
        if let Some(authorization) = &self.authorization {
            let headers = request.headers_mut();
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let request = reqwest::Request::try_from(request).map_err(away)?;
        let mut response = self.http.execute(request).await.map_err(away)?;
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(away)? {
            if body.len() + piece.len() > self.options.answer_bytes_max {
                return Err(NoAnswer {
                    health: Health::Well,
                    why: format!(
                        "the answer is longer than {} bytes",
                        self.options.answer_bytes_max
                    ),
                });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Whole {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: body.freeze(),
        })
    }
}

/// An answer that cannot be read is a failure of the call, not of the connection.
fn health<T>(status: StatusCode, reply: &Result<T, AdvantaError>) -> Health {
    match reply.as_ref().map_err(|error| error.kind) {
        Err(AdvantaErrorKind::Throttled { .. }) => Health::Busy,
        Err(AdvantaErrorKind::Transient) if !status.is_success() => Health::Away,
        Ok(_) | Err(_) => Health::Well,
    }
}

/// The words of the last cause: neither address nor content, which may name people.
fn away(error: reqwest::Error) -> NoAnswer {
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
    NoAnswer {
        health: Health::Away,
        why: cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}")),
    }
}

fn authorization(token: &Secret) -> Result<HeaderValue, ClientError> {
    let text = format!("Bearer {}", token.reveal());
    let mut value = HeaderValue::from_str(&text).map_err(|_| ClientError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

fn http_client(access: &Access, options: &Options) -> Result<reqwest::Client, ClientError> {
    // The client takes the process's provider of cryptography. Whoever installed one before us installed the same one.
    let _ = ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(options.connect_timeout)
        .timeout(options.call_timeout)
        .redirect(redirect::Policy::none())
        .no_proxy();
    if let Some(pem) = &access.identity {
        if !access.base.is_https() {
            return Err(ClientError::IdentityWithoutTls);
        }
        builder = builder.identity(identity(pem)?);
    }
    if let Some(pem) = &access.authorities {
        builder = builder.tls_certs_only(authorities(pem)?);
    }
    builder
        .build()
        .map_err(|error| ClientError::Tls(words(&error)))
}

fn identity(pem: &Secret) -> Result<Identity, ClientError> {
    Identity::from_pem(pem.reveal().as_bytes())
        .map_err(|error| ClientError::Identity(words(&error)))
}

fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, ClientError> {
    let read = Certificate::from_pem_bundle(pem)
        .map_err(|error| ClientError::Authorities(words(&error)))?;
    if read.is_empty() {
        return Err(ClientError::Authorities("no certificate in it".to_owned()));
    }
    Ok(read)
}

fn words(error: &reqwest::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
