//! An OAuth server on this machine that answers in turn as a test says.

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Clone)]
pub(super) enum Answer {
    /// Status, headers, body.
    Say(u16, Vec<(&'static str, String)>, String),
    /// A body that never ends.
    Endless,
    /// Closes the connection.
    HangUp,
}

/// JSON as Google sends it.
pub(super) fn json(status: u16, body: &Value) -> Answer {
    let kind = ("content-type", "application/json; charset=utf-8".to_owned());
    Answer::Say(status, vec![kind], body.to_string())
}

/// A refusal as Google sends it (RFC 6749 §5.2).
pub(super) fn refusal(status: u16, error: &str, words: &str) -> Answer {
    json(
        status,
        &serde_json::json!({"error": error, "error_description": words}),
    )
}

/// A server that runs until the test's runtime ends. Without a next answer it repeats its last one.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    answers: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<String>>,
}

impl Server {
    pub(super) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            inside: Arc::new(Inside {
                answers: Mutex::new(answers.into_iter().collect()),
                seen: Mutex::default(),
            }),
        };
        let inside = Arc::clone(&server.inside);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&inside).serve(stream));
            }
        });
        server
    }

    /// What arrived so far: method, path and body, a line each.
    pub(super) fn seen(&self) -> Vec<String> {
        self.inside.seen.lock().unwrap().clone()
    }
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

impl Inside {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(|request| {
            let inside = Arc::clone(&self);
            async move { inside.answered(request).await }
        });
        let connection = hyper::server::conn::http1::Builder::new();
        let _ = connection
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answered(&self, request: Request<Incoming>) -> Result<Response<Body>, &'static str> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let line = format!("{} {} {body}", head.method, head.uri);
        self.seen.lock().unwrap().push(line);
        match self.next() {
            Answer::HangUp => Err("hung up"),
            Answer::Endless => {
                let piece = || Ok(Frame::data(Bytes::from_static(&[b' '; 4096])));
                let pieces = stream::repeat_with(piece);
                Ok(Response::new(StreamBody::new(pieces).boxed_unsync()))
            }
            Answer::Say(status, headers, body) => {
                let mut response = Response::new(Full::from(body).boxed_unsync());
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                for (name, value) in headers {
                    response.headers_mut().insert(name, value.parse().unwrap());
                }
                Ok(response)
            }
        }
    }

    fn next(&self) -> Answer {
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 {
            return answers.pop_front().unwrap();
        }
        answers.front().unwrap().clone()
    }
}
