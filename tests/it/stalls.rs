//! Clients that keep a connection and do not do their part.

use crate::harness::Bridge;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Far longer than the bridge is told to wait; reached only when it waits for ever.
const PATIENCE: Duration = Duration::from_secs(30);

fn connect(bridge: &Bridge) -> TcpStream {
    let address = bridge
        .url()
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let socket = TcpStream::connect(address).expect("a connection");
    socket
        .set_write_timeout(Some(Duration::from_millis(200)))
        .expect("a time-out");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    socket
}

#[test]
fn who_never_reads_the_answers_loses_the_connection() {
    let bridge = Bridge::configured("[server]\nstall_timeout_secs = 1\n");
    let mut socket = connect(&bridge);
    let asked = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    let began = Instant::now();
    let ended = loop {
        match socket.write(asked.as_bytes()) {
            Ok(_) => {}
            // The bridge waits for us to read: that is what we do not do.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => break error.kind(),
        }
        assert!(
            began.elapsed() < PATIENCE,
            "the bridge still holds the connection"
        );
    };
    assert!(
        matches!(ended, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
        "{ended}"
    );
}

#[test]
fn who_never_says_a_word_loses_the_connection() {
    let bridge = Bridge::configured("[server]\nhead_timeout_secs = 1\n");
    let mut socket = connect(&bridge);
    assert_eq!(socket.read(&mut [0; 16]).expect("an orderly end"), 0);
    let mut half = connect(&bridge);
    half.write_all(b"PRI * HTTP").expect("a part of a preface");
    // What it said was never taken, so the end is no orderly one.
    let ended = half.read(&mut [0; 16]);
    assert!(
        ended.as_ref().map_or_else(
            |error| error.kind() == ErrorKind::ConnectionReset,
            |n| *n == 0
        ),
        "{ended:?}"
    );
}
