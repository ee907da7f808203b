//! One request: who asks, in which language, and what for.

use super::problem::Problem;
use super::route::Route;
use super::{Answer, Caller, Web};
use crate::bridge::Bridge;
use crate::bridge::accounts::Session;
use crate::caldav::Body;
use crate::model::{Language, User, UserId};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;
use std::sync::Arc;

/// A request that was admitted.
#[derive(Clone)]
pub struct Ask<'a> {
    /// The doors.
    pub web: &'a Web,
    /// The use-cases.
    pub bridge: &'a Arc<Bridge>,
    /// How it asks.
    pub method: &'a Method,
    /// The head.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: Bytes,
    /// From where it came.
    pub caller: Caller,
    /// In which language to answer.
    pub language: Language,
    /// Set when a person reads what is theirs: of things that they do not see any more, nothing is told.
    pub viewer: Option<UserId>,
    /// The person at a door of people.
    pub session: Option<Session>,
    /// What stands behind the question mark, decoded.
    query: Vec<(String, String)>,
}

/// The longest name that a person can have, in bytes.
const NAME_BYTES_MAX: usize = 512;
/// The media type of lines of JSON.
pub const LINES: &str = "application/x-ndjson";
/// The media type of a calendar.
pub const CALENDAR: &str = "text/calendar; charset=utf-8";

impl<'a> Ask<'a> {
    /// Reads a request and what it asks for.
    ///
    /// # Errors
    /// The path leads nowhere, or a body of this encoding is not taken.
    pub fn read(
        web: &'a Web,
        parts: &'a Parts,
        body: Bytes,
        caller: Caller,
    ) -> Result<(Route, Self), Problem> {
        let route = Route::parse(parts.method.as_str(), parts.uri.path())?;
        let encoding = parts.headers.get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(Problem::media_type("a body without a Content-Encoding"));
        }
        let ask = Self {
            web,
            bridge: &web.bridge,
            method: &parts.method,
            headers: &parts.headers,
            body,
            caller,
            language: language(&parts.headers),
            viewer: None,
            session: None,
            query: query(parts.uri.query().unwrap_or_default()),
        };
        Ok((route, ask))
    }

    /// The same request, answered to a person: in their language, and with what they may see.
    pub fn told_to(&self, user: &User) -> Self {
        Self {
            language: user.language,
            viewer: Some(user.id.clone()),
            ..self.clone()
        }
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// It says to be something else, or is not of this shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.wants("application/json")?;
        serde_json::from_slice(&self.body)
            .map_err(|error| Problem::invalid("body", error.to_string()))
    }

    /// Whether the body is of this media type.
    ///
    /// # Errors
    /// It is not.
    pub fn wants(&self, media_type: &str) -> Result<(), Problem> {
        let said = self.headers.get(header::CONTENT_TYPE);
        let said = said.and_then(|value| value.to_str().ok());
        let essence = said
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        if essence.trim().eq_ignore_ascii_case(media_type) {
            Ok(())
        } else {
            Err(Problem::media_type(media_type))
        }
    }

    /// Whether all parameters are among these: a misspelt one must not be taken for none.
    ///
    /// # Errors
    /// One is not.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let unknown = |(name, _): &&(String, String)| !known.contains(&name.as_str());
        match self.query.iter().find(unknown) {
            None => Ok(()),
            Some((name, _)) if known.is_empty() => {
                Err(Problem::invalid(name, "there are no parameters here"))
            }
            Some((name, _)) => {
                let why = format!("the parameters are {}", known.join(", "));
                Err(Problem::invalid(name, why))
            }
        }
    }

    /// A parameter as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(each, _)| each == name)?;
        Some(&found.1)
    }

    /// A parameter as a value; `what` says what it has to be.
    ///
    /// # Errors
    /// It is something else.
    pub fn value<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let parsed = text.parse().map(Some);
        parsed.map_err(|_| Problem::invalid(name, format!("it is not {what}")))
    }

    /// A parameter that is `true` or `false`; absent is false.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        Ok(self.value(name, "true or false")?.unwrap_or(false))
    }

    /// How many rows to answer with.
    ///
    /// # Errors
    /// It is no number.
    pub fn limit(&self) -> Result<usize, Problem> {
        let rows_max = self.web.settings.rows_max;
        let asked: Option<usize> = self.value("limit", "a number of rows")?;
        Ok(asked.unwrap_or(rows_max.min(100)).clamp(1, rows_max))
    }

    /// The person of this login, else of this identity.
    ///
    /// # Errors
    /// There is nobody of this name.
    pub async fn person(&self, named: &str) -> Result<User, Problem> {
        let store = self.bridge.store();
        if named.len() > NAME_BYTES_MAX {
            return Err(Problem::missing("there is no person of this name"));
        }
        let by_login = store.user_by_login(named).await?;
        let by_id = store.user(&UserId::new(named)).await?;
        match (by_login, by_id) {
            // ADVANTA's identities and logins share an alphabet: the wrong person must not be meant by accident.
            (Some(one), Some(other)) if one.id != other.id => Err(Problem::conflict(format!(
                "{named:?} is the user name of {} and the id of another person",
                one.id
            ))),
            (Some(user), _) | (None, Some(user)) => Ok(user),
            (None, None) => Err(Problem::missing(format!("there is no person {named:?}"))),
        }
    }
}

/// A segment of a path as an identity.
///
/// # Errors
/// It is none, so there is nothing of that name.
pub fn identity<T: FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    let parsed = text.parse();
    parsed.map_err(|_| Problem::missing(format!("there is no {what} {text:?}")))
}

/// 200 with JSON.
pub fn json<T: Serialize>(value: &T) -> Answer {
    let bytes = serde_json::to_vec(value).map_err(|error| Problem::failed(error.to_string()))?;
    Ok(whole(bytes, "application/json"))
}

/// 201 with JSON.
pub fn created<T: Serialize>(value: &T) -> Answer {
    let mut response = json(value)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// 204.
pub fn done() -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// 200 with a text.
pub fn whole(bytes: impl Into<Bytes>, media_type: &'static str) -> Response<Body> {
    streamed(Body::whole(bytes), media_type)
}

/// 200 with a body that may still be made.
pub fn streamed(body: Body, media_type: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    // Everything here is somebody's own, and some of it is secret.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// The language that a request asks for.
pub fn language(headers: &HeaderMap) -> Language {
    let value = headers.get(header::ACCEPT_LANGUAGE);
    preferred(
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
    )
}

/// The language of `Accept-Language` (RFC 9110 §12.5.4) that we speak and that is liked best; Russian when none is.
pub fn preferred(header: &str) -> Language {
    let mut best = (0.0, Language::default());
    for each in header.split(',') {
        let (tag, parameters) = each.trim().split_once(';').unwrap_or((each.trim(), ""));
        let weight = parameters.trim().strip_prefix("q=");
        let weight = weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
        if let Some(language) = Language::from_tag(tag.trim())
            && weight > best.0
        {
            best = (weight, language);
        }
    }
    best.1
}

/// `a=b&c=d`, decoded: a query, or a form (`application/x-www-form-urlencoded`). What is not UTF-8 keeps its replacement characters, and so fits nothing.
pub fn query(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
            (decoded(name), decoded(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best_and_spoken_here() {
        let tag = |header: &str| preferred(header).tag();
        assert_eq!(tag(""), "ru");
        assert_eq!(tag("de, fr;q=0.9"), "ru");
        assert_eq!(tag("en-GB,en;q=0.9"), "en");
        assert_eq!(tag("en;q=0.5, ru;q=0.8"), "ru");
        assert_eq!(tag("ru;q=0.1,en;q=0.2"), "en");
        assert_eq!(tag("en;q=nonsense"), "ru");
    }

    #[test]
    fn a_query_is_pairs_and_a_bare_name_means_yes() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            query("user=%D0%B0+b&all&&limit=3"),
            [pair("user", "а b"), pair("all", "true"), pair("limit", "3")]
        );
        assert_eq!(query(""), []);
    }
}
