//! The code keeps to `docs/advanta-openapi.yaml`, and the document describes what the code does.

use super::calls::{AnyCall, with_each};
use super::document::{BASE, Document, examples, faults, fields, media, strayings};
use super::hooks;
use super::samples::{FIXTURES, NOTE, NOTE_KEY, TASK, at};
use crate::advanta::failure::Problem;
use crate::advanta::{HookReader, Options, Secret};
use crate::ports::{AdvantaErrorKind as Kind, HookHead, Hooks as _};
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn every_request_is_described_and_every_operation_is_requested() {
    let document = Document::new();
    let operations = document.operations();
    let mut requested = BTreeSet::new();
    with_each(|id, call| {
        let request = call.request();
        let operation = operations
            .get(id)
            .unwrap_or_else(|| panic!("{id} is not described"));
        assert_eq!(
            strayings(&document, operation, &request),
            Vec::<String>::new(),
            "{id} {}",
            request.uri()
        );
        requested.insert(id.to_owned());
    });
    let described: BTreeSet<_> = operations.keys().map(|id| (*id).to_owned()).collect();
    assert_eq!(requested, described);
}

#[test]
fn a_planted_straying_is_found() {
    let document = Document::new();
    let operations = document.operations();
    let request = |method: &str, target: &str, body: &str| {
        let target = format!("https://advanta.example.com{BASE}{target}");
        let request = Request::builder().method(method).uri(target);
        request
            .body(bytes::Bytes::copy_from_slice(body.as_bytes()))
            .unwrap()
    };
    let object = format!("/objects/{TASK}");
    for (id, method, target, body, expected) in [
        ("getObject", "PUT", object.as_str(), "", "the method is PUT"),
        (
            "getObject",
            "GET",
            "/object",
            "",
            "the path is /calendar/v1/object",
        ),
        (
            "getObject",
            "GET",
            "/objects/7",
            "",
            ": \"7\" does not match ",
        ),
        (
            "getObject",
            "GET",
            "/objects/0b6f0c1e-5a3d-4d8e-9f57-2f1d8a6f7c01",
            "{}",
            "a body that is not described",
        ),
        (
            "getPerson",
            "GET",
            "/people/..",
            "",
            ": {\"enum\":[\".\",\"..\"]} is not allowed for \"..\"",
        ),
        (
            "listChanges",
            "GET",
            "/changes?limit=0",
            "",
            ": 0 is less than the minimum of 1",
        ),
        (
            "listChanges",
            "GET",
            "/changes?limit=1&since=2",
            "",
            "query since is unknown",
        ),
        (
            "deleteObject",
            "DELETE",
            &format!("{object}?expectedRevision=1"),
            "",
            "query by is missing",
        ),
        (
            "deleteObject",
            "DELETE",
            &format!("{object}?expectedRevision=0&by=anna"),
            "",
            ": 0 is less than the minimum of 1",
        ),
        ("changeObject", "PATCH", object.as_str(), "", "no body"),
        (
            "changeObject",
            "PATCH",
            object.as_str(),
            r#"{"by":"anna","expectedRevision":1,"plannedStart":"hush"}"#,
            "/plannedStart: \"hush\" does not match",
        ),
        (
            "changeObject",
            "PATCH",
            object.as_str(),
            r#"{"by":"anna","expectedRevision":1,"percent":7}"#,
            ": Additional properties are not allowed ('percent' was unexpected)",
        ),
        (
            "changeObject",
            "PATCH",
            object.as_str(),
            r#"{"by":"anna","expectedRevision":1}"#,
            ": {\"by\":\"anna\",\"expectedRevision\":1} has less than 3 properties",
        ),
        (
            "createObject",
            "POST",
            "/objects",
            r#"{"kind":"note"}"#,
            ": \"externalId\" is a required property",
        ),
    ] {
        let found = strayings(&document, &operations[id], &request(method, target, body));
        let first = found.first().map_or("", String::as_str);
        assert!(
            first.starts_with(expected),
            "{id} {target} {body}: {found:?}"
        );
    }
}

#[test]
fn every_fixture_fits_its_schema_and_a_planted_fault_does_not() {
    let document = Document::new();
    for (schema, text) in FIXTURES {
        let value: Value = serde_json::from_str(text).unwrap();
        let found = faults(&document.component(schema), &value);
        assert_eq!(found, Vec::<String>::new(), "{schema} {text}");
    }
    let mut note: Value = serde_json::from_str(NOTE).unwrap();
    note["plannedStart"] = json!("2026-12-01T09:00Z");
    let found = faults(&document.component("Object"), &note);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("/plannedStart: "), "{found:?}");
}

#[test]
fn what_the_document_forbids_the_code_does_not_take() {
    let document = Document::new();
    let schema = document.component("Object");
    for (field, value) in [
        ("id", json!("hush")),
        ("id", json!("00000000-0000-0000-0000-000000000000")),
        ("externalId", json!("")),
        ("kind", json!("epic")),
        ("revision", json!(0)),
        ("revision", json!(1_u64 << 53)),
        ("revision", json!(null)),
        ("title", json!("x".repeat(4097))),
        ("description", json!("x".repeat(262_145))),
        ("location", json!("x".repeat(4097))),
        ("plannedStart", json!("2026-12-01")),
        ("plannedEnd", json!("2026-12-01T09:00:60")),
        ("actualStart", json!("0001-01-01T00:00:00")),
        ("actualEnd", json!("9999-12-31T23:59:59")),
        ("status", json!(65536)),
        ("percent", json!(101)),
        ("owner", json!("a b")),
        ("responsible", json!("..")),
        (
            "participants",
            json!([{ "person": "anna", "rights": ["own"] }]),
        ),
        ("participants", json!([{ "person": "anna" }])),
        ("parent", json!({ "id": TASK })),
        ("card", json!("ftp://advanta.example.com/")),
        ("changed", json!("2026-11-22")),
    ] {
        let mut note: Value = serde_json::from_str(NOTE).unwrap();
        note[field] = value;
        let found = faults(&schema, &note);
        assert!(!found.is_empty(), "{note}");
        let get = crate::advanta::requests::GetObject {
            id: super::samples::id(NOTE_KEY),
        };
        let read = get.reply(200, &HeaderMap::new(), note.to_string().as_bytes());
        assert_eq!(
            read.map_err(|error| error.kind),
            Err(Kind::Transient),
            "{note}"
        );
    }
}

/// What the caller does about every answer that the document shows.
fn expected(id: &str, status: u16) -> Result<(), Kind> {
    match status {
        200 | 201 | 204 => Ok(()),
        401 => Err(Kind::Denied),
        403 | 422 => Err(Kind::Refused),
        404 | 410 => Err(Kind::Gone),
        409 => Err(Kind::Stale),
        429 | 503 => Err(Kind::Throttled {
            retry_after: std::time::Duration::from_secs(30),
        }),
        other => panic!("{id} describes {other}, which nobody expects"),
    }
}

#[test]
fn every_answer_in_the_document_is_understood() {
    let document = Document::new();
    for (id, operation) in document.operations() {
        for (status, headers, body) in document.answers(&operation) {
            let read = replied(id, status, &headers, &body);
            let shown = String::from_utf8_lossy(&body);
            assert_eq!(read, expected(id, status), "{id} {status} {shown}");
        }
    }
}

/// Reads an answer by the call that asks for what the examples show.
fn replied(id: &str, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<(), Kind> {
    use crate::advanta::requests::{GetObject, GetPerson};
    let boris = crate::model::UserId::new("7f1c2b9a-boris");
    let note = GetObject {
        id: super::samples::id(NOTE_KEY),
    };
    let person = GetPerson { id: &boris };
    let mut read = None;
    let mut take = |call: &dyn AnyCall| {
        read.get_or_insert_with(|| {
            call.reply(status, headers, body)
                .map_err(|error| error.kind)
        });
    };
    match id {
        "getObject" => take(&note),
        "getPerson" => take(&person),
        _ => with_each(|name, call| {
            if name == id {
                take(call);
            }
        }),
    }
    read.expect("the code makes this call")
}

#[test]
fn every_example_of_the_document_fits_its_own_schema() {
    let document = Document::new();
    let mut seen = 0;
    let mut places = vec![&document.0];
    while let Some(place) = places.pop() {
        match place {
            Value::Object(inside) => {
                if let Some(schema) = inside.get("schema") {
                    let validator = document.validator(schema);
                    for example in examples(place) {
                        let found = faults(&validator, example);
                        assert!(found.is_empty(), "{example}: {found:?}");
                        seen += 1;
                    }
                }
                places.extend(inside.values());
            }
            Value::Array(items) => places.extend(items),
            _ => {}
        }
    }
    assert!(seen > 25, "only {seen} examples were seen");
}

#[test]
fn problem_types_are_the_same_in_code_and_document() {
    let document = Document::new();
    let described: BTreeSet<_> = fields(&document.0["components"]["schemas"])
        .values()
        .filter_map(|schema| schema.pointer("/properties/type/const")?.as_str())
        .filter(|name| name.starts_with("urn:"))
        .collect();
    let known: BTreeSet<_> = Problem::ALL.iter().map(|problem| problem.urn()).collect();
    assert_eq!(described, known);
}

#[test]
fn the_hook_is_read_as_the_document_shows_it() {
    let document = Document::new();
    let hooks = fields(&document.0["webhooks"]);
    assert_eq!(hooks.keys().collect::<Vec<_>>(), ["calendarChanged"]);
    let hook = &hooks["calendarChanged"]["post"];
    let headers: Vec<_> = hook["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        headers,
        ["webhook-id", "webhook-timestamp", "webhook-signature"]
    );
    let now = at("2026-11-22T10:16:03Z");
    let counts: Vec<_> = examples(media(&hook["requestBody"]["content"]))
        .into_iter()
        .map(|example| {
            let body = example.to_string();
            let signature = hooks::signed(&body, now);
            let head = HookHead {
                signature: Some(&signature),
                ..hooks::head()
            };
            hooks::reader()
                .read(head, body.as_bytes(), now)
                .unwrap()
                .len()
        })
        .collect();
    assert_eq!(counts, [2, 1, 0, 2], "fat, a person who left, ping, thin");
    let answers: Vec<_> = fields(&hook["responses"])
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(answers, ["204", "401", "404", "413", "422", "503"]);
}

#[test]
fn the_worked_example_of_a_signature_is_believed() {
    let document = Document::new();
    let hook = &document.0["webhooks"]["calendarChanged"]["post"];
    let header = |at: usize| hook["parameters"][at]["example"].as_str();
    let example = |name: &str| hook["x-worked-example"][name].as_str().unwrap();
    let head = HookHead {
        id: header(0),
        timestamp: header(1),
        signature: header(2),
    };
    let secret = Secret::new(example("secret"));
    let reader = HookReader::new(&[secret], Options::default()).unwrap();
    let read = reader.read(head, example("body").as_bytes(), at("2026-11-22T10:16:03Z"));
    assert_eq!(read, Ok(vec![]));
}
