//! Consent is given back.

use super::super::TokenError;
use super::samples::{consented, delegated, oauth, who};
use super::server::{Answer, Server, json, refusal};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn what_is_not_valid_any_more_is_given_back_already() {
    let unclear = TokenError::Transient("status 302".to_owned());
    let elsewhere = ("location", "https://elsewhere.example.com/".to_owned());
    for (answer, expected) in [
        (json(200, &json!({})), Ok(())),
        (
            refusal(400, "invalid_token", "Token expired or revoked"),
            Ok(()),
        ),
        (
            Answer::Say(302, vec![elsewhere], String::new()),
            Err(unclear),
        ),
        (
            Answer::Say(503, vec![("retry-after", "5".to_owned())], String::new()),
            Err(TokenError::Throttled(Duration::from_secs(5))),
        ),
        (
            refusal(400, "invalid_request", "Bad"),
            Err(TokenError::NotSetUp(
                "Google answered invalid_request (Bad)".to_owned(),
            )),
        ),
    ] {
        let server = Server::start([answer]).await;
        let revoked = oauth(&server)
            .revoke(&who(), &consented("refresh/1 +"))
            .await;
        assert_eq!(revoked, expected);
        assert_eq!(server.seen(), ["POST /revoke token=refresh%2F1%20%2B"]);
    }
}

#[tokio::test]
async fn a_delegation_is_the_administrators() {
    let server = Server::start([json(200, &json!({}))]).await;
    let revoked = oauth(&server).revoke(&who(), &delegated()).await;
    assert_eq!(revoked, Ok(()));
    assert_eq!(server.seen(), Vec::<String>::new());
}
