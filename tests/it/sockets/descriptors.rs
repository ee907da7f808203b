//! Few open files and many silent connections: who works is served, and the bridge lives.

use super::memory::{frame, half_a_put, headers};
use super::raw::{PATIENCE, answer, exchange, from_host, plain, status};
use crate::harness::{Bridge, demo};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const ASKED: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const ASKED_ONCE: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// Only being ousted frees a place here: nobody is timed out while a test runs.
const PATIENT: &str = "head_timeout_secs = 3600\n";

/// Silent connections of three hosts.
fn crowd(bridge: &Bridge, count: usize) -> Vec<TcpStream> {
    // The test holds as many sockets as the bridge.
    advanta_bridge::server::raise_open_files();
    let hosts = (2..5).cycle().take(count);
    hosts.map(|host| from_host(bridge, host)).collect()
}

#[test]
fn silent_connections_leave_files_for_the_store() {
    let settings = format!("[server]\n{PATIENT}[store]\nwal_segment_bytes = 65536\n");
    let bridge = Bridge::limited(&settings, "ulimit -Sn 100 && ulimit -Hn 400");
    let _silent = crowd(&bridge, 450);
    let anna = bridge.dav("anna");
    for n in 0..40 {
        // Each is a good part of a segment of the log.
        let text = note(n, 8_000);
        let path = format!("{}note-{n}.ics", demo::collection("anna"));
        let put = anna.send("PUT", &path, &[("content-type", "text/calendar")], &text);
        assert_eq!(put.status, 201, "{n}: {put:?}");
    }
    assert!(
        !bridge.log().contains("takes no more commits"),
        "{}",
        bridge.log()
    );
}

/// A note with a description of so many bytes.
pub fn note(n: usize, bytes: usize) -> String {
    let text = "x".repeat(bytes);
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:silent-{n}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\nSUMMARY:Note {n}\r\nDESCRIPTION:{text}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[test]
fn who_was_silent_longest_goes_for_who_asks() {
    let settings = format!("[server]\n{PATIENT}connections_max = 24\n");
    let bridge = Bridge::configured(&settings);
    let mut kept = plain(&bridge);
    kept.write_all(ASKED.as_bytes()).expect("sent");
    assert_eq!(status(&answer(&mut kept)), "200");
    let mut silent = crowd(&bridge, 100);
    let said = exchange(plain(&bridge), ASKED_ONCE);
    assert_eq!(status(&said), "200");
    // The first to come is the first to go.
    assert_eq!(silent[0].read(&mut [0; 16]).expect("an orderly end"), 0);
    // Who asked before stays while there are others.
    kept.write_all(ASKED.as_bytes()).expect("sent");
    assert_eq!(status(&answer(&mut kept)), "200");
    // Half a head is no request, however long it goes on.
    let mut half = plain(&bridge);
    half.write_all(b"GET / HTTP/1.1\r\nHo").expect("sent");
    let _more = crowd(&bridge, 100);
    let ended = half.read(&mut [0; 16]);
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[test]
fn who_asked_and_rests_goes_when_nobody_is_silent() {
    let settings = format!("[server]\n{PATIENT}connections_max = 4\n");
    let bridge = Bridge::configured(&settings);
    let mut kept = Vec::new();
    for _ in 0..8 {
        let mut socket = plain(&bridge);
        socket.write_all(ASKED.as_bytes()).expect("sent");
        assert_eq!(status(&answer(&mut socket)), "200");
        kept.push(socket);
    }
    assert_eq!(kept[0].read(&mut [0; 16]).expect("an orderly end"), 0);
    kept[7]
        .set_read_timeout(Some(PATIENCE))
        .expect("a time-out");
    kept[7].write_all(ASKED.as_bytes()).expect("sent");
    assert_eq!(status(&answer(&mut kept[7])), "200");
}

#[test]
fn a_share_of_an_address_stays_a_share() {
    let settings = format!("[server]\n{PATIENT}connections_per_address_max = 3\n");
    let bridge = Bridge::configured(&settings);
    let mut silent: Vec<TcpStream> = (0..4).map(|_| from_host(&bridge, 2)).collect();
    // One more than its share is closed; who came before is not.
    assert_eq!(silent[3].read(&mut [0; 16]).expect("an orderly end"), 0);
    silent[0].write_all(ASKED.as_bytes()).expect("sent");
    assert_eq!(status(&answer(&mut silent[0])), "200");
}

#[test]
fn settings_that_cannot_fit_are_refused_by_name() {
    let settings = "[server]\nconnections_max = 300\n";
    let said = Bridge::refused(settings, "ulimit -Sn 400 && ulimit -Hn 400");
    let expected = "server.connections_max 300 and server.descriptors_reserved 256 do not fit into the 400 files";
    assert!(said.contains(expected), "{said}");
    let said = Bridge::refused("", "ulimit -Sn 260 && ulimit -Hn 260");
    assert!(
        said.contains("server.descriptors_reserved 256 leaves fewer than 16"),
        "{said}"
    );
}

/// Asks over HTTP/2 for the page that everybody may see, with a window of no bytes for it.
fn takes_no_answer(bridge: &Bridge) -> TcpStream {
    let mut socket = plain(bridge);
    let mut text = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE is 0 (RFC 9113 §6.5.2).
    text.extend(frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]));
    let asked = headers(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "localhost"),
    ]);
    text.extend(frame(1, 5, 1, &asked));
    socket.write_all(&text).expect("sent");
    socket
}

#[test]
fn who_takes_no_answer_goes_for_who_asks() {
    let settings = format!("[server]\n{PATIENT}connections_max = 4\nstall_timeout_secs = 3600\n");
    let bridge = Bridge::configured(&settings);
    let _deaf: Vec<TcpStream> = (0..4).map(|_| takes_no_answer(&bridge)).collect();
    assert_eq!(status(&exchange(plain(&bridge), ASKED_ONCE)), "200");
}

#[test]
fn who_takes_no_answer_is_not_waited_for_without_end() {
    let bridge = Bridge::configured("[server]\nstall_timeout_secs = 3\n");
    let mut deaf = takes_no_answer(&bridge);
    deaf.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let mut said = Vec::new();
    // To its end: without one the read would run into its own time-out.
    deaf.read_to_end(&mut said).expect("the connection ends");
}

#[test]
fn who_lets_a_body_wait_goes_for_who_asks() {
    let settings = format!("[server]\n{PATIENT}connections_max = 4\nbody_timeout_secs = 3600\n");
    let bridge = Bridge::configured(&settings);
    let _slow: Vec<TcpStream> = (0..4).map(|_| half_a_put(&bridge, "anna")).collect();
    assert_eq!(status(&exchange(plain(&bridge), ASKED_ONCE)), "200");
}
