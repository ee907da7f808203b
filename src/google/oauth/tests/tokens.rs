//! Access tokens are kept until they run out.

use super::super::{Grant, OAuth, Tokens};
use super::samples::{HeldClock, consented, kept, oauth, token, who};
use super::server::{Answer, Server, json};
use serde_json::json;
use std::sync::Arc;

const TEN: &str = "2026-11-01T10:00:00Z";

fn gives(access: &str, seconds: u64) -> Answer {
    json(200, &token(access, seconds))
}

fn gives_with(access: &str, refresh: &str) -> Answer {
    let mut body = token(access, 3600);
    body["refresh_token"] = json!(refresh);
    json(200, &body)
}

/// The token of a key, and what is to be kept from now on.
async fn access(tokens: &Tokens, oauth: &OAuth, key: &str, grant: &Grant) -> (String, String) {
    let access = tokens.access(oauth, &who(), (key, grant)).await.unwrap();
    let renewed = access.renewed.as_ref().map(kept).unwrap_or_default();
    (access.token.secret().clone(), renewed)
}

fn plain(token: &str) -> (String, String) {
    (token.to_owned(), String::new())
}

#[tokio::test]
async fn a_token_is_used_until_a_minute_before_it_runs_out() {
    let server = Server::start([gives("access-1", 3600), gives("access-2", 3600)]).await;
    let clock = HeldClock::at(TEN);
    let (oauth, grant) = (oauth(&server), consented("refresh-1"));
    let tokens = Tokens::new(Arc::clone(&clock) as _);
    for (time, expected, asked) in [
        (TEN, "access-1", 1),
        ("2026-11-01T10:58:59Z", "access-1", 1),
        ("2026-11-01T10:59:00Z", "access-2", 2),
    ] {
        clock.set(time);
        let given = access(&tokens, &oauth, "s-1", &grant).await;
        assert_eq!(
            (given, server.seen().len()),
            (plain(expected), asked),
            "{time}"
        );
    }
}

#[tokio::test]
async fn no_life_that_a_server_names_does_harm() {
    for (life, asked) in [(0, 2), (60, 2), (9_000_000_000_000_000, 1), (u64::MAX, 1)] {
        let server = Server::start([gives("access-1", life)]).await;
        let (oauth, grant) = (oauth(&server), consented("refresh-1"));
        let tokens = Tokens::new(HeldClock::at(TEN));
        for _ in 0..2 {
            let given = access(&tokens, &oauth, "s-1", &grant).await;
            assert_eq!(given, plain("access-1"));
        }
        assert_eq!(server.seen().len(), asked, "{life}");
    }
}

#[tokio::test]
async fn a_life_is_never_believed_for_longer_than_a_day() {
    let server = Server::start([gives("access-1", u64::MAX), gives("access-2", 60)]).await;
    let clock = HeldClock::at(TEN);
    let (oauth, grant) = (oauth(&server), consented("refresh-1"));
    let tokens = Tokens::new(Arc::clone(&clock) as _);
    access(&tokens, &oauth, "s-1", &grant).await;
    clock.set("2026-11-02T10:00:00Z");
    let given = access(&tokens, &oauth, "s-1", &grant).await;
    assert_eq!(given, plain("access-2"));
}

#[tokio::test]
async fn everybody_who_waits_gets_the_one_token_that_was_asked_for() {
    let server = Server::start([gives("access-1", 3600), gives("access-2", 3600)]).await;
    let (oauth, grant) = (oauth(&server), consented("refresh-1"));
    let tokens = Tokens::new(HeldClock::at(TEN));
    let waiting = (0..20).map(|_| access(&tokens, &oauth, "s-1", &grant));
    let given = futures_util::future::join_all(waiting).await;
    assert_eq!(given, vec![plain("access-1"); 20]);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_token_belongs_to_one_key_and_one_grant() {
    let answers = ["access-1", "access-2", "access-3"].map(|name| gives(name, 3600));
    let server = Server::start(answers).await;
    let (oauth, tokens) = (oauth(&server), Tokens::new(HeldClock::at(TEN)));
    for (key, refresh, expected) in [
        ("s-1", "refresh-1", "access-1"),
        ("s-2", "refresh-1", "access-2"),
        ("s-1", "refresh-2", "access-3"),
    ] {
        let given = access(&tokens, &oauth, key, &consented(refresh)).await;
        assert_eq!(given, plain(expected));
    }
}

#[tokio::test]
async fn a_token_that_was_not_accepted_is_not_used_again_and_a_newer_one_is() {
    let server = Server::start([gives("access-1", 3600), gives("access-2", 3600)]).await;
    let (oauth, grant) = (oauth(&server), consented("refresh-1"));
    let tokens = Tokens::new(HeldClock::at(TEN));
    let first = tokens
        .access(&oauth, &who(), ("s-1", &grant))
        .await
        .unwrap();
    for _ in 0..2 {
        tokens.forget("s-1", &first.token).await;
        let given = access(&tokens, &oauth, "s-1", &grant).await;
        assert_eq!(given, plain("access-2"));
    }
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_renewed_grant_is_told_to_all_who_come_with_the_old_one_and_is_used_from_then_on() {
    let new = r#"{"consented":{"refresh_token":"refresh-2"}}"#.to_owned();
    let server =
        Server::start([gives_with("access-1", "refresh-2"), gives("access-2", 3600)]).await;
    let clock = HeldClock::at(TEN);
    let (oauth, old) = (oauth(&server), consented("refresh-1"));
    let tokens = Tokens::new(Arc::clone(&clock) as _);
    for _ in 0..2 {
        let given = access(&tokens, &oauth, "s-1", &old).await;
        assert_eq!(given, ("access-1".to_owned(), new.clone()));
    }
    let given = access(&tokens, &oauth, "s-1", &consented("refresh-2")).await;
    assert_eq!(given, plain("access-1"));
    clock.set("2026-11-01T11:00:00Z");
    let given = access(&tokens, &oauth, "s-1", &old).await;
    assert_eq!(given, ("access-2".to_owned(), new));
    assert_eq!(
        server.seen()[1],
        "POST /token grant_type=refresh_token&refresh_token=refresh-2&client_id=client-1&client_secret=hush-client"
    );
}
