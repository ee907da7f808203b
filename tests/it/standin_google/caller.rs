//! A plain client of the stand-in: JSON over HTTP, and nothing that knows the API.

use crate::google_standin::StandIn;
use serde_json::Value;

/// What was answered: status and JSON, null when there is none.
pub type Told = (u16, Value);

/// A client with a token.
pub struct Caller {
    root: String,
    token: String,
    client: reqwest::blocking::Client,
}

impl Caller {
    /// A client of a user who agreed to everything.
    pub fn of(google: &StandIn, email: &str) -> Self {
        let token = google.world().grant(email).access;
        Self::with(google, &token)
    }

    /// A client with this token.
    pub fn with(google: &StandIn, token: &str) -> Self {
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Self {
            root: google.addresses().api,
            token: token.to_owned(),
            client: client.expect("an HTTP client"),
        }
    }

    /// Asks for something, below the root of the API.
    pub fn get(&self, path: &str) -> Told {
        self.ask("GET", path, None, None).expect("an answer")
    }

    /// Sends something.
    pub fn send(&self, method: &str, path: &str, body: Option<Value>) -> Told {
        self.ask(method, path, body, None).expect("an answer")
    }

    /// Sends something if the event still has this etag.
    pub fn send_if(&self, etag: &str, method: &str, path: &str, body: Option<Value>) -> Told {
        let told = self.ask(method, path, body, Some(etag));
        told.expect("an answer")
    }

    /// The same, for who expects that nothing may come back.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        etag: Option<&str>,
    ) -> Result<Told, reqwest::Error> {
        let method = method.parse().expect("a method");
        let url = format!("{}{path}", self.root);
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let said = request.send()?;
        let status = said.status().as_u16();
        let text = said.text()?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }
}

impl Caller {
    /// Sends several requests in one; tells the status and the whole body.
    pub fn batch(&self, google: &StandIn, parts: &[String]) -> (u16, String) {
        let part = |(number, part): (usize, &String)| {
            format!(
                "--b\r\nContent-Type: application/http\r\nContent-ID: <part-{number}>\r\n\r\n{part}\r\n"
            )
        };
        let parts: String = parts.iter().enumerate().map(part).collect();
        let request = self.client.post(google.addresses().batch);
        let said = request
            .bearer_auth(&self.token)
            .header("content-type", "multipart/mixed; boundary=b")
            .body(format!("{parts}--b--\r\n"))
            .send()
            .expect("an answer");
        (said.status().as_u16(), said.text().expect("a text"))
    }
}
