//! What goes wrong between the bridge and Google.

use super::google;
use super::office::{ANNA, Office, POLL, PUSH, Setup};
use crate::advanta_standin::{Sort, Thing};
use crate::google_standin::{Consent, Mishap, Op, Trouble};
use crate::together::house::guid;
use serde_json::json;
use std::time::Duration;

fn note(title: &str) -> Thing {
    Thing::new(Sort::Note, title, &guid("anna")).planned("2026-12-02T09:00", "2026-12-02T10:00")
}

fn timed(title: &str) -> serde_json::Value {
    json!({
        "summary": title,
        "start": { "dateTime": "2026-12-03T09:00:00+03:00" },
        "end": { "dateTime": "2026-12-03T10:00:00+03:00" },
    })
}

#[test]
fn a_grant_that_dies_is_said_work_waits_and_consent_brings_it_back_with_all_links() {
    let office = Office::open(&google(), POLL);
    office.house.add(note("Смета"));
    office
        .house
        .wait("the note", || office.titles().contains(&"Смета".to_owned()));
    office.connect();
    let links = office.shown()["links"]["all"].clone();
    office.world().revoke_all(ANNA);
    office.wait("the state", || office.shown()["state"] == "inactive");
    let browser = office.browser();
    let page = browser.open("/me/google").html;
    assert!(
        page.contains("Не активно") && page.contains("Авторизоваться"),
        "{page}"
    );
    // Work waits meanwhile.
    office.house.add(note("Пока нет доступа"));
    assert_eq!(browser.agree().status, 303);
    office.wait("the state", || office.shown()["state"] == "active");
    office.wait("what waited", || office.has_event("Пока нет доступа"));
    assert_eq!(office.live(), 3);
    let now = office.shown()["links"]["all"].clone();
    assert_eq!(now.as_u64(), links.as_u64().map(|links| links + 1));
    office.google.finish();
}

#[test]
fn somebody_who_refuses_or_unticks_is_told_what_is_missing() {
    let office = Office::open(&google(), PUSH);
    let browser = office.browser();
    office.world().consent(ANNA, Consent::Refuses);
    let page = browser.agree();
    assert!(
        page.status == 422 && page.html.contains("отказались"),
        "{}",
        page.html
    );
    let scope = "https://www.googleapis.com/auth/calendar.events".to_owned();
    office.world().consent(ANNA, Consent::Unticks(scope));
    let page = browser.agree();
    assert!(
        page.status == 422 && page.html.contains("Не отмечены все разрешения"),
        "{}",
        page.html
    );
    // What is too little is not kept. Google is not asked to end it: that would end all that this account gave us.
    assert_eq!(office.world().grants(ANNA), 1);
    office.world().consent(ANNA, Consent::Agrees);
    assert_eq!(browser.agree().status, 303);
    office.google.finish();
}

#[test]
fn a_cursor_that_ran_out_leads_to_a_full_comparison_that_finds_what_was_deleted() {
    let office = Office::open(&google(), POLL);
    let one = office.world().add_event(ANNA, timed("Стоматолог"));
    office.world().add_event(ANNA, timed("Парикмахер"));
    office.connect();
    office.wait("the notes", || {
        office.titles().contains(&"Стоматолог".to_owned())
    });
    office.world().remove(ANNA, &one);
    office.world().expire_tokens(ANNA);
    office.wait("the note's end", || {
        !office.titles().contains(&"Стоматолог".to_owned())
    });
    assert!(office.titles().contains(&"Парикмахер".to_owned()));
    office.google.finish();
}

#[test]
fn lost_answers_throttling_and_broken_connections_double_nothing_and_lose_nothing() {
    let office = Office::open(&google(), POLL);
    for n in 0..12 {
        office.house.add(note(&format!("Заметка {n}")));
    }
    office
        .house
        .wait("the notes", || office.titles().len() == 13);
    let troubles = [
        Trouble::of(Mishap::AnswerLost)
            .in_calls(&[Op::Batch, Op::Insert])
            .times(2),
        Trouble::of(Mishap::RateLimited)
            .in_calls(&[Op::Insert, Op::List])
            .times(2),
        Trouble::of(Mishap::Unauthorized)
            .in_calls(&[Op::List])
            .times(1),
        Trouble::of(Mishap::Slow(Duration::from_millis(50))).times(20),
    ];
    for trouble in troubles {
        office.world().troubles.on(trouble);
    }
    let browser = office.browser();
    browser.agree();
    browser.act(&[
        ("act", "choose"),
        ("calendar", ANNA),
        ("start", "2026-11-01"),
    ]);
    office.wait("all events", || office.live() == 13);
    office.wait("a quiet end", || office.shown()["failures"] == 0);
    assert_eq!(
        office.world().duplicates(ANNA, "advanta-bridge"),
        Vec::<String>::new()
    );
    let again = office.sync();
    // What nobody saw after a lost answer is seen now; nothing is written for it.
    assert_eq!(again["writes"], 0, "{again}");
    office.google.finish();
}

#[test]
fn a_quota_of_writing_does_not_hold_up_what_comes_from_google() {
    let setup = Setup {
        google: "quota_wait_secs = 1\n",
        ..POLL
    };
    let office = Office::open(&google(), setup);
    office.connect();
    let quota = Trouble::of(Mishap::QuotaExceeded).in_calls(&[Op::Insert]);
    let quota = office.world().troubles.on(quota);
    office.house.add(note("Смета"));
    office.wait("the quota", || office.world().troubles.happened(quota) > 0);
    for n in 0..3 {
        office.world().add_event(ANNA, timed(&format!("Приём {n}")));
        office.wait("the note", || {
            office.titles().contains(&format!("Приём {n}"))
        });
    }
    let shown = office.shown();
    assert_eq!(
        (&shown["state"], &shown["failures"]),
        (&json!("active"), &json!(0))
    );
    assert!(!office.has_event("Смета"));
    office.world().troubles.off(quota);
    office.wait("the event", || office.has_event("Смета"));
    office.google.finish();
}

#[test]
fn a_form_of_somebody_else_does_nothing() {
    let office = Office::open(&google(), PUSH);
    let browser = office.browser();
    let stale = browser.submit(&[("form", "0".repeat(64).as_str()), ("act", "begin")]);
    assert_eq!(stale.status, 409, "{}", stale.html);
    assert!(stale.html.contains("Страница устарела"));
    // Nobody comes back who was not sent, and no foreign state is taken.
    let unasked = browser.open("/me/google/callback?code=4%2Fabc&state=of-somebody");
    assert_eq!(unasked.status, 409, "{}", unasked.html);
    browser.act(&[("act", "begin")]);
    // Any page can send a browser here: that cancels nothing.
    let made_up = browser.open("/me/google/callback?error=access_denied");
    assert_eq!(made_up.status, 409, "{}", made_up.html);
    let foreign = browser.open("/me/google/callback?code=4%2Fabc&state=of-somebody");
    assert!(
        foreign.status == 409 && foreign.html.contains("другому подключению"),
        "{}",
        foreign.html
    );
    office.google.finish();
}

#[test]
fn a_domain_lets_a_service_account_in_for_its_people() {
    let office = Office::open(&google(), POLL);
    let folder = office.house.bridge.folder();
    let key = folder.join("key.json");
    std::fs::write(&key, office.google.service_account_json()).expect("a file");
    let key = key.to_str().expect("a UTF-8 path");
    let cli = |args: &[&str]| crate::together::house::cli(folder, args);
    cli(&[
        "integration",
        "google",
        "set",
        "--service-account-file",
        key,
    ]);
    office.world().add_event(ANNA, timed("Стоматолог"));
    cli(&["subscription", "connect", "anna", "--account", ANNA]);
    cli(&["subscription", "choose", "anna", "--start", "2026-11-01"]);
    office.wait("the note", || {
        office.titles().contains(&"Стоматолог".to_owned())
    });
    office.wait("the event", || office.has_event("Ключи"));
    office.google.finish();
}

/// One occurrence of a weekly series that belongs to somebody else and is not in Anna's calendar.
fn occurrence(day: u32) -> serde_json::Value {
    json!({
        "id": format!("c0ffee12345_202612{day:02}T060000Z"),
        "recurringEventId": "c0ffee12345",
        "originalStartTime": { "dateTime": format!("2026-12-{day:02}T09:00:00+03:00") },
        "iCalUID": "weekly@example.com",
        "summary": "Летучка",
        "start": { "dateTime": format!("2026-12-{day:02}T09:00:00+03:00") },
        "end": { "dateTime": format!("2026-12-{day:02}T10:00:00+03:00") },
        "organizer": { "email": "chief@example.com" },
        "attendees": [{ "email": ANNA, "self": true, "responseStatus": "accepted" }],
    })
}

#[test]
fn somebody_invited_in_the_middle_of_a_series_has_one_note_of_it() {
    let office = Office::open(&google(), POLL);
    let first = office.world().add_event(ANNA, occurrence(10));
    office.connect();
    let notes = |title: &str| {
        let titles = office.titles();
        titles.iter().filter(|each| *each == title).count()
    };
    office.wait("the note", || notes("Летучка") == 1);
    // As of any series: the first occurrence is the note.
    office.world().add_event(ANNA, occurrence(17));
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    assert_eq!(notes("Летучка"), 1);
    office
        .world()
        .edit(ANNA, &first, json!({ "summary": "Летучка у шефа" }));
    office.wait("the title", || notes("Летучка у шефа") == 1);
    assert_eq!(notes("Летучка"), 0);
    // A comparison of everything does not take it for deleted.
    office.world().expire_tokens(ANNA);
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    assert_eq!(notes("Летучка у шефа"), 1);
    office.world().remove(ANNA, &first);
    office.wait("the end of the note", || notes("Летучка у шефа") == 0);
    office.google.finish();
}
