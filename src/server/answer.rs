//! What is answered to a request: whose it is, how much of its body is taken, and by which door it goes.

use super::{Server, peer};
use crate::bridge::how_it_ended;
use crate::caldav::Body;
use crate::web::Caller;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::error::Elapsed;

/// How long the body of a request that is turned away may take to arrive.
const UNWANTED_BODY: Duration = Duration::from_secs(2);
/// How long a hook waits for other hooks to be read.
const HOOK_BODY_WAIT: Duration = Duration::from_secs(10);

impl Server {
    pub(super) async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        socket: IpAddr,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let host = parts
            .headers
            .get(http::header::HOST)
            .and_then(|host| host.to_str().ok());
        // HTTP/2 names the host in the request itself.
        let host = host.or(parts.uri.authority().map(http::uri::Authority::as_str));
        if host.is_none() && parts.version == http::Version::HTTP_11 {
            return plain(
                StatusCode::BAD_REQUEST,
                "a request names its host (RFC 9112 \u{a7}3.2)\n",
            );
        }
        let foreign = host.is_some_and(|host| !peer::is_local(host));
        if self.demo && (foreign || peer::is_forwarded(&parts.headers)) {
            return plain(
                StatusCode::FORBIDDEN,
                "demo mode answers this machine only\n",
            );
        }
        let address = self.proxies.sender_of(socket, &parts.headers);
        let segment = parts.uri.path().trim_start_matches('/').split('/').next();
        match segment {
            Some("admin") if self.demo => plain(
                StatusCode::FORBIDDEN,
                "demo mode takes an administrator's commands through the socket in its data folder only\n",
            ),
            Some("hooks" | "admin" | "me") => {
                let caller = Caller::Remote(address);
                self.web_answer(parts, body, caller).await
            }
            Some("feed") => {
                let answer = self.feed.answer(&parts, address).await;
                self.leave(body).await;
                answer
            }
            Some(_) | None => self.dav_answer(parts, body, address).await,
        }
    }

    async fn dav_answer(
        self: &Arc<Self>,
        parts: Parts,
        body: Incoming,
        address: IpAddr,
    ) -> Response<Body> {
        match self.dav.admit(&parts, address).await {
            Ok(session) => match self.take(body, self.limits.body_bytes_max).await {
                Ok(body) => {
                    let server = Arc::clone(self);
                    to_its_end(async move { server.dav.answer_to(session, &parts, body).await })
                        .await
                }
                Err(unread) => unread.into_response(),
            },
            Err(answer) => {
                self.leave(body).await;
                answer
            }
        }
    }

    /// Answers a request for the web doors, from wherever it came.
    pub(super) async fn answer_web(
        self: &Arc<Self>,
        request: Request<Incoming>,
        caller: Caller,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        self.web_answer(parts, body, caller).await
    }

    async fn web_answer(
        self: &Arc<Self>,
        parts: Parts,
        body: Incoming,
        caller: Caller,
    ) -> Response<Body> {
        match self.web.admit(&parts, caller) {
            Ok(bytes_max) => match self.take_web(&parts, body, bytes_max).await {
                Ok(body) => {
                    let server = Arc::clone(self);
                    to_its_end(async move { server.web.answer(&parts, body, caller).await }).await
                }
                Err(Unread::TooLarge(bytes_max)) => self.web.too_large(&parts, bytes_max),
                Err(unread) => unread.into_response(),
            },
            Err(answer) => {
                self.leave(body).await;
                *answer
            }
        }
    }

    /// The same as [`take`](Self::take). A hook proves who sent it only with its body, so their bodies are few at a time.
    async fn take_web(
        &self,
        parts: &Parts,
        body: Incoming,
        bytes_max: usize,
    ) -> Result<Bytes, Unread> {
        let place = self.hook_bodies.place(parts).await;
        let _place = place.map_err(|_| Unread::Late)?;
        self.take(body, bytes_max).await
    }

    /// The whole body, bounded in bytes and time.
    async fn take(&self, body: Incoming, bytes_max: usize) -> Result<Bytes, Unread> {
        let bounded = Limited::new(body, bytes_max);
        match tokio::time::timeout(self.limits.body_timeout, bounded.collect()).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge(bytes_max)),
            Ok(Err(_)) => Err(Unread::BrokenOff),
            Err(_) => Err(Unread::Late),
        }
    }

    /// Reads a little of a body that nobody wants. A client that is told to log in must be able to read so: closing on unread
    /// bytes can swallow the answer. More than this nobody sends before logging in, and nobody is waited for who sends none.
    async fn leave(&self, body: Incoming) {
        let unread = self.take(body, self.limits.head_bytes_max);
        let _left = tokio::time::timeout(UNWANTED_BODY, unread).await;
    }
}

/// Answers a request that was read, even when its client hangs up meanwhile: what was begun is not left half done.
async fn to_its_end(
    answer: impl Future<Output = Response<Body>> + Send + 'static,
) -> Response<Body> {
    match tokio::spawn(answer).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!("a request broke off: {}", how_it_ended(&error));
            plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the bridge failed on this request\n",
            )
        }
    }
}

/// Bodies of hooks that are read at the same time.
pub struct HookBodies(Semaphore);

impl HookBodies {
    /// So many at a time; more wait.
    pub fn new(bodies_max: usize) -> Self {
        Self(Semaphore::new(bodies_max.max(1)))
    }

    /// A place for the body of a hook; other requests need none.
    async fn place(&self, parts: &Parts) -> Result<Option<SemaphorePermit<'_>>, Elapsed> {
        if !parts.uri.path().starts_with("/hooks") {
            return Ok(None);
        }
        let place = tokio::time::timeout(HOOK_BODY_WAIT, self.0.acquire()).await?;
        Ok(place.ok())
    }
}

/// Why a body was not read.
enum Unread {
    TooLarge(usize),
    BrokenOff,
    Late,
}

impl Unread {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::TooLarge(bytes_max) => {
                let words = format!("the body is larger than {bytes_max} bytes\n");
                plain(StatusCode::PAYLOAD_TOO_LARGE, &words)
            }
            Self::BrokenOff => plain(StatusCode::BAD_REQUEST, "the body broke off\n"),
            Self::Late => plain(
                StatusCode::REQUEST_TIMEOUT,
                "the body did not arrive in time\n",
            ),
        }
    }
}

fn plain(status: StatusCode, words: &str) -> Response<Body> {
    let mut response = Response::new(Body::whole(words.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONNECTION,
        http::HeaderValue::from_static("close"),
    );
    response
}
