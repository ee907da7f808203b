//! Where a request came from.

use http::HeaderMap;
use std::net::IpAddr;

/// Headers that only a proxy adds, besides all that begin with [`FORWARDED`].
const FORWARDING: [&str; 6] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
];
/// `X-Forwarded-For`, `-Host`, `-Proto`, `-Port`, `-Server`, …
const FORWARDED: &str = "x-forwarded-";

/// Whether a proxy brought the request.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .any(|name| FORWARDING.contains(&name.as_str()) || name.as_str().starts_with(FORWARDED))
}

/// Whether a request names this machine as its host: a page of another site that a browser was led to does not.
pub fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The address to throttle by: of the socket, or the last one in `X-Forwarded-For` that no trusted proxy has.
pub fn address(socket: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&socket) {
        return socket;
    }
    let listed = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> = listed
        .flat_map(|value| value.split(','))
        .filter_map(|hop| hop.trim().parse().ok())
        .collect();
    hops.into_iter()
        .rev()
        .find(|hop| !trusted.contains(hop))
        .unwrap_or(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_knows_its_own_names() {
        for host in ["127.0.0.1:8480", "localhost", "LOCALHOST:1", "[::1]:8480"] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "evil.example.com",
            "10.0.0.1:8480",
            "localhost.example.com",
            "",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "198.51.100.9, 203.0.113.7, 10.0.0.2".parse().unwrap(),
        );
        let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        assert_eq!(
            address(ip("10.0.0.1"), &headers, &trusted),
            ip("203.0.113.7")
        );
        assert_eq!(
            address(ip("192.0.2.1"), &headers, &trusted),
            ip("192.0.2.1")
        );
    }
}
