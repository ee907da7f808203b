//! The page in a real browser: its forms, its policy, and the way to Google and back.

use super::google;
use super::office::{Office, PUSH, START};
use crate::advanta_standin::{Sort, Thing};
use crate::clients;
use crate::google_standin::Op;
use crate::together::house::guid;

#[test]
fn a_person_connects_and_unsubscribes_in_chromium() {
    let office = Office::open(&google(), PUSH);
    let note = Thing::new(Sort::Note, "Смета", &guid("anna"));
    office
        .house
        .add(note.planned("2026-12-02T09:00", "2026-12-02T10:00"));
    let password = office.house.password("anna");
    let host = office
        .house
        .bridge
        .url()
        .trim_start_matches("http://")
        .to_owned();
    let root = format!("http://anna:{password}@{host}");
    clients::run("portlet_browser.py", &[&root, START]);
    assert!(office.has_event("Смета") && office.has_event("Ключи"));
    assert_eq!(office.world().counts().of(Op::Revoke), 1);
    office.google.finish();
}
