//! What all attacks at once cost in memory, and what is left of it a minute later.

use super::raw::{answer, plain, status};
use crate::harness::{Bridge, demo};
use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// `server.memory_bytes_max` when nothing else is said, in KiB as the system counts.
const BUDGET_KIB: u64 = 256 << 10;
/// By when the memory is back.
const BACK: Duration = Duration::from_secs(60);
const MEBIBYTE: usize = 1 << 20;

/// A number of KiB in `/proc/PID/status`.
fn kib(bridge: &Bridge, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", bridge.pid()));
    let status = status.expect("the bridge runs");
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().ok());
    number.expect("a number of KiB")
}

/// A frame of HTTP/2 (RFC 9113 §4.1).
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len())
        .expect("a short frame")
        .to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Headers as literals without an index (RFC 7541 §6.2.2).
pub(super) fn headers(list: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in list {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).expect("less than 127 bytes"));
            block.extend(text.as_bytes());
        }
    }
    block
}

/// An HTTP/2 connection on which nobody logs in and every stream sends as much of a form as it may.
fn strangers_streams(bridge: &Bridge) -> TcpStream {
    let mut socket = plain(bridge);
    let mut text = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    text.extend(frame(4, 0, 0, &[]));
    let asked = headers(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/me/google"),
        (":authority", "localhost"),
        ("content-type", "application/x-www-form-urlencoded"),
    ]);
    for stream in (1..64).step_by(2) {
        text.extend(frame(1, 4, stream, &asked));
        for _ in 0..4 {
            text.extend(frame(0, 0, stream, &[b'x'; 16_000]));
        }
    }
    socket
        .set_write_timeout(Some(Duration::from_millis(200)))
        .expect("a time-out");
    // The bridge may have had enough of it by now.
    let _sent = socket.write_all(&text);
    socket
}

/// All but the last byte of a text as large as one may be.
pub(super) fn half_a_put(bridge: &Bridge, login: &str) -> TcpStream {
    let mut socket = plain(bridge);
    let (path, basic) = (demo::collection(login), basic(login));
    let head = format!(
        "PUT {path}large.ics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {basic}\r\nContent-Type: text/calendar\r\nContent-Length: {MEBIBYTE}\r\n\r\n"
    );
    socket
        .set_write_timeout(Some(Duration::from_millis(200)))
        .expect("a time-out");
    let _sent = socket.write_all(head.as_bytes());
    let _sent = socket.write_all(&vec![b'x'; MEBIBYTE - 1]);
    socket
}

fn basic(login: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{login}:{}", demo::PASSWORD))
}

/// Asks for every text of a person's calendar and reads nothing of it.
fn unread(bridge: &Bridge, login: &str) -> TcpStream {
    let mut socket = plain(bridge);
    let body = "<c:calendar-query xmlns:c=\"urn:ietf:params:xml:ns:caldav\" xmlns=\"DAV:\"><prop><c:calendar-data/></prop><c:filter><c:comp-filter name=\"VCALENDAR\"/></c:filter></c:calendar-query>";
    let text = format!(
        "REPORT {} HTTP/1.1\r\nHost: localhost\r\nDepth: 1\r\nAuthorization: Basic {}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
        demo::collection(login),
        basic(login),
        body.len()
    );
    socket.write_all(text.as_bytes()).expect("sent");
    socket
}

#[test]
fn all_attacks_at_once_stay_within_the_budget_and_give_it_back() {
    advanta_bridge::server::raise_open_files();
    let bridge = Bridge::configured("[server]\nconnections_per_address_max = 4000\n");
    // Texts as large as answers get here.
    let anna = bridge.dav("anna");
    for n in 0..4 {
        let text = super::descriptors::note(n, 900_000);
        let path = format!("{}large-{n}.ics", demo::collection("anna"));
        assert_eq!(anna.put(&path, &text).status, 201);
    }
    assert_eq!(
        anna.list(&demo::collection("anna")).len(),
        demo::ANNA_SEES + 4
    );
    let quiet = kib(&bridge, "VmRSS");
    let mut held = Vec::new();
    for n in 0..160 {
        held.push(strangers_streams(&bridge));
        for login in ["anna", "boris", "vera"] {
            held.push(half_a_put(&bridge, login));
        }
        if n % 2 == 0 {
            held.push(unread(&bridge, "anna"));
        }
    }
    // Somebody else is served meanwhile.
    let mut other = plain(&bridge);
    let asked = format!(
        "PROPFIND / HTTP/1.1\r\nHost: localhost\r\nDepth: 0\r\nAuthorization: Basic {}\r\nContent-Length: 0\r\n\r\n",
        basic("grigory")
    );
    other.write_all(asked.as_bytes()).expect("sent");
    assert_eq!(status(&answer(&mut other)), "207");
    let peak = kib(&bridge, "VmHWM");
    drop(held);
    let began = Instant::now();
    let mut last = kib(&bridge, "VmRSS");
    while last > quiet + quiet / 10 && began.elapsed() < BACK {
        std::thread::sleep(Duration::from_millis(500));
        last = kib(&bridge, "VmRSS");
    }
    println!(
        "quiet {quiet} KiB, peak {peak} KiB, {last} KiB after {:?}",
        began.elapsed()
    );
    assert!(peak <= quiet + BUDGET_KIB, "quiet {quiet}, peak {peak}");
    assert!(
        last <= quiet + quiet / 10,
        "quiet {quiet}, peak {peak}, later {last}"
    );
}
