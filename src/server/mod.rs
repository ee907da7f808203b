//! Sockets: accepting, TLS, bounds, ending cleanly.
//!
//! Start at [`Server::run`]. What a request means is decided elsewhere; here only how much of it is taken.

mod local;
mod peer;
mod tls;

pub use local::{LocalDoor, SOCKET};
pub use tls::{TlsError, acceptor};

use crate::bridge::how_it_ended;
use crate::caldav::{Body, Dav};
use crate::feed::Feed;
use crate::web::{Caller, Web};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use rustix::net::sockopt;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::error::Elapsed;
use tokio_rustls::TlsAcceptor;

/// Bounds of sockets.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at the same time; more wait in the system's queue.
    pub connections_max: usize,
    /// Of these from one address that is no trusted proxy; one more is closed at once.
    pub connections_per_address_max: usize,
    /// Bytes of a request body.
    pub body_bytes_max: usize,
    /// Bytes of a request head.
    pub head_bytes_max: usize,
    /// To send a request head; also how long an idle connection is kept.
    pub head_timeout: Duration,
    /// To send a request body.
    pub body_timeout: Duration,
    /// How long a client may leave an answer unread, or an idle connection unanswered by its machine.
    pub stall_timeout: Duration,
    /// For open requests when the process is asked to end.
    pub shutdown_grace: Duration,
    /// Bodies of hooks that are read at the same time: whoever sends one is known only when it is read.
    pub hook_bodies_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_address_max: 512,
            body_bytes_max: 8 << 20,
            head_bytes_max: 64 << 10,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(60),
            shutdown_grace: Duration::from_secs(10),
            hook_bodies_max: 16,
        }
    }
}

/// What answers on one address.
pub struct Server {
    /// CalDAV.
    pub dav: Dav,
    /// Hooks, the administrator's API, people's own pages.
    pub web: Web,
    /// Calendars at secret addresses.
    pub feed: Feed,
    /// Bodies of hooks under way.
    pub hook_bodies: HookBodies,
    /// Bounds.
    pub limits: Limits,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Demo mode: nothing that was forwarded is answered.
    pub demo: bool,
    /// TLS, when a certificate is configured.
    pub tls: Option<TlsAcceptor>,
}

/// How long to wait when the system has no file descriptor for a new connection.
const AFTER_ACCEPT_FAILURE: Duration = Duration::from_millis(100);
/// How long the body of a request that is turned away may take to arrive.
const UNWANTED_BODY: Duration = Duration::from_secs(2);
/// How long a hook waits for other hooks to be read.
const HOOK_BODY_WAIT: Duration = Duration::from_secs(10);

impl Server {
    /// Accepts until `stop` is ready, then lets open requests end within the grace.
    pub async fn run(self: Arc<Self>, listener: TcpListener, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let slots = Arc::new(Semaphore::new(self.limits.connections_max.max(1)));
        let shares = Shares::default();
        let mut stop = std::pin::pin!(stop);
        loop {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                break;
            };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            let (socket, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(AFTER_ACCEPT_FAILURE).await;
                    continue;
                }
            };
            let Some(share) = shares.take(address.ip(), &self) else {
                continue;
            };
            // Small answers should not wait for more to come.
            let _best_effort = socket.set_nodelay(true);
            let _best_effort = end_when_stalled(&socket, self.limits.stall_timeout);
            let (server, watcher) = (Arc::clone(&self), graceful.watcher());
            tokio::spawn(async move {
                let _held = (slot, share);
                let patience = server.limits.head_timeout;
                match server.tls.clone() {
                    None => {
                        // Who says nothing must not keep the place.
                        let asked = tokio::time::timeout(patience, speaks_http2(&socket)).await;
                        if let Ok(Ok(http2)) = asked {
                            server.converse(socket, http2, address, watcher).await;
                        }
                    }
                    Some(tls) => {
                        let handshake = tokio::time::timeout(patience, tls.accept(socket)).await;
                        if let Ok(Ok(socket)) = handshake {
                            let http2 = socket.get_ref().1.alpn_protocol() == Some(b"h2");
                            server.converse(socket, http2, address, watcher).await;
                        }
                    }
                }
            });
        }
        drop(listener);
        if tokio::time::timeout(self.limits.shutdown_grace, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("some requests did not end within the grace");
        }
    }

    async fn converse<S>(
        self: Arc<Self>,
        socket: S,
        http2: bool,
        address: SocketAddr,
        watcher: hyper_util::server::graceful::Watcher,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_timeout)
            .max_buf_size(self.limits.head_bytes_max.max(8192))
            .half_close(true);
        let head_bytes_max = u32::try_from(self.limits.head_bytes_max).unwrap_or(u32::MAX);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(head_bytes_max)
            .keep_alive_interval(self.limits.head_timeout)
            .max_concurrent_streams(100);
        // Known by now: the builder's own way of finding out would wait for the first bytes without end.
        let builder = if http2 {
            builder.http2_only()
        } else {
            builder.http1_only()
        };
        let service = service_fn(move |request| {
            let server = Arc::clone(&self);
            async move {
                let head = request.method() == http::Method::HEAD;
                let response = server.answer(request, address.ip()).await;
                Ok::<_, Infallible>(if head {
                    headers_only(response)
                } else {
                    response
                })
            }
        });
        let connection = builder
            .serve_connection(TokioIo::new(socket), service)
            .into_owned();
        // A client that hangs up is no news.
        let _ended = watcher.watch(connection).await;
    }

    async fn answer(
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
        let address = peer::sender(peer::address(socket, &parts.headers, &self.trusted_proxies));
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
    async fn answer_web(
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

/// Has the system end a connection whose peer is gone or does not read: no timer of ours sees bytes that wait in the
/// system's own buffers.
fn end_when_stalled(socket: &TcpStream, after: Duration) -> rustix::io::Result<()> {
    let millis = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(socket, millis)?;
    sockopt::set_tcp_keepidle(socket, after)?;
    sockopt::set_socket_keepalive(socket, true)
}

/// Whether a client begins with the preface of HTTP/2 (RFC 9113 §3.4). Nothing is taken off the socket.
async fn speaks_http2(socket: &TcpStream) -> std::io::Result<bool> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut first = [0; PREFACE.len()];
    loop {
        let seen = socket.peek(&mut first).await?;
        if seen == PREFACE.len() || seen == 0 || !PREFACE.starts_with(&first[..seen]) {
            return Ok(first == PREFACE);
        }
        // A part of it: the rest is on its way.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The answer to HEAD. hyper leaves a body out by itself in HTTP/1 only.
fn headers_only(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(bytes) = body.size_hint().exact() {
        parts
            .headers
            .insert(http::header::CONTENT_LENGTH, bytes.into());
    }
    Response::from_parts(parts, Body::empty())
}

/// Connections by address, so that one address cannot hold them all.
#[derive(Clone, Default)]
struct Shares(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's part of its address's share; given back when dropped.
struct Share {
    shares: Shares,
    address: IpAddr,
}

impl Shares {
    fn take(&self, address: IpAddr, server: &Server) -> Option<Share> {
        let free_of_charge = server.trusted_proxies.contains(&address);
        let address = peer::sender(address);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        let free = free_of_charge || *count < server.limits.connections_per_address_max;
        free.then(|| {
            *count += 1;
            Share {
                shares: self.clone(),
                address,
            }
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
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
