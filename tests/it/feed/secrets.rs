//! Who is let in, and what the others learn: nothing.

use super::subscriber::Feeds;
use crate::in_process::world::user_id;
use advanta_bridge::feed::{GuessLimits, Options};
use std::net::IpAddr;

#[test]
fn wrong_revoked_rotated_and_deactivated_look_the_same_at_once() {
    let feeds = Feeds::new();
    let bridge = &feeds.world.bridge;
    let (id, revoked) = feeds.address("anna", false);
    let (_, rotated) = feeds.address("anna", false);
    let (_, deactivated) = feeds.address("boris", false);
    for path in [&revoked, &rotated, &deactivated] {
        assert_eq!(feeds.get(path).status, 200);
    }
    let wrong = feeds.get("/feed/AAAAAAAAAAAAAAAAAAAAAAAAAAA.ics");
    assert_eq!(wrong.status, 404);
    assert_eq!(wrong.bytes, "there is no such feed\n");

    let (anna, boris) = (user_id("anna"), user_id("boris"));
    let revoke = bridge.revoke_feed(&anna, id);
    feeds.world.wait(revoke).unwrap();
    assert_eq!(feeds.get(&revoked), wrong);
    let (_, fresh) = feeds.address("anna", true);
    assert_eq!(feeds.get(&rotated), wrong);
    assert_eq!(feeds.get(&fresh).status, 200);
    let deactivate = bridge.deactivate_user(&boris);
    feeds.world.wait(deactivate).unwrap();
    assert_eq!(feeds.get(&deactivated), wrong);

    for odd in [
        "/feed/",
        "/feed/.ics",
        "/feed/x",
        "/feed/%FF.ics",
        "/feed/a/b.ics",
    ] {
        assert_eq!(feeds.get(odd), wrong, "{odd}");
    }
    let known = feeds.get_with(&revoked, &[("If-None-Match", "*")]);
    assert_eq!(known, wrong);
}

#[test]
fn only_reading_is_answered_whatever_the_secret() {
    let feeds = Feeds::new();
    let (_, right) = feeds.address("anna", false);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "REPORT"] {
        let of_right = feeds.ask(method, &right, &[]);
        assert_eq!(
            (of_right.status, of_right.header("allow")),
            (405, "GET, HEAD")
        );
        assert_eq!(feeds.ask(method, "/feed/wrong.ics", &[]), of_right);
    }
}

#[test]
fn guessing_is_slowed_down_by_address_and_hurts_nobody_who_was_right() {
    let feeds = Feeds::with(Options {
        guesses: GuessLimits {
            wrong_max: 3,
            ..GuessLimits::default()
        },
        ..Options::default()
    });
    let (_, known) = feeds.address("anna", false);
    // Three at once, none of them a guess.
    let statuses = feeds.get_all(&[known.as_str(); 3]);
    assert!(statuses.iter().all(|each| each.status == 200));
    let (_, unknown) = feeds.address("boris", false);
    assert_eq!(feeds.get(&known).status, 200);
    for guess in ["one", "two", "three"] {
        assert_eq!(feeds.get(&format!("/feed/{guess}.ics")).status, 404);
    }
    let throttled = feeds.get("/feed/four.ics");
    assert_eq!(
        (throttled.status, throttled.header("retry-after")),
        (429, "900")
    );
    // Boris was never here before: a right secret is let in all the same.
    assert_eq!(feeds.get(&unknown).status, 200);
    assert_eq!(feeds.get(&known).status, 200);
    let elsewhere = IpAddr::from([192, 0, 2, 9]);
    assert_eq!(feeds.ask_from(elsewhere, "GET", &unknown, &[]).status, 200);
    // A program that goes on asking for an address that is gone is one guess.
    for _ in 0..15 {
        feeds.world.a_minute_passes();
    }
    for _ in 0..10 {
        assert_eq!(feeds.get("/feed/four.ics").status, 404);
    }
}
