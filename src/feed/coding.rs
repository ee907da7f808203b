//! Which form of a feed a program wants (RFC 9110 §12.5.3).

use http::{HeaderMap, header};

/// How the bytes of an answer are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As they are.
    Identity,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// What `Accept-Encoding` asks for: gzip when it is welcome and plain text is not liked better. Who can take neither
    /// gets plain text, which everybody can read.
    pub fn wanted(headers: &HeaderMap) -> Self {
        let mut gzip = None;
        let mut identity = None;
        let mut any = None;
        for value in headers.get_all(header::ACCEPT_ENCODING) {
            for item in value.to_str().unwrap_or_default().split(',') {
                let (coding, weight) = weighted(item);
                match coding.to_ascii_lowercase().as_str() {
                    "gzip" | "x-gzip" => gzip = gzip.max(Some(weight)),
                    "identity" => identity = Some(weight),
                    "*" => any = Some(weight),
                    _ => {}
                }
            }
        }
        let gzip = gzip.or(any).unwrap_or(0);
        if gzip > 0 && gzip >= identity.unwrap_or(0) {
            Self::Gzip
        } else {
            Self::Identity
        }
    }
}

/// A coding and its weight in thousandths; a weight that cannot be read is none.
fn weighted(item: &str) -> (&str, u16) {
    let mut parts = item.split(';').map(str::trim);
    let coding = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    (coding, weight.map_or(1000, thousandths))
}

/// RFC 9110 §12.4.2: `0` to `1` with at most three digits behind the point.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: u16 = format!("{fraction:0<3}").parse().unwrap_or(0);
    match whole {
        "0" if digits => fraction,
        "1" if digits && fraction == 0 => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_like_it_no_less_than_plain_text() {
        for (accept, expected) in [
            ("gzip, deflate, br", Coding::Gzip),
            ("GZIP;q=0.5", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("*", Coding::Gzip),
            ("gzip;q=0.001", Coding::Gzip),
            ("gzip; q=0.5, identity; q=0.5", Coding::Gzip),
            ("identity;q=0, gzip;q=1.000", Coding::Gzip),
            ("", Coding::Identity),
            ("br", Coding::Identity),
            ("gzip;q=0", Coding::Identity),
            ("gzip;q=0, *", Coding::Identity),
            ("gzip;q=0.4, identity;q=0.5", Coding::Identity),
            ("gzip;q=much", Coding::Identity),
            ("gzip;q=1.5", Coding::Identity),
            ("gzip;q=0.0001", Coding::Identity),
            ("identity;q=0, *;q=0", Coding::Identity),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
            assert_eq!(Coding::wanted(&headers), expected, "{accept}");
        }
        assert_eq!(Coding::wanted(&HeaderMap::new()), Coding::Identity);
    }
}
