//! What is kept, and for how long.

use super::build::Built;
use super::shelf::Shelf;
use crate::model::{Timestamp, UserId};
use chrono::{Duration, TimeZone as _, Utc};

/// `09:00:00` and some milliseconds.
fn at(millis: i64) -> Timestamp {
    Utc.with_ymd_and_hms(2026, 12, 1, 9, 0, 0).unwrap() + Duration::milliseconds(millis)
}

fn user(name: &str) -> UserId {
    UserId::new(name)
}

fn built(bytes: usize) -> Built {
    Built {
        gzip: vec![0; bytes].into(),
        plain_bytes: 0,
    }
}

#[test]
fn every_edition_has_a_date_of_its_own_even_within_one_second() {
    let (shelf, anna) = (Shelf::new(1, 100), user("anna"));
    assert_eq!(shelf.since(&anna, "1", at(100)), at(-1000));
    assert_eq!(shelf.since(&anna, "1", at(60_000)), at(-1000));
    assert_eq!(shelf.since(&anna, "2", at(60_100)), at(59_000));
    assert_eq!(shelf.since(&anna, "3", at(60_200)), at(60_000));
    // The clock was set back.
    assert_eq!(shelf.since(&anna, "4", at(0)), at(61_000));
    // Somebody else's takes the only place; the dates of before do not come back.
    assert_eq!(shelf.since(&user("boris"), "1", at(0)), at(-1000));
    assert_eq!(shelf.since(&anna, "5", at(0)), at(62_000));
}

#[test]
fn what_was_made_is_kept_until_it_is_old_or_there_is_no_room() {
    let shelf = Shelf::new(10, 100);
    let (anna, boris, vera) = (user("anna"), user("boris"), user("vera"));
    for owner in [&anna, &boris, &vera] {
        shelf.since(owner, "1", at(0));
    }
    let there = |owner: &UserId, edition: &str| shelf.built(owner, edition).is_some();
    shelf.keep(&anna, "1", built(60));
    shelf.keep(&anna, "0", built(10));
    shelf.keep(&boris, "1", built(40));
    assert!(there(&anna, "1") && !there(&anna, "0") && there(&boris, "1"));
    shelf.since(&anna, "1", at(0));
    shelf.keep(&vera, "1", built(1));
    assert!(there(&anna, "1") && !there(&boris, "1") && there(&vera, "1"));
    shelf.since(&anna, "2", at(0));
    assert!(!there(&anna, "1") && !there(&anna, "2"));
    shelf.keep(&boris, "1", built(99));
    assert!(
        there(&boris, "1") && there(&vera, "1"),
        "anna's bytes are free"
    );
}
