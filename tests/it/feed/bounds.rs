//! How much is made at a time.

use super::subscriber::Feeds;
use crate::in_process::world::object;
use advanta_bridge::feed::Options;
use advanta_bridge::model::{Kind, Rights};
use std::time::Duration;

fn with_tasks(options: Options) -> Feeds {
    let feeds = Feeds::with(options);
    for login in ["anna", "boris"] {
        let id = feeds.world.object_id();
        let task = object(id, Kind::Task, "Смета", &[(login, Rights::ALL)]);
        feeds.world.seen(&task);
    }
    feeds
}

#[test]
fn who_finds_too_many_waiting_is_told_when_to_come_again() {
    let feeds = with_tasks(Options {
        waiting_max: 1,
        retry_after: Duration::from_millis(29_500),
        ..Options::default()
    });
    let (_, of_anna) = feeds.address("anna", false);
    let (_, of_boris) = feeds.address("boris", false);
    let fetched = feeds.get_all(&[&of_anna, &of_boris]);
    assert_eq!((fetched[0].status, fetched[1].status), (200, 503));
    assert_eq!(fetched[1].header("retry-after"), "30");
    assert_eq!(feeds.get(&of_boris).status, 200);
}

#[test]
fn many_who_want_the_same_feed_wait_for_one_that_is_made() {
    let feeds = with_tasks(Options {
        builds_max: 20,
        ..Options::default()
    });
    let (_, path) = feeds.address("anna", false);
    let fetched = feeds.get_all(&[path.as_str(); 20]);
    assert_eq!(fetched[0].status, 200);
    // The very same bytes in memory: none made its own.
    let first = fetched[0].bytes.as_ptr();
    assert!(fetched.iter().all(|each| each.bytes.as_ptr() == first));
}

#[test]
fn a_feed_without_measure_is_not_made() {
    let feeds = with_tasks(Options {
        feed_bytes_max: 500,
        ..Options::default()
    });
    let (_, path) = feeds.address("anna", false);
    let refused = feeds.get(&path);
    assert_eq!(refused.status, 507);
    assert_eq!(refused.bytes, "the calendar is too large for a feed\n");
}

#[test]
fn what_is_not_kept_is_made_again_to_the_same_bytes() {
    let feeds = with_tasks(Options {
        kept_bytes_max: 0,
        ..Options::default()
    });
    let (_, path) = feeds.address("anna", false);
    assert_eq!(feeds.get(&path), feeds.get(&path));
}
