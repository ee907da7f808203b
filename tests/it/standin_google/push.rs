//! Notices: their headers, their number, and what may become of them.

use super::caller::Caller;
use super::{ANNA, EVENTS, plain, timed};
use crate::google_standin::{Mishap, Op, StandIn, Trouble};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

type Headers = BTreeMap<String, String>;

/// Listens on a free port, answers each request with 204 and hands out its headers.
fn receiver() -> (String, Receiver<Headers>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!(
        "http://{}/notices",
        listener.local_addr().expect("an address")
    );
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let lines = lines.take_while(|line| !line.is_empty());
            let pairs = lines.filter_map(|line| {
                let (name, value) = line.split_once(": ")?;
                Some((name.to_owned(), value.to_owned()))
            });
            let headers: Headers = pairs.collect();
            // The receiver of a test that ended is gone.
            if sender.send(headers).is_err() {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        }
    });
    (address, received)
}

/// A Google with Anna and a client.
fn with_anna() -> (StandIn, Caller) {
    let google = StandIn::start(&plain());
    google.world().add_user(ANNA);
    let caller = Caller::of(&google, ANNA);
    (google, caller)
}

fn watch(caller: &Caller, address: &str) -> serde_json::Value {
    let body = json!({ "id": "ch-1", "type": "web_hook", "address": address, "token": "word" });
    let (status, told) = caller.send("POST", &format!("{EVENTS}/watch"), Some(body));
    assert_eq!(status, 200, "{told}");
    told
}

/// States and numbers of what has come.
fn came(received: &Receiver<Headers>) -> Vec<(String, String)> {
    let word = |headers: &Headers, name: &str| headers.get(name).cloned().unwrap_or_default();
    let pair = |headers: Headers| {
        let state = word(&headers, "x-goog-resource-state");
        (state, word(&headers, "x-goog-message-number"))
    };
    received.try_iter().map(pair).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(state, number): &(&str, &str)| ((*state).to_owned(), (*number).to_owned());
    of.iter().map(pair).collect()
}

#[test]
fn a_channel_begins_with_sync_and_tells_of_each_change_until_it_is_stopped() {
    let (google, caller) = with_anna();
    let (address, received) = receiver();
    google.world().switches.sync_before_answer = true;
    let made = watch(&caller, &address);
    let first = received
        .try_recv()
        .expect("the first notice came before the answer");
    let expiration = made["expiration"]
        .as_str()
        .expect("a string")
        .parse::<i64>();
    let expires = chrono::DateTime::from_timestamp_millis(expiration.expect("a number"));
    let expires = expires.expect("a time").format("%a, %d %b %Y %H:%M:%S GMT");
    let seen = first
        .iter()
        .filter(|(name, _)| name.starts_with("x-goog") || *name == "content-length");
    let seen: Vec<_> = seen
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let expected = [
        ("content-length", "0".to_owned()),
        ("x-goog-channel-expiration", expires.to_string()),
        ("x-goog-channel-id", "ch-1".to_owned()),
        ("x-goog-channel-token", "word".to_owned()),
        ("x-goog-message-number", "1".to_owned()),
        ("x-goog-resource-id", text("resourceId")),
        ("x-goog-resource-state", "sync".to_owned()),
        ("x-goog-resource-uri", text("resourceUri")),
    ];
    assert_eq!(seen, expected);
    google.world().add_event(ANNA, timed("Раз", 1));
    google.world().add_event(ANNA, timed("Два", 2));
    google.drained(SOON);
    // Numbers grow, with gaps.
    assert_eq!(came(&received), pairs(&[("exists", "2"), ("exists", "4")]));
    let stop = json!({ "id": "ch-1", "resourceId": made["resourceId"] });
    assert_eq!(caller.send("POST", "channels/stop", Some(stop)).0, 204);
    google.world().add_event(ANNA, timed("Три", 3));
    google.drained(SOON);
    assert_eq!(came(&received), []);
    google.world().switches.tells_after_stop = true;
    google.world().add_event(ANNA, timed("Четыре", 4));
    google.drained(SOON);
    assert_eq!(came(&received), pairs(&[("exists", "5")]));
    assert_eq!(google.world().push.acknowledged(), 4);
}

#[test]
fn a_notice_may_be_lost_or_come_twice() {
    let (google, caller) = with_anna();
    let (address, received) = receiver();
    watch(&caller, &address);
    google.drained(SOON);
    assert_eq!(came(&received), pairs(&[("sync", "1")]));
    for (mishap, times) in [(Mishap::Lost, 0), (Mishap::Twice, 2)] {
        google
            .world()
            .troubles
            .on(Trouble::of(mishap).in_calls(&[Op::Notice]).times(1));
        google.world().add_event(ANNA, timed("Новое", 1));
        google.drained(SOON);
        assert_eq!(came(&received).len(), times, "{mishap:?}");
    }
}

#[test]
fn a_channel_ends_by_itself_and_lives_no_longer_than_google_lets_it() {
    let (google, caller) = with_anna();
    let (address, received) = receiver();
    let body = json!({ "id": "ch-2", "type": "web_hook", "address": address, "params": { "ttl": "9999999" } });
    let (_, made) = caller.send("POST", &format!("{EVENTS}/watch"), Some(body));
    let ends = made["expiration"]
        .as_str()
        .expect("a string")
        .parse::<i64>();
    let life = ends.expect("a number") - google.world().now().timestamp_millis();
    assert!((604_790_000..=604_800_000).contains(&life), "{life}");
    google.drained(SOON);
    let now = google.world().now();
    assert_eq!(google.world().push.live(now).len(), 1);
    google.world().advance(chrono::Duration::days(7));
    google.world().add_event(ANNA, timed("Новое", 1));
    google.drained(SOON);
    assert_eq!(came(&received), pairs(&[("sync", "1")]));
}
