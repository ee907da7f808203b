//! "This and the following", and invitations to single occurrences: the note stays with what took the place of what it showed.

use super::google;
use super::office::{ANNA, Office, POLL};
use crate::advanta_standin::{Sort, Thing, local};
use serde_json::{Value, json};

/// Every Monday from October on; the first in the window is 2 November.
fn weekly() -> Value {
    json!({
        "summary": "Планёрка",
        "start": { "dateTime": "2026-10-05T10:00:00+03:00", "timeZone": "Europe/Moscow" },
        "end": { "dateTime": "2026-10-05T11:00:00+03:00", "timeZone": "Europe/Moscow" },
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=20"],
    })
}

/// The notes whose titles begin so.
fn notes(office: &Office, title: &str) -> Vec<Thing> {
    let world = office.house.world();
    let named = world
        .things()
        .filter(|thing| thing.sort == Sort::Note && thing.title.starts_with(title));
    named.cloned().collect()
}

fn connected(events: &[Value]) -> (Office, Vec<String>) {
    let office = Office::open(&google(), POLL);
    let add = |event: &Value| office.world().add_event(ANNA, event.clone());
    let ids = events.iter().map(add).collect();
    office.connect();
    (office, ids)
}

#[test]
fn this_and_the_following_takes_the_note_along_and_its_occurrences_are_asked_for() {
    let (office, ids) = connected(&[weekly()]);
    office.wait("the note", || notes(&office, "Планёрка").len() == 1);
    let note = notes(&office, "Планёрка")[0].clone();
    assert_eq!(note.planned_start, Some(local("2026-11-02T10:00")));
    let following = json!({
        "summary": "Планёрка отдела",
        "start": { "dateTime": "2026-11-02T12:00:00+03:00", "timeZone": "Europe/Moscow" },
        "end": { "dateTime": "2026-11-02T13:00:00+03:00", "timeZone": "Europe/Moscow" },
    });
    let half = office
        .world()
        .split(ANNA, &ids[0], "20261101T205959Z", following);
    let moved = || {
        let now = notes(&office, "Планёрка");
        let [one] = now.as_slice() else { return false };
        one.title == "Планёрка отдела" && one.planned_start == Some(local("2026-11-02T12:00"))
    };
    office.wait("the note of the new half", moved);
    // It is the same note, and there is no other.
    assert_eq!(notes(&office, "Планёрка")[0].id, note.id);
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    assert_eq!(notes(&office, "Планёрка").len(), 1);
    // Moved in ADVANTA, its occurrence moves, which is called after the first half.
    office.house.world().edit(note.id, |thing| {
        thing.planned_start = Some(local("2026-11-02T15:00"));
        thing.planned_end = Some(local("2026-11-02T16:00"));
    });
    let occurrence = format!("{}_20261102T090000Z", ids[0]);
    office.wait("the moved occurrence", || {
        let event = office.world().event(ANNA, &occurrence);
        event.is_some_and(|event| {
            event["start"]["dateTime"] == "2026-11-02T15:00:00+03:00"
                && event["recurringEventId"] == json!(half)
        })
    });
    office.google.finish();
}

#[test]
fn a_note_whose_occurrence_is_deleted_with_all_that_follow_goes() {
    let (office, ids) = connected(&[weekly()]);
    office.wait("the note", || notes(&office, "Планёрка").len() == 1);
    let cut = json!({ "recurrence": ["RRULE:FREQ=WEEKLY;UNTIL=20261101T205959Z"] });
    office.world().edit(ANNA, &ids[0], cut);
    office.wait("the end of the note", || {
        notes(&office, "Планёрка").is_empty()
    });
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    assert_eq!(notes(&office, "Планёрка").len(), 0);
    office.google.finish();
}

/// One occurrence of a series that is somebody else's and not in Anna's calendar.
fn invited(day: u32) -> Value {
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
fn uninvited_from_one_of_two_occurrences_the_note_stays_for_the_other() {
    let (office, ids) = connected(&[invited(10), invited(17)]);
    office.wait("the note", || notes(&office, "Летучка").len() == 1);
    let note = notes(&office, "Летучка")[0].clone();
    assert_eq!(note.planned_start, Some(local("2026-12-10T09:00")));
    office.world().remove(ANNA, &ids[0]);
    office.wait("the other", || {
        let now = notes(&office, "Летучка");
        now.len() == 1 && now[0].planned_start == Some(local("2026-12-17T09:00"))
    });
    assert_eq!(notes(&office, "Летучка")[0].id, note.id);
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    office.world().remove(ANNA, &ids[1]);
    office.wait("the end", || notes(&office, "Летучка").is_empty());
    office.google.finish();
}
