//! How often Google is asked: counted, not timed.

use super::office::{ANNA, Office, POLL, PUSH, Setup};
use super::{google, row};
use crate::advanta_standin::{Sort, Thing};
use crate::google_standin::Op;
use crate::google_standin::manners::Manners;
use crate::together::house::guid;
use serde_json::json;

fn note(title: &str) -> Thing {
    Thing::new(Sort::Note, title, &guid("anna")).planned("2026-12-02T09:00", "2026-12-02T10:00")
}

fn timed(title: &str, day: u32) -> serde_json::Value {
    json!({
        "summary": title,
        "start": { "dateTime": format!("2026-12-{day:02}T09:00:00+03:00") },
        "end": { "dateTime": format!("2026-12-{day:02}T10:00:00+03:00") },
    })
}

/// Requests for events, channels and batches since the last look.
fn asked(office: &Office) -> Vec<(Op, u32)> {
    let counts = office.world().counts();
    let all = [
        Op::List,
        Op::Get,
        Op::Insert,
        Op::Patch,
        Op::Delete,
        Op::Batch,
        Op::Watch,
    ];
    let asked = all.into_iter().map(|op| (op, counts.of(op)));
    asked.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn a_first_comparison_is_its_pages_its_batches_and_one_channel() {
    // 120 notes in pages of 50, an empty first one before them; 130 objects in batches of 50.
    let manners = Manners {
        page: 50,
        ..row("google")
    };
    // Google's echo of our own writes is for later.
    let setup = Setup {
        debounce_ms: 60_000,
        ..PUSH
    };
    let office = Office::open(&manners, setup);
    for n in 0..129 {
        office.house.add(note(&format!("Заметка {n}")));
    }
    office
        .house
        .wait("all notes", || office.titles().len() == 130);
    for n in 0..120 {
        office
            .world()
            .add_event(ANNA, timed(&format!("Мероприятие {n}"), 1 + n % 28));
    }
    office.world().forget_counts();
    office.connect();
    let counts = office.world().counts();
    // An empty page, three pages, and the 30 from the calendar itself make no more.
    assert_eq!(counts.of(Op::List), 4);
    assert_eq!(counts.of(Op::Batch), 3);
    assert_eq!((counts.of(Op::Insert), counts.of(Op::Watch)), (130, 1));
    assert_eq!((counts.of(Op::Get), counts.of(Op::Patch)), (0, 0));
    office.wait_quiet();
    // Right afterwards a full comparison writes nothing.
    let again = office.sync();
    assert_eq!(
        (&again["writes"], &again["counts"]),
        (&json!(0), &json!({}))
    );
    office.google.finish();
}

#[test]
fn one_change_there_is_one_listing_and_a_burst_is_one_too() {
    let office = Office::open(&google(), PUSH);
    let one = office.world().add_event(ANNA, timed("Стоматолог", 3));
    office.connect();
    office.wait("the note", || {
        office.titles().contains(&"Стоматолог".to_owned())
    });
    office.wait_quiet();
    office.world().forget_counts();
    office
        .world()
        .edit(ANNA, &one, json!({ "summary": "Стоматолог 2" }));
    office.wait("the title", || {
        office.titles().contains(&"Стоматолог 2".to_owned())
    });
    office.wait_quiet();
    assert_eq!(asked(&office), [(Op::List, 1)]);
    office.world().forget_counts();
    for n in 3..13 {
        office
            .world()
            .edit(ANNA, &one, json!({ "summary": format!("Стоматолог {n}") }));
    }
    office.wait("the last title", || {
        office.titles().contains(&"Стоматолог 12".to_owned())
    });
    office.wait_quiet();
    assert_eq!(asked(&office), [(Op::List, 1)]);
    office.google.finish();
}

#[test]
fn one_change_here_is_one_write() {
    let office = Office::open(&google(), PUSH);
    let id = office.house.add(note("Ключ"));
    office
        .house
        .wait("the note", || office.titles().contains(&"Ключ".to_owned()));
    office.connect();
    office.wait_quiet();
    office.world().forget_counts();
    office
        .house
        .world()
        .edit(id, |thing| thing.title = "Ключ от сейфа".to_owned());
    office.wait("the title in Google", || office.has_event("Ключ от сейфа"));
    office.wait_quiet();
    // The listing is Google's echo of the write.
    assert_eq!(asked(&office), [(Op::List, 1), (Op::Patch, 1)]);
    office.google.finish();
}

#[test]
fn a_quiet_calendar_is_only_looked_at_now_and_then() {
    let office = Office::open(&google(), PUSH);
    office.connect();
    office.wait_quiet();
    office.world().forget_counts();
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(asked(&office), []);
    office.google.finish();
    // Without notices it is the look alone, and nothing is written.
    let every = Setup {
        poll_secs: 1,
        ..POLL
    };
    let office = Office::open(&google(), every);
    office.connect();
    office.world().forget_counts();
    std::thread::sleep(std::time::Duration::from_secs(4));
    let asked = asked(&office);
    assert!(matches!(asked[..], [(Op::List, 2..=5)]), "{asked:?}");
    office.google.finish();
}
