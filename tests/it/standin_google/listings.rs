//! Listings: pages, windows, tokens, and what may not be asked.

use super::caller::Caller;
use super::{ANNA, EVENTS, google, of_type, plain, timed};
use crate::google_standin::manners::{Manners, Window};
use crate::google_standin::{Mishap, Op, StandIn, Trouble};
use serde_json::{Value, json};

/// A Google of these manners with Anna and so many events, one a day from the first of December.
fn with(manners: &Manners, events: u32) -> (StandIn, Caller) {
    let google = StandIn::start(manners);
    let mut world = google.world();
    world.add_user(ANNA);
    for day in 1..=events {
        world.add_event(ANNA, timed(&format!("Смета {day}"), day));
    }
    drop(world);
    let caller = Caller::of(&google, ANNA);
    (google, caller)
}

/// Titles, or `-ID` of what is gone, page by page; and the last page.
fn pages(caller: &Caller, query: &str) -> (Vec<Vec<String>>, Value) {
    let mut pages = Vec::new();
    let mut next = String::new();
    loop {
        let (status, page) = caller.get(&format!("{EVENTS}?{query}{next}"));
        assert_eq!(status, 200, "{page}");
        let items = page["items"].as_array().expect("items");
        pages.push(items.iter().map(word).collect());
        match page["nextPageToken"].as_str() {
            Some(token) => next = format!("&pageToken={token}"),
            None => return (pages, page),
        }
    }
}

fn word(event: &Value) -> String {
    match event["summary"].as_str() {
        Some(title) => title.to_owned(),
        None => format!("-{}", event["status"].as_str().unwrap_or("?")),
    }
}

fn token(page: &Value) -> &str {
    page["nextSyncToken"].as_str().expect("a sync token")
}

#[test]
fn a_page_is_as_long_as_the_table_says_and_the_first_may_be_empty() {
    let (google, caller) = with(&google(), 4);
    let (listed, last) = pages(&caller, "maxResults=2500");
    let expected: [&[&str]; 3] = [&[], &["Смета 1", "Смета 2", "Смета 3"], &["Смета 4"]];
    assert_eq!(listed, expected);
    assert!(last["nextSyncToken"].is_string());
    assert_eq!(google.world().counts().of(Op::List), 3);
    let (_google, caller) = with(&plain(), 4);
    let (listed, _) = pages(&caller, "maxResults=3");
    let expected: [&[&str]; 2] = [&["Смета 1", "Смета 2", "Смета 3"], &["Смета 4"]];
    assert_eq!(listed, expected);
}

#[test]
fn a_window_is_left_out_of_a_full_listing_by_the_end_of_an_event() {
    let (_google, caller) = with(&plain(), 3);
    // The first one ends at 10:00 in Moscow, and an end at the bound is outside.
    let (listed, _) = pages(
        &caller,
        "timeMin=2026-12-01T07:00:00Z&timeMax=2026-12-03T06:00:00Z",
    );
    assert_eq!(listed, [["Смета 2"]]);
}

#[test]
fn a_token_keeps_the_window_or_forgets_it_as_the_table_says() {
    for (window, expected) in [
        (Window::Start, vec!["Смета 1 раньше"]),
        (Window::StartKept, vec![]),
    ] {
        let (google, caller) = with(&Manners { window, ..plain() }, 3);
        let (_, last) = pages(&caller, "timeMin=2026-12-02T00:00:00Z");
        let first = google.world().events(ANNA)[0]["id"]
            .as_str()
            .map(str::to_owned);
        let id = first.expect("an event");
        google
            .world()
            .edit(ANNA, &id, json!({ "summary": "Смета 1 раньше" }));
        let (listed, _) = pages(&caller, &format!("syncToken={}", token(&last)));
        assert_eq!(listed, [expected], "{window:?}");
    }
}

#[test]
fn what_changed_comes_once_and_what_was_deleted_comes_as_gone() {
    let (google, caller) = with(&plain(), 2);
    let (_, last) = pages(&caller, "");
    let ids: Vec<_> = google
        .world()
        .events(ANNA)
        .iter()
        .map(|event| event["id"].clone())
        .collect();
    let id = |n: usize| ids[n].as_str().expect("an id");
    google
        .world()
        .edit(ANNA, id(0), json!({ "summary": "Раз" }));
    google
        .world()
        .edit(ANNA, id(0), json!({ "summary": "Два" }));
    google.world().remove(ANNA, id(1));
    let (listed, last) = pages(&caller, &format!("syncToken={}", token(&last)));
    assert_eq!(listed, [["Два", "-cancelled"]]);
    let (listed, _) = pages(&caller, &format!("syncToken={}", token(&last)));
    assert_eq!(listed, [[""; 0]]);
    // A full listing knows nothing of what is gone, unless it is asked to.
    assert_eq!(pages(&caller, "").0, [["Два"]]);
    assert_eq!(
        pages(&caller, "showDeleted=true").0,
        [["Два", "-cancelled"]]
    );
}

#[test]
fn a_token_that_is_too_old_is_410_and_one_that_is_none_is_400() {
    let (google, caller) = with(&plain(), 1);
    let (_, last) = pages(&caller, "");
    let ask = |token: &str| {
        let (status, told) = caller.get(&format!("{EVENTS}?syncToken={token}"));
        (
            status,
            told["error"]["errors"][0]["reason"].clone(),
            told["error"]["message"].clone(),
        )
    };
    let bad = (400, json!("invalid"), json!("Invalid sync token value."));
    assert_eq!(ask("nonsense"), bad);
    let trouble = Trouble::of(Mishap::BadSyncToken).times(1);
    let trouble = google.world().troubles.on(trouble);
    assert_eq!(ask(token(&last)), bad);
    assert_eq!(google.world().troubles.happened(trouble), 1);
    google.world().expire_tokens(ANNA);
    let (status, reason, _) = ask(token(&last));
    assert_eq!((status, reason), (410, json!("fullSyncRequired")));
}

#[test]
fn what_may_not_stand_beside_a_token_is_refused() {
    let (_google, caller) = with(&plain(), 1);
    let (_, last) = pages(&caller, "");
    let more = [
        "iCalUID=a",
        "orderBy=updated",
        "privateExtendedProperty=a%3D1",
        "q=a",
        "sharedExtendedProperty=a%3D1",
        "timeMin=2026-12-01T00:00:00Z",
        "timeMax=2026-12-01T00:00:00Z",
        "updatedMin=2026-12-01T00:00:00Z",
        "showDeleted=false",
    ];
    for more in more {
        let (status, _) = caller.get(&format!("{EVENTS}?syncToken={}&{more}", token(&last)));
        assert_eq!(status, 400, "{more}");
    }
    for alone in ["orderBy=startTime", "maxResults=2501"] {
        let (status, _) = caller.get(&format!("{EVENTS}?{alone}"));
        assert_eq!(status, 400, "{alone}");
    }
}

#[test]
fn a_series_is_listed_whole_with_its_exceptions_or_as_its_occurrences() {
    let (google, caller) = with(&plain(), 0);
    let series = json!({
        "summary": "Планёрка",
        "start": { "dateTime": "2026-12-07T09:00:00", "timeZone": "Europe/Moscow" },
        "end": { "dateTime": "2026-12-07T09:30:00", "timeZone": "Europe/Moscow" },
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
    });
    let id = google.world().add_event(ANNA, series);
    let of = |time: &str| format!("{EVENTS}/{id}_{time}");
    let moved = json!({ "summary": "Позже" });
    let patched = caller.send(
        "PATCH",
        &format!("{}?sendUpdates=none", of("20261214T060000Z")),
        Some(moved),
    );
    assert_eq!(patched.0, 200);
    assert_eq!(
        patched.1["originalStartTime"]["dateTime"],
        "2026-12-14T09:00:00+03:00"
    );
    let gone = caller.send(
        "DELETE",
        &format!("{}?sendUpdates=none", of("20261221T060000Z")),
        None,
    );
    assert_eq!(gone.0, 204);
    assert_eq!(
        caller.get(&of("20261215T060000Z")).0,
        404,
        "no occurrence then"
    );
    let (listed, _) = pages(&caller, "");
    assert_eq!(listed, [["Планёрка", "Позже", "-cancelled"]]);
    let (listed, _) = pages(&caller, "singleEvents=true&orderBy=startTime");
    assert_eq!(listed, [["Планёрка", "Позже", "Планёрка"]]);
    of_type(&caller, "eventTypes=birthday", 0);
    of_type(&caller, "eventTypes=default", 2);
}
