//! What a program is told that holds some version already.

use super::subscriber::{Feeds, Fetched};
use crate::in_process::world::object;
use advanta_bridge::model::{Kind, ObjectId, Rights};

fn with_a_task() -> (Feeds, ObjectId, String) {
    let feeds = Feeds::new();
    let id = feeds.world.object_id();
    let task = object(id, Kind::Task, "Смета", &[("anna", Rights::ALL)]);
    feeds.world.seen(&task);
    let (_, path) = feeds.address("anna", false);
    (feeds, id, path)
}

fn is_not_modified(feeds: &Feeds, path: &str, headers: &[(&str, &str)]) -> bool {
    let fetched = feeds.get_with(path, headers);
    assert!(matches!(fetched.status, 200 | 304), "{fetched:?}");
    assert_eq!(fetched.status == 304, fetched.bytes.is_empty());
    fetched.status == 304
}

fn lines(fetched: &Fetched) -> String {
    let line = |(name, value): (&String, &String)| format!("{name}: {value}\n");
    fetched.headers.iter().map(line).collect()
}

#[test]
fn the_head_says_what_programs_need_and_keeps_the_address_secret() {
    let (feeds, _, path) = with_a_task();
    let plain = feeds.get(&path);
    let packed = feeds.get_with(&path, &[("Accept-Encoding", "gzip")]);
    let held = feeds.get_with(&path, &[("If-None-Match", plain.header("etag"))]);
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}",
        lines(&plain),
        lines(&packed),
        lines(&held)
    ));
    assert_eq!(packed.text(), plain.text());
}

#[test]
fn each_coding_has_an_etag_of_its_own() {
    let (feeds, _, path) = with_a_task();
    let gzip = ("Accept-Encoding", "gzip, deflate, br");
    let plain_tag = feeds.get(&path).header("etag").to_owned();
    let gzip_tag = feeds.get_with(&path, &[gzip]).header("etag").to_owned();
    let held = |tag: &str| ("If-None-Match", tag.to_owned());
    for (tag, coding, expected) in [
        (&plain_tag, None, true),
        (&gzip_tag, Some(gzip), true),
        (&plain_tag, Some(gzip), false),
        (&gzip_tag, None, false),
    ] {
        let (name, value) = held(tag);
        let headers: Vec<_> = [(name, value.as_str())].into_iter().chain(coding).collect();
        assert_eq!(
            is_not_modified(&feeds, &path, &headers),
            expected,
            "{headers:?}"
        );
    }
}

#[test]
fn what_changed_is_sent_and_what_did_not_is_not() {
    let (feeds, id, path) = with_a_task();
    let first = feeds.get(&path);
    let tag = [("If-None-Match", first.header("etag"))];
    let date = [("If-Modified-Since", first.header("last-modified"))];
    assert!(is_not_modified(&feeds, &path, &tag));
    assert!(is_not_modified(&feeds, &path, &date));
    // In the same second: the clock stands still.
    feeds
        .world
        .changes(id, |task| "Новая смета".clone_into(&mut task.title));
    assert!(!is_not_modified(&feeds, &path, &tag));
    assert!(!is_not_modified(&feeds, &path, &date));
    let second = feeds.get(&path);
    assert!(second.text().contains("SUMMARY:Новая смета"));
    feeds.world.vanishes(id);
    let third = feeds.get_with(&path, &[("If-None-Match", second.header("etag"))]);
    assert!(!third.text().contains("BEGIN:VEVENT"));
}

#[test]
fn the_same_version_is_the_same_bytes_whoever_makes_it() {
    let texts: Vec<_> = (0..2)
        .map(|_| {
            let (feeds, _, path) = with_a_task();
            let asked = [("Accept-Encoding", "gzip")];
            let fetched = feeds.get_with(&path, &asked);
            (fetched.header("etag").to_owned(), fetched.bytes)
        })
        .collect();
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn head_has_the_length_of_get_and_no_body() {
    let (feeds, _, path) = with_a_task();
    for coding in ["identity", "gzip"] {
        let headers = [("Accept-Encoding", coding)];
        let head = feeds.ask("HEAD", &path, &headers);
        let get = feeds.get_with(&path, &headers);
        assert_eq!(head.status, 200);
        assert_eq!(head.headers, get.headers);
        assert_eq!(head.bytes.len(), 0);
        assert_eq!(head.header("content-length"), get.bytes.len().to_string());
    }
}

#[test]
fn queries_ranges_and_odd_wishes_are_ignored() {
    let (feeds, _, path) = with_a_task();
    let plain = feeds.get(&path);
    let query = format!("{path}?nocache=1");
    let odd = [
        ("Accept", "image/webp, application/calendar+json;q=0.1"),
        ("Range", "bytes=0-9"),
        ("If-Match", "\"something\""),
    ];
    assert_eq!(feeds.get_with(&query, &odd), plain);
    let escaped = path.replace('A', "%41");
    assert_ne!(escaped, path, "the secret of this test has an A");
    assert_eq!(feeds.get(&escaped), plain);
}
