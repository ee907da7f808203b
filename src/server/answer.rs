//! What is answered to a request: whose it is, how much of its body is taken, and by which door it goes.

use super::presence::BodyAwaited;
use super::traffic::RETRY_AFTER;
use super::{Server, peer};
use crate::bridge::how_it_ended;
use crate::caldav::Body;
use crate::http::{Taken, Unread, discard};
use crate::web::{Caller, Sender};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long the body of a request that is turned away may take to arrive.
const UNWANTED_BODY: Duration = Duration::from_secs(2);
/// And how long it may be: as long as what people send by mistake.
const UNWANTED_BYTES_MAX: usize = 32 << 20;

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
                self.leave(parts, body).await;
                answer
            }
            Some(_) | None => self.dav_answer(parts, body, address).await,
        }
    }

    async fn dav_answer(
        self: &Arc<Self>,
        parts: Parts,
        mut body: Incoming,
        address: IpAddr,
    ) -> Response<Body> {
        let mut parts = parts;
        let session = match self.dav.admit(&parts, address).await {
            Ok(session) => session,
            Err(answer) => {
                self.leave(parts, body).await;
                return answer;
            }
        };
        let sender = Sender::Person(session.user.id.clone());
        let bytes_max = self
            .dav
            .body_bytes_max(&parts.method, self.limits.body_bytes_max);
        match self
            .traffic
            .take(&parts, &mut body, &sender, Some(address), bytes_max)
            .await
        {
            Ok(taken) => {
                // From here on it is our turn.
                parts.extensions.remove::<BodyAwaited>();
                let Some(entered) = self.traffic.enter(&sender) else {
                    return crowded();
                };
                let server = Arc::clone(self);
                to_its_end(async move {
                    let Taken { bytes, held } = taken;
                    let mut answer = server.dav.answer_to(session, &parts, bytes).await;
                    answer.extensions_mut().insert(entered);
                    drop(held);
                    answer
                })
                .await
            }
            Err(Unread::TooLarge(bytes_max)) => {
                let answer = self.dav.too_large(&parts.method, bytes_max);
                self.leave(parts, body).await;
                answer
            }
            Err(unread) => {
                let answer = refused(unread);
                self.leave(parts, body).await;
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
        mut body: Incoming,
        caller: Caller,
    ) -> Response<Body> {
        let mut parts = parts;
        let admitted = match self.web.admit(&parts, caller).await {
            Ok(admitted) => admitted,
            Err(answer) => {
                self.leave(parts, body).await;
                return *answer;
            }
        };
        let taken = match admitted.bytes_max {
            // Nothing is expected, and what comes all the same is not waited for.
            0 => Ok(Taken::default()),
            bytes_max => {
                let address = match caller {
                    Caller::Local => None,
                    Caller::Remote(address) => Some(address),
                };
                let sender = &admitted.sender;
                self.traffic
                    .take(&parts, &mut body, sender, address, bytes_max)
                    .await
            }
        };
        match taken {
            Ok(taken) => {
                parts.extensions.remove::<BodyAwaited>();
                let Some(entered) = self.traffic.enter(&admitted.sender) else {
                    return self.web.crowded(&parts, RETRY_AFTER);
                };
                let server = Arc::clone(self);
                to_its_end(async move {
                    let Taken { bytes, held } = taken;
                    let mut answer = server.web.answer(&parts, bytes, caller, admitted).await;
                    answer.extensions_mut().insert(entered);
                    drop(held);
                    answer
                })
                .await
            }
            Err(Unread::TooLarge(bytes_max)) => {
                let answer = self.web.too_large(&parts, bytes_max);
                self.leave(parts, body).await;
                answer
            }
            Err(unread) => {
                let answer = match unread {
                    Unread::OverBudget => self.web.crowded(&parts, RETRY_AFTER),
                    unread => refused(unread),
                };
                self.leave(parts, body).await;
                answer
            }
        }
    }

    /// Reads on for a moment in a body that nobody wants, and keeps nothing of it. A client that is told why must be able to read
    /// so: closing on unread bytes can swallow the answer. Who asks before sending is answered at once.
    async fn leave(&self, mut head: Parts, body: Incoming) {
        // What is waited for is still the client's to send.
        let _awaited = head.extensions.remove::<BodyAwaited>();
        let asks_first = head.headers.contains_key(http::header::EXPECT);
        // A stream of HTTP/2 is ended without its connection.
        if asks_first || head.version == http::Version::HTTP_2 {
            return;
        }
        // Whoever is waited for holds as little as possible.
        drop(head);
        discard(body, UNWANTED_BYTES_MAX, UNWANTED_BODY).await;
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

/// Why a body was not taken, in plain words.
fn refused(unread: Unread) -> Response<Body> {
    let status = match unread {
        Unread::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Unread::BrokenOff => StatusCode::BAD_REQUEST,
        Unread::Late => StatusCode::REQUEST_TIMEOUT,
        Unread::OverBudget => return crowded(),
    };
    plain(status, &format!("{unread}\n"))
}

/// Too much is under way.
fn crowded() -> Response<Body> {
    let words = "too many requests are under way\n";
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, words);
    let headers = response.headers_mut();
    headers.insert(http::header::RETRY_AFTER, RETRY_AFTER.as_secs().into());
    response
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
