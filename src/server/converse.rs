//! One connection from its first byte to its last, over TLS or not, in HTTP/1.1 or HTTP/2.

use super::places::Place;
use super::presence::{Awaited, BodyAwaited, Presence, Underway, Waiting};
use super::traffic::Entered;
use super::wire::Wire;
use super::{Limits, Tls};
use crate::caldav::{Body, BrokenOff};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulConnection;
use rustix::net::sockopt;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

/// Streams of one HTTP/2 connection at the same time.
const STREAMS_MAX: u32 = 32;
/// Bytes that one HTTP/2 stream may send before somebody reads them.
const STREAM_WINDOW: u32 = 64 << 10;
/// The same of all streams of a connection together.
const CONNECTION_WINDOW: u32 = 128 << 10;
/// Bytes of an answer that are handed over at a time: what its client does not read stays where it is, and counted.
const FRAME_BYTES: usize = 16 << 10;

/// A connection that was let in.
pub(super) struct Guest {
    /// Its place.
    pub(super) place: Arc<Place>,
    /// Turns true when the process ends; held until the connection has ended.
    pub(super) stopping: watch::Receiver<bool>,
}

/// What the client speaks, once it is known.
pub(super) enum Greeted {
    Plain(Wire<TcpStream>, Protocol),
    Tls(Box<TlsStream<Wire<TcpStream>>>, Protocol),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

impl Guest {
    /// Finds out what the client speaks. `None`: it did not say so in time, or has to go.
    pub(super) async fn greet(
        &mut self,
        socket: TcpStream,
        tls: Option<&Tls>,
        patience: Duration,
    ) -> Option<Greeted> {
        let place = Arc::clone(&self.place);
        let presence = &place.presence;
        let greeting = async {
            match tls {
                None => {
                    let protocol = first_words(&socket).await?;
                    Ok(Greeted::Plain(
                        Wire::new(socket, Arc::clone(presence)),
                        protocol,
                    ))
                }
                Some(tls) => {
                    let wire = Wire::new(socket, Arc::clone(presence));
                    let stream = tls.acceptor().accept(wire).await?;
                    let protocol = match stream.get_ref().1.alpn_protocol() {
                        Some(b"h2") => Protocol::Http2,
                        Some(_) | None => Protocol::Http1,
                    };
                    Ok::<_, std::io::Error>(Greeted::Tls(Box::new(stream), protocol))
                }
            }
        };
        tokio::select! {
            // Who says nothing must not keep the place.
            greeted = tokio::time::timeout(patience, greeting) => greeted.ok()?.ok(),
            () = presence.ousted() => None,
            () = stopped(&mut self.stopping) => None,
        }
    }

    /// Answers requests until the client goes or has to go.
    pub(super) async fn converse<S, F, A>(
        mut self,
        stream: S,
        protocol: Protocol,
        limits: &Limits,
        answer: F,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<Body>> + Send + 'static,
    {
        let place = Arc::clone(&self.place);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let underway = place.begin();
            let presence = Arc::clone(&place.presence);
            if !request.body().is_end_stream() {
                let awaited = BodyAwaited::new(&presence);
                request.extensions_mut().insert(awaited);
            }
            let head = request.method() == http::Method::HEAD;
            let answered = answer(request);
            async move {
                let mut response = answered.await;
                let entered = response.extensions_mut().remove::<Entered>();
                let response = if head {
                    headers_only(response)
                } else {
                    response
                };
                let watched = |body| Watched {
                    body,
                    rest: Bytes::new(),
                    _waiting: presence.wait(Awaited::Answer),
                    presence,
                    _underway: underway,
                    _entered: entered,
                };
                Ok::<_, Infallible>(response.map(watched))
            }
        });
        let connection = builder(protocol, limits)
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        self.attend(connection, limits.stall_timeout).await;
    }

    async fn attend(&mut self, connection: impl GracefulConnection, patience: Duration) {
        let mut connection = pin!(connection);
        let presence = Arc::clone(&self.place.presence);
        tokio::select! {
            // A client that hangs up is no news.
            _ended = connection.as_mut() => return,
            () = presence.stalled(patience) => return,
            // Who never asked is owed nothing, and who does not read gets nothing.
            () = presence.ousted() => if !presence.has_asked() || presence.stuck_since().is_some() { return },
            () = stopped(&mut self.stopping) => {}
        }
        connection.as_mut().graceful_shutdown();
        // What is under way is answered; who only listens, or does not answer our last words, is not waited for.
        tokio::select! {
            _ended = connection => {}
            () = presence.quiet() => {}
        }
    }
}

/// Ready when the process ends.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error says that nobody will ever say so: the end has come as well.
    let _ended = stopping.wait_for(|stopping| *stopping).await;
}

fn builder(protocol: Protocol, limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_bytes_max.max(8192))
        .half_close(true);
    let head_bytes_max = u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(head_bytes_max)
        .keep_alive_interval(limits.head_timeout)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(FRAME_BYTES);
    // Known by now: the builder's own way of finding out would wait for the first bytes without end.
    match protocol {
        Protocol::Http1 => builder.http1_only(),
        Protocol::Http2 => builder.http2_only(),
    }
}

/// An answer on its way: the connection counts as busy until it is sent or given up.
struct Watched {
    body: Body,
    /// Of the last piece, what was not handed over yet.
    rest: Bytes,
    /// The client's turn: nothing of ours keeps the answer.
    _waiting: Waiting,
    presence: Arc<Presence>,
    _underway: Underway,
    _entered: Option<Entered>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        self.presence.took();
        let bytes = self.rest.len().min(FRAME_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
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

/// Has the system end a connection whose peer is gone or does not read: no timer of ours sees bytes that wait in the
/// system's own buffers.
pub(super) fn end_when_stalled(socket: &TcpStream, after: Duration) -> rustix::io::Result<()> {
    let millis = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(socket, millis)?;
    sockopt::set_tcp_keepidle(socket, after)?;
    sockopt::set_socket_keepalive(socket, true)
}

/// Whether a client begins with the preface of HTTP/2 (RFC 9113 §3.4). Nothing is taken off the socket.
async fn first_words(socket: &TcpStream) -> std::io::Result<Protocol> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut first = [0; PREFACE.len()];
    loop {
        let seen = socket.peek(&mut first).await?;
        if first == PREFACE {
            return Ok(Protocol::Http2);
        }
        if seen == 0 || !PREFACE.starts_with(&first[..seen]) {
            return Ok(Protocol::Http1);
        }
        // A part of it: the rest is on its way.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
