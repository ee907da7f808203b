//! ADVANTA over HTTP: takes a call, lets it go wrong if it is to, checks both ways against the contract.

use super::answer::Answer;
use super::calls::{self, Called};
use super::contract::Asked;
use super::manners::{Mishap, Op};
use super::world::{Admission, Logged, World};
use super::{BASE, Shared, deliver};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The largest request, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Why there is no answer: the connection is closed on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct HungUp;

/// What a caller shows at the door.
struct Shown<'a> {
    authorization: Option<&'a str>,
    /// One that the stand-in's authority signed: no other gets as far as this.
    has_certificate: bool,
}

/// What the bridge gets in the end.
enum Outcome {
    /// An answer of the contract.
    Spoken(Answer),
    /// Something that the contract does not know.
    Foreign(u16, &'static str),
    /// Nothing.
    HungUp,
}

/// Serves and delivers hooks until it is told to stop.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut tasks = JoinSet::new();
    tasks.spawn(deliver::deliver(Arc::clone(&shared), super::http_client()));
    loop {
        tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    tasks.spawn(enter(stream, tls.clone(), Arc::clone(&shared)));
                }
            }
            Some(_) = tasks.join_next() => {}
        }
    }
}

/// Lets a connection in, through TLS where that is spoken. One whose certificate is not believed ends here.
async fn enter(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let Some(tls) = tls else {
        return connection(stream, false, shared).await;
    };
    if let Ok(stream) = tls.accept(stream).await {
        let has_certificate = stream.get_ref().1.peer_certificates().is_some();
        connection(stream, has_certificate, shared).await;
    }
}

async fn connection<S>(stream: S, has_certificate: bool, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| answer(request, has_certificate, Arc::clone(&shared)));
    // A closed connection is what some tests ask for.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    has_certificate: bool,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, HungUp> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
    let body = body.map_err(|_| HungUp)?.to_bytes();
    let Some((op, key)) = route(&parts.method, parts.uri.path()) else {
        if parts.uri.path().starts_with(BASE) {
            let (method, path) = (&parts.method, parts.uri.path());
            let strange = format!("{method} {path} is no call of the contract");
            shared.world().violate(strange);
        }
        return written(Outcome::Foreign(404, "<h1>404 Not Found</h1>"));
    };
    let authorization = parts.headers.get("authorization");
    let shown = Shown {
        authorization: authorization.and_then(|value| value.to_str().ok()),
        has_certificate,
    };
    let called = Called {
        op,
        key,
        query: query(parts.uri.query().unwrap_or_default()),
        body: (!body.is_empty()).then(|| serde_json::from_slice(&body).unwrap_or(Value::Null)),
    };
    written(happen(&shared, &called, &shown).await)
}

/// One call from its arrival to its end.
async fn happen(shared: &Shared, called: &Called, shown: &Shown<'_>) -> Outcome {
    let at = Instant::now();
    let (mishaps, is_let_in) = arrive(shared, called, shown);
    let slow = mishaps.iter().filter_map(|mishap| match mishap {
        Mishap::Slow(wait) => Some(*wait),
        _ => None,
    });
    tokio::time::sleep(slow.sum::<Duration>()).await;
    let mut world = shared.world();
    let mut has_acted = false;
    let outcome = instead(&mishaps).unwrap_or_else(|| {
        if !is_let_in {
            let title = "The token is not accepted";
            return Outcome::Spoken(Answer::problem(401, "unauthorized", title));
        }
        let answer = calls::act(&mut world, called, &mishaps);
        has_acted = answer.has_acted;
        afterwards(answer, &mishaps)
    });
    if let Outcome::Spoken(answer) = &outcome {
        let (status, headers) = (answer.status, &answer.headers);
        let contract = Arc::clone(&world.contract);
        for fault in contract.of_answer(called.op, status, headers, answer.body.as_ref()) {
            world.violate(format!("the answer {status} to {:?}: {fault}", called.op));
        }
    }
    world.calls.push(Logged {
        at,
        op: called.op,
        key: called.text("externalId").unwrap_or(&called.key).to_owned(),
        status: outcome.status(),
        has_acted,
    });
    drop(world);
    shared.moved.notify_all();
    outcome
}

/// Checks a call against the contract and draws what goes wrong with it.
fn arrive(shared: &Shared, called: &Called, shown: &Shown<'_>) -> (Vec<Mishap>, bool) {
    let mut world = shared.world();
    let world = &mut *world;
    let asked = Asked {
        key: &called.key,
        query: &called.query,
        body: called.body.as_ref(),
    };
    for fault in world.contract.of_request(called.op, &asked) {
        world.violate(format!(
            "{:?} is not as the contract says: {fault}",
            called.op
        ));
    }
    let about = called.about(world);
    let mishaps = world.manners.strike(&about, &mut world.dice);
    (mishaps, shown.lets_in(world))
}

impl Shown<'_> {
    fn lets_in(&self, world: &World) -> bool {
        let expected = format!("Bearer {}", world.token);
        let has_token = self.authorization == Some(&expected);
        match world.admission {
            Admission::Token => has_token,
            Admission::Certificate => self.has_certificate,
            Admission::Both => has_token && self.has_certificate,
        }
    }
}

/// What happens instead of what was asked; the first that was switched on wins.
fn instead(mishaps: &[Mishap]) -> Option<Outcome> {
    mishaps.iter().find_map(|mishap| match *mishap {
        Mishap::Away => Some(Outcome::HungUp),
        Mishap::Unavailable(None) => Some(Outcome::Foreign(503, "<h1>Maintenance</h1>")),
        Mishap::Unavailable(Some(seconds)) => Some(Outcome::Spoken(
            Answer::problem(503, "unavailable", "Maintenance").with_retry_after(seconds),
        )),
        Mishap::Throttled(seconds) => Some(Outcome::Spoken(
            Answer::problem(429, "throttled", "Too many calls").with_retry_after(seconds),
        )),
        Mishap::WrongAddress => Some(Outcome::Foreign(404, "<h1>404 Not Found</h1>")),
        Mishap::Garbage => Some(Outcome::Foreign(200, "{\"objects\": [{")),
        Mishap::Slow(_)
        | Mishap::Refuse
        | Mishap::Stale
        | Mishap::IgnoreStart
        | Mishap::IgnoreEnd
        | Mishap::AnswerLost
        | Mishap::AnswerBroken => None,
    })
}

/// What becomes of an answer on its way back.
fn afterwards(answer: Answer, mishaps: &[Mishap]) -> Outcome {
    if mishaps.contains(&Mishap::AnswerLost) {
        Outcome::HungUp
    } else if mishaps.contains(&Mishap::AnswerBroken) {
        Outcome::Foreign(500, "<h1>Server Error</h1>")
    } else {
        Outcome::Spoken(answer)
    }
}

impl Outcome {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Spoken(answer) => Some(answer.status),
            Self::Foreign(status, _) => Some(*status),
            Self::HungUp => None,
        }
    }
}

fn written(outcome: Outcome) -> Result<Response<Full<Bytes>>, HungUp> {
    let (status, headers, body) = match outcome {
        Outcome::Spoken(answer) => {
            let body = answer.body.map(|body| body.to_string());
            (answer.status, answer.headers, body.unwrap_or_default())
        }
        Outcome::Foreign(status, page) => {
            let media = vec![("content-type", "text/html".to_owned())];
            (status, media, page.to_owned())
        }
        Outcome::HungUp => return Err(HungUp),
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Full::from(body)).map_err(|_| HungUp)
}

/// The call of a path below [`BASE`], with what it is about.
fn route(method: &Method, path: &str) -> Option<(Op, String)> {
    let segments: Vec<_> = path.strip_prefix(BASE)?.split('/').skip(1).collect();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    match (method.as_str(), segments.as_slice()) {
        ("GET", ["changes"]) => Some((Op::Changes, String::new())),
        ("POST", ["objects"]) => Some((Op::Create, String::new())),
        ("GET", ["objects", key]) => Some((Op::Get, decoded(key))),
        ("PATCH", ["objects", key]) => Some((Op::Change, decoded(key))),
        ("DELETE", ["objects", key]) => Some((Op::Delete, decoded(key))),
        ("GET", ["people", id]) => Some((Op::Person, decoded(id))),
        _ => None,
    }
}

fn query(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}
