//! Doors that strangers may knock at: what they send shuts nobody else out.

use super::raw::{answer, exchange, from_host, plain, status};
use crate::advanta_standin::sign;
use crate::harness::Bridge;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;

const PING: &str = r#"{"type":"ping","timestamp":"2026-12-01T09:00:00Z","data":{}}"#;

/// A bridge that takes hooks of an ADVANTA that does not answer.
fn bridge(more: &str) -> Bridge {
    Bridge::installed(|folder| {
        let token = private(folder, "token", "a-token-of-the-bridge");
        let secrets = private(folder, "secrets", &secret());
        let text = format!(
            "[server]\nhead_timeout_secs = 3600\nbody_timeout_secs = 3600\n[advanta]\nurl = \"http://127.0.0.1:9\"\ntoken_file = {token:?}\nhook_secrets_file = {secrets:?}\n{more}"
        );
        std::fs::write(folder.join("config.toml"), text).expect("a settings file");
    })
}

fn private(folder: &Path, name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&path, mode).expect("its mode");
    path.display().to_string()
}

fn secret() -> String {
    sign::secret(&[7; 32])
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// The head of a hook with this signature and a body of so many bytes.
fn head(id: &str, sent: i64, signature: &str, length: usize) -> String {
    format!(
        "POST /hooks/advanta HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nwebhook-id: {id}\r\nwebhook-timestamp: {sent}\r\nwebhook-signature: {signature}\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// What a hook of ADVANTA is answered.
fn hook(bridge: &Bridge, id: &str, body: &str) -> String {
    let sent = now();
    let signature = sign::signatures(&[secret()], id, sent, body);
    let text = head(id, sent, &signature, body.len()) + body;
    let said = exchange(plain(bridge), &text);
    status(&said).to_owned()
}

/// A hook of a stranger from `127.0.0.{host}` that has sent so many of its bytes.
fn begun(bridge: &Bridge, host: u8, length: usize, sent: usize) -> TcpStream {
    let mut socket = from_host(bridge, host);
    let junk = head("msg", now(), "v1,anVuaw==", length);
    socket.write_all(junk.as_bytes()).expect("sent");
    socket.write_all(&vec![b' '; sent]).expect("sent");
    socket
}

#[test]
fn a_trickle_from_one_address_or_many_does_not_shut_a_hook_out() {
    let bridge = bridge("hook_body_timeout_secs = 3600\n");
    let mut held: Vec<TcpStream> = (0..64).map(|_| begun(&bridge, 1, 4_000_000, 10)).collect();
    held.extend((2..66).map(|host| begun(&bridge, host, 4_000_000, 10)));
    assert_eq!(hook(&bridge, "msg-1", PING), "204");
}

#[test]
fn bodies_that_fill_the_budget_give_way_to_a_hook() {
    let bridge =
        bridge("hook_body_timeout_secs = 3600\nhook_bytes_max = 65536\nhook_bodies_max = 4\n");
    // Of one address, which is ADVANTA's own (a proxy's), and of others: all but the last bytes are there.
    let hosts = [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3];
    let mut held: Vec<TcpStream> = hosts
        .into_iter()
        .map(|host| begun(&bridge, host, 60_000, 59_000))
        .collect();
    let large = format!("{PING}{}", " ".repeat(40_000));
    assert_eq!(hook(&bridge, "msg-1", &large), "204");
    // Who had to give way is told so.
    assert_eq!(status(&answer(&mut held[0])), "503");
}

#[test]
fn a_hook_that_is_too_old_is_answered_before_its_body() {
    let bridge = bridge("");
    let mut socket = plain(&bridge);
    let old = head("msg", now() - 3_600, "v1,anVuaw==", 1_000_000);
    let asks = old.replace("Content-Length", "Expect: 100-continue\r\nContent-Length");
    socket.write_all(asks.as_bytes()).expect("sent");
    assert_eq!(status(&answer(&mut socket)), "401");
    // One that is sent all the same is told too, and nothing of it is kept.
    let said = exchange(plain(&bridge), &(old + &" ".repeat(100_000)));
    assert_eq!(status(&said), "401");
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for_long() {
    let bridge = bridge("hook_body_timeout_secs = 1\n");
    let mut slow = begun(&bridge, 1, 1_000, 10);
    assert_eq!(status(&answer(&mut slow)), "408");
}

#[test]
fn googles_door_takes_no_body_and_no_place() {
    let bridge = bridge("");
    let asked = "POST /hooks/google HTTP/1.1\r\nHost: localhost\r\nX-Goog-Channel-ID: nobody\r\n";
    let held: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut socket = plain(&bridge);
            let long = format!("{asked}Content-Length: 1000\r\n\r\nx");
            socket.write_all(long.as_bytes()).expect("sent");
            // Answered, though its body never comes.
            assert_eq!(status(&answer(&mut socket)), "204");
            socket
        })
        .collect();
    let said = exchange(
        plain(&bridge),
        &format!("{asked}Content-Length: 0\r\nConnection: close\r\n\r\n"),
    );
    assert_eq!(status(&said), "204");
    assert_eq!(hook(&bridge, "msg-1", PING), "204");
    drop(held);
}

#[test]
fn a_hook_that_is_sent_again_is_known_after_a_crash() {
    let mut bridge = bridge("");
    let id = "0b5d3a52-6d8e-4f5f-9d6b-111111111111";
    let body = format!(
        r#"{{"type":"calendar.changed","timestamp":"2026-12-01T09:00:00Z","data":{{"changed":[{{"id":"{id}"}}]}}}}"#
    );
    assert_eq!(hook(&bridge, "msg-1", &body), "204");
    assert!(!bridge.log().contains("once more"), "{}", bridge.log());
    bridge.restart();
    assert_eq!(hook(&bridge, "msg-1", &body), "204");
    assert!(
        bridge.log().contains("ADVANTA told of 1 changes once more"),
        "{}",
        bridge.log()
    );
}

#[test]
fn a_text_that_is_far_too_large_is_told_the_bound_though_all_of_it_is_sent() {
    let bridge = Bridge::configured("");
    let text = super::descriptors::note(1, 8 << 20);
    let path = format!("{}large.ics", crate::harness::demo::collection("anna"));
    let said = bridge.dav("anna").put(&path, &text);
    assert_eq!(said.status, 403, "{said:?}");
    assert!(said.body.contains("max-resource-size"), "{}", said.body);
}
