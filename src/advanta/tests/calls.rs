//! Every call: what goes out, and what comes back when all is well.

use super::samples::{
    self, CHANGES, NOTE, NOTE_KEY, NOTHING, OBJECT, PERSON, PERSON_LEFT, TASK, anna, boris, id,
};
use crate::advanta::base::Base;
use crate::advanta::failure::Answer;
use crate::advanta::map;
use crate::advanta::options::Options;
use crate::advanta::requests::{
    Call, ChangeObject, CreateObject, DeleteObject, GetObject, GetPerson, ListChanges,
};
use crate::model::{Changes, Cursor, Notice, Revision, Settings, UserId};
use crate::ports::{AdvantaError, AdvantaErrorKind, Changed};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};

/// A call whatever it answers, so that tests can go through all of them.
pub(super) trait AnyCall {
    fn request(&self) -> Request<Bytes>;
    fn reply(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<(), AdvantaError>;
}

impl<C: Call> AnyCall for C {
    fn request(&self) -> Request<Bytes> {
        Call::request(self, &base()).unwrap()
    }

    fn reply(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<(), AdvantaError> {
        answered(self, status, headers, body).map(|_| ())
    }
}

/// Every call, with every field that it can carry.
pub(super) fn with_each(mut see: impl FnMut(&str, &dyn AnyCall)) {
    let settings = Settings::default();
    let (cursor, draft, changes) = (cursor(), samples::draft(), samples::changes());
    let (anna, boris) = (anna(), boris());
    let change = Changes {
        title: Some("B".to_owned()),
        ..Changes::default()
    };
    see(
        "listChanges",
        &ListChanges {
            cursor: None,
            limit: 500,
        },
    );
    see(
        "listChanges",
        &ListChanges {
            cursor: Some(&cursor),
            limit: 1,
        },
    );
    see("getObject", &GetObject { id: id(TASK) });
    see(
        "createObject",
        &CreateObject {
            id: draft.id,
            new: map::new_object(&draft, &settings),
        },
    );
    for changes in [&changes, &change] {
        let change = map::object_change(&boris, Revision(17), changes, &settings);
        see(
            "changeObject",
            &ChangeObject {
                id: id(TASK),
                change,
            },
        );
    }
    see("deleteObject", &delete(&anna));
    see("getPerson", &GetPerson { id: &boris });
}

pub(super) fn base() -> Base {
    Base::new("https://advanta.example.com/calendar/v1/", false).unwrap()
}

pub(super) fn answered<C: Call>(
    call: &C,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<C::Reply, AdvantaError> {
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body,
    };
    call.reply(&answer, &Options::default())
}

fn cursor() -> Cursor {
    Cursor("48211 / a+b".to_owned())
}

fn delete(by: &UserId) -> DeleteObject<'_> {
    DeleteObject {
        id: id(TASK),
        by,
        expected: Revision(17),
    }
}

/// A request as one reads it.
fn shown(call: &impl Call) -> String {
    let request = call.request(&base()).unwrap();
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
    }
    text + std::str::from_utf8(request.body()).unwrap()
}

fn well<C: Call>(call: &C, status: u16, body: &str) -> C::Reply {
    match answered(call, status, &HeaderMap::new(), body.as_bytes()) {
        Ok(reply) => reply,
        Err(error) => panic!("{error}"),
    }
}

const ACCEPT: &str = "accept: application/json, application/problem+json\n";
const JSON: &str = "content-type: application/json\n";
const BASE: &str = "https://advanta.example.com/calendar/v1";

#[test]
fn changes_are_listed_from_the_beginning_or_from_a_cursor() {
    let first = ListChanges {
        cursor: None,
        limit: 500,
    };
    assert_eq!(
        shown(&first),
        format!("GET {BASE}/changes?limit=500\n{ACCEPT}")
    );
    let cursor = cursor();
    let next = ListChanges {
        cursor: Some(&cursor),
        limit: 2,
    };
    assert_eq!(
        shown(&next),
        format!("GET {BASE}/changes?cursor=48211%20%2F%20a%2Bb&limit=2\n{ACCEPT}")
    );
    let page = Changed {
        notices: vec![
            Notice::Person(samples::person_left()),
            Notice::Object(samples::note()),
            samples::removed("2f4e6a18-93b7-4d1c-b2f0-5a8c7d6e9f04", 12),
            samples::removed("2f4e6a18-93b7-4d1c-b2f0-5a8c7d6e9f06", (1 << 53) - 1),
        ],
        flawed: vec![],
        cursor: cursor.clone(),
        more: true,
    };
    assert_eq!(well(&next, 200, CHANGES), page);
    let nothing = Changed {
        notices: vec![],
        flawed: vec![],
        cursor: Cursor("48211".to_owned()),
        more: false,
    };
    assert_eq!(well(&first, 200, NOTHING), nothing);
}

#[test]
fn an_object_is_read_with_every_field_and_with_the_fewest() {
    let task = GetObject { id: id(TASK) };
    assert_eq!(shown(&task), format!("GET {BASE}/objects/{TASK}\n{ACCEPT}"));
    assert_eq!(well(&task, 200, OBJECT), samples::task());
    let note = GetObject { id: id(NOTE_KEY) };
    assert_eq!(well(&note, 200, NOTE), samples::note());
}

#[test]
fn a_draft_is_created_with_local_times_and_its_external_id() {
    let (draft, settings) = (samples::draft(), Settings::default());
    let call = CreateObject {
        id: draft.id,
        new: map::new_object(&draft, &settings),
    };
    let body = r#"{"externalId":"9b2f5c60-7a1d-4c2e-a6a8-0d4a3e1f7b03","kind":"note","author":"anna","title":"Call the \"supplier\"","description":"Ask for the date\nand the price","location":"","plannedStart":"2026-12-02T15:00","plannedEnd":"2026-12-02T15:30"}"#;
    assert_eq!(
        shown(&call),
        format!("POST {BASE}/objects\n{ACCEPT}{JSON}{body}")
    );
    assert_eq!(well(&call, 201, NOTE), samples::note());
    assert_eq!(well(&call, 200, NOTE), samples::note());
}

#[test]
fn a_change_carries_the_revision_and_only_what_changes() {
    let (by, settings) = (boris(), Settings::default());
    let shown = |changes: &Changes| {
        let change = map::object_change(&by, Revision(17), changes, &settings);
        shown(&ChangeObject {
            id: id(TASK),
            change,
        })
    };
    let head = format!("PATCH {BASE}/objects/{TASK}\n{ACCEPT}{JSON}");
    let every = r#"{"by":"boris","expectedRevision":17,"title":"Смета","description":"","location":"Room 2","plannedStart":"2026-12-01T00:00","plannedEnd":"2026-12-05T23:59"}"#;
    assert_eq!(shown(&samples::changes()), format!("{head}{every}"));
    let start = Changes {
        start: samples::changes().start,
        ..Changes::default()
    };
    let one = r#"{"by":"boris","expectedRevision":17,"plannedStart":"2026-12-01T00:00"}"#;
    assert_eq!(shown(&start), format!("{head}{one}"));
    let change = map::object_change(&by, Revision(17), &start, &settings);
    well(
        &ChangeObject {
            id: id(TASK),
            change,
        },
        204,
        "",
    );
}

#[test]
fn a_deletion_names_who_and_which_revision() {
    let anna = anna();
    let target = format!("{BASE}/objects/{TASK}?by=anna&expectedRevision=17");
    assert_eq!(shown(&delete(&anna)), format!("DELETE {target}\n{ACCEPT}"));
    well(&delete(&anna), 204, "");
}

#[test]
fn a_person_is_read() {
    let boris = boris();
    let call = GetPerson { id: &boris };
    assert_eq!(shown(&call), format!("GET {BASE}/people/boris\n{ACCEPT}"));
    assert_eq!(well(&call, 200, PERSON), samples::person());
    assert_eq!(well(&call, 200, PERSON_LEFT), samples::person_left());
}

#[test]
fn an_id_stays_inside_its_place_in_the_address() {
    let strange = UserId::new("a/../b?c=d&e#ё%");
    let call = GetPerson { id: &strange };
    let encoded = "a%2F..%2Fb%3Fc%3Dd%26e%23%D1%91%25";
    assert_eq!(
        shown(&call),
        format!("GET {BASE}/people/{encoded}\n{ACCEPT}")
    );
    let target = format!("{BASE}/objects/{TASK}?by={encoded}&expectedRevision=17");
    assert_eq!(
        shown(&delete(&strange)),
        format!("DELETE {target}\n{ACCEPT}")
    );
    for steps in ["", ".", ".."] {
        let id = UserId::new(steps);
        let refused = Call::request(&GetPerson { id: &id }, &base()).unwrap_err();
        assert_eq!(refused.kind, AdvantaErrorKind::Refused, "{steps:?}");
    }
}
