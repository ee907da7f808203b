//! A Google on this machine that says what a test wants it to say.

use super::super::api::{Api, Shared};
use super::super::http::Http;
use super::super::oauth::{Credentials, Grant, OAuth, Tokens};
use super::super::options::{Addresses, GoogleOptions};
use super::super::quota::Quotas;
use super::super::remote::GoogleRemote;
use super::samples::instant;
use crate::model::{GoogleSettings, Sealed, SubscriptionId, Timestamp};
use crate::ports::{Clock, Vault, VaultError};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// What it says next: status, content type, body. Nothing left to say: it is silent.
type Answer = (u16, String, String);

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    seen: Vec<String>,
    tokens: u32,
}

/// A Google that runs until the test's runtime ends.
#[derive(Clone)]
pub(super) struct Server {
    root: String,
    script: Arc<Mutex<Script>>,
}

impl Server {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            root: format!("http://{}", listener.local_addr().unwrap()),
            script: Arc::default(),
        };
        let script = Arc::clone(&server.script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let script = Arc::clone(&script);
                let service = service_fn(move |request| {
                    let script = Arc::clone(&script);
                    async move { Ok::<_, Infallible>(answered(&script, request).await) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        server
    }

    /// Says this next, as JSON.
    pub(super) fn say(&self, status: u16, body: impl ToString) {
        self.say_as(status, "application/json", body);
    }

    /// Says this next.
    pub(super) fn say_as(&self, status: u16, kind: &str, body: impl ToString) {
        let answer = (status, kind.to_owned(), body.to_string());
        self.script.lock().unwrap().answers.push_back(answer);
    }

    /// What it was asked since the last time: `TOKEN METHOD TARGET [If-Match] BODY`, calls for tokens left out.
    pub(super) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.script.lock().unwrap().seen)
    }

    /// The calendar `c` as one person is let into it.
    pub(super) fn calendar(&self, options: GoogleOptions) -> GoogleRemote {
        let root = &self.root;
        let options = GoogleOptions {
            addresses: Addresses {
                token: format!("{root}/token"),
                api: format!("{root}/calendar/v3/"),
                batch: format!("{root}/batch/calendar/v3"),
                ..Addresses::default()
            },
            call_timeout: Duration::from_secs(5),
            ..options
        };
        let settings = GoogleSettings {
            client_id: "client".to_owned(),
            client_secret: Some(Sealed(b"secret".to_vec())),
            ..GoogleSettings::default()
        };
        let http = Arc::new(Http::new(&options).unwrap());
        let shared = Shared {
            oauth: OAuth::new(Arc::clone(&http), options.addresses.clone()),
            tokens: Tokens::new(Arc::new(Noon)),
            quotas: Quotas::new(&options),
            settings: Mutex::default(),
            http,
            options,
        };
        let grant = Grant::from_bytes(br#"{"consented":{"refresh_token":"r"}}"#).unwrap();
        let who = Credentials::unseal(&settings, &Open).unwrap();
        GoogleRemote {
            api: Api::new(Arc::new(shared), who, "s-1".to_owned(), grant),
            subscription: SubscriptionId::new("s-1"),
            epoch: 1,
            calendar: "c".to_owned(),
            push_address: String::new(),
        }
    }
}

async fn answered(script: &Mutex<Script>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let header = |name| head.headers.get(name).map(|value| value.to_str().unwrap());
    let next = {
        let mut script = script.lock().unwrap();
        if head.uri.path() == "/token" {
            script.tokens += 1;
            let token = format!("t-{}", script.tokens);
            let body =
                format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#);
            Some((200, "application/json".to_owned(), body))
        } else {
            let token = header("authorization").unwrap_or("Bearer none");
            let version = header("if-match").map(|version| format!("[{version}]"));
            let words = [
                token.trim_start_matches("Bearer "),
                head.method.as_str(),
                &head.uri.to_string(),
                &version.unwrap_or_default(),
                std::str::from_utf8(&body).unwrap(),
            ];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            script.seen.push(words.join(" "));
            script.answers.pop_front()
        }
    };
    let Some((status, kind, body)) = next else {
        return std::future::pending().await;
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let headers = response.headers_mut();
    headers.insert("content-type", kind.parse().unwrap());
    response
}

/// It is always the same time.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        instant("2026-11-02T12:00:00Z")
    }
}

/// Secrets lie open.
struct Open;

impl Vault for Open {
    fn seal(&self, _: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        Ok(Sealed(secret.to_vec()))
    }

    fn open(&self, _: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        Ok(sealed.0.clone())
    }
}
