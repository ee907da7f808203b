//! What ADVANTA is answered when it tells of changes.

use super::super::http::Answer;
use super::super::world::World;
use super::{REMOTE, doors, doors_with, request};
use advanta_bridge::bridge::accounts::SignInDoor;
use advanta_bridge::model::{Notice, ObjectId, Timestamp};
use advanta_bridge::ports::{HookError, HookHead, Hooks};
use std::sync::Arc;

/// Takes a number for a body: so many objects changed.
struct Counted;

impl Hooks for Counted {
    fn check(&self, head: HookHead<'_>, _now: Timestamp) -> Result<(), HookError> {
        match head.timestamp {
            Some(_) => Ok(()),
            None => Err(HookError::Unsigned("the id or the time is missing")),
        }
    }

    fn read(
        &self,
        head: HookHead<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Notice>, HookError> {
        assert_eq!(now.timestamp(), 1_795_420_800, "the bridge's clock");
        if head.id != Some("msg-1") || head.timestamp != Some("7") {
            return Err(HookError::Unsigned("the id or the time is missing"));
        }
        if head.signature != Some("v1,good") {
            return Err(HookError::Unsigned("the signature is wrong"));
        }
        let count: Option<u128> = str::from_utf8(body).ok().and_then(|text| text.parse().ok());
        let count = count.ok_or_else(|| HookError::Malformed {
            field: "data.objects[3].plannedStart".to_owned(),
            why: "it is no local time".to_owned(),
        })?;
        let look = |number| Notice::Look(ObjectId(uuid::Uuid::from_u128(number)));
        Ok((0..count).map(look).collect())
    }
}

fn hook(world: &World, signature: &str, body: &str) -> Answer {
    let web = doors_with(world, |settings| settings.hooks = Some(Arc::new(Counted)));
    let headers = [
        ("webhook-id", "msg-1"),
        ("webhook-timestamp", "7"),
        ("webhook-signature", signature),
        ("accept-language", "en"),
    ];
    let request = request("POST", "/hooks/advanta", &headers, body);
    world.ask(&web, request, REMOTE)
}

#[test]
fn a_hook_is_answered_when_what_it_says_waits_in_the_inbox() {
    let world = World::new();
    let answer = hook(&world, "v1,good", "3");
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(world.inbox(), 3);
    assert_eq!(hook(&world, "v1,good", "0").status, 204);
    assert_eq!(world.inbox(), 3);
}

#[test]
fn a_hook_that_comes_again_adds_nothing() {
    let world = World::new();
    for _ in 0..3 {
        assert_eq!(hook(&world, "v1,good", "3").status, 204);
        assert_eq!(world.inbox(), 3);
    }
    // An id that a sender gives to two hooks does not lose the second.
    assert_eq!(hook(&world, "v1,good", "2").status, 204);
    assert_eq!(world.inbox(), 5);
}

#[test]
fn a_hook_that_is_not_from_advanta_changes_nothing() {
    let world = World::new();
    let answer = hook(&world, "v1,bad", "3");
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.body,
        r#"{"type":"urn:advanta-bridge:problem:unauthorized","title":"Not let in","status":401,"detail":"not signed: the signature is wrong"}"#
    );
    assert_eq!(world.inbox(), 0);
    // It is counted as a sign-in that failed, and the same once more as nothing new; a good one is still taken.
    hook(&world, "v1,bad", "3");
    let counts = world.bridge.sign_ins();
    assert_eq!(counts.wrong[4], (SignInDoor::Hooks, 2));
    assert_eq!((counts.failed(), counts.again), (2, 1));
    assert_eq!(hook(&world, "v1,good", "3").status, 204);
}

#[test]
fn a_hook_that_cannot_be_read_is_told_which_field() {
    let world = World::new();
    let answer = hook(&world, "v1,good", "three");
    assert_eq!(answer.status, 422);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(
        answer.body,
        r#"{"type":"urn:advanta-bridge:problem:invalid","title":"Invalid value","status":422,"detail":"it is no local time","field":"data.objects[3].plannedStart"}"#
    );
    assert_eq!(world.inbox(), 0);
}

#[test]
fn a_full_inbox_takes_nothing_and_says_when_to_come_again() {
    let world = World::new();
    let answer = hook(&world, "v1,good", "100001");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["retry-after"], "60");
    assert_eq!(world.inbox(), 0);
}

#[test]
fn a_hook_that_is_too_large_is_told_the_bound() {
    let world = World::new();
    let web = doors_with(&world, |settings| settings.hooks = Some(Arc::new(Counted)));
    let headers = [
        ("content-length", "4194305"),
        ("accept-language", "en"),
        ("webhook-id", "msg"),
        ("webhook-timestamp", "1"),
        ("webhook-signature", "v1,good"),
    ];
    // Whoever signs nothing learns nothing, and sends nothing.
    let unsigned = request("POST", "/hooks/advanta", &headers[..2], "");
    assert_eq!(world.ask(&web, unsigned, REMOTE).status, 401);
    let request = request("POST", "/hooks/advanta", &headers, "");
    let answer = world.ask(&web, request, REMOTE);
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.body,
        r#"{"type":"urn:advanta-bridge:problem:too-large","title":"Too large","status":413,"detail":"the body is larger than 4194304 bytes"}"#
    );
}

#[test]
fn there_is_no_door_without_a_secret_and_it_takes_posts_only() {
    let world = World::new();
    let shut = world.ask(
        &doors(&world),
        request("POST", "/hooks/advanta", &[], "3"),
        REMOTE,
    );
    assert_eq!(shut.status, 404);
    let web = doors_with(&world, |settings| settings.hooks = Some(Arc::new(Counted)));
    let got = world.ask(&web, request("GET", "/hooks/advanta", &[], ""), REMOTE);
    assert_eq!((got.status, got.headers["allow"].as_str()), (405, "POST"));
}
