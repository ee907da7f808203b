//! What people come back with is redeemed.

use super::samples::{BOTH_SCOPES, REDIRECT, kept, oauth, who};
use super::server::{Answer, Server, json, refusal};
use crate::ports::ConnectError;
use serde_json::{Value, json};

const VERIFIER: &str = "0123456789012345678901234567890123456789012";

/// Redeems a code; the grant as it would be kept.
async fn redeemed(server: &Server) -> Result<String, ConnectError> {
    let asked = ("code/1", VERIFIER, REDIRECT);
    let grant = oauth(server).redeem(&who(), asked).await?;
    Ok(kept(&grant))
}

fn answer(change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = json!({
        "access_token": "access-1",
        "expires_in": 3599,
        "refresh_token": "refresh-1",
        "scope": BOTH_SCOPES,
        "token_type": "Bearer",
    });
    change(&mut body);
    json(200, &body)
}

#[tokio::test]
async fn a_code_becomes_a_refresh_token() {
    let server = Server::start([answer(|_| {})]).await;
    assert_eq!(
        redeemed(&server).await,
        Ok(r#"{"consented":{"refresh_token":"refresh-1"}}"#.to_owned())
    );
    let form = [
        "POST /token grant_type=authorization_code",
        "code=code%2F1",
        &format!("code_verifier={VERIFIER}"),
        "client_id=client-1",
        "client_secret=hush-client",
        "redirect_uri=https%3A%2F%2Fbridge.example.com%2Foauth%2Fgoogle%2Fcallback",
    ];
    assert_eq!(server.seen(), [form.join("&")]);
}

#[tokio::test]
async fn an_answer_without_scopes_grants_what_was_asked_for() {
    let server = Server::start([answer(|body| {
        body.as_object_mut().unwrap().remove("scope");
    })])
    .await;
    assert!(redeemed(&server).await.is_ok());
}

#[tokio::test]
async fn unticked_permissions_are_named_and_nothing_is_kept_or_revoked() {
    const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
    const LIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
    for (granted, missing) in [
        (LIST, vec![EVENTS]),
        (EVENTS, vec![LIST]),
        ("openid", vec![EVENTS, LIST]),
        ("", vec![EVENTS, LIST]),
    ] {
        let first = answer(|body| body["scope"] = json!(granted));
        let server = Server::start([first]).await;
        let missing = missing.into_iter().map(str::to_owned).collect();
        assert_eq!(
            redeemed(&server).await,
            Err(ConnectError::ScopeMissing(missing))
        );
        // Google would end everything that this account ever gave us.
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn access_that_does_not_last_is_none() {
    for lasting in [json!(null), json!("")] {
        let server = Server::start([answer(|body| body["refresh_token"] = lasting)]).await;
        let expected =
            "Google gave no lasting access; take it away in the Google account and begin again";
        assert_eq!(
            redeemed(&server).await,
            Err(ConnectError::Refused(expected.to_owned()))
        );
    }
}

#[tokio::test]
async fn a_refusal_says_whose_it_is_to_mend() {
    let not_set_up = |text: &str| ConnectError::NotSetUp(text.to_owned());
    let client = "look at Client ID and Client Secret: Google answered invalid_client (The OAuth client was not found.)";
    let redirect = "the redirect address is not among those of the OAuth client: Google answered redirect_uri_mismatch (Bad Request)";
    for (status, error, words, expected) in [
        (
            400,
            "invalid_grant",
            "Malformed auth code.",
            ConnectError::Refused("Malformed auth code.".to_owned()),
        ),
        (
            401,
            "invalid_client",
            "The OAuth client was not found.",
            not_set_up(client),
        ),
        (
            400,
            "redirect_uri_mismatch",
            "Bad Request",
            not_set_up(redirect),
        ),
        (
            403,
            "a_new_error",
            "Later.",
            ConnectError::Transient("Google answered a_new_error (Later.)".to_owned()),
        ),
    ] {
        let server = Server::start([refusal(status, error, words)]).await;
        assert_eq!(redeemed(&server).await, Err(expected), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_well_is_asked_again_later() {
    let unclear = "the answer cannot be understood";
    let say = |status, body: &str| Answer::Say(status, vec![], body.to_owned());
    let elsewhere = ("location", "https://elsewhere.example.com/".to_owned());
    for (answer, expected) in [
        (say(503, ""), "Google has too much to do"),
        (say(429, "{}"), "Google has too much to do"),
        (say(200, "<html>"), unclear),
        (say(200, ""), unclear),
        (say(200, r#"{"access_token":5}"#), unclear),
        (say(400, "<html>"), unclear),
        (Answer::Say(302, vec![elsewhere], String::new()), unclear),
        (Answer::Endless, "the answer is longer than 65536 bytes"),
    ] {
        let server = Server::start([answer]).await;
        let expected = Err(ConnectError::Transient(expected.to_owned()));
        assert_eq!(redeemed(&server).await, expected);
        assert_eq!(server.seen().len(), 1, "asked once, and not elsewhere");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_refusal() {
    let server = Server::start([Answer::HangUp]).await;
    let Err(ConnectError::Transient(why)) = redeemed(&server).await else {
        panic!("not transient");
    };
    // Of the address, only the host is told: an administrator of the network looks for it.
    assert!(why.starts_with("the connection to 127.0.0.1:"), "{why}");
    assert!(!why.contains('/'), "a path in {why}");
}

#[tokio::test]
async fn words_of_others_are_cut_and_hold_nothing_that_cannot_be_printed() {
    let words = format!("{}\n\u{202e}é{}", "a".repeat(150), "b".repeat(100));
    let server = Server::start([refusal(400, "invalid_grant", &words)]).await;
    let expected = format!("{}{}", "a".repeat(150), "b".repeat(50));
    assert_eq!(
        redeemed(&server).await,
        Err(ConnectError::Refused(expected))
    );
}
