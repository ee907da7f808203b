use super::*;
use crate::model::{Language, Revision, User, UserId};

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
