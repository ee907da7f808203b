//! What a caller may never do, though Google would let it: the bridge's promises, and what the document does not say.

use super::calls::Asked;
use super::event;
use super::troubles::Op;
use super::world::World;
use serde_json::Value;
use std::collections::BTreeSet;

/// May not stand in an address: it ends up in logs.
const SECRETS: [&str; 5] = [
    "access_token",
    "oauth_token",
    "refresh_token",
    "client_secret",
    "bearer_token",
];

/// What of a call breaks a rule.
pub fn of_request(world: &World, asked: &Asked) -> Vec<String> {
    if !world.switches.is_bridge {
        return Vec::new();
    }
    let has = |name: &str| {
        asked
            .body
            .as_ref()
            .is_some_and(|body| !body[name].is_null())
    };
    let names = |name: &str| {
        let body = asked.body.as_ref().and_then(Value::as_object);
        body.is_some_and(|body| body.contains_key(name))
    };
    let is_told = !world.switches.may_mail && asked.one("sendUpdates") != Some("none");
    let rules = [
        (
            SECRETS.iter().any(|name| asked.one(name).is_some()),
            "a secret stands in the address",
        ),
        (asked.op == Op::Update, "it replaces a whole event"),
        (
            world.switches.says_presence
                && asked.op == Op::Insert
                && !(has("reminders") && has("transparency")),
            "a new event rings and blocks the day as the calendar happens to be set",
        ),
        (
            world.switches.says_presence
                && matches!(asked.op, Op::Patch | Op::Update)
                && (names("reminders") || names("transparency")),
            "it touches reminders or transparency, which are the person's once the event is there",
        ),
        (asked.op.writes() && has("attendees"), "it names guests"),
        (asked.op.writes() && has("sequence"), "it sets the sequence"),
        (
            asked.op.writes() && has("id") && has("iCalUID"),
            "it gives both id and iCalUID",
        ),
        // Importing tells nobody, and has no such parameter.
        (
            asked.op.writes() && asked.op != Op::Import && is_told,
            "it does not say that nobody is to be told (sendUpdates=none)",
        ),
        (
            is_blind(world, asked),
            "it changes what the bridge did not make without naming its version",
        ),
        (
            asked.op.writes() && has_two_times(asked.body.as_ref()),
            "a start or an end has both date and dateTime",
        ),
    ];
    let broken = rules.iter().filter(|(is_broken, _)| *is_broken);
    broken.map(|(_, rule)| (*rule).to_owned()).collect()
}

/// What of a whole batch breaks a rule.
pub fn of_batch(world: &World, parts: &[Asked]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let changes = parts.iter().filter(|part| part.op.writes());
    let own = |part: &Asked| {
        let body = part.body.as_ref();
        let given = body.and_then(|body| body["id"].as_str());
        let id = given.unwrap_or(&part.event).to_owned();
        (part.calendar.clone(), id)
    };
    let ids = changes.map(own).filter(|(_, id)| !id.is_empty());
    let twice = ids.filter(|key| !seen.insert(key.clone())).count();
    let is_broken = world.switches.is_bridge && twice > 0;
    let told = || "two changes of one event in one batch".to_owned();
    is_broken.then(told).into_iter().collect()
}

fn is_blind(world: &World, asked: &Asked) -> bool {
    if asked.if_match.is_some() || !matches!(asked.op, Op::Patch | Op::Update | Op::Delete) {
        return false;
    }
    let calendar = world.look(&asked.calendar);
    let kept = calendar.and_then(|calendar| calendar.kept(&asked.event));
    match kept {
        Some(kept) => !kept.by_client && !event::is_cancelled(&kept.fields),
        // An occurrence has no version of its own yet; nothing there cannot be overwritten.
        None => false,
    }
}

fn has_two_times(body: Option<&Value>) -> bool {
    ["start", "end"].iter().any(|name| {
        body.is_some_and(|body| !body[name]["date"].is_null() && !body[name]["dateTime"].is_null())
    })
}
