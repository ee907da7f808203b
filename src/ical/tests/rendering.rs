//! Objects as text.

use super::{read, utc};
use crate::ical::{Document, Limits, Rendered, View, ours_of, put_ours, render, uid_of};
use crate::model::{
    Field, Kind, Object, ObjectId, Parent, Planned, Revision, Settings, Span, Status, UserId,
};
use chrono::NaiveDateTime;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

fn local(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").ok()
}

/// An object of a kind with these planned dates and nothing else.
pub(super) fn object(kind: Kind, title: &str, start: &str, end: &str) -> Object {
    Object {
        id: ObjectId(Uuid::from_u128(0x0a0b)),
        kind,
        revision: Revision(1),
        title: title.into(),
        description: String::new(),
        location: String::new(),
        planned: Planned {
            start: local(start),
            end: local(end),
        },
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: None,
        responsible: None,
        participants: BTreeMap::new(),
        parent: None,
        card: None,
        changed: utc("2026-01-02 03:04"),
    }
}

/// A task in work that has everything an object can have.
pub(super) fn task() -> Object {
    Object {
        description: "Первый этап; см. C:\\смета\nИтого: 1,5".into(),
        location: "Офис, 2 этаж".into(),
        actual_start: local("2026-02-02 09:15"),
        status: Some(Status::IN_WORK),
        percent: Some(40),
        owner: Some(UserId::new("u-1")),
        responsible: Some(UserId::new("u-2")),
        parent: Some(Parent {
            id: ObjectId(Uuid::from_u128(0x0c)),
            title: "Мост, опоры".into(),
        }),
        card: Some("https://advanta.example.com/card?id=1,2".into()),
        ..object(
            Kind::Task,
            "Согласовать смету",
            "2026-02-02 00:00",
            "2026-02-06 23:59",
        )
    }
}

pub(super) fn view<'a>(object: &'a Object, uid: &'a str, locks: &'a [Field]) -> View<'a> {
    View {
        object,
        uid,
        locks,
        stamp: utc("2026-01-02 03:04"),
    }
}

fn rendered(object: &Object, locks: &[Field]) -> Rendered {
    let uid = uid_of(object.id);
    render(&view(object, &uid, locks), &Settings::default()).unwrap()
}

#[test]
fn a_task_says_all_that_advanta_knows() {
    let rendered = rendered(&task(), &[Field::Start, Field::Title]);
    assert_eq!(
        rendered.text.replace("\r\n", "\n"),
        "BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//advanta-bridge//calendar//EN
BEGIN:VEVENT
DTEND;VALUE=DATE:20260207
DTSTAMP:20260102T030400Z
DTSTART;VALUE=DATE:20260202
LAST-MODIFIED:20260102T030400Z
LOCATION:Офис\\, 2 этаж
STATUS:CONFIRMED
SUMMARY:Согласовать смету
TRANSP:TRANSPARENT
UID:00000000-0000-0000-0000-000000000a0b@advanta-bridge
CATEGORIES:Мост\\, опоры
DESCRIPTION:Первый этап\\; см. C:\\\\смета\\nИтого: 1\\,5\\
 n\\nhttps://advanta.example.com/card?id=1\\,2
X-ADVANTA-KIND:task
X-ADVANTA-STATUS:3
X-ADVANTA-PERCENT:40
X-ADVANTA-ACTUAL-START:20260202T061500Z
X-ADVANTA-OWNER:u-1
X-ADVANTA-RESPONSIBLE:u-2
X-ADVANTA-LOCK:DTSTART,SUMMARY
RELATED-TO;RELTYPE=PARENT:00000000-0000-0000-0000-00000000000c@advanta-brid
 ge
URL:https://advanta.example.com/card?id=1,2
END:VEVENT
END:VCALENDAR
"
    );
}

#[test]
fn a_meeting_has_times_in_utc_and_takes_its_people() {
    let meeting = object(
        Kind::Meeting,
        "Встреча",
        "2026-02-02 10:00",
        "2026-02-02 11:30",
    );
    assert_eq!(
        rendered(&meeting, &[]).text.replace("\r\n", "\n"),
        "BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//advanta-bridge//calendar//EN
BEGIN:VEVENT
DTEND:20260202T083000Z
DTSTAMP:20260102T030400Z
DTSTART:20260202T070000Z
LAST-MODIFIED:20260102T030400Z
STATUS:CONFIRMED
SUMMARY:Встреча
TRANSP:OPAQUE
UID:00000000-0000-0000-0000-000000000a0b@advanta-bridge
X-ADVANTA-KIND:meeting
END:VEVENT
END:VCALENDAR
"
    );
}

#[test]
fn statuses_are_shown_as_calendars_know_them() {
    let shown = |code: u16| {
        let mut object = task();
        object.status = Some(Status(code));
        let incoming = read(rendered(&object, &[]).text);
        let event = incoming.document.events().next().unwrap().clone();
        event.property("STATUS").unwrap().value().to_owned()
    };
    let expected = [
        (1, "TENTATIVE"),
        (3, "CONFIRMED"),
        (4, "CONFIRMED"),
        (5, "CONFIRMED"),
        (6, "CONFIRMED"),
        (7, "CANCELLED"),
        (8, "TENTATIVE"),
        (9, "CONFIRMED"),
        (77, "CONFIRMED"),
    ];
    for (code, status) in expected {
        assert_eq!(shown(code), status, "{code}");
    }
}

#[test]
fn an_object_without_dates_has_no_place_in_a_calendar() {
    let object = object(Kind::Task, "Когда-нибудь", "", "");
    let uid = uid_of(object.id);
    assert_eq!(
        render(&view(&object, &uid, &[]), &Settings::default()),
        None
    );
}

#[test]
fn a_title_is_one_line_without_control_characters() {
    let object = object(
        Kind::Note,
        "a\r\nb\tc\u{1}d",
        "2026-02-02 10:00",
        "2026-02-02 10:00",
    );
    assert_eq!(rendered(&object, &[]).fields.title, "a b cd");
}

#[test]
fn the_uid_of_an_object_never_changes() {
    assert_eq!(
        uid_of(ObjectId(Uuid::from_u128(0x0a0b))),
        "00000000-0000-0000-0000-000000000a0b@advanta-bridge"
    );
}

#[test]
fn a_rendered_text_already_says_what_is_ours() {
    let object = task();
    let uid = uid_of(object.id);
    let view = view(&object, &uid, &[Field::End]);
    let text = rendered(&object, &[Field::End]).text;
    let mut document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
    put_ours(&mut document, &ours_of(&view, &Settings::default()));
    assert_eq!(document.to_text(), text);
}

/// Texts as people and imports make them.
fn prose() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,300}",
        "[ а-я\n\r\t,;:\\\\\"^=]{0,200}",
        any::<String>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn what_is_rendered_is_read_back_the_same(
        title in prose(), description in prose(), location in prose(), parent in prose(),
        start in 0i64..4_000_000_000, length in 0i64..10_000_000,
        with_card in any::<bool>(), all_day in any::<bool>(),
    ) {
        let settings = Settings::default();
        let start = chrono::DateTime::from_timestamp(start, 0).unwrap().naive_utc();
        let end = start + chrono::Duration::seconds(length);
        let span = if all_day {
            Span::new(crate::model::Moment::Day(start.date()), crate::model::Moment::Day(end.date()))
        } else {
            Span::new(crate::model::Moment::at(start.and_utc()), crate::model::Moment::at(end.and_utc()))
        };
        let mut object = task();
        object.title = title;
        object.description = description;
        object.location = location;
        object.planned = Planned::from_span(span.unwrap(), &settings);
        object.parent = Some(Parent { id: object.id, title: parent });
        if !with_card { object.card = None; }
        let rendered = rendered(&object, &[Field::Title]);
        let card = object.card.as_deref();
        let limits = Limits::default();
        let incoming = crate::ical::read(rendered.text.as_bytes(), card, &settings, &limits).unwrap();
        prop_assert_eq!(&incoming.fields, &rendered.fields);
        prop_assert_eq!((incoming.first, incoming.last), (rendered.first, rendered.last));
        prop_assert!(incoming.document.is_exact());
        prop_assert!(rendered.text.split("\r\n").all(|line| line.len() <= 75));
        // The parser of the crate `icalendar` is a reader that we did not write.
        let unfolded = icalendar::parser::unfold(&rendered.text);
        let theirs = icalendar::parser::read_calendar(&unfolded).unwrap();
        let summary = theirs.components[0].find_prop("SUMMARY").unwrap();
        prop_assert_eq!(summary.val.as_str(), rendered.fields.title.as_str());
    }
}
