//! Hooks: who sent them, when, and what they say.

use super::samples::{self, HOOK_FAT, HOOK_THIN, NOTE_KEY, PING, TASK, anna, at, boris, id};
use crate::advanta::{HookReader, InvalidSecret, Options, Secret};
use crate::model::{Notice, Timestamp};
use crate::ports::{HookError, HookHead, Hooks as _};
use chrono::TimeDelta;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

/// The secret, id, time and body that Standard Webhooks publishes, and the signature that belongs to them.
const PUBLISHED: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PUBLISHED_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const PUBLISHED_AT: &str = "1614265330";
const PUBLISHED_BODY: &str = r#"{"test": 2432232314}"#;
const PUBLISHED_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

const OTHER: &str = "whsec_b25lIG1vcmUgc2VjcmV0IG9mIHRoZSB0ZXN0cw==";
const SENT: &str = "1795342563";

fn now() -> Timestamp {
    at("2026-11-22T10:16:03Z")
}

pub(super) fn reader() -> HookReader {
    reader_of(&[PUBLISHED])
}

fn reader_of(secrets: &[&str]) -> HookReader {
    let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    let options = Options {
        hook_items_max: 4,
        ..Options::default()
    };
    HookReader::new(&secrets, options).unwrap()
}

fn signed_by(secret: &str, body: &str, sent: Timestamp) -> String {
    let key = Webhook::new(secret).unwrap();
    key.sign("msg_1", sent.timestamp(), body.as_bytes())
        .unwrap()
}

pub(super) fn signed(body: &str, sent: Timestamp) -> String {
    signed_by(PUBLISHED, body, sent)
}

pub(super) fn head() -> HookHead<'static> {
    HookHead {
        id: Some("msg_1"),
        timestamp: Some(SENT),
        signature: None,
    }
}

/// Reads a hook that is signed as it should be.
fn read(body: &str) -> Result<Vec<Notice>, HookError> {
    let signature = signed(body, now());
    let head = HookHead {
        signature: Some(&signature),
        ..head()
    };
    reader().read(head, body.as_bytes(), now())
}

/// Reads a ping with these signatures by a reader with these secrets.
fn ping(secrets: &[&str], signatures: &str) -> Result<Vec<Notice>, HookError> {
    let head = HookHead {
        signature: Some(signatures),
        ..head()
    };
    reader_of(secrets).read(head, PING.as_bytes(), now())
}

const WRONG: Result<Vec<Notice>, HookError> =
    Err(HookError::Unsigned("webhook-signature is wrong"));

#[test]
fn the_published_example_is_believed_and_its_body_is_no_hook_of_ours() {
    let head = HookHead {
        id: Some(PUBLISHED_ID),
        timestamp: Some(PUBLISHED_AT),
        signature: Some(PUBLISHED_SIGNATURE),
    };
    let then = at("2021-02-25T15:02:10Z");
    let missing = HookError::Malformed {
        field: "type".to_owned(),
        why: "is missing".to_owned(),
    };
    assert_eq!(
        reader().read(head, PUBLISHED_BODY.as_bytes(), then),
        Err(missing)
    );
    assert_eq!(reader().read(head, b"{\"test\": 2432232315}", then), WRONG);
}

#[test]
fn secrets_and_signatures_come_and_go_one_after_the_other() {
    let old = signed_by(PUBLISHED, PING, now());
    let new = signed_by(OTHER, PING, now());
    let both = format!("{old} {new}");
    let fine = Ok(vec![]);
    for (secrets, signatures, expected) in [
        (&[PUBLISHED][..], old.as_str(), &fine),
        (&[PUBLISHED], new.as_str(), &WRONG),
        (&[PUBLISHED, OTHER], old.as_str(), &fine),
        (&[PUBLISHED, OTHER], new.as_str(), &fine),
        (&[OTHER], old.as_str(), &WRONG),
        (&[OTHER], both.as_str(), &fine),
        (&[PUBLISHED], both.as_str(), &fine),
    ] {
        assert_eq!(
            &ping(secrets, signatures),
            expected,
            "{secrets:?} {signatures}"
        );
    }
}

#[test]
fn nothing_but_a_whole_signature_of_version_one_is_believed() {
    let right = signed(PING, now());
    let (_, digest) = right.split_once(',').unwrap();
    for signatures in [
        String::new(),
        "v1,".to_owned(),
        right[..right.len() - 1].to_owned(),
        format!("{right}x"),
        digest.to_owned(),
        format!("v2,{digest}"),
        format!("v1a,{digest}"),
        format!(" V1,{digest} "),
        right.to_lowercase(),
        format!("{}{right}", "v1,x ".repeat(16)),
    ] {
        assert_eq!(ping(&[PUBLISHED], &signatures), WRONG, "{signatures:?}");
    }
    let among_others = format!("v1a,x v1,y {right}  v9,z");
    assert_eq!(ping(&[PUBLISHED], &among_others), Ok(vec![]));
}

#[test]
fn a_hook_is_of_the_last_five_minutes_or_the_next() {
    let late = Err(HookError::Unsigned(
        "webhook-timestamp is too far from the present time",
    ));
    for (seconds, expected) in [
        (0, Ok(vec![])),
        (300, Ok(vec![])),
        (-300, Ok(vec![])),
        (301, late.clone()),
        (-301, late.clone()),
        (86_400 * 365, late.clone()),
    ] {
        let sent = now() + TimeDelta::seconds(seconds);
        let (stamp, signature) = (sent.timestamp().to_string(), signed(PING, sent));
        let head = HookHead {
            id: Some("msg_1"),
            timestamp: Some(&stamp),
            signature: Some(&signature),
        };
        let read = reader().read(head, PING.as_bytes(), now());
        assert_eq!(read, expected, "{seconds}");
    }
}

#[test]
fn every_header_is_needed_and_signed() {
    let signature = signed(PING, now());
    let whole = HookHead {
        signature: Some(&signature),
        ..head()
    };
    let long = "m".repeat(257);
    let no_number = "webhook-timestamp is not a number of seconds";
    for (head, expected) in [
        (HookHead { id: None, ..whole }, "webhook-id is missing"),
        (
            HookHead {
                id: Some(""),
                ..whole
            },
            "webhook-id is empty or too long",
        ),
        (
            HookHead {
                id: Some(&long),
                ..whole
            },
            "webhook-id is empty or too long",
        ),
        (
            HookHead {
                id: Some("msg_2"),
                ..whole
            },
            "webhook-signature is wrong",
        ),
        (
            HookHead {
                timestamp: None,
                ..whole
            },
            "webhook-timestamp is missing",
        ),
        (
            HookHead {
                timestamp: Some("1795342564"),
                ..whole
            },
            "webhook-signature is wrong",
        ),
        (
            HookHead {
                timestamp: Some("+1795342563"),
                ..whole
            },
            no_number,
        ),
        (
            HookHead {
                timestamp: Some("01795342563"),
                ..whole
            },
            no_number,
        ),
        (
            HookHead {
                timestamp: Some("1795342563.0"),
                ..whole
            },
            no_number,
        ),
        (
            HookHead {
                timestamp: Some("99999999999999999999"),
                ..whole
            },
            no_number,
        ),
        (
            HookHead {
                signature: None,
                ..whole
            },
            "webhook-signature is missing",
        ),
    ] {
        let read = reader().read(head, PING.as_bytes(), now());
        assert_eq!(read, Err(HookError::Unsigned(expected)), "{head:?}");
    }
    assert_eq!(reader().read(whole, PING.as_bytes(), now()), Ok(vec![]));
    assert_eq!(reader().read(whole, b"{\"type\":\"ping\"}", now()), WRONG);
}

#[test]
fn fat_and_thin_hooks_say_the_same_in_their_own_way() {
    let fat = vec![
        Notice::Person(samples::person_left()),
        Notice::Object(samples::note()),
        samples::removed("2f4e6a18-93b7-4d1c-b2f0-5a8c7d6e9f04", 12),
    ];
    assert_eq!(read(HOOK_FAT), Ok(fat));
    let thin = vec![
        Notice::LookPerson(anna()),
        Notice::LookPerson(boris()),
        Notice::Look(id(TASK)),
        Notice::Look(id(NOTE_KEY)),
    ];
    assert_eq!(read(HOOK_THIN), Ok(thin));
    assert_eq!(read(PING), Ok(vec![]));
    for nothing in [
        r#"{"type":"calendar.changed","data":{}}"#,
        r#"{"type":"calendar.changed","data":{"objects":null,"changed":null,"removed":null,"people":null,"changedPeople":null}}"#,
    ] {
        assert_eq!(read(nothing), Ok(vec![]), "{nothing}");
    }
}

#[test]
fn a_malformed_hook_names_the_field() {
    let object: Value = serde_json::from_str(samples::NOTE).unwrap();
    let mut broken = object.clone();
    broken["plannedStart"] = json!("hush");
    let hook = |data: Value| json!({"type": "calendar.changed", "data": data}).to_string();
    let guid = "0b6f0c1e-5a3d-4d8e-9f57-2f1d8a6f7c01";
    for (body, field, why) in [
        (
            "hush".to_owned(),
            "body",
            "not JSON: expected value at line 1 column 1",
        ),
        ("{}".to_owned(), "type", "is missing"),
        (json!({"type": 1}).to_string(), "type", "expected a string"),
        (
            json!({"type": "hush"}).to_string(),
            "type",
            "expected calendar.changed or ping",
        ),
        (
            json!({"type": "calendar.changed"}).to_string(),
            "data",
            "is missing",
        ),
        (hook(json!(null)), "data", "expected an object"),
        (
            hook(json!({"objects": {}})),
            "data.objects",
            "expected a list",
        ),
        (
            hook(json!({"objects": [object, object, object, broken]})),
            "data.objects[3].plannedStart",
            "not a local time like 2026-12-01T09:00",
        ),
        (
            hook(json!({"objects": [object, {"id": guid}]})),
            "data.objects[1].kind",
            "is missing",
        ),
        (
            hook(json!({"objects": [{"id": 7}]})),
            "data.objects[0].id",
            "expected a string",
        ),
        (
            hook(json!({"removed": [{"id": guid}]})),
            "data.removed[0].revision",
            "is missing",
        ),
        (
            hook(json!({"removed": [{"id": guid, "revision": 0}]})),
            "data.removed[0].revision",
            "not from 1 to 9007199254740991",
        ),
        (
            hook(json!({"changed": [{"id": guid}, {"id": "hush"}]})),
            "data.changed[1].id",
            "not a GUID with hyphens",
        ),
        (
            hook(json!({"people": [{"id": "anna", "revision": 1, "name": "A", "active": 1}]})),
            "data.people[0].active",
            "expected a boolean",
        ),
        (
            hook(json!({"changedPeople": ["anna", "a b"]})),
            "data.changedPeople[1]",
            "not 1 to 128 characters of A-Z a-z 0-9 . _ -",
        ),
        (
            hook(
                json!({"changedPeople": ["a", "b", "c"], "changed": [{"id": guid}, {"id": guid}]}),
            ),
            "data",
            "holds more than 4 items",
        ),
    ] {
        let expected = HookError::Malformed {
            field: field.to_owned(),
            why: why.to_owned(),
        };
        assert_eq!(read(&body), Err(expected), "{body}");
    }
}

#[test]
fn a_secret_is_of_a_form_and_length_that_protect() {
    let made = |secrets: &[&str]| {
        let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        HookReader::new(&secrets, Options::default()).map(|_| ())
    };
    let long = format!("whsec_{}", "AAAA".repeat(22));
    for (secrets, expected) in [
        (&[PUBLISHED, OTHER][..], Ok(())),
        (&[], Err(InvalidSecret::None)),
        (&[PUBLISHED, "hush"], Err(InvalidSecret::Form)),
        (
            &["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            Err(InvalidSecret::Form),
        ),
        (&["whsec_hush!"], Err(InvalidSecret::Form)),
        (&["whsec_"], Err(InvalidSecret::Length)),
        (&["whsec_aHVzaA=="], Err(InvalidSecret::Length)),
        (&[&long], Err(InvalidSecret::Length)),
    ] {
        assert_eq!(made(secrets), expected, "{secrets:?}");
    }
}

#[test]
fn what_can_be_said_of_a_hook_is_said_before_its_body() {
    let check = |head: HookHead<'_>| reader().check(head, now());
    let junk = HookHead {
        signature: Some("v1,junk"),
        ..head()
    };
    assert_eq!(check(junk), Ok(()));
    assert_eq!(
        check(head()),
        Err(HookError::Unsigned("webhook-signature is missing"))
    );
    let other = HookHead {
        signature: Some("v2,junk"),
        ..junk
    };
    assert_eq!(
        check(other),
        Err(HookError::Unsigned("webhook-signature is wrong"))
    );
    let old = HookHead {
        timestamp: Some("7"),
        ..junk
    };
    assert_eq!(
        check(old),
        Err(HookError::Unsigned(
            "webhook-timestamp is too far from the present time"
        ))
    );
}
