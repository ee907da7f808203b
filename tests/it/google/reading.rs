//! Events as people and other programs leave them: what of them becomes a note.

use super::google;
use super::office::{ANNA, Office, POLL, Setup};
use crate::advanta_standin::{Sort, Thing};
use crate::together::house::cli;
use serde_json::{Value, json};

fn with(title: &str, more: Value) -> Value {
    let mut event = json!({
        "summary": title,
        "start": { "dateTime": "2026-12-03T09:00:00+03:00", "timeZone": "Europe/Moscow" },
        "end": { "dateTime": "2026-12-03T10:00:00+03:00", "timeZone": "Europe/Moscow" },
    });
    let fields = event.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    event
}

fn note(office: &Office, title: &str) -> Option<Thing> {
    let world = office.house.world();
    let named = |thing: &&Thing| thing.sort == Sort::Note && thing.title == title;
    world.things().find(named).cloned()
}

#[test]
fn what_cannot_be_read_whole_is_a_note_and_is_listed() {
    let office = Office::open(&google(), POLL);
    let old = json!({ "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=9", "EXRULE:FREQ=WEEKLY;INTERVAL=3;COUNT=3"] });
    let id = office.world().add_raw(ANNA, with("Старая серия", old));
    office.connect();
    office.wait("the note", || note(&office, "Старая серия").is_some());
    let folder = office.house.bridge.folder();
    let troubles = cli(folder, &["subscription", "troubles", "anna", "--json"]);
    let troubles: Value = serde_json::from_str(&troubles).expect("JSON");
    assert_eq!(
        troubles["unread"],
        json!([{ "event": id, "what": "recurrence" }])
    );
    assert!(office.house.bridge.log().contains(&id));
    let page = office.browser().open("/me/google").html;
    assert!(
        page.contains(&id) && page.contains("насколько его удалось прочесть"),
        "{page}"
    );
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    // What is put right there is in order.
    let plain = json!({ "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=9"] });
    office.world().edit(ANNA, &id, plain);
    office.wait("the end of the trouble", || {
        let troubles = cli(folder, &["subscription", "troubles", "anna", "--json"]);
        !troubles.contains(&id)
    });
    office.google.finish();
}

#[test]
fn a_description_in_html_is_plain_in_the_note_and_stays_as_it_is() {
    let office = Office::open(&google(), POLL);
    let html = "<b>Повестка</b><br><ul><li>бюджет</li><li>R&amp;D</li></ul>";
    let event = with("Совет", json!({ "description": html }));
    let id = office.world().add_event(ANNA, event);
    office.connect();
    office.wait("the note", || note(&office, "Совет").is_some());
    let plain = "Повестка\n- бюджет\n- R&D";
    assert_eq!(note(&office, "Совет").expect("the note").description, plain);
    let thing = note(&office, "Совет").expect("the note").id;
    office
        .house
        .world()
        .edit(thing, |thing| thing.title = "Совет директоров".to_owned());
    office.wait("the title", || office.has_event("Совет директоров"));
    let event = || office.world().event(ANNA, &id).expect("the event");
    assert_eq!(event()["description"], html);
    // Edited in ADVANTA, it says what ADVANTA says, signs and all.
    office.house.world().edit(thing, |thing| {
        thing.description = "5 < 6 &amp; <b>не жирно</b>".to_owned();
    });
    office.wait("the description", || {
        event()["description"] == "5 &lt; 6 &amp;amp; &lt;b&gt;не жирно&lt;/b&gt;"
    });
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    let kept = note(&office, "Совет директоров")
        .expect("the note")
        .description;
    assert_eq!(kept, "5 < 6 &amp; <b>не жирно</b>");
    office.google.finish();
}

#[test]
fn letters_and_absences_become_notes_by_setting_which_the_page_names() {
    let special = [
        with("Рейс", json!({ "eventType": "fromGmail" })),
        with("Отпуск", json!({ "eventType": "outOfOffice" })),
        with("Сосредоточиться", json!({ "eventType": "focusTime" })),
        with("Приём", json!({})),
    ];
    let quiet = Setup {
        sync: "import_from_mail = false\nimport_absence = false\n",
        ..POLL
    };
    for (setup, titles, words) in [
        (
            POLL,
            vec!["Отпуск", "Приём", "Рейс"],
            "из писем Gmail – становятся заметками",
        ),
        (quiet, vec!["Приём"], "из писем Gmail – не переносятся"),
    ] {
        let office = Office::open(&google(), setup);
        for event in &special {
            office.world().add_event(ANNA, event.clone());
        }
        office.connect();
        office.wait("the note", || note(&office, "Приём").is_some());
        office.sync();
        let mut found: Vec<String> = office.titles();
        found.retain(|title| {
            special
                .iter()
                .any(|event| event["summary"] == title.as_str())
        });
        found.sort();
        assert_eq!(found, titles);
        let page = office.browser().open("/me/google").html;
        assert!(page.contains(words), "{page}");
        office.google.finish();
    }
}

#[test]
fn an_invitation_that_came_by_mail_and_by_google_is_one_note() {
    let office = Office::open(&google(), POLL);
    let uid = "invitation@example.com";
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//client//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:20261203T060000Z\r\nDTEND:20261203T070000Z\r\n\
         SUMMARY:Совещание\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let href = format!("{}invitation.ics", office.house.home("anna"));
    assert_eq!(office.house.dav("anna").put(&href, &text).status, 201);
    office.wait("the note", || note(&office, "Совещание").is_some());
    let event = with("Совещание", json!({ "iCalUID": uid }));
    let id = office.world().add_event(ANNA, event);
    office.connect();
    office.wait_quiet();
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    let notes = {
        let world = office.house.world();
        let named = world.things().filter(|thing| thing.title == "Совещание");
        named.count()
    };
    let events = office.world().events(ANNA);
    let live = events
        .iter()
        .filter(|event| event["summary"] == "Совещание");
    assert_eq!((notes, live.count()), (1, 1));
    // They are in step.
    let moved = json!({ "summary": "Совещание у шефа" });
    office.world().edit(ANNA, &id, moved);
    office.wait("the title", || note(&office, "Совещание у шефа").is_some());
    office.google.finish();
}
