//! One call of the API from its arrival to its answer.

use super::answer::{Answer, forbidden, invalid, not_found};
use super::calendar::Role;
use super::event::Fields;
use super::troubles::{Mishap, Op};
use super::world::{Logged, World};
use super::{fields, listing, push, rules, writes};
use chrono::{DateTime, Utc};
use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// The path of the API.
pub const BASE: &str = "/calendar/v3/";

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which method.
    pub op: Op,
    /// Whose token it is; empty before that is known.
    pub user: String,
    /// Which calendar; empty: none is named.
    pub calendar: String,
    /// Which event; empty: none is named by the address.
    pub event: String,
    /// The query.
    pub query: Vec<(String, String)>,
    /// JSON; what is none is null.
    pub body: Option<Value>,
    /// `If-Match`
    pub if_match: Option<String>,
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<String>,
    /// As a part of a batch.
    pub in_batch: bool,
}

/// How a call ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// An answer of the API.
    Spoken(Answer),
    /// Something that no client understands.
    Garbage,
    /// The connection is closed.
    HungUp,
}

impl Outcome {
    /// The status, if anything is said.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Spoken(answer) => Some(answer.status),
            Self::Garbage => Some(200),
            Self::HungUp => None,
        }
    }
}

impl Asked {
    /// Reads method and address; `None`: there is no such method here.
    pub fn route(method: &Method, path: &str, query: &str) -> Option<Self> {
        let segments: Vec<_> = path.strip_prefix(BASE)?.split('/').collect();
        let (op, calendar, event) = match (method.as_str(), segments.as_slice()) {
            ("GET", ["users", "me", "calendarList"]) => (Op::CalendarList, "", ""),
            ("POST", ["channels", "stop"]) => (Op::Stop, "", ""),
            ("GET", ["calendars", id, "events"]) => (Op::List, *id, ""),
            ("POST", ["calendars", id, "events"]) => (Op::Insert, *id, ""),
            ("POST", ["calendars", id, "events", "import"]) => (Op::Import, *id, ""),
            ("POST", ["calendars", id, "events", "watch"]) => (Op::Watch, *id, ""),
            ("GET", ["calendars", id, "events", event]) => (Op::Get, *id, *event),
            ("GET", ["calendars", id, "events", event, "instances"]) => {
                (Op::Instances, *id, *event)
            }
            ("PATCH", ["calendars", id, "events", event]) => (Op::Patch, *id, *event),
            ("PUT", ["calendars", id, "events", event]) => (Op::Update, *id, *event),
            ("DELETE", ["calendars", id, "events", event]) => (Op::Delete, *id, *event),
            _ => return None,
        };
        Some(Self {
            op,
            user: String::new(),
            calendar: decoded(calendar),
            event: decoded(event),
            query: pairs(query),
            body: None,
            if_match: None,
            bearer: None,
            in_batch: false,
        })
    }

    /// A parameter of the query.
    pub fn one(&self, name: &str) -> Option<&str> {
        let named = self.query.iter().find(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// All values of a repeated parameter.
    pub fn many<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.query.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// A time of the query.
    pub fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        let time = DateTime::parse_from_rfc3339(self.one(name)?).ok()?;
        Some(time.to_utc())
    }

    /// The fields of the body.
    pub fn fields(&self) -> Fields {
        let fields = self.body.as_ref().and_then(Value::as_object);
        fields.cloned().unwrap_or_default()
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The pairs of a query or of a form.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| decoded(&text.replace('+', " "));
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// One call, with what goes wrong with it.
pub fn call(world: &mut World, mut asked: Asked, mishaps: &[Mishap]) -> Outcome {
    asked.user = world.user_of(asked.bearer.as_deref()).unwrap_or_default();
    if asked.calendar == "primary" {
        asked.calendar = asked.user.clone();
    }
    judge(world, &asked);
    let outcome = instead(mishaps).unwrap_or_else(|| {
        if mishaps.contains(&Mishap::ForeignEdit) {
            world.edit_elsewhere(&asked.calendar, &asked.event);
        }
        let answer = act(world, &asked);
        if !mishaps.contains(&Mishap::AnswerLost) {
            Outcome::Spoken(answer)
        } else if asked.in_batch {
            Outcome::Spoken(broken(500))
        } else {
            Outcome::HungUp
        }
    });
    let outcome = picked(outcome, &asked);
    world.log_it(Logged {
        op: asked.op,
        in_batch: asked.in_batch,
        calendar: asked.calendar,
        event: asked.event,
        status: outcome.status(),
    });
    outcome
}

/// What is wrong with the request, by the document and by the rules that it does not hold.
fn judge(world: &mut World, asked: &Asked) {
    let contract = world.contract.clone();
    let faults =
        contract.map(|contract| contract.of_request(asked.op, &asked.query, asked.body.as_ref()));
    let mut faults = faults.unwrap_or_default();
    faults.extend(rules::of_request(world, asked));
    for fault in faults {
        world.violate(format!("{:?}: {fault}", asked.op));
    }
}

/// What happens instead of what was asked; the first that was switched on wins.
pub fn instead(mishaps: &[Mishap]) -> Option<Outcome> {
    let limit = |status, reason: &str| Answer::error(status, reason, "Rate Limit Exceeded");
    mishaps.iter().find_map(|mishap| {
        Some(match *mishap {
            Mishap::Lost => Outcome::HungUp,
            Mishap::Garbage => Outcome::Garbage,
            Mishap::Unauthorized => Outcome::Spoken(unauthorized()),
            Mishap::RateLimited => Outcome::Spoken(limit(403, "rateLimitExceeded")),
            Mishap::QuotaExceeded => Outcome::Spoken(Answer::error(
                403,
                "quotaExceeded",
                "Calendar usage limits exceeded.",
            )),
            Mishap::TooMany(wait) => {
                Outcome::Spoken(limit(429, "rateLimitExceeded").with_retry_after(wait))
            }
            Mishap::Says(status, reason) => {
                Outcome::Spoken(Answer::error(status, reason, "As the test wants it."))
            }
            Mishap::Wall(status) => Outcome::Spoken(Answer {
                status,
                headers: vec![("content-type", "text/html".to_owned())],
                body: None,
            }),
            Mishap::Broken => Outcome::Spoken(broken(500)),
            Mishap::Unavailable(wait) => Outcome::Spoken(broken(503).with_retry_after(wait)),
            Mishap::FullSyncRequired => Outcome::Spoken(listing::too_old()),
            Mishap::BadSyncToken => Outcome::Spoken(listing::bad_token()),
            Mishap::InvalidGrant => Outcome::Spoken(Answer::oauth(
                400,
                "invalid_grant",
                "Token has been expired or revoked.",
            )),
            Mishap::Slow(_) | Mishap::AnswerLost | Mishap::ForeignEdit | Mishap::Twice => {
                return None;
            }
        })
    })
}

fn broken(status: u16) -> Answer {
    Answer::error(status, "backendError", "Backend Error")
}

fn unauthorized() -> Answer {
    Answer::error(401, "authError", "Invalid Credentials")
}

fn act(world: &mut World, asked: &Asked) -> Answer {
    if asked.user.is_empty() {
        return unauthorized();
    }
    if !world.opens(asked.bearer.as_deref(), asked.op) {
        let message = "Request had insufficient authentication scopes.";
        return Answer::error(403, "insufficientPermissions", message);
    }
    if asked.body == Some(Value::Null) {
        return Answer::error(400, "parseError", "Parse Error");
    }
    let answer = match asked.op {
        Op::CalendarList => calendars(world, asked),
        Op::Stop => push::stop(world, asked),
        _ => in_calendar(world, asked),
    };
    let contract = world.contract.clone().filter(|_| answer.status < 300);
    let faults = contract.map(|contract| contract.of_answer(asked.op, answer.body.as_ref()));
    for fault in faults.unwrap_or_default() {
        world.violate(format!("the answer to {:?}: {fault}", asked.op));
    }
    answer
}

fn in_calendar(world: &mut World, asked: &Asked) -> Answer {
    let Some(role) = world.role(asked, &asked.calendar) else {
        return not_found();
    };
    if asked.op.writes() && role < Role::Writer {
        let message = "You need to have writer access to this calendar.";
        return Answer::error(403, "requiredAccessLevel", message);
    }
    if role < Role::Reader {
        return forbidden();
    }
    let calendar = asked.calendar.as_str();
    match asked.op {
        Op::List => listing::list(world, asked, calendar),
        Op::Get => get(world, asked),
        Op::Instances => listing::instances(world, asked),
        Op::Insert => writes::insert(world, asked, calendar),
        Op::Import => writes::import(world, asked, calendar),
        Op::Patch | Op::Update => writes::change(world, asked, calendar),
        Op::Delete => writes::delete(world, asked, calendar),
        Op::Watch => push::watch(world, asked, calendar),
        Op::CalendarList
        | Op::Stop
        | Op::Batch
        | Op::Authorize
        | Op::Token
        | Op::Revoke
        | Op::Notice => not_found(),
    }
}

/// Deleted ones too.
fn get(world: &World, asked: &Asked) -> Answer {
    let found = world.event(&asked.calendar, &asked.event);
    found.map_or_else(not_found, Answer::json)
}

fn calendars(world: &World, asked: &Asked) -> Answer {
    let least = match asked.one("minAccessRole") {
        None => Role::FreeBusyReader,
        Some(word) => match Role::of_word(word) {
            Some(role) => role,
            None => return invalid("Invalid access role."),
        },
    };
    let entries = world.users().get(&asked.user).into_iter();
    let entries = entries.flat_map(|user| &user.calendars);
    let entries = entries.filter(|(_, role)| **role >= least);
    let entry = |(id, role): (&String, &Role)| {
        let calendar = world.look(id)?;
        Some(calendar.entry(*role, *id == asked.user))
    };
    let all: Vec<_> = entries.filter_map(entry).collect();
    let skip = asked.one("pageToken").and_then(|skip| skip.parse().ok());
    let skip: usize = skip.unwrap_or_default();
    let size = asked.one("maxResults").and_then(|size| size.parse().ok());
    let size = size
        .unwrap_or(100)
        .min(250)
        .min(world.switches.page_max)
        .max(1);
    let items: Vec<_> = all.iter().skip(skip).take(size).cloned().collect();
    let mut body = json!({ "kind": "calendar#calendarList", "etag": "\"p1\"", "items": items });
    if skip + size < all.len() {
        body["nextPageToken"] = json!((skip + size).to_string());
    } else {
        body["nextSyncToken"] = json!("calendars-1");
    }
    Answer::json(body)
}

/// Leaves what the parameter `fields` wants.
fn picked(outcome: Outcome, asked: &Asked) -> Outcome {
    match (outcome, asked.one("fields")) {
        (Outcome::Spoken(mut answer), Some(mask)) if answer.status == 200 => {
            let Some(body) = answer.body.as_ref().map(|body| fields::pick(mask, body)) else {
                return Outcome::Spoken(answer);
            };
            if body.is_none() {
                let message = "Invalid field selection";
                return Outcome::Spoken(Answer::error(400, "invalidParameter", message));
            }
            answer.body = body;
            Outcome::Spoken(answer)
        }
        (outcome, _) => outcome,
    }
}

impl World {
    /// What the caller may do in a calendar; nothing when it is not on their list.
    pub(super) fn role(&self, asked: &Asked, calendar: &str) -> Option<Role> {
        let user = self.users().get(&asked.user)?;
        user.calendars.get(calendar).copied()
    }
}
