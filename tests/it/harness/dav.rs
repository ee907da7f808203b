//! A DAV client that does what it is told and hides nothing.

use super::{Listing, Multistatus};
use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::HeaderMap;
use std::time::Duration;

/// Longer than any honest answer takes on a slow machine.
const ANSWER_SECS_MAX: u64 = 30;

/// A client of one account, over connections of its own.
#[derive(Clone)]
pub struct Dav {
    http: Client,
    base: String,
    account: Option<(String, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The ETag header.
    pub fn etag(&self) -> Option<String> {
        self.header("etag").map(str::to_owned)
    }

    /// The body of a 207.
    pub fn multistatus(&self) -> Multistatus {
        assert_eq!(self.status, 207, "{self:#?}");
        Multistatus::parse(&self.body)
    }
}

impl Dav {
    /// A client of the host `base`, with login and password if it has some. It follows no redirect and uses no proxy.
    pub fn new(base: &str, account: Option<(&str, &str)>) -> Self {
        // The library wants a provider even where nothing is encrypted; another client may have been first.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(ANSWER_SECS_MAX))
            .build()
            .expect("an HTTP client");
        Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            account: account.map(|(login, password)| (login.to_owned(), password.to_owned())),
        }
    }

    /// Sends a request; an error only when no whole answer came.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> reqwest::Result<Answer> {
        let mut request = self.request(method, path);
        for &(name, value) in headers {
            request = request.header(name, value);
        }
        if !body.is_empty() {
            request = request.body(body.to_owned());
        }
        let response = request.send()?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text()?,
        })
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.account {
            Some((login, password)) => request.basic_auth(login, Some(password)),
            None => request,
        }
    }

    /// Sends a request and wants an answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.try_send(method, path, headers, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// PUT of iCalendar text without a condition.
    pub fn put(&self, path: &str, ics: &str) -> Answer {
        self.send("PUT", path, &[ICS], ics)
    }

    /// PUT of iCalendar text over the version that `etag` names.
    pub fn put_if(&self, path: &str, etag: &str, ics: &str) -> Answer {
        self.send("PUT", path, &[ICS, ("If-Match", etag)], ics)
    }

    /// DELETE without a condition.
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], "")
    }

    /// PROPFIND of properties, given as XML with the prefixes `D`, `C` and `CS`.
    pub fn propfind(&self, path: &str, depth: &str, properties: &str) -> Answer {
        let body = format!("<D:propfind {PREFIXES}><D:prop>{properties}</D:prop></D:propfind>");
        self.send("PROPFIND", path, &[("Depth", depth), XML], &body)
    }

    /// The ETag of every member of a collection, by a PROPFIND.
    pub fn list(&self, collection: &str) -> Listing {
        self.propfind(collection, "1", "<D:getetag/>")
            .multistatus()
            .listing()
    }

    /// A sync-collection report (RFC 6578 §3.2) since `token`, which is empty at first; an error when no whole answer came.
    pub fn try_sync(&self, collection: &str, token: &str) -> reqwest::Result<Answer> {
        let body = format!(
            "<D:sync-collection {PREFIXES}><D:sync-token>{token}</D:sync-token>\
             <D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
        );
        self.try_send("REPORT", collection, &[XML], &body)
    }

    /// The same, and wants an answer.
    pub fn sync(&self, collection: &str, token: &str) -> Multistatus {
        self.try_sync(collection, token)
            .unwrap_or_else(|error| panic!("sync of {collection}: {error}"))
            .multistatus()
    }

    /// A calendar-query (RFC 4791 §7.8): properties and the content of the filter as XML.
    pub fn query(&self, collection: &str, properties: &str, filter: &str) -> Multistatus {
        let body = format!(
            "<C:calendar-query {PREFIXES}><D:prop>{properties}</D:prop>\
             <C:filter>{filter}</C:filter></C:calendar-query>"
        );
        let headers = [("Depth", "1"), XML];
        self.send("REPORT", collection, &headers, &body)
            .multistatus()
    }

    /// A calendar-multiget (RFC 4791 §7.9) of ETags and texts.
    pub fn multiget(&self, collection: &str, hrefs: &[&str]) -> Multistatus {
        let hrefs: String = hrefs
            .iter()
            .map(|href| format!("<D:href>{href}</D:href>"))
            .collect();
        let body = format!(
            "<C:calendar-multiget {PREFIXES}><D:prop><D:getetag/><C:calendar-data/></D:prop>\
             {hrefs}</C:calendar-multiget>"
        );
        self.send("REPORT", collection, &[XML], &body).multistatus()
    }
}

const ICS: (&str, &str) = ("Content-Type", "text/calendar; charset=utf-8");
const XML: (&str, &str) = ("Content-Type", "application/xml; charset=utf-8");
const PREFIXES: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" \
    xmlns:CS=\"http://calendarserver.org/ns/\"";
