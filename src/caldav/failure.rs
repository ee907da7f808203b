//! What goes wrong, as HTTP.

use super::Body;
use super::elements::{BodyError, ErrorBody, Precondition, write_error_body};
use super::target::Hrefs;
use crate::bridge::EditError;
use crate::model::{InvalidName, UserId};
use crate::ports::{Hindrance, StoreError};
use http::{Method, Response, StatusCode, header};
use std::time::Duration;

/// Why a request was not done.
#[derive(Debug)]
pub enum Failure {
    /// 401: who are you.
    Unauthorized,
    /// 429: too many wrong passwords.
    Throttled(Duration),
    /// 404: not there, or not yours.
    NotFound,
    /// A PUT to a name that cannot be taken.
    Name(InvalidName),
    /// 409: a PUT where there is no collection (RFC 4918 §9.7.1).
    NoParent,
    /// 405, with what is allowed.
    Method(&'static str),
    /// 412.
    Condition,
    /// 413: a body that is not a calendar object and too long.
    TooLarge(usize),
    /// 415: a packed body.
    Encoding,
    /// 400 with words.
    BadRequest(String),
    /// 403 (or as the precondition says) with its element, and words that name what and where.
    Precondition(Precondition, Option<String>),
    /// 403 of strict mode, whole document.
    Forbidden(String),
    /// 503: too many writers; try again.
    Busy,
    /// 503: too much waits for ADVANTA.
    OutboxFull,
    /// 507 or 503 while the disk takes no writes, else 500.
    Store(StoreError),
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Precondition(precondition) => Self::Precondition(precondition, None),
            BodyError::Malformed(_) | BodyError::Invalid(_) => Self::BadRequest(error.to_string()),
        }
    }
}

impl From<Precondition> for Failure {
    fn from(precondition: Precondition) -> Self {
        Self::Precondition(precondition, None)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    /// An edit that was not judged. `user` is whose hrefs are named.
    pub fn of_edit(error: EditError, user: &UserId) -> Self {
        match error {
            EditError::Missing => Self::NotFound,
            EditError::Condition => Self::Condition,
            EditError::Rejected(rejected) => {
                let words = rejected.to_string();
                Self::Precondition(rejected.precondition.into(), Some(words))
            }
            EditError::UidConflict(holder) => {
                let href = Hrefs::member(user, &holder);
                Self::Precondition(Precondition::NoUidConflict(href), None)
            }
            EditError::Busy => Self::Busy,
            EditError::QuotaExceeded => Precondition::QuotaNotExceeded.into(),
            EditError::OutboxFull => Self::OutboxFull,
            EditError::Store(error) => Self::Store(error),
        }
    }

    /// A calendar object of more bytes than `CALDAV:max-resource-size` (RFC 4791 §5.2.5).
    pub fn text_too_large(bytes_max: usize) -> Self {
        let words = format!("the text is larger than {bytes_max} bytes");
        Self::Precondition(Precondition::MaxResourceSize, Some(words))
    }

    /// The answer.
    pub fn into_response(self, method: &Method) -> Response<Body> {
        match self {
            Self::Unauthorized => unauthorized(),
            Self::Throttled(after) => with_header(
                text(StatusCode::TOO_MANY_REQUESTS, "too many wrong passwords"),
                header::RETRY_AFTER,
                &after.as_secs().max(1).to_string(),
            ),
            Self::NotFound => text(StatusCode::NOT_FOUND, "not found"),
            Self::Name(InvalidName::TooLong) => {
                text(StatusCode::URI_TOO_LONG, InvalidName::TooLong.to_string())
            }
            Self::Name(why) => text(StatusCode::FORBIDDEN, why.to_string()),
            Self::NoParent => text(StatusCode::CONFLICT, "there is no calendar at this place"),
            Self::Method(allowed) => with_header(
                text(StatusCode::METHOD_NOT_ALLOWED, "not allowed here"),
                header::ALLOW,
                allowed,
            ),
            Self::Condition => text(StatusCode::PRECONDITION_FAILED, "a condition does not hold"),
            Self::TooLarge(bytes_max) => text(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body is larger than {bytes_max} bytes"),
            ),
            Self::Encoding => text(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "a body with a Content-Encoding is not taken",
            ),
            Self::BadRequest(words) => text(StatusCode::BAD_REQUEST, words),
            Self::Precondition(precondition, words) => {
                let status = precondition.status();
                let description = words.as_deref();
                let mut out = String::new();
                write_error_body(
                    &mut out,
                    &ErrorBody {
                        precondition: &precondition,
                        description,
                        refused: &[],
                    },
                );
                xml(status, out)
            }
            Self::Forbidden(document) => xml(StatusCode::FORBIDDEN, document),
            Self::Busy => with_header(
                text(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "somebody else keeps writing; try again",
                ),
                header::RETRY_AFTER,
                "1",
            ),
            Self::OutboxFull => with_header(
                text(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too many edits wait for ADVANTA; try again later",
                ),
                header::RETRY_AFTER,
                "60",
            ),
            Self::Store(StoreError::Unwritable(Hindrance::Full | Hindrance::ReadOnly)) => {
                Self::Precondition(Precondition::SufficientDiskSpace, None).into_response(method)
            }
            Self::Store(StoreError::Unwritable(Hindrance::Failing)) => with_header(
                text(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the disk takes no writes now; try again",
                ),
                header::RETRY_AFTER,
                "5",
            ),
            Self::Store(error) => {
                tracing::error!("{method} failed: {error}");
                text(StatusCode::INTERNAL_SERVER_ERROR, "the store failed")
            }
        }
    }
}

/// The realm never changes: Thunderbird keys the saved password by it.
fn unauthorized() -> Response<Body> {
    with_header(
        text(
            StatusCode::UNAUTHORIZED,
            "a user name and an app password are needed",
        ),
        header::WWW_AUTHENTICATE,
        "Basic realm=\"ADVANTA\", charset=\"UTF-8\"",
    )
}

/// A plain answer.
pub fn text(status: StatusCode, words: impl Into<String>) -> Response<Body> {
    let mut words = words.into();
    words.push('\n');
    let mut response = Response::new(Body::whole(words));
    *response.status_mut() = status;
    with_header(response, header::CONTENT_TYPE, "text/plain; charset=utf-8")
}

/// An XML answer.
pub fn xml(status: StatusCode, document: String) -> Response<Body> {
    let mut response = Response::new(Body::whole(document));
    *response.status_mut() = status;
    with_header(
        response,
        header::CONTENT_TYPE,
        "application/xml; charset=utf-8",
    )
}

/// Adds a header; a value that cannot be one is left out.
pub fn with_header(
    mut response: Response<Body>,
    name: header::HeaderName,
    value: &str,
) -> Response<Body> {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
    response
}
