//! Google over HTTP: takes a request, lets it go wrong if it is to, and finds who answers it.

use super::answer::not_found;
use super::calls::{self, Asked, Outcome};
use super::troubles::{Mishap, Op};
use super::world::{Logged, World};
use super::{Shared, batch, deliver, oauth};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The largest request, in bytes.
const BODY_BYTES_MAX: usize = 16 << 20;
/// How long `watch` waits for its first notice when that is to come first.
const SYNC_WAIT: Duration = Duration::from_secs(2);
const SYNC_LOOK: Duration = Duration::from_millis(2);

/// Why there is no answer: the connection is closed on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct HungUp;

/// Serves and sends notices until it is told to stop.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stop: oneshot::Receiver<()>) {
    let mut tasks = JoinSet::new();
    tasks.spawn(deliver::deliver(Arc::clone(&shared), http_client()));
    loop {
        tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    tasks.spawn(connection(stream, Arc::clone(&shared)));
                }
            }
            Some(_) = tasks.join_next() => {}
        }
    }
}

/// A client that believes no proxy and follows no redirect.
fn http_client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("an HTTP client")
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Without it an answer of two packets waits for the client's acknowledgement of the first.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
    // A closed connection is what some tests ask for.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, HungUp> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
    let body = body.map_err(|_| HungUp)?.to_bytes();
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked::route(&parts.method, parts.uri.path(), query);
    let op = asked
        .as_ref()
        .map_or_else(|| door(&parts), |asked| Some(asked.op));
    let Some(op) = op else {
        let strange = format!(
            "{} {} is nothing of Google's",
            parts.method,
            parts.uri.path()
        );
        shared.world().violate(strange);
        return written(Outcome::Spoken(not_found()));
    };
    let mishaps = struck(&shared, op, asked.as_ref(), &parts);
    let slow = mishaps.iter().filter_map(|mishap| match mishap {
        Mishap::Slow(wait) => Some(*wait),
        _ => None,
    });
    tokio::time::sleep(slow.sum()).await;
    let done = match asked {
        Some(asked) => {
            let asked = complete(asked, &parts, &body);
            let outcome = calls::call(&mut shared.world(), asked, &mishaps);
            written(outcome)
        }
        None => at_door(&mut shared.world(), op, &parts, &body, &mishaps),
    };
    if op == Op::Watch {
        first_notice(&shared).await;
    }
    shared.moved.notify_all();
    done
}

/// What else there is beside the API.
fn door(parts: &Parts) -> Option<Op> {
    match (parts.method.as_str(), parts.uri.path()) {
        ("GET", "/o/oauth2/v2/auth") => Some(Op::Authorize),
        ("POST", "/token") => Some(Op::Token),
        ("POST", "/revoke") => Some(Op::Revoke),
        ("POST", "/batch/calendar/v3") => Some(Op::Batch),
        _ => None,
    }
}

fn struck(shared: &Shared, op: Op, asked: Option<&Asked>, parts: &Parts) -> Vec<Mishap> {
    let mut world = shared.world();
    if world.has_token(&parts.uri.to_string()) && world.switches.is_bridge {
        world.violate(format!("{op:?}: a token stands in the address"));
    }
    let event = asked.map_or("", |asked| asked.event.as_str());
    let has_token = asked.is_some_and(|asked| asked.one("syncToken").is_some());
    world.troubles.strike(op, event, has_token)
}

fn header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name)?.to_str().ok()
}

fn bearer(parts: &Parts) -> Option<&str> {
    header(parts, "authorization")?.strip_prefix("Bearer ")
}

fn complete(mut asked: Asked, parts: &Parts, body: &[u8]) -> Asked {
    asked.bearer = bearer(parts).map(str::to_owned);
    asked.if_match = header(parts, "if-match").map(str::to_owned);
    asked.body = (!body.is_empty()).then(|| serde_json::from_slice(body).unwrap_or(Value::Null));
    asked
}

fn at_door(
    world: &mut World,
    op: Op,
    parts: &Parts,
    body: &[u8],
    mishaps: &[Mishap],
) -> Result<Response<Full<Bytes>>, HungUp> {
    let instead = calls::instead(mishaps);
    let status = instead.as_ref().map(Outcome::status);
    let done = match instead {
        Some(outcome) => written(outcome),
        None => open(world, op, parts, body),
    };
    let lost = mishaps.contains(&Mishap::AnswerLost) && status.is_none();
    let told = done.as_ref().ok().map(|done| done.status().as_u16());
    world.log_it(Logged {
        op,
        in_batch: false,
        calendar: String::new(),
        event: String::new(),
        status: told.filter(|_| !lost),
    });
    if lost { Err(HungUp) } else { done }
}

fn open(
    world: &mut World,
    op: Op,
    parts: &Parts,
    body: &[u8],
) -> Result<Response<Full<Bytes>>, HungUp> {
    let body = String::from_utf8_lossy(body);
    let spoken = match op {
        Op::Authorize => oauth::authorize(world, parts.uri.query().unwrap_or_default()),
        Op::Token => oauth::token(world, header(parts, "authorization"), &body),
        Op::Revoke => {
            // Google takes the token in the query too; it would end up in logs.
            oauth::revoke(world, &body)
        }
        _ => {
            let media = header(parts, "content-type").unwrap_or_default();
            match batch::batch(world, media, bearer(parts), &body) {
                Ok(told) => {
                    let response = Response::builder().header("content-type", told.media);
                    return response.body(Full::from(told.body)).map_err(|_| HungUp);
                }
                Err(answer) => answer,
            }
        }
    };
    written(Outcome::Spoken(spoken))
}

/// Lets the first notice of a channel come before the answer, where that is switched on.
async fn first_notice(shared: &Shared) {
    shared.world().wake();
    if !shared.world().switches.sync_before_answer {
        return;
    }
    let drained = async {
        while !shared.world().push.is_drained() {
            tokio::time::sleep(SYNC_LOOK).await;
        }
    };
    // Whoever does not answer gets the notice afterwards, as from Google.
    let _ = tokio::time::timeout(SYNC_WAIT, drained).await;
}

fn written(outcome: Outcome) -> Result<Response<Full<Bytes>>, HungUp> {
    let answer = match outcome {
        Outcome::Spoken(answer) => answer,
        Outcome::Garbage => {
            let response = Response::builder().header("content-type", "application/json");
            return response
                .body(Full::from("{\"items\": [{"))
                .map_err(|_| HungUp);
        }
        Outcome::HungUp => return Err(HungUp),
    };
    let body = answer.body.as_ref().map(ToString::to_string);
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response
        .body(Full::from(body.unwrap_or_default()))
        .map_err(|_| HungUp)
}
