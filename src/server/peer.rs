//! Where a request came from.

use http::HeaderMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

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

/// The address to throttle by: of the socket, or the last one in `X-Forwarded-For` that no trusted proxy has. A hop that
/// cannot be read ends the list: what stands before it may be the client's own invention.
pub fn address(socket: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&socket) {
        return socket;
    }
    let values: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    for entry in values.iter().flat_map(|value| value.split(',')).rev() {
        match hop(entry.trim()) {
            Some(address) if trusted.contains(&address) => {}
            Some(address) => return address,
            None => break,
        }
    }
    socket
}

/// An address as proxies write it: bare, in brackets, with a port.
fn hop(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or(text, |(inner, _)| inner);
    let with_port = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
    bare.parse().ok().or_else(with_port)
}

/// What counts as one sender: an IPv4 address, or the /64 that one IPv6 host may have for itself.
pub fn sender(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
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

    #[test]
    fn a_hop_with_a_port_is_read_and_one_that_cannot_be_read_ends_the_list() {
        let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
        let seen = |list: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", list.parse().unwrap());
            address(ip("10.0.0.1"), &headers, &[ip("10.0.0.1")])
        };
        assert_eq!(seen("1.2.3.4, 203.0.113.7:51234"), ip("203.0.113.7"));
        assert_eq!(seen("1.2.3.4, [2001:db8::1]:443"), ip("2001:db8::1"));
        assert_eq!(seen("1.2.3.4, [2001:db8::1]"), ip("2001:db8::1"));
        assert_eq!(seen("1.2.3.4, unknown"), ip("10.0.0.1"));
    }

    #[test]
    fn one_ipv6_host_is_one_sender() {
        let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
        assert_eq!(
            sender(ip("2001:db8:1:2:3:4:5:6")),
            sender(ip("2001:db8:1:2::9"))
        );
        assert_ne!(sender(ip("2001:db8:1:2::1")), sender(ip("2001:db8:1:3::1")));
        assert_eq!(sender(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }
}
