//! What the fixtures say, as the model says it.

use crate::model::{
    Changes, Draft, Fields, Kind, Moment, Notice, Object, ObjectId, Parent, Person, Planned,
    Revision, Rights, Span, Status, Timestamp, UserId,
};
use chrono::{NaiveDate, NaiveDateTime};

pub(super) const OBJECT: &str = include_str!("../../../fixtures/advanta/object.json");
pub(super) const NOTE: &str = include_str!("../../../fixtures/advanta/note.json");
pub(super) const PERSON: &str = include_str!("../../../fixtures/advanta/person.json");
pub(super) const PERSON_LEFT: &str = include_str!("../../../fixtures/advanta/person-left.json");
pub(super) const CHANGES: &str = include_str!("../../../fixtures/advanta/changes.json");
pub(super) const NOTHING: &str = include_str!("../../../fixtures/advanta/nothing-changed.json");
pub(super) const HOOK_FAT: &str = include_str!("../../../fixtures/advanta/hook-fat.json");
pub(super) const HOOK_THIN: &str = include_str!("../../../fixtures/advanta/hook-thin.json");
pub(super) const PING: &str = include_str!("../../../fixtures/advanta/ping.json");

/// Every fixture and the schema of the document that describes it.
pub(super) const FIXTURES: &[(&str, &str)] = &[
    ("Object", OBJECT),
    ("Object", NOTE),
    ("Person", PERSON),
    ("Person", PERSON_LEFT),
    ("Changes", CHANGES),
    ("Changes", NOTHING),
    ("Hook", HOOK_FAT),
    ("Hook", HOOK_THIN),
    ("Hook", PING),
];

/// The id of the task in `object.json`.
pub(super) const TASK: &str = "0b6f0c1e-5a3d-4d8e-9f57-2f1d8a6f7c01";
/// The external id of the note in `note.json`.
pub(super) const NOTE_KEY: &str = "9b2f5c60-7a1d-4c2e-a6a8-0d4a3e1f7b03";

pub(super) fn id(text: &str) -> ObjectId {
    ObjectId(text.parse().unwrap())
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn local(text: &str) -> Option<NaiveDateTime> {
    Some(text.parse().unwrap())
}

pub(super) fn anna() -> UserId {
    UserId::new("anna")
}

pub(super) fn boris() -> UserId {
    UserId::new("boris")
}

/// `object.json`.
pub(super) fn task() -> Object {
    Object {
        id: id(TASK),
        kind: Kind::Task,
        revision: Revision(17),
        title: "Смета на фундамент".to_owned(),
        description: "Проверить объёмы".to_owned(),
        location: "Тверь".to_owned(),
        planned: Planned {
            start: local("2026-12-01T00:00:00"),
            end: local("2026-12-04T23:59:59"),
        },
        actual_start: local("2026-12-01T09:20:00"),
        actual_end: None,
        status: Some(Status::IN_WORK),
        percent: Some(40),
        owner: Some(anna()),
        responsible: Some(boris()),
        participants: [(anna(), Rights::ALL), (boris(), Rights::READ)].into(),
        parent: Some(Parent {
            id: id("5d0e3a52-0c55-4d1b-8a43-6f1f6b1e9d11"),
            title: "Склад в Твери".to_owned(),
        }),
        card: Some("https://advanta.example.com/card/0b6f0c1e".to_owned()),
        changed: at("2026-11-22T10:15:00.5Z"),
    }
}

/// `note.json`: everything that may be left out is.
pub(super) fn note() -> Object {
    let text = Rights {
        text: true,
        ..Rights::READ
    };
    Object {
        id: id(NOTE_KEY),
        kind: Kind::Note,
        revision: Revision(1),
        title: "Call the supplier".to_owned(),
        description: String::new(),
        location: String::new(),
        planned: Planned::default(),
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: None,
        responsible: None,
        participants: [(anna(), text)].into(),
        parent: None,
        card: None,
        changed: at("2026-11-22T10:16:02Z"),
    }
}

/// `person.json`.
pub(super) fn person() -> Person {
    Person {
        id: boris(),
        revision: Revision(2),
        login: Some("boris".to_owned()),
        name: "Boris Sample".to_owned(),
        email: Some("boris@example.com".to_owned()),
        language: Some(crate::model::Language::English),
        zone: Some(chrono_tz::Asia::Yekaterinburg),
        active: true,
    }
}

/// `person-left.json`: a language and a zone that nobody knows.
pub(super) fn person_left() -> Person {
    Person {
        id: boris(),
        revision: Revision(3),
        login: None,
        name: "Boris Sample".to_owned(),
        email: None,
        language: None,
        zone: None,
        active: false,
    }
}

/// A deletion.
pub(super) fn removed(id: &str, revision: u64) -> Notice {
    Notice::Removed {
        id: self::id(id),
        revision: Revision(revision),
    }
}

/// What a person typed into their calendar.
pub(super) fn draft() -> Draft {
    let start = Moment::At(at("2026-12-02T12:00:00Z"));
    let end = Moment::At(at("2026-12-02T12:30:00Z"));
    Draft {
        id: id(NOTE_KEY),
        kind: Kind::Note,
        author: anna(),
        fields: Fields {
            title: "Call the \"supplier\"".to_owned(),
            span: Span::new(start, end).ok(),
            description: "Ask for the date\nand the price".to_owned(),
            location: String::new(),
            recurs: false,
        },
    }
}

/// A change of every field, to whole days.
pub(super) fn changes() -> Changes {
    let day = |day| Moment::Day(NaiveDate::from_ymd_opt(2026, 12, day).unwrap());
    Changes {
        title: Some("Смета".to_owned()),
        start: Some(day(1)),
        end: Some(day(5)),
        description: Some(String::new()),
        location: Some("Room 2".to_owned()),
    }
}
