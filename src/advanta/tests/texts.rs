//! One broken value at a time: the place is named, the value is not repeated.

use super::samples::{OBJECT, PERSON};
use crate::advanta::flaw::{self, Flaw};
use crate::advanta::map;
use crate::advanta::options::Bounds;
use serde_json::{Value, json};

fn bounds() -> Bounds {
    Bounds {
        title_bytes_max: 40,
        description_bytes_max: 40,
        location_bytes_max: 40,
        card_bytes_max: 50,
        participants_max: 2,
        name_bytes_max: 20,
        login_bytes_max: 20,
        email_bytes_max: 20,
        cursor_bytes_max: 20,
    }
}

/// The fixture with one value put in, or taken out where it is `null` in the table's own sense.
fn with(text: &str, pointer: &str, value: &Value) -> Vec<u8> {
    let mut json: Value = serde_json::from_str(text).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).expect("the table names a place");
    match parent {
        Value::Object(fields) => fields.insert(name.to_owned(), value.clone()),
        Value::Array(items) => Some(std::mem::replace(
            &mut items[name.parse::<usize>().unwrap()],
            value.clone(),
        )),
        other => panic!("{other} holds nothing"),
    };
    serde_json::to_vec(&json).unwrap()
}

fn without(text: &str, name: &str) -> Vec<u8> {
    let mut json: Value = serde_json::from_str(text).unwrap();
    json.as_object_mut().unwrap().remove(name);
    serde_json::to_vec(&json).unwrap()
}

fn object(text: &[u8]) -> String {
    said(flaw::read(text).and_then(|wire| map::object(wire, &bounds())))
}

fn person(text: &[u8]) -> String {
    said(flaw::read(text).and_then(|wire| map::person(wire, &bounds())))
}

fn said<T>(read: Result<T, Flaw>) -> String {
    read.map_or_else(|flaw| flaw.to_string(), |_| "fine".to_owned())
}

#[test]
fn every_broken_field_of_an_object_is_named() {
    let long = "ы".repeat(21);
    let time = "not a local time like 2026-12-01T09:00";
    let who = "not 1 to 128 characters of A-Z a-z 0-9 . _ -";
    for (pointer, value, expected) in [
        (
            "/id",
            json!("hush"),
            "id: not a GUID with hyphens".to_owned(),
        ),
        (
            "/id",
            json!("0b6f0c1e5a3d4d8e9f572f1d8a6f7c01"),
            "id: not a GUID with hyphens".to_owned(),
        ),
        (
            "/id",
            json!("00000000-0000-0000-0000-000000000000"),
            "id: is all zeros".to_owned(),
        ),
        (
            "/externalId",
            json!("00000000-0000-0000-0000-000000000000"),
            "externalId: is all zeros".to_owned(),
        ),
        (
            "/externalId",
            json!(7),
            "externalId: expected a string".to_owned(),
        ),
        (
            "/kind",
            json!("hush"),
            "kind: expected one of task, stage, project, note, meeting".to_owned(),
        ),
        (
            "/revision",
            json!(0),
            "revision: not from 1 to 9007199254740991".to_owned(),
        ),
        (
            "/revision",
            json!(1_u64 << 53),
            "revision: not from 1 to 9007199254740991".to_owned(),
        ),
        (
            "/revision",
            json!("17"),
            "revision: expected a whole number in range".to_owned(),
        ),
        (
            "/revision",
            json!(-1),
            "revision: expected a whole number in range".to_owned(),
        ),
        (
            "/revision",
            json!(1.5),
            "revision: expected a whole number in range".to_owned(),
        ),
        ("/title", json!(null), "title: expected a string".to_owned()),
        (
            "/title",
            json!(long),
            "title: longer than 40 bytes".to_owned(),
        ),
        (
            "/description",
            json!(long),
            "description: longer than 40 bytes".to_owned(),
        ),
        (
            "/location",
            json!(long),
            "location: longer than 40 bytes".to_owned(),
        ),
        (
            "/plannedStart",
            json!("2026-12-01"),
            format!("plannedStart: {time}"),
        ),
        (
            "/plannedStart",
            json!("2026-12-01T09:00Z"),
            format!("plannedStart: {time}"),
        ),
        (
            "/plannedStart",
            json!("2026-12-01T09:00:60"),
            format!("plannedStart: {time}"),
        ),
        (
            "/plannedStart",
            json!("2026-12-01T24:00"),
            format!("plannedStart: {time}"),
        ),
        (
            "/plannedStart",
            json!("2026-02-30T09:00"),
            format!("plannedStart: {time}"),
        ),
        (
            "/plannedStart",
            json!("2026-12-01 09:00"),
            format!("plannedStart: {time}"),
        ),
        (
            "/plannedStart",
            json!("+026-12-01T09:00"),
            format!("plannedStart: {time}"),
        ),
        (
            "/plannedStart",
            json!("2026-12-01T09:00:00.000"),
            format!("plannedStart: {time}"),
        ),
        ("/plannedEnd", json!(""), format!("plannedEnd: {time}")),
        (
            "/plannedEnd",
            json!("0001-01-01T00:00:00"),
            "plannedEnd: not in the years 1601 to 8999".to_owned(),
        ),
        (
            "/actualStart",
            json!("9999-12-31T23:59:59"),
            "actualStart: not in the years 1601 to 8999".to_owned(),
        ),
        ("/actualEnd", json!("hush"), format!("actualEnd: {time}")),
        (
            "/status",
            json!(65536),
            "status: expected a whole number in range".to_owned(),
        ),
        ("/percent", json!(101), "percent: more than 100".to_owned()),
        (
            "/percent",
            json!(-1),
            "percent: expected a whole number in range".to_owned(),
        ),
        ("/owner", json!("anna/.."), format!("owner: {who}")),
        ("/responsible", json!(""), format!("responsible: {who}")),
        (
            "/responsible",
            json!("x".repeat(129)),
            format!("responsible: {who}"),
        ),
        (
            "/participants",
            json!(null),
            "participants: expected a list".to_owned(),
        ),
        (
            "/participants/0/person",
            json!(".."),
            format!("participants[0].person: {who}"),
        ),
        (
            "/participants/1/person",
            json!("anna"),
            "participants[1].person: is listed twice".to_owned(),
        ),
        (
            "/participants/1/rights",
            json!(["dates", "hush"]),
            "participants[1].rights[1]: expected one of dates, title, text, delete".to_owned(),
        ),
        (
            "/participants/1",
            json!({"person": "boris"}),
            "participants[1].rights: is missing".to_owned(),
        ),
        (
            "/participants",
            json!([{"person": "a", "rights": []}, {"person": "b", "rights": []}, {"person": "c", "rights": []}]),
            "participants: more than 2 people".to_owned(),
        ),
        (
            "/parent/id",
            json!("hush"),
            "parent.id: not a GUID with hyphens".to_owned(),
        ),
        (
            "/parent/externalId",
            json!("hush"),
            "parent.externalId: not a GUID with hyphens".to_owned(),
        ),
        (
            "/parent/title",
            json!(long),
            "parent.title: longer than 40 bytes".to_owned(),
        ),
        (
            "/parent",
            json!({"id": "5d0e3a52-0c55-4d1b-8a43-6f1f6b1e9d10"}),
            "parent.title: is missing".to_owned(),
        ),
        (
            "/card",
            json!("javascript:alert(1)"),
            "card: not an http or https address".to_owned(),
        ),
        (
            "/card",
            json!("https://"),
            "card: not an http or https address".to_owned(),
        ),
        (
            "/card",
            json!("https://a.example.com/\nb"),
            "card: not an http or https address".to_owned(),
        ),
        (
            "/card",
            json!(format!("https://{}", "x".repeat(43))),
            "card: longer than 50 bytes".to_owned(),
        ),
        (
            "/changed",
            json!("2026-11-22T10:16:02"),
            "changed: not an instant of RFC 3339".to_owned(),
        ),
    ] {
        assert_eq!(
            object(&with(OBJECT, pointer, &value)),
            expected,
            "{pointer} {value}"
        );
    }
}

#[test]
fn values_at_the_edge_are_fine() {
    for (pointer, value) in [
        ("/revision", json!((1_u64 << 53) - 1)),
        ("/title", json!("ы".repeat(20))),
        ("/plannedStart", json!("1601-01-01T00:00")),
        ("/plannedEnd", json!("8999-12-31T23:59:59")),
        ("/status", json!(65535)),
        ("/percent", json!(100)),
        ("/owner", json!("x".repeat(128))),
        ("/owner", json!("...")),
        ("/card", json!("HTTP://a")),
        ("/card", json!(null)),
        ("/participants", json!([])),
    ] {
        assert_eq!(
            object(&with(OBJECT, pointer, &value)),
            "fine",
            "{pointer} {value}"
        );
    }
}

#[test]
fn what_must_be_there_is_missed_by_name() {
    for name in ["id", "kind", "revision", "title", "participants", "changed"] {
        assert_eq!(
            object(&without(OBJECT, name)),
            format!("{name}: is missing")
        );
    }
    for name in ["id", "revision", "name", "active"] {
        assert_eq!(
            person(&without(PERSON, name)),
            format!("{name}: is missing")
        );
    }
}

#[test]
fn every_broken_field_of_a_person_is_named() {
    let long = "ы".repeat(11);
    for (pointer, value, expected) in [
        (
            "/id",
            json!("a b"),
            "id: not 1 to 128 characters of A-Z a-z 0-9 . _ -",
        ),
        (
            "/revision",
            json!(0),
            "revision: not from 1 to 9007199254740991",
        ),
        ("/login", json!(long), "login: longer than 20 bytes"),
        ("/login", json!(""), "fine"),
        ("/name", json!(long), "name: longer than 20 bytes"),
        ("/email", json!(long), "email: longer than 20 bytes"),
        ("/language", json!(1), "language: expected a string"),
        ("/zone", json!({}), "zone: expected a string"),
        ("/active", json!("yes"), "active: expected a boolean"),
        ("/active", json!(null), "active: expected a boolean"),
    ] {
        assert_eq!(
            person(&with(PERSON, pointer, &value)),
            expected,
            "{pointer} {value}"
        );
    }
}

#[test]
fn what_is_no_json_is_said_by_line_and_column() {
    for (text, expected) in [
        (
            &b""[..],
            "not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            b"{",
            "not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (b"{} x", "id: is missing"),
        (b"[]", "expected an object"),
        (b"hush", "not JSON: expected value at line 1 column 1"),
        (b"\"hush\"", "expected an object"),
        (b"\xff\xfe", "not JSON: expected value at line 1 column 1"),
        (b"{\"id\":\"a\",\"id\":\"b\"}", "id stands there twice"),
    ] {
        assert_eq!(object(text), expected, "{text:?}");
    }
    let trailing = [OBJECT.as_bytes(), b" hush"].concat();
    let line = OBJECT.lines().count() + 1;
    assert_eq!(
        object(&trailing),
        format!("not JSON: trailing characters at line {line} column 2")
    );
}
