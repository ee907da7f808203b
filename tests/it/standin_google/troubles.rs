//! What goes wrong: each trouble happens as often as it is to, where it is to.

use super::caller::Caller;
use super::{ANNA, EVENTS, QUIET, plain, timed};
use crate::google_standin::{Mishap, Op, StandIn, Trouble};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn with_an_event() -> (StandIn, Caller) {
    let google = StandIn::start(&plain());
    google.world().add_user(ANNA);
    google.world().add_event(ANNA, timed("Смета", 1));
    let caller = Caller::of(&google, ANNA);
    (google, caller)
}

#[test]
fn each_trouble_is_told_in_googles_words_and_only_as_often_as_it_is_to() {
    let expected = [
        (Mishap::Unauthorized, 401, "authError", "global"),
        (Mishap::RateLimited, 403, "rateLimitExceeded", "usageLimits"),
        (Mishap::QuotaExceeded, 403, "quotaExceeded", "usageLimits"),
        (
            Mishap::TooMany(Some(7)),
            429,
            "rateLimitExceeded",
            "usageLimits",
        ),
        (Mishap::Broken, 500, "backendError", "global"),
        (Mishap::Unavailable(None), 503, "backendError", "global"),
    ];
    for (mishap, status, reason, domain) in expected {
        let (google, caller) = with_an_event();
        let trouble = Trouble::of(mishap).in_calls(&[Op::List]).after(1).times(1);
        let id = google.world().troubles.on(trouble);
        assert_eq!(caller.get(EVENTS).0, 200);
        let (told, body) = caller.get(EVENTS);
        let error = &body["error"]["errors"][0];
        let seen = (told, error["reason"].clone(), error["domain"].clone());
        assert_eq!(seen, (status, json!(reason), json!(domain)));
        assert_eq!(caller.get(EVENTS).0, 200);
        assert_eq!(google.world().troubles.happened(id), 1);
    }
}

#[test]
fn an_answer_may_be_lost_after_all_was_done_or_before() {
    for (mishap, left) in [(Mishap::AnswerLost, 2), (Mishap::Lost, 1)] {
        let (google, caller) = with_an_event();
        let lost = Trouble::of(mishap).in_calls(&[Op::Insert]).times(1);
        google.world().troubles.on(lost);
        let path = format!("{EVENTS}?{QUIET}");
        let told = caller.ask("POST", &path, Some(timed("Новое", 2)), None);
        assert!(told.is_err(), "{told:?}");
        assert_eq!(google.world().events(ANNA).len(), left, "{mishap:?}");
    }
}

#[test]
fn an_answer_may_be_slow_or_no_json() {
    let (google, caller) = with_an_event();
    let wait = Duration::from_millis(50);
    google
        .world()
        .troubles
        .on(Trouble::of(Mishap::Slow(wait)).times(1));
    let start = Instant::now();
    assert_eq!(caller.get(EVENTS).0, 200);
    assert!(start.elapsed() >= wait);
    google
        .world()
        .troubles
        .on(Trouble::of(Mishap::Garbage).times(1));
    assert_eq!(caller.get(EVENTS), (200, Value::Null));
}

#[test]
fn a_token_may_expire_and_a_grant_be_rejected_by_switch() {
    let (google, caller) = with_an_event();
    let (_, page) = caller.get(EVENTS);
    let token = page["nextSyncToken"].as_str().expect("a sync token");
    google
        .world()
        .troubles
        .on(Trouble::of(Mishap::FullSyncRequired).times(1));
    // Only a listing with a token can be told so.
    assert_eq!(caller.get(EVENTS).0, 200);
    assert_eq!(caller.get(&format!("{EVENTS}?syncToken={token}")).0, 410);
    assert_eq!(caller.get(&format!("{EVENTS}?syncToken={token}")).0, 200);
    google
        .world()
        .troubles
        .on(Trouble::of(Mishap::InvalidGrant).times(1));
    let client = reqwest::blocking::Client::new();
    let said = client
        .post(google.addresses().token)
        .send()
        .expect("an answer");
    assert_eq!(said.status(), 400);
    let told: Value = serde_json::from_str(&said.text().expect("a text")).expect("JSON");
    assert_eq!(told["error"], "invalid_grant");
}
