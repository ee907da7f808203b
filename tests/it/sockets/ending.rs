//! SIGTERM: who only listens is not waited for, who is being answered is.

use super::raw::{PATIENCE, answer, plain, status};
use crate::harness::Bridge;
use std::io::{Read as _, Write as _};

/// So long that only who is not waited for lets the test end.
const LONG: &str = "head_timeout_secs = 3600\nshutdown_grace_secs = 3600\n";
const ASKED: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[test]
fn idle_connections_do_not_hold_the_end_up() {
    let mut bridge = Bridge::configured(&format!("[server]\n{LONG}"));
    let _silent = plain(&bridge);
    let mut half = plain(&bridge);
    half.write_all(b"GET / HT").expect("sent");
    let mut preface = plain(&bridge);
    preface
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .expect("sent");
    // An answer to the preface shows that HTTP/2 is spoken; then nothing is said any more.
    assert_ne!(preface.read(&mut [0; 64]).expect("settings"), 0);
    let mut kept = plain(&bridge);
    kept.write_all(ASKED.as_bytes()).expect("sent");
    assert_eq!(status(&answer(&mut kept)), "200");
    let local = std::os::unix::net::UnixStream::connect(bridge.data().join("admin.sock"));
    let _local = local.expect("the administrator's socket");
    assert!(bridge.sigterm_within(PATIENCE).success());
    assert_eq!(kept.read(&mut [0; 16]).expect("an orderly end"), 0);
}

#[test]
fn a_handshake_that_does_not_go_on_does_not_hold_the_end_up() {
    let pair = super::certificates::Pair::new();
    let mut bridge = Bridge::configured(&format!("[server]\n{LONG}{}", pair.settings()));
    let _silent = plain(&bridge);
    let mut half = plain(&bridge);
    // The first bytes of a ClientHello.
    half.write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
        .expect("sent");
    assert!(bridge.sigterm_within(PATIENCE).success());
}

#[test]
fn who_is_being_answered_gets_the_whole_answer() {
    let mut bridge = Bridge::configured(&format!("[server]\n{LONG}"));
    let mut socket = plain(&bridge);
    let body = "<propfind xmlns=\"DAV:\"><prop><displayname/></prop></propfind>";
    let head = format!(
        "PROPFIND / HTTP/1.1\r\nHost: localhost\r\nDepth: 0\r\nAuthorization: Basic YW5uYTpkZW1v\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).expect("sent");
    // The bridge waits for the body: the request is under way.
    assert_eq!(status(&answer(&mut socket)), "100");
    bridge.signal(rustix::process::Signal::TERM);
    // The bridge ends: it takes nobody new.
    let address = super::raw::address(&bridge);
    let began = std::time::Instant::now();
    while std::net::TcpStream::connect(address).is_ok() {
        assert!(began.elapsed() < PATIENCE, "it still accepts");
    }
    socket.write_all(body.as_bytes()).expect("sent");
    assert_eq!(status(&answer(&mut socket)), "207");
    assert!(bridge.sigterm_within(PATIENCE).success());
}
