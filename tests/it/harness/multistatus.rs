//! RFC 4918 §13: a multistatus as data.

use super::Element;
use std::collections::BTreeMap;

/// What is there and at which ETag, by href.
pub type Listing = BTreeMap<String, String>;

/// A 207 body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multistatus {
    /// Its responses, in order.
    pub responses: Vec<Response>,
    /// RFC 6578 §6.4, in the answer of a sync-collection report.
    pub sync_token: Option<String>,
}

/// One `DAV:response`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its href.
    pub href: String,
    /// Its own status, of a resource that is gone or refused as a whole.
    pub status: Option<u16>,
    /// The properties of its propstats with status 200, by name.
    pub found: BTreeMap<String, Element>,
    /// The names of all other properties with their status.
    pub missing: BTreeMap<String, u16>,
}

impl Multistatus {
    /// Reads a body; panics when it is none.
    pub fn parse(xml: &str) -> Self {
        let root = Element::parse(xml);
        assert_eq!(root.name, "{DAV:}multistatus", "{xml}");
        Self {
            responses: root.all("{DAV:}response").map(response).collect(),
            sync_token: root.text_of("{DAV:}sync-token").map(str::to_owned),
        }
    }

    /// The properties of the only response.
    pub fn only(&self) -> &Response {
        let [response] = self.responses.as_slice() else {
            panic!("not one response: {self:#?}");
        };
        response
    }

    /// The members with an ETag, by href; the collection itself is none.
    pub fn listing(&self) -> Listing {
        self.responses
            .iter()
            .filter(|response| !response.href.ends_with('/'))
            .filter_map(|response| Some((response.href.clone(), response.etag()?)))
            .collect()
    }

    /// Lays the answer of a sync-collection report over what was there before.
    pub fn apply(&self, listing: &mut Listing) {
        for response in &self.responses {
            match (response.status, response.etag()) {
                (Some(404), _) => {
                    listing.remove(&response.href);
                }
                (None, Some(etag)) => {
                    listing.insert(response.href.clone(), etag);
                }
                odd => panic!("{odd:?} for {} in a sync answer", response.href),
            }
        }
    }
}

impl Response {
    /// Its `DAV:getetag`.
    pub fn etag(&self) -> Option<String> {
        let etag = self.found.get("{DAV:}getetag")?;
        Some(etag.text.trim().to_owned())
    }

    /// The text of a property that is there.
    pub fn text(&self, name: &str) -> &str {
        let Some(property) = self.found.get(name) else {
            panic!("no {name} in {self:#?}");
        };
        property.text.trim()
    }

    /// The href inside a property that is there.
    pub fn href_in(&self, name: &str) -> &str {
        self.found
            .get(name)
            .and_then(|property| property.text_of("{DAV:}href"))
            .unwrap_or_else(|| panic!("no href in {name} of {self:#?}"))
    }
}

fn response(element: &Element) -> Response {
    let mut response = Response {
        href: element.text_of("{DAV:}href").expect("a href").to_owned(),
        status: element.text_of("{DAV:}status").map(code),
        found: BTreeMap::new(),
        missing: BTreeMap::new(),
    };
    for propstat in element.all("{DAV:}propstat") {
        let status = code(propstat.text_of("{DAV:}status").expect("a status"));
        for property in &propstat.child("{DAV:}prop").expect("a prop").children {
            let name = property.name.clone();
            if status == 200 {
                response.found.insert(name, property.clone());
            } else {
                response.missing.insert(name, status);
            }
        }
    }
    response
}

/// The number in `HTTP/1.1 404 Not Found`.
fn code(line: &str) -> u16 {
    line.split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("no status line: {line}"))
}
