//! Objects as exports tell them, and back.

use super::rendering::{object, task, view};
use super::{event, read, try_read, utc};
use crate::ical::join::{Alarms, Head, Joined};
use crate::ical::split::{SplitLimits, split};
use crate::ical::{
    Document, Exported, Facts, Limits, PRODID, Told, facts, id_of_uid, put_export, render,
    same_events, uid_of,
};
use crate::model::{
    DatesMode, Field, Kind, Object, ObjectId, Parent, Planned, Settings, Status, UserId,
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use proptest::prelude::*;
use uuid::Uuid;

fn document(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::default()).unwrap()
}

/// The text of a calendar that holds this text of an object.
fn exported(text: &str, object: &Object, authored: bool, settings: &Settings) -> String {
    let head = Head {
        prodid: PRODID,
        name: None,
        feed: None,
    };
    let mut out = String::new();
    let mut joined = Joined::new(&head, Alarms::Keep, &Limits::default(), &mut out);
    let of = Exported {
        view: view(object, "", &[Field::End, Field::Title]),
        authored,
    };
    joined.push_export(text, &of, settings, &mut out).unwrap();
    joined.finish(&mut out);
    out
}

fn rendered(object: &Object, uid: &str, settings: &Settings) -> String {
    render(&view(object, uid, &[]), settings).unwrap().text
}

/// What an import makes of the first item of an export.
fn rebuilt(calendar: &str, settings: &Settings) -> (Facts, Told) {
    let split = split(calendar.as_bytes(), SplitLimits::default());
    let text = split.items().next().unwrap().text();
    let facts = facts(&document(&text), settings).unwrap();
    let read = crate::ical::read(
        text.as_bytes(),
        facts.card.as_deref(),
        settings,
        &Limits::default(),
    );
    let told = facts.told(&read.unwrap().fields, settings);
    (facts, told)
}

#[test]
fn a_task_is_told_whole() {
    let (task, settings) = (task(), Settings::default());
    let text = rendered(&task, "1", &settings);
    let calendar = exported(&text, &task, false, &settings);
    let added: Vec<&str> = calendar
        .lines()
        .filter(|line| !text.contains(*line))
        .collect();
    assert_eq!(
        added,
        [
            "X-ADVANTA-ID:00000000-0000-0000-0000-000000000a0b",
            "X-ADVANTA-CARD:https://advanta.example.com/card?id=1\\,2",
            "X-ADVANTA-PARENT:Мост\\, опоры",
            "X-ADVANTA-LOCK:DTEND,SUMMARY",
        ]
    );
    let (facts, told) = rebuilt(&calendar, &settings);
    let wanted = Facts {
        id: Some(task.id),
        kind: Some(Kind::Task),
        status: Some(Status::IN_WORK),
        percent: Some(40),
        actual_start: task.actual_start,
        actual_end: None,
        owner: Some(UserId::new("u-1")),
        responsible: Some(UserId::new("u-2")),
        locked: vec![Field::End, Field::Title],
        parent: Some(ObjectId(Uuid::from_u128(0x0c))),
        parent_title: Some("Мост, опоры".into()),
        card: task.card.clone(),
        ..Facts::default()
    };
    assert_eq!((facts, told), (wanted, told_of(&task)));
}

fn told_of(object: &Object) -> Told {
    Told {
        title: object.title.clone(),
        planned: object.planned,
        description: object.description.clone(),
        location: object.location.clone(),
    }
}

#[test]
fn what_a_served_text_says_is_understood_as_well() {
    let (task, settings) = (task(), Settings::default());
    let text = rendered(&task, &uid_of(task.id), &settings);
    let facts = facts(&document(&text), &settings).unwrap();
    assert_eq!(
        (facts.id, facts.kind, facts.card),
        (Some(task.id), Some(Kind::Task), task.card)
    );
    assert_eq!(id_of_uid("1@advanta-bridge"), None);
}

#[test]
fn an_event_of_somebody_else_says_nothing() {
    let incoming = read(event(
        "DTSTART:20260105T090000Z\nURL:https://example.com\nDESCRIPTION:https://example.com\n",
    ));
    assert_eq!(
        facts(&incoming.document, &Settings::default()),
        Ok(Facts::default())
    );
}

#[test]
fn a_property_that_cannot_be_understood_is_named_with_its_line() {
    for (line, what) in [
        (
            "X-ADVANTA-PERCENT:101",
            "line 7: X-ADVANTA-PERCENT cannot be understood",
        ),
        (
            "X-ADVANTA-KIND:chore",
            "line 7: X-ADVANTA-KIND cannot be understood",
        ),
        (
            "X-ADVANTA-STATUS:done",
            "line 7: X-ADVANTA-STATUS cannot be understood",
        ),
        (
            "X-ADVANTA-ID:1",
            "line 7: X-ADVANTA-ID cannot be understood",
        ),
        (
            "X-ADVANTA-LOCK:DTSTART,X",
            "line 7: X-ADVANTA-LOCK cannot be understood",
        ),
        (
            "X-ADVANTA-ACTUAL-END:20260105",
            "line 7: X-ADVANTA-ACTUAL-END cannot be understood",
        ),
        (
            "X-ADVANTA-PLANNED:both",
            "line 7: X-ADVANTA-PLANNED cannot be understood",
        ),
        (
            "X-ADVANTA-OWNER:a\nX-ADVANTA-OWNER:b",
            "line 8: X-ADVANTA-OWNER stands more than once",
        ),
    ] {
        let document = document(&event(&format!("{line}\nDTSTART:20260105T090000Z\n")));
        let invalid = facts(&document, &Settings::default()).unwrap_err();
        assert_eq!(invalid.to_string(), what);
    }
}

#[test]
fn a_date_or_title_moved_in_the_file_is_believed() {
    let settings = Settings::default();
    let mut note = object(Kind::Note, "one\ntwo", "2026-01-05 09:00", "");
    note.planned.start = note
        .planned
        .start
        .map(|at| at + chrono::Duration::seconds(30));
    let calendar = exported(&rendered(&note, "1", &settings), &note, false, &settings);
    assert_eq!(rebuilt(&calendar, &settings).1, told_of(&note));
    let moved = calendar
        .replace("DTEND:20260105T060000Z", "DTEND:20260105T070000Z")
        .replace("SUMMARY:one two", "SUMMARY:three");
    let told = rebuilt(&moved, &settings).1;
    let whole = object(Kind::Note, "three", "2026-01-05 09:00", "2026-01-05 10:00");
    assert_eq!(told, told_of(&whole));
}

#[test]
fn what_an_author_wrote_stays_and_the_object_is_told_beside_it() {
    let settings = Settings::default();
    let text = event(
        "DTSTART:20260105T060000Z\nDTEND:20260105T070000Z\nSUMMARY:Смета\nDESCRIPTION:mine\nSTATUS:TENTATIVE\n\
         URL:https://example.com/mine\n",
    );
    let task = Object {
        planned: object(Kind::Task, "", "2026-01-05 09:00", "2026-01-05 10:00").planned,
        title: "Смета".into(),
        ..task()
    };
    let calendar = exported(&text, &task, true, &settings);
    let theirs = |line: &&str| !line.starts_with("X-ADVANTA") && !line.starts_with("RELATED-TO");
    let unfolded = calendar.replace("\r\n ", "");
    let kept: Vec<&str> = unfolded.lines().filter(theirs).skip(3).collect();
    let wanted: Vec<&str> = text.lines().skip(3).collect();
    assert_eq!(kept, wanted);
    assert_eq!(rebuilt(&calendar, &settings).1, told_of(&task));
}

#[test]
fn an_export_says_the_same_as_the_text_it_was_made_of() {
    let (task, settings) = (task(), Settings::default());
    let same = |one: &str, other: &str| same_events(&document(one), &document(other), &settings);
    let own = event(
        "DTSTART:20260202T090000Z\nSTATUS:TENTATIVE\nURL:https://example.com/mine\nDESCRIPTION:mine\n",
    );
    for (text, authored) in [(rendered(&task, "1", &settings), false), (own, true)] {
        let calendar = exported(&text, &task, authored, &settings);
        assert!(same(&text, &calendar));
        assert!(same(
            &text,
            &text.replace("VERSION:2.0", "VERSION:2.0\r\nX-WR-CALNAME:a")
        ));
        for (old, new) in [
            ("DTSTART", "X-A:1\r\nDTSTART"),
            ("DTSTART", "SUMMARY:other\r\nX-OLD"),
        ] {
            assert!(!same(&text, &calendar.replacen(old, new, 1)), "{new}");
        }
        let described = if authored {
            "mine"
        } else {
            "Первый этап"
        };
        assert!(!same(&text, &calendar.replace(described, "other")));
    }
}

#[test]
fn a_status_that_advanta_changed_since_is_no_difference_of_events() {
    let (task, settings) = (task(), Settings::default());
    let text = rendered(&task, "1", &settings);
    let other = text.replace("STATUS:CONFIRMED", "STATUS:TENTATIVE");
    assert!(same_events(&document(&text), &document(&other), &settings));
    let own = |text: &str| document(&text.replace("X-ADVANTA-STATUS:3\r\n", ""));
    assert!(!same_events(&own(&text), &own(&other), &settings));
}

#[test]
fn an_export_of_an_export_is_the_same() {
    let (task, settings) = (task(), Settings::default());
    let once = exported(&rendered(&task, "1", &settings), &task, false, &settings);
    assert_eq!(exported(&once, &task, false, &settings), once);
}

#[test]
fn caldav_serves_what_it_served() {
    let (task, settings) = (task(), Settings::default());
    let text = rendered(&task, "1", &settings);
    for export_only in [
        "X-ADVANTA-ID",
        "X-ADVANTA-CARD",
        "X-ADVANTA-PARENT",
        "X-ADVANTA-PLANNED",
    ] {
        assert!(!text.contains(export_only));
    }
    let mut document = document(&text);
    let of = Exported {
        view: view(&task, "1", &[]),
        authored: false,
    };
    put_export(&mut document, &of, &settings);
    crate::ical::put_ours(&mut document, &crate::ical::ours_of(&of.view, &settings));
    assert_eq!(document.to_text(), text);
}

/// A text as iCalendar can hold it.
fn words() -> impl Strategy<Value = String> {
    "[^\u{0}-\u{8}\u{b}-\u{1f}\u{7f}\u{fffe}\u{ffff}]{0,90}"
}

fn local() -> impl Strategy<Value = NaiveDateTime> {
    // Around the changes of the clock too, but of a zone that has none of late: a local time that never was is not kept.
    let at = |(days, seconds): (i64, i64)| {
        utc("2016-01-01 00:00").naive_utc()
            + chrono::Duration::days(days)
            + chrono::Duration::seconds(seconds)
    };
    let seconds = prop_oneof![Just(0i64), Just(86_399), Just(86_340), 0i64..86_400];
    (0i64..7_000, seconds).prop_map(at)
}

fn planned() -> impl Strategy<Value = Planned> {
    prop_oneof![
        (local(), local()).prop_map(|(start, end)| (Some(start), Some(end))),
        (local(), 0i64..10)
            .prop_map(|(start, days)| (Some(start), Some(start + chrono::Duration::days(days)))),
        local().prop_map(|start| (Some(start), None)),
        local().prop_map(|end| (None, Some(end))),
    ]
    .prop_map(|(start, end)| Planned { start, end })
}

prop_compose! {
    fn any_object()(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        (title, description, location) in (words(), words(), words()),
        planned in planned(),
        (actual_start, actual_end) in (prop::option::of(local()), prop::option::of(local())),
        (status, percent) in (prop::option::of(any::<u16>()), prop::option::of(0u8..=100)),
        (owner, responsible) in (prop::option::of("\\PC{1,20}"), prop::option::of("\\PC{1,20}")),
        parent in prop::option::of((any::<u128>(), words())),
        card in prop::option::of("https://advanta\\.example\\.com/[a-z0-9?=&,;]{0,60}"),
        id in any::<u128>(),
    ) -> Object {
        Object {
            id: ObjectId(Uuid::from_u128(id)),
            description, location, planned, actual_start, actual_end, percent, card,
            status: status.map(Status),
            owner: owner.map(UserId::new),
            responsible: responsible.map(UserId::new),
            parent: parent.map(|(id, title)| Parent { id: ObjectId(Uuid::from_u128(id)), title }),
            ..object(kind, &title, "", "")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_object_is_rebuilt_from_its_export(
        object in any_object(), all_day in any::<bool>(), ours in any::<bool>(),
    ) {
        let settings = Settings {
            dates: if all_day { DatesMode::AllDay } else { DatesMode::Local },
            ..Settings::default()
        };
        let uid = if ours { uid_of(object.id) } else { "their own".to_owned() };
        let text = rendered(&object, &uid, &settings);
        let calendar = exported(&text, &object, false, &settings);
        let (facts, told) = rebuilt(&calendar, &settings);
        let parent = object.parent.clone();
        let wanted = Facts {
            id: Some(object.id),
            kind: Some(object.kind),
            status: object.status,
            percent: object.percent,
            actual_start: object.actual_start,
            actual_end: object.actual_end,
            owner: object.owner.clone(),
            responsible: object.responsible.clone(),
            locked: vec![Field::End, Field::Title],
            parent: parent.as_ref().map(|parent| parent.id),
            parent_title: parent.map(|parent| parent.title),
            card: object.card.clone(),
            ..Facts::default()
        };
        let only_facts = Facts {
            only: None, planned_start: None, planned_end: None, title: None, description: None, location: None, ..facts
        };
        prop_assert_eq!(only_facts, wanted);
        prop_assert_eq!(told, told_of(&object));
        prop_assert!(same_events(&document(&text), &document(&calendar), &settings));
        prop_assert!(try_read(&text).is_ok());
    }
}

#[test]
fn dates_are_rebuilt_across_changes_of_the_clock() {
    let settings = Settings {
        zone: Tz::Europe__Berlin,
        ..Settings::default()
    };
    for (start, end) in [
        ("2026-03-29 01:30", "2026-03-29 03:30"),
        // The clock goes back from three to two: the end comes an hour before the start in the order of instants.
        ("2026-10-25 02:30", "2026-10-25 02:10"),
        ("2026-10-25 02:30", ""),
        ("", "2026-03-29 02:30"),
    ] {
        let note = object(Kind::Note, "a", start, end);
        let calendar = exported(&rendered(&note, "1", &settings), &note, false, &settings);
        assert_eq!(
            rebuilt(&calendar, &settings).1,
            told_of(&note),
            "{start} {end}"
        );
    }
}
