//! What the bridge warns of.

use super::raw::{exchange, plain, status};
use crate::harness::Bridge;

#[test]
fn a_proxy_that_was_forgotten_in_the_settings_is_named_once() {
    let bridge = Bridge::installed(|folder| {
        std::fs::write(folder.join("config.toml"), "").expect("a settings file");
    });
    let asked = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\nConnection: close\r\n\r\n";
    for _ in 0..3 {
        assert_eq!(status(&exchange(plain(&bridge), asked)), "200");
    }
    let log = bridge.log();
    let told = log.matches("127.0.0.1 sends X-Forwarded-For and is not in server.trusted_proxies");
    assert_eq!(told.count(), 1, "{log}");
}

#[test]
fn a_path_in_the_public_address_is_refused_by_name() {
    let settings = "[server]\npublic_url = \"https://example.com/calendars\"\n";
    let said = Bridge::refused(settings, "true");
    assert!(said.contains("server.public_url has a path"), "{said}");
}
