//! Raw sockets to a running bridge.

use crate::harness::Bridge;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Far longer than any honest answer takes; reached only when the bridge waits for ever.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where a bridge listens.
pub fn address(bridge: &Bridge) -> SocketAddr {
    let (_, host) = bridge.url().split_once("://").expect("a URL");
    host.trim_end_matches('/').parse().expect("an address")
}

/// A connection that comes from `127.0.0.{host}`.
pub fn from_host(bridge: &Bridge, host: u8) -> TcpStream {
    let made = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    let own = SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0));
    bind(&made, &own).expect("an address of this machine");
    connect(&made, &address(bridge)).expect("a connection");
    let stream = TcpStream::from(made);
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream
        .set_write_timeout(Some(PATIENCE))
        .expect("a time-out");
    stream
}

/// A connection.
pub fn plain(bridge: &Bridge) -> TcpStream {
    from_host(bridge, 1)
}

/// Sends a text and reads until the bridge closes; what came.
pub fn exchange(mut stream: TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).expect("sent");
    let mut said = Vec::new();
    // A connection that is broken off has said what it has said.
    let _end = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

/// The status line's number of an answer.
pub fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

/// Reads one answer's head off a connection that stays open, and its body by its `Content-Length`.
pub fn answer(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let mut byte = [0];
    while !said.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => said.push(byte[0]),
            ended => panic!("{ended:?} after {}", String::from_utf8_lossy(&said)),
        }
    }
    let head = String::from_utf8_lossy(&said).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |length| length.trim().parse().expect("a length"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("the whole body");
    said.extend(body);
    String::from_utf8_lossy(&said).into_owned()
}
