//! What an administrator set is decrypted and read.

use super::super::{Credentials, ServiceAccount};
use super::samples::key_file;
use crate::model::{GoogleSettings, Sealed};
use crate::ports::{ConnectError, Vault, VaultError};
use serde_json::{Value, json};

/// Opens what is marked as sealed for the place.
struct PlainVault;

impl Vault for PlainVault {
    fn seal(&self, place: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        Ok(Sealed([place.as_bytes(), b"\n", secret].concat()))
    }

    fn open(&self, place: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let opened = sealed.0.strip_prefix(place.as_bytes());
        let opened = opened.and_then(|rest| rest.strip_prefix(b"\n"));
        opened.map(<[u8]>::to_vec).ok_or(VaultError::Unreadable)
    }
}

fn sealed(place: &str, secret: &[u8]) -> Option<Sealed> {
    PlainVault.seal(place, secret).ok()
}

fn settings() -> GoogleSettings {
    let key = key_file().to_string();
    GoogleSettings {
        client_id: "client-1".to_owned(),
        client_secret: sealed("google/client-secret", b"hush-client"),
        service_account: sealed("google/service-account", key.as_bytes()),
        application_name: "Bridge".to_owned(),
        ..GoogleSettings::default()
    }
}

#[test]
fn settings_are_unsealed_each_for_its_place() {
    let read = Credentials::unseal(&settings(), &PlainVault).unwrap();
    let (id, secret) = read.client.unwrap();
    assert_eq!(
        (id.as_str(), secret.secret().as_str()),
        ("client-1", "hush-client")
    );
    let account = read.service_account.unwrap();
    assert_eq!(account.email, "bridge@project.example.com");
    assert_eq!(account.key_id.as_deref(), Some("key-1"));
    assert_eq!(read.application_name, "Bridge");
    let none = Credentials::unseal(&GoogleSettings::default(), &PlainVault).unwrap();
    assert!(none.client.is_none() && none.service_account.is_none());
}

#[test]
fn what_cannot_be_opened_is_named() {
    let elsewhere = sealed("elsewhere", b"hush");
    let closed = "a secret cannot be opened with the keys of this installation";
    for (settings, expected) in [
        (
            GoogleSettings {
                client_secret: elsewhere.clone(),
                ..settings()
            },
            format!("the Client Secret: {closed}"),
        ),
        (
            GoogleSettings {
                service_account: elsewhere,
                ..settings()
            },
            format!("the key file: {closed}"),
        ),
        (
            GoogleSettings {
                client_secret: sealed("google/client-secret", b"\xff"),
                ..settings()
            },
            "the Client Secret: it is no text".to_owned(),
        ),
    ] {
        let read = Credentials::unseal(&settings, &PlainVault);
        assert_eq!(read.err(), Some(ConnectError::NotSetUp(expected)));
    }
}

#[test]
fn a_wrong_key_file_says_which_member_is_wrong_and_quotes_nothing() {
    for (member, value, expected) in [
        (
            "type",
            json!("authorized_user"),
            "type is not service_account",
        ),
        ("type", Value::Null, "type is not service_account"),
        ("private_key", Value::Null, "private_key is missing"),
        (
            "private_key",
            json!("hush"),
            "private_key is no RSA key in PEM",
        ),
        ("private_key", json!(5), "private_key is no text"),
        ("client_email", Value::Null, "client_email is missing"),
        ("client_email", json!(""), "client_email is missing"),
        ("client_email", json!(["hush"]), "client_email is no text"),
        ("private_key_id", json!({}), "private_key_id is no text"),
    ] {
        let mut file = key_file();
        file[member] = value;
        let read = ServiceAccount::read(&file.to_string());
        let expected = ConnectError::NotSetUp(format!("the key file: {expected}"));
        assert_eq!(read.err(), Some(expected));
    }
    for text in ["", "hush", "[]", "5", r#"{"type":"#] {
        let read = ServiceAccount::read(text);
        let expected = "the key file: it is no JSON object".to_owned();
        assert_eq!(read.err(), Some(ConnectError::NotSetUp(expected)), "{text}");
    }
}
