//! A firm's network between the bridge and Google: the page says so, with the host, and whom to ask.

use super::google;
use super::office::{ANNA, Office, POLL, START};
use crate::advanta_standin::{Sort, Thing};
use crate::google_standin::{Mishap, Op, Trouble};
use crate::together::house::guid;
use serde_json::json;

#[test]
fn a_wall_on_the_way_is_named_with_the_host() {
    let office = Office::open(&google(), POLL);
    office.connect();
    let wall = office
        .world()
        .troubles
        .on(Trouble::of(Mishap::Wall(407)).in_calls(&[Op::List]));
    office.wait("the wall", || office.shown()["obstacle"] == "network");
    let page = office.browser().open("/me/google").html;
    let host = office.google.url().replace("http://", "");
    let words = format!("something on the way to {host} answered 407");
    assert!(page.contains("Сеть предприятия не пускает"), "{page}");
    assert!(page.contains(&words), "{page}");
    assert!(!page.contains("попытка повторится сама"), "{page}");
    office.world().troubles.off(wall);
    office.wait("the way", || office.shown()["obstacle"].is_null());
    office.google.finish();
}

#[test]
fn whoever_leaves_is_told_how_many_would_be_doubled_and_may_take_the_exported_along() {
    let office = Office::open(&google(), POLL);
    let task = Thing::new(Sort::Task, "Смета", &guid("anna"));
    office
        .house
        .add(task.planned("2026-12-01T09:00", "2026-12-01T18:00"));
    office.world().add_event(
        ANNA,
        json!({
            "summary": "Стоматолог",
            "start": { "date": "2026-12-03" },
            "end": { "date": "2026-12-04" },
        }),
    );
    office.connect();
    office.wait("the note", || {
        office.titles().contains(&"Стоматолог".to_owned())
    });
    office.wait("the event", || office.has_event("Смета"));
    office.wait_quiet();
    let links = office.shown()["links"]["all"].as_u64().expect("a number");
    let browser = office.browser();
    let live = browser.open("/me/google").html;
    assert!(live.contains("Сменить календарь"), "{live}");
    let ending = browser.open("/me/google/unsubscribe").html;
    assert!(
        ending.contains(&format!("продублируются ({links})")),
        "{ending}"
    );
    assert!(ending.contains("name=\"remove\""), "{ending}");
    browser.act(&[("act", "unsubscribe")]);
    browser.agree();
    let choice = browser.open("/me/google").html;
    assert!(choice.contains(&format!("до {links}.")), "{choice}");
    browser.act(&[
        ("act", "choose"),
        ("calendar", ANNA),
        ("start", START),
        ("recognise", "yes"),
    ]);
    office.wait_synced();
    office.wait_quiet();
    // Taken along, the exported are not there to be doubled.
    browser.act(&[("act", "unsubscribe"), ("remove", "yes")]);
    assert!(!office.has_event("Смета"));
    browser.agree();
    let choice = browser.open("/me/google").html;
    assert!(choice.contains("до 1."), "{choice}");
    office.google.finish();
}
