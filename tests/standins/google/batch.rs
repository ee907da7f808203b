//! Several requests in one: `multipart/mixed`, each part a whole HTTP request.

use super::answer::Answer;
use super::calls::{self, Asked, Outcome};
use super::rules;
use super::troubles::Mishap;
use super::world::World;
use http::Method;
use serde_json::Value;

const BOUNDARY: &str = "batch_of_the_stand_in";

/// A part as it was sent.
struct Part {
    content_id: String,
    asked: Option<Asked>,
}

/// What a batch is told.
pub struct Told {
    /// The media type, with its boundary.
    pub media: String,
    /// The body.
    pub body: String,
}

/// Answers a batch. `authorization` of the batch goes for each part that has none.
///
/// # Errors
/// It is no batch, or there are too many parts.
pub fn batch(
    world: &mut World,
    media: &str,
    bearer: Option<&str>,
    body: &str,
) -> Result<Told, Answer> {
    let bad = || Answer::error(400, "badRequest", "Failed to parse batch request.");
    let boundary = boundary(media).ok_or_else(bad)?;
    let parts = parts(body, &boundary, bearer).ok_or_else(bad)?;
    if parts.is_empty() {
        return Err(bad());
    }
    if parts.len() > world.switches.batch_max {
        world.violate(format!("Batch: {} requests in one", parts.len()));
        let message = "The batch request contains too many calls.";
        return Err(Answer::error(400, "batchSizeTooLarge", message));
    }
    let asked: Vec<_> = parts.iter().filter_map(|part| part.asked.clone()).collect();
    for fault in rules::of_batch(world, &asked) {
        world.violate(format!("Batch: {fault}"));
    }
    let mut answers: Vec<_> = parts
        .into_iter()
        .map(|part| (part.content_id, one(world, part.asked)))
        .collect();
    if world.switches.batch_backwards {
        answers.reverse();
    }
    Ok(written(&answers))
}

fn one(world: &mut World, asked: Option<Asked>) -> Answer {
    let Some(asked) = asked else {
        world.violate("Batch: a part is no request of the API".to_owned());
        return super::answer::not_found();
    };
    let has_token = asked.one("syncToken").is_some();
    let mut mishaps = world.troubles.strike(asked.op, &asked.event, has_token);
    // A part has no connection of its own.
    for mishap in &mut mishaps {
        if *mishap == Mishap::Lost || *mishap == Mishap::Garbage {
            *mishap = Mishap::Unavailable(None);
        }
    }
    match calls::call(world, asked, &mishaps) {
        Outcome::Spoken(answer) => answer,
        Outcome::Garbage | Outcome::HungUp => Answer::error(500, "backendError", "Backend Error"),
    }
}

fn boundary(media: &str) -> Option<String> {
    let rest = media.strip_prefix("multipart/mixed")?;
    let (_, value) = rest.split_once("boundary=")?;
    let value = value.split(';').next()?.trim();
    Some(value.trim_matches('"').to_owned())
}

fn parts(body: &str, boundary: &str, bearer: Option<&str>) -> Option<Vec<Part>> {
    let body = body.replace("\r\n", "\n");
    let mark = format!("--{boundary}");
    let (_, body) = body.split_once(&mark)?;
    let (body, _) = body.rsplit_once(&format!("{mark}--"))?;
    body.split(&mark).map(|text| part(text, bearer)).collect()
}

fn part(text: &str, bearer: Option<&str>) -> Option<Part> {
    let (head, request) = text.trim_start_matches('\n').split_once("\n\n")?;
    let content_id = header(head, "content-id").unwrap_or_default();
    Some(Part {
        content_id,
        asked: asked(request, bearer),
    })
}

fn asked(request: &str, bearer: Option<&str>) -> Option<Asked> {
    let request = request.trim_start_matches('\n');
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut words = head.lines().next()?.split_whitespace();
    let method: Method = words.next()?.parse().ok()?;
    let address = words.next()?;
    // Some clients write the whole address.
    let from = address.find("/calendar/v3/")?;
    let (path, query) = address[from..]
        .split_once('?')
        .unwrap_or((&address[from..], ""));
    let mut asked = Asked::route(&method, path, query)?;
    let body = body.trim();
    asked.body = (!body.is_empty()).then(|| serde_json::from_str(body).unwrap_or(Value::Null));
    asked.if_match = header(head, "if-match");
    let own = header(head, "authorization");
    let own = own.and_then(|text| text.strip_prefix("Bearer ").map(str::to_owned));
    asked.bearer = own.or_else(|| bearer.map(str::to_owned));
    asked.in_batch = true;
    Some(asked)
}

fn header(head: &str, name: &str) -> Option<String> {
    let pairs = head.lines().filter_map(|line| line.split_once(':'));
    let mut named = pairs.filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim().to_owned())
}

fn written(answers: &[(String, Answer)]) -> Told {
    let mut body = String::new();
    for (id, answer) in answers {
        let inner = id.trim_start_matches('<').trim_end_matches('>');
        let status = http::StatusCode::from_u16(answer.status).unwrap_or_default();
        let json = answer.body.as_ref().map(ToString::to_string);
        let json = json.unwrap_or_default();
        body += &format!("--{BOUNDARY}\r\nContent-Type: application/http\r\n");
        body += &format!("Content-ID: <response-{inner}>\r\n\r\nHTTP/1.1 {status}\r\n");
        for (name, value) in &answer.headers {
            body += &format!("{name}: {value}\r\n");
        }
        body += &format!("content-length: {}\r\n\r\n{json}\r\n", json.len());
    }
    body += &format!("--{BOUNDARY}--\r\n");
    Told {
        media: format!("multipart/mixed; boundary={BOUNDARY}"),
        body,
    }
}
