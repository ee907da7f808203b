//! A small HTTP server on this machine that answers as a test says.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a server does with a request.
#[derive(Clone)]
pub(super) enum Answer {
    /// Status, headers, body.
    Say(u16, Vec<(&'static str, String)>, Bytes),
    /// Never answers.
    Silence,
}

/// One request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// A server that runs until the test's runtime ends.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) address: std::net::SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    answer: Mutex<Answer>,
    seen: Mutex<Vec<Seen>>,
}

impl Server {
    /// Starts one; with `tls` it speaks nothing else.
    pub(super) async fn start(answer: Answer, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            inside: Arc::new(Inside {
                answer: Mutex::new(answer),
                seen: Mutex::default(),
            }),
        };
        let inside = Arc::clone(&server.inside);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (inside, tls) = (Arc::clone(&inside), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => inside.serve(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                inside.serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    /// From now on it answers so.
    pub(super) fn answer(&self, answer: Answer) {
        *self.inside.answer.lock().unwrap() = answer;
    }

    /// What arrived so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.inside.seen.lock().unwrap().clone()
    }
}

impl Inside {
    async fn serve(self: Arc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(|request| {
            let inside = Arc::clone(&self);
            async move { Ok::<_, Infallible>(inside.answered(request).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new();
        let _ = connection
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answered(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.seen.lock().unwrap().push(Seen {
            line: format!("{} {}", head.method, head.uri),
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        let answer = self.answer.lock().unwrap().clone();
        match answer {
            Answer::Silence => std::future::pending().await,
            Answer::Say(status, headers, body) => {
                let mut response = Response::new(Full::new(body));
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                for (name, value) in headers {
                    response.headers_mut().insert(name, value.parse().unwrap());
                }
                response
            }
        }
    }
}
