//! Objects and events without length: Google refuses to be told of one, and makes them itself.

use super::google;
use super::office::{ANNA, Office, POLL};
use crate::advanta_standin::{Sort, Thing, local};
use crate::google_standin::{Mishap, Op, Trouble};
use crate::together::house::{cli_of, guid};
use serde_json::json;

fn milestone(title: &str) -> Thing {
    Thing::new(Sort::Task, title, &guid("anna")).planned("2026-12-02T18:00", "2026-12-02T18:00")
}

/// When the event of a title is, by the clock of Moscow.
fn when(office: &Office, title: &str) -> Option<(String, String)> {
    let event = office.event(title)?;
    let time = |name: &str| {
        event[name]["dateTime"]
            .as_str()
            .map(|at| at[11..16].to_owned())
    };
    Some((time("start")?, time("end")?))
}

fn from_to(from: &str, to: &str) -> Option<(String, String)> {
    Some((from.to_owned(), to.to_owned()))
}

#[test]
fn an_object_without_length_is_exported_and_stays_in_step() {
    let office = Office::open(&google(), POLL);
    let id = office.house.add(milestone("Сдача"));
    office
        .house
        .wait("the task", || office.titles().contains(&"Сдача".to_owned()));
    office.connect();
    office.wait("the event", || office.has_event("Сдача"));
    assert_eq!(when(&office, "Сдача"), from_to("18:00", "18:15"));
    let again = office.sync();
    assert_eq!((&again["writes"], &again["stuck"]), (&json!(0), &json!(0)));
    // Its title flows, and so does an edit there.
    office
        .house
        .world()
        .edit(id, |thing| thing.title = "Сдача дома".to_owned());
    office.wait("the title", || office.has_event("Сдача дома"));
    let event = office.id_of("Сдача дома");
    office.world().edit(
        ANNA,
        &event,
        json!({
            "start": { "dateTime": "2026-12-03T12:00:00+03:00" },
            "end": { "dateTime": "2026-12-03T12:15:00+03:00" },
        }),
    );
    let moved = || {
        let thing = office.house.world().thing(id).expect("the task").clone();
        (thing.planned_start, thing.planned_end)
    };
    let noon = Some(local("2026-12-03T12:00"));
    office.wait("the move", || moved() == (noon, noon));
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    assert_eq!(when(&office, "Сдача дома"), from_to("12:00", "12:15"));
    // Made longer there, it is longer.
    office.world().edit(
        ANNA,
        &event,
        json!({ "end": { "dateTime": "2026-12-03T13:00:00+03:00" } }),
    );
    let one = Some(local("2026-12-03T13:00"));
    office.wait("the length", || moved() == (noon, one));
    office.google.finish();
}

#[test]
fn an_event_that_its_person_made_without_length_takes_edits_of_its_note() {
    let office = Office::open(&google(), POLL);
    office.world().add_event(
        ANNA,
        json!({
            "summary": "Позвонить",
            "start": { "dateTime": "2026-12-03T09:00:00+03:00" },
            "end": { "dateTime": "2026-12-03T09:00:00+03:00" },
        }),
    );
    office.connect();
    let note = || {
        let world = office.house.world();
        world
            .things()
            .find(|thing| thing.title.starts_with("Позвонить"))
            .cloned()
    };
    office.wait("the note", || note().is_some());
    let id = note().expect("the note").id;
    assert_eq!(when(&office, "Позвонить"), from_to("09:00", "09:00"));
    office
        .house
        .world()
        .edit(id, |thing| thing.title = "Позвонить Борису".to_owned());
    office.wait("the title", || office.has_event("Позвонить Борису"));
    office.wait_quiet();
    let again = office.sync();
    assert_eq!(
        (&again["writes"], &again["stuck"]),
        (&json!(0), &json!(0)),
        "{again}"
    );
    // That Google wants a length is no edit of the person's.
    let thing = note().expect("the note");
    assert_eq!(thing.planned_start, thing.planned_end);
    office.google.finish();
}

#[test]
fn what_is_stuck_is_said_by_every_comparison() {
    let office = Office::open(&google(), POLL);
    office.connect();
    let refused = Trouble::of(Mishap::Says(400, "invalid")).in_calls(&[Op::Insert]);
    office.world().troubles.on(refused);
    office.house.add(milestone("Сдача"));
    let dead = || office.shown()["links"]["dead"].clone();
    office.wait("the dead letter", || dead() == 1);
    let folder = office.house.bridge.folder();
    let sync = || cli_of(folder, &["subscription", "sync", "anna", "--lang", "en"]);
    for _ in 0..2 {
        let done = sync();
        assert_eq!(done.status.code(), Some(3));
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(said.contains("stuck (subscription troubles): 1"), "{said}");
    }
    office.google.finish();
}
