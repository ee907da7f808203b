//! What the bridge may never ask is caught.

use super::caller::Caller;
use super::{ANNA, EVENTS, QUIET, plain, timed};
use crate::google_standin::StandIn;
use serde_json::json;

fn with_an_event() -> (StandIn, Caller, String) {
    let google = StandIn::start(&plain());
    google.world().add_user(ANNA);
    let id = google.world().add_event(ANNA, timed("Чужое", 1));
    let caller = Caller::of(&google, ANNA);
    (google, caller, id)
}

#[test]
fn what_the_discovery_document_does_not_have_is_caught() {
    let (google, caller, id) = with_an_event();
    caller.get(&format!("{EVENTS}?since=3"));
    caller.get(&format!("{EVENTS}?maxResults=0"));
    caller.get(&format!("{EVENTS}?showDeleted=yes"));
    caller.get(&format!("{EVENTS}?timeMin=2026-12-01T00:00:00"));
    caller.get(&format!("{EVENTS}?eventTypes=party"));
    caller.get(&format!("{EVENTS}?pageToken=a&pageToken=b"));
    caller.send("GET", &format!("{EVENTS}/{id}"), Some(json!({})));
    let path = format!("{EVENTS}?{QUIET}");
    caller.send("POST", &path, Some(json!({ "summary": 3, "titel": "?" })));
    caller.get("colors");
    let expected = [
        "List: the query has \"since\"",
        "List: maxResults is \"0\"",
        "List: showDeleted is \"yes\"",
        "List: timeMin is \"2026-12-01T00:00:00\"",
        "List: eventTypes is \"party\"",
        "List: pageToken is given 2 times",
        "List: pageToken is given 2 times",
        "Get: it has a body",
        "Insert: : \"end\" is a required property",
        "Insert: : \"start\" is a required property",
        "Insert: /summary: 3 is not of type \"string\"",
        "Insert: : Additional properties are not allowed ('titel' was unexpected)",
        "GET /calendar/v3/colors is nothing of Google's",
    ];
    // A document's checks come in no order that means anything.
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let found = sorted(google.world().take_violations());
    let expected = sorted(expected.map(str::to_owned).into());
    assert_eq!(found, expected);
}

#[test]
fn what_the_bridge_promised_never_to_do_is_caught() {
    let (google, caller, id) = with_an_event();
    let mut guests = timed("Встреча", 2);
    guests["attendees"] = json!([{ "email": "boris@example.com" }]);
    caller.send("POST", &format!("{EVENTS}?{QUIET}"), Some(guests));
    caller.send("POST", EVENTS, Some(timed("Громко", 2)));
    let path = format!("{EVENTS}/{id}?{QUIET}");
    caller.send("PATCH", &path, Some(json!({ "summary": "Вслепую" })));
    let (_, now) = caller.get(&format!("{EVENTS}/{id}"));
    let etag = now["etag"].as_str().expect("an etag");
    caller.send_if(etag, "PUT", &path, Some(timed("Целиком", 1)));
    let token = google.world().grant(ANNA).access;
    caller.get(&format!("{EVENTS}?q={token}"));
    let expected = [
        "Insert: it names guests",
        "Insert: it does not say that nobody is to be told (sendUpdates=none)",
        "Patch: it changes what the bridge did not make without naming its version",
        "Update: it replaces a whole event",
        "List: a token stands in the address",
    ];
    assert_eq!(google.world().take_violations(), expected);
}

#[test]
#[should_panic(expected = "rules were broken")]
fn a_broken_rule_fails_the_test_when_the_stand_in_ends() {
    let (google, caller, _) = with_an_event();
    caller.get(&format!("{EVENTS}?since=3"));
    google.finish();
}

#[test]
fn a_batch_of_too_many_and_two_changes_of_one_event_are_caught() {
    let (google, caller, _) = with_an_event();
    let part = |title: &str| {
        let mut event = timed(title, 3);
        event["id"] = json!("abc01");
        format!(
            "POST /calendar/v3/{EVENTS}?{QUIET} HTTP/1.1\r\ncontent-type: application/json\r\n\r\n{event}"
        )
    };
    let (status, told) = caller.batch(&google, &[part("Раз"), part("Два")]);
    assert_eq!(status, 200);
    // Answered backwards: the second is told first.
    let lines = told.lines().map(str::trim);
    let lines: Vec<_> = lines
        .filter(|line| line.starts_with("HTTP/") || line.starts_with("Content-ID"))
        .collect();
    let expected = [
        "Content-ID: <response-part-1>",
        "HTTP/1.1 409 Conflict",
        "Content-ID: <response-part-0>",
        "HTTP/1.1 200 OK",
    ];
    assert_eq!(lines, expected);
    google.world().switches.batch_max = 2;
    let many: Vec<_> = (0..3)
        .map(|_| format!("GET /calendar/v3/{EVENTS} HTTP/1.1\r\n\r\n"))
        .collect();
    assert_eq!(caller.batch(&google, &many).0, 400);
    let expected = [
        "Batch: two changes of one event in one batch",
        "Batch: 3 requests in one",
    ];
    assert_eq!(google.world().take_violations(), expected);
}
