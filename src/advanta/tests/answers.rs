//! What every answer that is no success means for the caller.

use super::calls::{answered, with_each};
use super::samples::{self, NOTE, PERSON, TASK, anna, id};
use crate::advanta::map;
use crate::advanta::requests::{
    Call, ChangeObject, CreateObject, GetObject, GetPerson, ListChanges,
};
use crate::model::{Changes, Revision, Settings};
use crate::ports::AdvantaErrorKind::{self, Denied, Gone, Refused, Stale, Transient};
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use std::time::Duration;

fn throttled(seconds: u64) -> AdvantaErrorKind {
    AdvantaErrorKind::Throttled {
        retry_after: Duration::from_secs(seconds),
    }
}

fn problem(word: &str) -> String {
    format!(r#"{{"type":"urn:advanta-bridge:problem:{word}","title":"x","status":400}}"#)
}

/// `Retry-After: 30; Date: …` as headers.
fn headers(text: &str) -> HeaderMap {
    let lines = text.split("; ").filter_map(|line| line.split_once(": "));
    lines
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

fn kind(call: &impl Call, status: u16, problem: &str, headers: &str) -> AdvantaErrorKind {
    let body = match problem {
        "" => String::new(),
        word => self::problem(word),
    };
    match answered(call, status, &self::headers(headers), body.as_bytes()) {
        Ok(_) => panic!("{status} {problem} {headers} is a success"),
        Err(error) => error.kind,
    }
}

#[test]
fn a_status_and_a_problem_type_say_what_to_do() {
    let call = GetObject { id: id(TASK) };
    for (status, problem, expected) in [
        (404, "not-found", Gone),
        (410, "not-found", Gone),
        // A wrong address answers so to everything.
        (404, "", Denied),
        (410, "", Denied),
        (404, "refused", Denied),
        (410, "cursor-expired", Denied),
        (409, "stale", Stale),
        (409, "", Stale),
        (412, "", Stale),
        (403, "no-right", Refused),
        (403, "refused", Refused),
        (400, "refused", Refused),
        (413, "refused", Refused),
        (422, "refused", Refused),
        (403, "", Denied),
        (400, "", Denied),
        (413, "", Denied),
        (422, "", Denied),
        (403, "unauthorized", Denied),
        (401, "unauthorized", Denied),
        (401, "", Denied),
        (401, "refused", Denied),
        (408, "", Transient),
        (425, "", Transient),
        (500, "", Transient),
        (500, "not-found", Transient),
        (502, "", Transient),
        (503, "unavailable", Transient),
        (504, "", Transient),
        (599, "", Transient),
        (201, "", Denied),
        (202, "", Denied),
        (204, "", Denied),
        (206, "", Denied),
        (301, "", Denied),
        (302, "", Denied),
        (304, "", Denied),
        (307, "", Denied),
        (405, "", Denied),
        (418, "", Denied),
    ] {
        assert_eq!(
            kind(&call, status, problem, ""),
            expected,
            "{status} {problem}"
        );
    }
}

#[test]
fn waits_are_those_that_advanta_asks_for_within_an_hour() {
    let call = GetObject { id: id(TASK) };
    let sent = "date: Sun, 22 Nov 2026 10:00:00 GMT";
    for (status, headers, expected) in [
        (429, "retry-after: 7".to_owned(), throttled(7)),
        (503, "retry-after: 7".to_owned(), throttled(7)),
        (429, "retry-after: 0".to_owned(), throttled(0)),
        (429, String::new(), throttled(30)),
        (429, "retry-after: 86400".to_owned(), throttled(3600)),
        (429, "retry-after: soon".to_owned(), throttled(30)),
        (503, "retry-after: soon".to_owned(), Transient),
        (503, "retry-after: -1".to_owned(), Transient),
        (
            503,
            format!("{sent}; retry-after: Sun, 22 Nov 2026 10:01:30 GMT"),
            throttled(90),
        ),
        (
            503,
            format!("{sent}; retry-after: Sun, 22 Nov 2026 09:00:00 GMT"),
            throttled(0),
        ),
        // A date without the answer's own date says nothing.
        (
            503,
            "retry-after: Sun, 22 Nov 2026 10:01:30 GMT".to_owned(),
            Transient,
        ),
        (500, "retry-after: 7".to_owned(), Transient),
    ] {
        assert_eq!(
            kind(&call, status, "", &headers),
            expected,
            "{status} {headers}"
        );
    }
}

#[test]
fn only_the_right_problem_makes_something_gone() {
    let (draft, settings, anna) = (samples::draft(), Settings::default(), anna());
    let create = CreateObject {
        id: draft.id,
        new: map::new_object(&draft, &settings),
    };
    let list = ListChanges {
        cursor: None,
        limit: 1,
    };
    let nothing = Changes::default();
    let change = ChangeObject {
        id: id(TASK),
        change: map::object_change(&anna, Revision(1), &nothing, &settings),
    };
    // What is to be made cannot be missing; a list that is not found is a wrong address.
    assert_eq!(kind(&create, 404, "not-found", ""), Denied);
    assert_eq!(kind(&list, 404, "not-found", ""), Denied);
    assert_eq!(kind(&list, 410, "cursor-expired", ""), Gone);
    assert_eq!(kind(&change, 404, "not-found", ""), Gone);
    assert_eq!(kind(&GetPerson { id: &anna }, 404, "not-found", ""), Gone);
}

#[test]
fn a_page_of_somebody_else_is_no_answer_to_any_call() {
    let login = b"<!doctype html><title>Sign in</title>";
    with_each(|name, call| {
        let kind = |status| {
            let read = call.reply(status, &HeaderMap::new(), login);
            read.map_err(|error| error.kind)
        };
        let writes = matches!(name, "changeObject" | "deleteObject");
        let expected = if writes { Denied } else { Transient };
        assert_eq!(kind(200), Err(expected), "{name}");
        assert_eq!(kind(404), Err(Denied), "{name}");
        assert_eq!(kind(403), Err(Denied), "{name}");
    });
}

#[test]
fn an_answer_about_something_else_is_not_taken() {
    let headers = HeaderMap::new();
    let other = GetObject { id: id(TASK) };
    let error = answered(&other, 200, &headers, NOTE.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "advanta: get object 0b6f0c1e-5a3d-4d8e-9f57-2f1d8a6f7c01: cannot read the answer: it is another object"
    );
    let anna = anna();
    let error = answered(&GetPerson { id: &anna }, 200, &headers, PERSON.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "advanta: get person anna: cannot read the answer: it is another person"
    );
}

#[test]
fn a_broken_item_of_a_page_is_named_and_does_not_hold_up_the_others() {
    let call = ListChanges {
        cursor: None,
        limit: 9,
    };
    let page = r#"{"objects":[
        {"id":"6fd2c1aa-4f0b-4a57-8a3f-2b6f5f1d9c01","kind":"wish","revision":1,"title":"Hush","participants":[],"changed":"2026-11-22T10:00:00Z"},
        {"id":"6fd2c1aa-4f0b-4a57-8a3f-2b6f5f1d9c02","revision":1},
        {"id":"6fd2c1aa-4f0b-4a57-8a3f-2b6f5f1d9c03","kind":"note","revision":1,"title":"Well","participants":[],"changed":"2026-11-22T10:00:00Z"}
    ],"removed":[{"id":"Hush","revision":1}],"people":[],"cursor":"1","more":false}"#;
    let read = answered(&call, 200, &HeaderMap::new(), page.as_bytes()).unwrap();
    let flawed: Vec<(bool, &str)> = read
        .flawed
        .iter()
        .map(|flawed| (flawed.object.is_some(), flawed.what.as_str()))
        .collect();
    assert_eq!(
        flawed,
        [
            (
                true,
                "objects[0].kind: expected one of task, stage, project, note, meeting"
            ),
            (true, "objects[1].kind: is missing"),
            (false, "removed[0].id: not a GUID with hyphens"),
        ]
    );
    assert_eq!(read.notices.len(), 1);
}

#[test]
fn errors_name_the_call_and_the_place_and_no_content() {
    let call = ListChanges {
        cursor: None,
        limit: 1,
    };
    let text = |status: u16, body: &str| {
        let error = answered(&call, status, &HeaderMap::new(), body.as_bytes()).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        text(422, &problem("refused")),
        "advanta: list changes: answered 422: refused"
    );
    assert_eq!(
        text(404, "Hush"),
        "advanta: list changes: answered 404: it does not speak the contract"
    );
    let page = r#"{"objects":[],"removed":[],"people":[],"cursor":"","more":false}"#;
    assert_eq!(
        text(200, page),
        "advanta: list changes: cannot read the answer: cursor: is empty"
    );
}
