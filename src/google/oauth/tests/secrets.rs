//! Nothing that can be printed shows a secret.

use super::super::{Grant, Tokens};
use super::samples::{HeldClock, REDIRECT, consented, delegated, oauth, oauth_at, token, who};
use super::server::{Server, json, refusal};
use crate::google::options::Addresses;

#[tokio::test]
async fn printing_shows_no_secret() {
    let mut body = token("hush-access", 3599);
    body["refresh_token"] = serde_json::json!("hush-renewed");
    let server = Server::start([json(200, &body), refusal(400, "invalid_grant", "No.")]).await;
    let (oauth, tokens) = (
        oauth(&server),
        Tokens::new(HeldClock::at("2026-11-01T10:00:00Z")),
    );
    let grant = consented("hush-refresh");
    let access = tokens
        .access(&oauth, &who(), ("s-1", &grant))
        .await
        .unwrap();
    let error = tokens
        .access(&oauth, &who(), ("s-2", &grant))
        .await
        .unwrap_err();
    let consent = oauth_at(Addresses::default()).consent(&who(), "hush-state", REDIRECT);
    let consent = consent.unwrap();
    let shown = format!("{:?}{grant:?}{access:?}{error:?}{error}{consent:?}", who());
    let key_line = super::samples::TEST_KEY.lines().nth(1).unwrap();
    for secret in ["hush", key_line, consent.verifier.as_str()] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_grant_is_kept_and_read_back() {
    for (grant, text) in [
        (
            consented("refresh-1"),
            r#"{"consented":{"refresh_token":"refresh-1"}}"#,
        ),
        (
            delegated(),
            r#"{"delegated":{"account":"anna@example.com"}}"#,
        ),
    ] {
        assert_eq!(grant.to_bytes(), text.as_bytes());
        let read = Grant::from_bytes(text.as_bytes()).unwrap();
        assert_eq!(read.to_bytes(), text.as_bytes());
    }
    for damaged in [
        "",
        "{}",
        r#"{"consented":{}}"#,
        r#"{"other":{"account":"a"}}"#,
    ] {
        assert!(Grant::from_bytes(damaged.as_bytes()).is_none(), "{damaged}");
    }
}
