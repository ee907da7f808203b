use super::*;
use crate::model::{
    AppPassword, Digest, Language, Link, PasswordHash, RemoteId, Revision, SubscriptionId, User,
    UserId,
};
use crate::store::contract::fixtures::{app_password, base, link};
use crate::store::{keys, transaction};

fn user() -> User {
    User {
        id: UserId::new("u1"),
        login: "anna".into(),
        name: "Анна".into(),
        email: None,
        language: Language::Russian,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    }
}

fn error_of(bytes: &[u8]) -> String {
    decode::<User>(b"\x10u1", bytes).unwrap_err().to_string()
}

#[test]
fn a_record_is_a_version_byte_and_json() {
    let bytes = encode(&user()).unwrap();
    let text = r#"{"id":"u1","login":"anna","name":"Анна","email":null,"language":"Russian","zone":null,"active":true,"kept_out":false,"advanta":null,"revision":0}"#;
    assert_eq!(bytes[0], 1);
    assert_eq!(std::str::from_utf8(&bytes[1..]).unwrap(), text);
    assert_eq!(decode::<User>(b"", &bytes).unwrap(), user());
}

#[test]
fn a_record_of_an_older_program_is_read() {
    let old = r#"{"id":"u1","login":"anna","name":"Анна","email":null,"language":"Russian","active":true}"#;
    let bytes = [b"\x01", old.as_bytes()].concat();
    assert_eq!(decode::<User>(b"", &bytes).unwrap(), user());
}

#[test]
fn damage_is_named_without_the_content() {
    assert_eq!(
        error_of(b"\x01{\"id\":\"u1\",\"login\":\"secret\",\"name\":5}"),
        "store: record 107531 of users is damaged: its text is wrong at column 36"
    );
    assert_eq!(
        error_of(b"\x02{}"),
        "store: record 107531 of users is damaged: version 2 is unknown"
    );
    assert_eq!(
        error_of(b""),
        "store: record 107531 of users is damaged: it is empty"
    );
}

#[test]
fn an_app_password_is_kept_as_its_digest_and_old_rows_as_they_were() {
    let kept = AppPassword {
        label: "phone".into(),
        ..app_password(1, "anna", 0)
    };
    let bytes = encode(&kept).unwrap();
    insta::assert_snapshot!(std::str::from_utf8(&bytes[1..]).unwrap(), @r#"{"id":"00000000-0000-0000-0000-000000000001","user":"anna","label":"phone","digest":"f31777e126c0c6f3cab640917b98449d25286681a4212f7a92f258941f9268e8","created":[1790000000,0],"revoked":null}"#);
    assert_eq!(decode::<AppPassword>(b"", &bytes).unwrap(), kept);
    let old = r#"{"id":"00000000-0000-0000-0000-000000000001","user":"anna","label":"phone","hash":"$argon2id$v=19$m=8","created":[1790000000,0],"revoked":null}"#;
    let bytes = [b"\x01", old.as_bytes()].concat();
    let read = AppPassword {
        hash: PasswordHash::Old("$argon2id$v=19$m=8".into()),
        ..kept
    };
    assert_eq!(decode::<AppPassword>(b"", &bytes).unwrap(), read);
    assert_eq!(encode(&read).unwrap(), bytes);
    let chosen = AppPassword {
        hash: PasswordHash::Chosen("$argon2id$v=19$m=8".into()),
        ..read
    };
    let bytes = encode(&chosen).unwrap();
    assert_eq!(decode::<AppPassword>(b"", &bytes).unwrap(), chosen);
}

/// As most links are: both sides seen alike, nothing owed.
fn usual_link() -> Link {
    let mut base = base("Согласовать смету");
    base.description = Digest::of("");
    Link {
        subscription: SubscriptionId::new("0193f5a2c4d07c1e9b6a4f2d8e3b7c51"),
        remote: Some(RemoteId("4q2ogdjtvi1hlp8m7c0v9k3r5e".into())),
        remote_uid: Some("4q2ogdjtvi1hlp8m7c0v9k3r5e@google.com".into()),
        their_version: "\"3402119878436000\"".into(),
        base_ours: base.clone(),
        base_theirs: base,
        ..link(1, "s", 2, "r")
    }
}

#[test]
fn a_usual_link_says_only_what_is_its_own() {
    let bytes = encode(&usual_link()).unwrap();
    insta::assert_snapshot!(std::str::from_utf8(&bytes[1..]).unwrap(), @r#"{"id":"00000000-0000-0000-0000-000000000001","subscription":"0193f5a2c4d07c1e9b6a4f2d8e3b7c51","epoch":3,"step":1,"object":"00000000-0000-0000-0000-000000000002","remote":"4q2ogdjtvi1hlp8m7c0v9k3r5e","remote_uid":"4q2ogdjtvi1hlp8m7c0v9k3r5e@google.com","born":"Exported","state":"Live","our_revision":4,"their_version":"\"3402119878436000\"","base_ours":{"title":"Согласовать смету","span":{"start":{"At":[1790000000,0]},"end":{"At":[1790003600,0]}},"description":[12615508044239446438,11547315112916076873],"location":[12615508044239446438,11547315112916076873],"recurs":false}}"#);
    assert_eq!(decode::<Link>(b"", &bytes).unwrap(), usual_link());
}

#[test]
fn a_link_costs_less_than_a_kilobyte_with_all_that_leads_to_it() {
    let link = usual_link();
    let row = keys::link(link.id).len() + encode(&link).unwrap().len();
    let indexes = transaction::link_indexes(&link).unwrap();
    let indexes = indexes.iter().map(|(_, key)| key.len() + 16).sum::<usize>();
    assert_eq!((row, indexes), (613, 201));
}
