//! Why a body is refused, and what all bodies share.

use super::Precondition;
use crate::xml::{self, Element, Limits, Namespace, XmlError};
use http::StatusCode;

/// A body that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not well-formed, or over a bound.
    #[error(transparent)]
    Malformed(#[from] XmlError),
    /// Well-formed, but not what the RFC says of this body. Says which element and what it lacks.
    #[error("request body: {0}")]
    Invalid(&'static str),
    /// It breaks a precondition that clients know by name.
    #[error("precondition {}", .0.name())]
    Precondition(Precondition),
}

impl From<Precondition> for BodyError {
    fn from(precondition: Precondition) -> Self {
        Self::Precondition(precondition)
    }
}

impl BodyError {
    /// The status of the answer: 400 (RFC 4918 §8.2), 413 over a bound, else the precondition's own.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(XmlError {
                fault: xml::Fault::Limit(_),
                ..
            }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed(_) | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Precondition(precondition) => precondition.status(),
        }
    }
}

/// Reads a body whose root is a `DAV:` element of this name.
pub(super) fn root(bytes: &[u8], local: &str, wrong: &'static str) -> Result<Element, BodyError> {
    let root = xml::parse(bytes, &Limits::BODY)?;
    match root.is(&Namespace::Dav, local) {
        true => Ok(root),
        false => Err(BodyError::Invalid(wrong)),
    }
}

/// The only child of a name, none, or a complaint about several.
pub(super) fn at_most_one<'a>(
    parent: &'a Element,
    ns: Namespace,
    local: &'a str,
    several: &'static str,
) -> Result<Option<&'a Element>, BodyError> {
    let mut found = parent.children_of(ns, local);
    let first = found.next();
    match found.next() {
        None => Ok(first),
        Some(_) => Err(BodyError::Invalid(several)),
    }
}

/// `limit` with its `nresults` (RFC 5323 §5.17), as RFC 6578 §6.7 uses it: a whole number above zero.
pub(super) fn limit(parent: &Element) -> Result<Option<u32>, BodyError> {
    let wrong = BodyError::Invalid("limit: nresults is not a whole number above zero");
    let Some(limit) = at_most_one(parent, Namespace::Dav, "limit", "more than one limit")? else {
        return Ok(None);
    };
    let results = limit.child(Namespace::Dav, "nresults").map(Element::text);
    let digits = results.as_deref().map(str::trim).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong);
    }
    // More than fits is as good as no limit, which the server's own bound then answers.
    match digits.parse().unwrap_or(u32::MAX) {
        0 => Err(wrong),
        results => Ok(Some(results)),
    }
}
