//! The address under which ADVANTA answers.

use reqwest::Url;
use std::fmt;

/// An address that calls can be appended to: `https://advanta.example.com/calendar/v1`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(String);

/// Why an address cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBase {
    /// Not an address at all.
    #[error("the base address of ADVANTA is not an http or https address")]
    NotAnAddress,
    /// User name, password, query or fragment.
    #[error("the base address of ADVANTA holds more than host and path")]
    More,
    /// Token and titles could be read on the way.
    #[error(
        "the base address of ADVANTA is plain http to another machine, which the settings do not allow"
    )]
    Plain,
}

impl Base {
    /// Checks an address. Plain HTTP is for this machine only, unless `plain_http` says otherwise.
    ///
    /// # Errors
    /// See [`InvalidBase`].
    pub fn new(text: &str, plain_http: bool) -> Result<Self, InvalidBase> {
        let url = Url::parse(text).map_err(|_| InvalidBase::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(InvalidBase::NotAnAddress);
        }
        let login = !url.username().is_empty() || url.password().is_some();
        if login || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBase::More);
        }
        if url.scheme() == "http" && !plain_http && !is_this_machine(&url) {
            return Err(InvalidBase::Plain);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// Whether connections are encrypted.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_and_path_and_secret_on_the_way() {
        for (text, expected) in [
            (
                "https://advanta.example.com",
                Ok("https://advanta.example.com"),
            ),
            (
                "https://advanta.example.com/a/b//",
                Ok("https://advanta.example.com/a/b"),
            ),
            ("http://127.0.0.1:8080/", Ok("http://127.0.0.1:8080")),
            ("http://[::1]:8080/x", Ok("http://[::1]:8080/x")),
            ("http://localhost", Ok("http://localhost")),
            ("http://advanta.example.com", Err(InvalidBase::Plain)),
            ("http://127.0.0.1.example.com", Err(InvalidBase::Plain)),
            (
                "https://anna:hush@advanta.example.com",
                Err(InvalidBase::More),
            ),
            ("https://advanta.example.com/?a=1", Err(InvalidBase::More)),
            ("https://advanta.example.com/#a", Err(InvalidBase::More)),
            ("ftp://advanta.example.com", Err(InvalidBase::NotAnAddress)),
            ("advanta.example.com", Err(InvalidBase::NotAnAddress)),
            ("", Err(InvalidBase::NotAnAddress)),
        ] {
            let read = Base::new(text, false).map(|base| base.to_string());
            assert_eq!(read.as_deref().map_err(|error| *error), expected, "{text}");
        }
        let allowed = Base::new("http://advanta.example.com", true);
        assert_eq!(allowed.map(|base| base.is_https()), Ok(false));
    }
}
