//! Where people are sent to agree.

use super::samples::{REDIRECT, oauth_at, who};
use crate::google::options::Addresses;
use crate::ports::ConnectError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

#[test]
fn the_address_asks_for_lasting_access_to_two_scopes_and_for_nothing_else() {
    let oauth = oauth_at(Addresses::default());
    let consent = oauth.consent(&who(), "state-1", REDIRECT).unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(consent.verifier.as_bytes()));
    let expected = [
        "https://accounts.google.com/o/oauth2/v2/auth?response_type=code",
        "client_id=client-1",
        "state=state-1",
        &format!("code_challenge={challenge}"),
        "code_challenge_method=S256",
        "redirect_uri=https%3A%2F%2Fbridge.example.com%2Foauth%2Fgoogle%2Fcallback",
        "scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcalendar.events+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcalendar.calendarlist.readonly",
        "access_type=offline",
        "prompt=consent",
    ];
    assert_eq!(consent.address, expected.join("&"));
    assert!(
        (43..=128).contains(&consent.verifier.len()),
        "RFC 7636 §4.1: 43 to 128 characters"
    );
}

#[test]
fn no_two_people_get_the_same_verifier() {
    let oauth = oauth_at(Addresses::default());
    let verifier = || oauth.consent(&who(), "s", REDIRECT).unwrap().verifier;
    assert_ne!(verifier(), verifier());
}

#[test]
fn nobody_is_sent_without_a_client_to_a_wrong_address_or_over_plain_http() {
    let without = super::super::Credentials {
        client: None,
        ..who()
    };
    let google = Addresses::default().authorize;
    for (who, authorize, redirect, expected) in [
        (
            &without,
            google.as_str(),
            REDIRECT,
            "no OAuth client is set",
        ),
        (
            &who(),
            "no address",
            REDIRECT,
            "an address of Google is no address",
        ),
        (
            &who(),
            google.as_str(),
            "no address",
            "our own address is no address",
        ),
        (
            &who(),
            "http://accounts.example.com/auth",
            REDIRECT,
            "the address is not https, and google.plain_http is not set",
        ),
    ] {
        let addresses = Addresses {
            authorize: authorize.to_owned(),
            ..Addresses::default()
        };
        let sent = oauth_at(addresses).consent(who, "state-1", redirect);
        assert_eq!(
            sent.map(|consent| consent.address),
            Err(ConnectError::NotSetUp(expected.to_owned()))
        );
    }
}
