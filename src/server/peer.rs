//! Where a request came from.

use http::HeaderMap;
use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

/// Senders that are warned of because they forward and are not trusted; a stranger can write such a header too.
const FORWARDERS_TOLD_MAX: usize = 16;

/// The proxies before the bridge.
#[derive(Default)]
pub struct Proxies {
    trusted: Vec<IpAddr>,
    told: Mutex<HashSet<IpAddr>>,
}

impl Proxies {
    /// What these say of where a request came from is believed.
    pub fn new(trusted: &[IpAddr]) -> Self {
        Self {
            // A socket for both protocols shows an IPv4 address inside an IPv6 one.
            trusted: trusted.iter().map(IpAddr::to_canonical).collect(),
            told: Mutex::default(),
        }
    }

    /// Whether what comes from this socket comes from one of them.
    pub fn trusts(&self, socket: IpAddr) -> bool {
        self.trusted.contains(&socket.to_canonical())
    }

    /// The sender to throttle by. A proxy that was forgotten in the settings is named once.
    pub(super) fn sender_of(&self, socket: IpAddr, headers: &HeaderMap) -> IpAddr {
        let socket = socket.to_canonical();
        if headers.contains_key("x-forwarded-for") && self.is_news(socket) {
            tracing::warn!(
                "{socket} sends X-Forwarded-For and is not in server.trusted_proxies: everyone who comes through it counts as one sender"
            );
        }
        sender(address(socket, headers, &self.trusted))
    }

    fn is_news(&self, socket: IpAddr) -> bool {
        if self.trusted.contains(&socket) {
            return false;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < FORWARDERS_TOLD_MAX && told.insert(socket)
    }
}

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
fn address(socket: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
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
    fn a_proxy_that_was_forgotten_is_news_once_and_not_without_end() {
        let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
        let proxies = Proxies::new(&[ip("::ffff:10.0.0.1")]);
        assert!(proxies.trusts(ip("10.0.0.1")) && proxies.trusts(ip("::ffff:10.0.0.1")));
        assert!(!proxies.is_news(ip("10.0.0.1")));
        assert!(proxies.is_news(ip("10.0.0.2")) && !proxies.is_news(ip("10.0.0.2")));
        let news = (0..=255).filter(|n| proxies.is_news(ip(&format!("10.0.1.{n}"))));
        assert_eq!(news.count(), FORWARDERS_TOLD_MAX - 1);
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
