//! People acting in Google itself, and what a test can ask afterwards.

use super::caller::Caller;
use super::{ANNA, EVENTS, QUIET, plain, timed};
use crate::google_standin::manners::Manners;
use crate::google_standin::{Mishap, Occurrence, Op, StandIn, Trouble};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn with_anna() -> (StandIn, Caller) {
    let google = StandIn::start(&plain());
    google.world().add_user(ANNA);
    let caller = Caller::of(&google, ANNA);
    (google, caller)
}

fn weekly() -> Value {
    json!({
        "summary": "Планёрка",
        "start": { "date": "2026-12-07" },
        "end": { "date": "2026-12-08" },
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5"],
    })
}

/// Title and first day of everything that is expanded.
fn days(caller: &Caller) -> Vec<(String, String)> {
    let (_, page) = caller.get(&format!("{EVENTS}?singleEvents=true&orderBy=startTime"));
    let items = page["items"].as_array().expect("items");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let day = |event: &Value| (text(&event["summary"]), text(&event["start"]["date"]));
    items.iter().map(day).collect()
}

#[test]
fn a_series_is_moved_cancelled_and_split_occurrence_by_occurrence() {
    let (google, caller) = with_anna();
    let mut world = google.world();
    let id = world.add_event(ANNA, weekly());
    let to = json!({ "start": { "date": "2026-12-16" }, "end": { "date": "2026-12-17" } });
    let moved = world.edit_one(ANNA, &id, Occurrence::Day("2026-12-14"), to);
    assert_eq!(moved, format!("{id}_20261214"));
    world.cancel_one(ANNA, &id, Occurrence::Day("2026-12-21"));
    let later = json!({
        "summary": "Планёрка 2",
        "start": { "date": "2026-12-28" },
        "end": { "date": "2026-12-29" },
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"],
    });
    world.split(ANNA, &id, "20261221", later);
    drop(world);
    let expected = [
        ("Планёрка", "2026-12-07"),
        ("Планёрка", "2026-12-16"),
        ("Планёрка 2", "2026-12-28"),
        ("Планёрка 2", "2027-01-04"),
    ];
    let expected = expected.map(|(title, day)| (title.to_owned(), day.to_owned()));
    assert_eq!(days(&caller), expected);
    google.world().remove(ANNA, &id);
    assert_eq!(days(&caller), expected[2..]);
}

#[test]
fn an_occurrence_with_a_time_is_named_by_its_instant() {
    let (google, _) = with_anna();
    let mut series = timed("Планёрка", 7);
    series["start"]["timeZone"] = json!("Europe/Moscow");
    series["end"]["timeZone"] = json!("Europe/Moscow");
    series["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
    let id = google.world().add_event(ANNA, series);
    let which = Occurrence::At("2026-12-14T09:00:00+03:00");
    let gone = google.world().cancel_one(ANNA, &id, which);
    assert_eq!(gone, format!("{id}_20261214T060000Z"));
    let kept = google.world().event(ANNA, &gone).expect("it is kept");
    assert_eq!(
        (&kept["status"], &kept["recurringEventId"]),
        (&json!("cancelled"), &json!(id))
    );
}

#[test]
fn people_hide_and_decline_what_is_theirs() {
    let (google, caller) = with_anna();
    let id = google.world().add_event(ANNA, timed("Смета", 1));
    google.world().make_private(ANNA, &id);
    google.world().decline(ANNA, &id);
    let (_, now) = caller.get(&format!("{EVENTS}/{id}"));
    let me = json!([{ "email": ANNA, "self": true, "responseStatus": "declined" }]);
    assert_eq!(
        (&now["visibility"], &now["attendees"]),
        (&json!("private"), &me)
    );
}

#[test]
fn troubles_are_switched_off_and_counts_begin_anew() {
    let (google, caller) = with_anna();
    let broken = google
        .world()
        .troubles
        .on(Trouble::of(Mishap::Broken).with_event("abc01"));
    google
        .world()
        .troubles
        .on(Trouble::of(Mishap::TooMany(None)).in_calls(&[Op::List]));
    let path = format!("{EVENTS}/abc01");
    assert_eq!((caller.get(&path).0, caller.get(EVENTS).0), (500, 429));
    google.world().troubles.off(broken);
    assert_eq!((caller.get(&path).0, caller.get(EVENTS).0), (404, 429));
    google.world().troubles.all_off();
    assert_eq!(caller.get(EVENTS).0, 200);
    assert_eq!(google.world().troubles.happened(broken), 1);
    let statuses: Vec<_> = google
        .world()
        .log()
        .iter()
        .map(|one| (one.op, one.status))
        .collect();
    let expected = [
        (Op::Get, Some(500)),
        (Op::List, Some(429)),
        (Op::Get, Some(404)),
        (Op::List, Some(429)),
        (Op::List, Some(200)),
    ];
    assert_eq!(statuses, expected);
    assert_eq!(google.world().counts().requests, 5);
    google.world().forget_counts();
    assert_eq!(google.world().counts().of(Op::List), 0);
    assert_eq!(google.world().violations(), [""; 0]);
}

#[test]
fn a_part_of_a_batch_fails_alone() {
    let (google, caller) = with_anna();
    let trouble = Trouble::of(Mishap::AnswerLost)
        .in_calls(&[Op::Insert])
        .after(1)
        .times(1);
    google.world().troubles.on(trouble);
    let part = |n: u32| {
        format!(
            "POST /calendar/v3/{EVENTS}?{QUIET} HTTP/1.1\r\n\r\n{}",
            timed("Часть", n)
        )
    };
    let (_, told) = caller.batch(&google, &[part(1), part(2), part(3)]);
    let statuses: Vec<_> = told
        .lines()
        .filter(|line| line.starts_with("HTTP/"))
        .collect();
    let expected = [
        "HTTP/1.1 200 OK",
        "HTTP/1.1 500 Internal Server Error",
        "HTTP/1.1 200 OK",
    ];
    assert_eq!(statuses, expected);
    assert_eq!(google.world().events(ANNA).len(), 3);
    let counts = google.world().counts();
    assert_eq!(
        (counts.requests, counts.of(Op::Insert), counts.of(Op::Batch)),
        (1, 3, 1)
    );
    // The table says how many parts one batch takes.
    let two = StandIn::start(&Manners {
        batch_max: 2,
        ..plain()
    });
    two.world().add_user(ANNA);
    let caller = Caller::of(&two, ANNA);
    assert_eq!(caller.batch(&two, &[part(1), part(2), part(3)]).0, 400);
    assert_eq!(two.world().take_violations(), ["Batch: 3 requests in one"]);
}

#[test]
fn ten_thousand_events_are_listed_in_four_pages_without_squares() {
    let google = StandIn::start_unchecked(&plain());
    google.world().add_user(ANNA);
    for number in 0..10_000 {
        google
            .world()
            .add_event(ANNA, timed("Смета", 1 + number % 28));
    }
    let caller = Caller::of(&google, ANNA);
    let start = Instant::now();
    let (mut next, mut count) = (String::new(), 0);
    loop {
        let (_, page) = caller.get(&format!("{EVENTS}?maxResults=2500{next}"));
        count += page["items"].as_array().map_or(0, Vec::len);
        match page["nextPageToken"].as_str() {
            Some(token) => next = format!("&pageToken={token}"),
            None => break,
        }
    }
    assert_eq!((count, google.world().counts().of(Op::List)), (10_000, 4));
    println!("listed in {:?}", start.elapsed());
    // Generous: a slow machine is no failure, a quadratic stand-in is.
    assert!(start.elapsed() < Duration::from_secs(20));
}
