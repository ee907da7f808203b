//! `kill -9` while the bridge writes to Google.

use super::google;
use super::office::{ANNA, Office, POLL, START};
use crate::advanta_standin::{Sort, Thing};
use crate::google_standin::{Mishap, Op, Trouble};
use crate::together::house::guid;
use serde_json::json;
use std::time::Duration;

/// Objects that are exported while the bridge is killed.
const OBJECTS: usize = 1000;

#[test]
fn kill_9_in_the_middle_of_a_thousand_writes_doubles_nothing_and_loses_nothing() {
    let mut office = Office::open(&google(), POLL);
    for n in 0..OBJECTS {
        let day = 1 + n % 28;
        let note = Thing::new(Sort::Note, &format!("Заметка {n}"), &guid("anna")).planned(
            &format!("2026-12-{day:02}T09:00"),
            &format!("2026-12-{day:02}T10:00"),
        );
        office.house.add(note);
    }
    office.house.advanta.drained(Duration::from_secs(120));
    let slow = Trouble::of(Mishap::Slow(Duration::from_millis(40))).in_calls(&[Op::Batch]);
    office.world().troubles.on(slow);
    let browser = office.browser();
    browser.agree();
    browser.act(&[("act", "choose"), ("calendar", ANNA), ("start", START)]);
    let all = OBJECTS + 1;
    for part in 1..=4 {
        office.wait("some writes", || office.live() >= part * all / 5);
        office.kill_and_restart();
    }
    office.wait("all writes", || office.live() >= all);
    office.wait("rest", || {
        let shown = office.shown();
        shown["progress"].is_null() && shown["links"]["all"] == all && shown["failures"] == 0
    });
    assert_eq!(office.live(), all);
    assert_eq!(
        office.world().duplicates(ANNA, "advanta-bridge"),
        Vec::<String>::new()
    );
    // Nothing came back from Google as a note.
    assert_eq!(office.titles().len(), all);
    let again = office.sync();
    assert_eq!(
        (&again["writes"], &again["counts"]),
        (&json!(0), &json!({})),
        "{again}"
    );
    office.google.finish();
    office.house.advanta.finish();
}
