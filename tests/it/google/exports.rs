//! What an export does in a person's calendar beyond standing there: it neither rings nor blocks the day, unless it is a meeting.

use super::google;
use super::office::{ANNA, Office, POLL};
use crate::advanta_standin::{Sort, Thing};
use crate::together::house::guid;
use serde_json::{Value, json};

fn thing(sort: Sort, title: &str) -> Thing {
    Thing::new(sort, title, &guid("anna")).planned("2026-12-01T09:00", "2027-12-01T18:00")
}

/// Reminders and transparency of an event.
fn presence(office: &Office, title: &str) -> (Value, Value) {
    let event = office.event(title).expect("the event");
    (event["reminders"].clone(), event["transparency"].clone())
}

#[test]
fn work_neither_rings_nor_blocks_the_day_a_meeting_does_and_afterwards_both_are_the_persons() {
    let office = Office::open(&google(), POLL);
    let project = office.house.add(thing(Sort::Project, "Завод"));
    for (sort, title) in [
        (Sort::Stage, "Этап"),
        (Sort::Task, "Смета"),
        (Sort::Meeting, "Совет"),
        (Sort::Note, "Заметка"),
    ] {
        office.house.add(thing(sort, title));
    }
    office
        .house
        .wait("the objects", || office.titles().len() == 6);
    office.connect();
    office.wait("the events", || office.live() == 6);
    let quiet = (
        json!({ "useDefault": false, "overrides": [] }),
        json!("transparent"),
    );
    for title in ["Завод", "Этап", "Смета"] {
        assert_eq!(presence(&office, title), quiet, "{title}");
    }
    let loud = (json!({ "useDefault": true }), json!("opaque"));
    for title in ["Совет", "Заметка"] {
        assert_eq!(presence(&office, title), loud, "{title}");
    }
    // Whoever wants to be reminded of it is, whatever else changes; the stand-in lets no write of ours touch it.
    let own = json!({ "useDefault": false, "overrides": [{ "method": "popup", "minutes": 30 }] });
    let event = office.id_of("Завод");
    let edit = json!({ "reminders": own, "transparency": "opaque" });
    office.world().edit(ANNA, &event, edit);
    office
        .house
        .world()
        .edit(project, |thing| thing.title = "Завод 2".to_owned());
    office.wait("the title", || office.has_event("Завод 2"));
    assert_eq!(presence(&office, "Завод 2"), (own, json!("opaque")));
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    office.google.finish();
}
