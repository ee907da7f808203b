//! A program that fetches a feed.

use crate::in_process::http::Http;
use crate::in_process::world::{World, user_id};
use advanta_bridge::feed::{Feed, Options};
use advanta_bridge::model::{FeedId, Language};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// Where the program asks from.
pub const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The status code.
    pub status: u16,
    /// Headers in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body as sent.
    pub bytes: Bytes,
}

impl Fetched {
    /// A header that must be there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in {:?}", self.headers))
    }

    /// The body as text, unpacked if it is packed.
    pub fn text(&self) -> String {
        assert_eq!(self.status, 200, "{:?}", self.bytes);
        assert_eq!(self.header("content-length"), self.bytes.len().to_string());
        if !self.headers.contains_key("content-encoding") {
            return String::from_utf8(self.bytes.to_vec()).unwrap();
        }
        assert_eq!(self.header("content-encoding"), "gzip");
        let mut text = String::new();
        let mut unpacked = flate2::read::GzDecoder::new(self.bytes.as_ref());
        unpacked.read_to_string(&mut text).unwrap();
        text
    }
}

/// An installation with feeds.
pub struct Feeds {
    /// The installation.
    pub world: Rc<World>,
    feed: Arc<Feed>,
}

impl Feeds {
    /// Anna, who reads Russian, and Boris, who reads English.
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    /// The same with other options.
    pub fn with(options: Options) -> Self {
        let world = Rc::new(World::new());
        world.person("anna", Language::Russian);
        world.person("boris", Language::English);
        let feed = Arc::new(Feed::new(Arc::clone(&world.bridge), options));
        Self { world, feed }
    }

    /// A new secret address; `rotate` ends the earlier ones.
    pub fn address(&self, login: &str, rotate: bool) -> (FeedId, String) {
        let user = user_id(login);
        let made = self.world.bridge.add_feed(&user, rotate);
        let made = self.world.wait(made).unwrap();
        (made.id, format!("/feed/{}.ics", made.secret))
    }

    /// A device of a person that writes by CalDAV.
    pub fn device(&self, login: &str) -> Http {
        Http::new(&self.world, login, "test")
    }

    /// GET.
    pub fn get(&self, path: &str) -> Fetched {
        self.ask("GET", path, &[])
    }

    /// GET with headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Fetched {
        self.ask("GET", path, headers)
    }

    /// Any request.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Fetched {
        self.ask_from(ADDRESS, method, path, headers)
    }

    /// Any request from anywhere.
    pub fn ask_from(
        &self,
        address: IpAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Fetched {
        self.world
            .wait(fetch(&self.feed, address, method, path, headers))
    }

    /// GET of several at the same time, packed.
    pub fn get_all(&self, paths: &[&str]) -> Vec<Fetched> {
        self.world.wait(async {
            let asked: Vec<_> = paths
                .iter()
                .map(|path| {
                    let (feed, path) = (Arc::clone(&self.feed), (*path).to_owned());
                    let packed = &[("Accept-Encoding", "gzip")];
                    tokio::spawn(async move { fetch(&feed, ADDRESS, "GET", &path, packed).await })
                })
                .collect();
            let mut fetched = vec![];
            for each in asked {
                fetched.push(each.await.unwrap());
            }
            fetched
        })
    }
}

async fn fetch(
    feed: &Feed,
    address: IpAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Fetched {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let (head, body) = feed.answer(&parts, address).await.into_parts();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    Fetched {
        status: head.status.as_u16(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
        bytes: body.collect().await.unwrap().to_bytes(),
    }
}
