//! A refresh token becomes an access token, or does not.

use super::super::{TokenError, Tokens};
use super::samples::{HeldClock, consented, kept, oauth, token, who};
use super::server::{Answer, Server, refusal};
use serde_json::json;
use std::time::Duration;

/// The token that a refresh token gives, and what is to be kept from now on.
async fn refreshed(server: &Server) -> Result<(String, Option<String>), TokenError> {
    let tokens = Tokens::new(HeldClock::at("2026-11-01T10:00:00Z"));
    let grant = consented("refresh/1");
    let access = tokens
        .access(&oauth(server), &who(), ("s-1", &grant))
        .await?;
    let renewed = access.renewed.as_ref().map(kept);
    Ok((access.token.secret().clone(), renewed))
}

#[tokio::test]
async fn the_old_refresh_token_is_kept_unless_there_is_a_new_one() {
    let new = r#"{"consented":{"refresh_token":"refresh-2"}}"#;
    for (refresh, renewed) in [
        (json!(null), None),
        (json!(""), None),
        (json!("refresh/1"), None),
        (json!("refresh-2"), Some(new.to_owned())),
    ] {
        let mut body = token("access-1", 3599);
        body["refresh_token"] = refresh;
        let server = Server::start([super::server::json(200, &body)]).await;
        let expected = Ok(("access-1".to_owned(), renewed));
        assert_eq!(refreshed(&server).await, expected);
        assert_eq!(
            server.seen(),
            [
                "POST /token grant_type=refresh_token&refresh_token=refresh%2F1&client_id=client-1&client_secret=hush-client"
            ]
        );
    }
}

#[tokio::test]
async fn only_a_dead_grant_asks_the_person_to_act() {
    let denied = |why: &str| TokenError::Denied(why.to_owned());
    let not_set_up = |why: &str| TokenError::NotSetUp(why.to_owned());
    let client = "look at Client ID and Client Secret: Google answered";
    for (status, error, words, expected) in [
        (
            400,
            "invalid_grant",
            "Token has been expired or revoked.",
            denied("Token has been expired or revoked."),
        ),
        (
            403,
            "admin_policy_enforced",
            "",
            denied("admin_policy_enforced"),
        ),
        (403, "access_denied", "No.", denied("No.")),
        (
            401,
            "invalid_client",
            "Unauthorized",
            not_set_up(&format!("{client} invalid_client (Unauthorized)")),
        ),
        (
            401,
            "unauthorized_client",
            "Unauthorized",
            // Another client than the one that they agreed with.
            denied("Unauthorized"),
        ),
        (
            401,
            "deleted_client",
            "Gone",
            not_set_up(&format!("{client} deleted_client (Gone)")),
        ),
        // Nobody is told to agree again because of a word that we do not know.
        (
            403,
            "rate_limit_exceeded",
            "Later.",
            TokenError::Transient("Google answered rate_limit_exceeded (Later.)".to_owned()),
        ),
    ] {
        let server = Server::start([refusal(status, error, words)]).await;
        assert_eq!(refreshed(&server).await, Err(expected), "{error}");
    }
}

#[tokio::test]
async fn an_overloaded_server_says_how_long_to_wait() {
    let later = |text: &str| vec![("retry-after", text.to_owned())];
    for (status, headers, seconds) in [
        (503, later("120"), 120),
        (429, later("7"), 7),
        (500, vec![], 30),
        (503, later("soon"), 30),
        // At most `retry_after_max`.
        (503, later("999999999"), 3600),
    ] {
        let body = r#"{"error":"invalid_grant"}"#.to_owned();
        let server = Server::start([Answer::Say(status, headers, body)]).await;
        let expected = TokenError::Throttled(Duration::from_secs(seconds));
        assert_eq!(refreshed(&server).await, Err(expected));
    }
}
