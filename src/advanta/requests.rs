//! The calls of the contract: each builds its request and reads its answer, without sockets.

use super::base::Base;
use super::failure::{Answer, Problem};
use super::flaw::{self, Flaw};
use super::map;
use super::options::Options;
use super::wire::{WireNewObject, WireObject, WireObjectChange, WirePerson};
use crate::model::{Cursor, Object, ObjectId, Person, Revision, UserId};
use crate::ports::{AdvantaError, AdvantaErrorKind, Changed};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What may stand in a path segment or a query value as it is (RFC 3986 §2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ACCEPTED: HeaderValue =
    HeaderValue::from_static("application/json, application/problem+json");

/// One call.
pub(super) trait Call {
    /// What the caller gets.
    type Reply;

    /// What it does, for errors: no user content.
    fn name(&self) -> String;

    /// The request, without what proves who we are.
    ///
    /// # Errors
    /// An id that cannot stand in an address.
    fn request(&self, base: &Base) -> Result<Request<Bytes>, AdvantaError>;

    /// Reads the answer.
    ///
    /// # Errors
    /// It is no success, or not as the contract says.
    fn reply(&self, answer: &Answer<'_>, options: &Options) -> Result<Self::Reply, AdvantaError>;
}

/// `GET /changes`.
pub(super) struct ListChanges<'a> {
    pub(super) cursor: Option<&'a Cursor>,
    pub(super) limit: u32,
}

impl Call for ListChanges<'_> {
    type Reply = Changed;

    fn name(&self) -> String {
        "list changes".to_owned()
    }

    fn request(&self, base: &Base) -> Result<Request<Bytes>, AdvantaError> {
        let limit = self.limit;
        let target = match self.cursor {
            Some(Cursor(cursor)) => {
                format!("{base}/changes?cursor={}&limit={limit}", encoded(cursor))
            }
            None => format!("{base}/changes?limit={limit}"),
        };
        request(self, Method::GET, &target)
    }

    fn reply(&self, answer: &Answer<'_>, options: &Options) -> Result<Changed, AdvantaError> {
        match answer.status.as_u16() {
            200 => read(self, answer, |wire| map::changed(wire, &options.bounds)),
            _ => Err(answer.failure(&self.name(), Some(Problem::CursorExpired), options)),
        }
    }
}

/// `GET /objects/{key}`.
pub(super) struct GetObject {
    pub(super) id: ObjectId,
}

impl Call for GetObject {
    type Reply = Object;

    fn name(&self) -> String {
        format!("get object {}", self.id)
    }

    fn request(&self, base: &Base) -> Result<Request<Bytes>, AdvantaError> {
        request(self, Method::GET, &format!("{base}/objects/{}", self.id))
    }

    fn reply(&self, answer: &Answer<'_>, options: &Options) -> Result<Object, AdvantaError> {
        match answer.status.as_u16() {
            200 => read(self, answer, |wire| expect_object(wire, self.id, options)),
            _ => Err(answer.failure(&self.name(), Some(Problem::NotFound), options)),
        }
    }
}

/// `POST /objects`.
pub(super) struct CreateObject<'a> {
    pub(super) id: ObjectId,
    pub(super) new: WireNewObject<'a>,
}

impl Call for CreateObject<'_> {
    type Reply = Object;

    fn name(&self) -> String {
        format!("create object {}", self.id)
    }

    fn request(&self, base: &Base) -> Result<Request<Bytes>, AdvantaError> {
        let target = format!("{base}/objects");
        request_with(self, Method::POST, &target, &self.new)
    }

    fn reply(&self, answer: &Answer<'_>, options: &Options) -> Result<Object, AdvantaError> {
        match answer.status.as_u16() {
            200 | 201 => read(self, answer, |wire| expect_object(wire, self.id, options)),
            _ => Err(answer.failure(&self.name(), None, options)),
        }
    }
}

/// `PATCH /objects/{key}`.
pub(super) struct ChangeObject<'a> {
    pub(super) id: ObjectId,
    pub(super) change: WireObjectChange<'a>,
}

impl Call for ChangeObject<'_> {
    type Reply = ();

    fn name(&self) -> String {
        format!("change object {}", self.id)
    }

    fn request(&self, base: &Base) -> Result<Request<Bytes>, AdvantaError> {
        let target = format!("{base}/objects/{}", self.id);
        request_with(self, Method::PATCH, &target, &self.change)
    }

    fn reply(&self, answer: &Answer<'_>, options: &Options) -> Result<(), AdvantaError> {
        done(self, answer, options)
    }
}

/// `DELETE /objects/{key}`.
pub(super) struct DeleteObject<'a> {
    pub(super) id: ObjectId,
    pub(super) by: &'a UserId,
    pub(super) expected: Revision,
}

impl Call for DeleteObject<'_> {
    type Reply = ();

    fn name(&self) -> String {
        format!("delete object {}", self.id)
    }

    fn request(&self, base: &Base) -> Result<Request<Bytes>, AdvantaError> {
        let target = format!(
            "{base}/objects/{}?by={}&expectedRevision={}",
            self.id,
            encoded(self.by.as_str()),
            self.expected
        );
        request(self, Method::DELETE, &target)
    }

    fn reply(&self, answer: &Answer<'_>, options: &Options) -> Result<(), AdvantaError> {
        done(self, answer, options)
    }
}

/// `GET /people/{id}`.
pub(super) struct GetPerson<'a> {
    pub(super) id: &'a UserId,
}

impl Call for GetPerson<'_> {
    type Reply = Person;

    fn name(&self) -> String {
        format!("get person {}", self.id)
    }

    fn request(&self, base: &Base) -> Result<Request<Bytes>, AdvantaError> {
        // Dots alone are steps in a path, however they are encoded.
        if matches!(self.id.as_str(), "" | "." | "..") {
            return Err(error(
                self,
                AdvantaErrorKind::Refused,
                "not an id of a person",
            ));
        }
        let target = format!("{base}/people/{}", encoded(self.id.as_str()));
        request(self, Method::GET, &target)
    }

    fn reply(&self, answer: &Answer<'_>, options: &Options) -> Result<Person, AdvantaError> {
        match answer.status.as_u16() {
            200 => read(self, answer, |wire| expect_person(wire, self.id, options)),
            _ => Err(answer.failure(&self.name(), Some(Problem::NotFound), options)),
        }
    }
}

/// A write that answers nothing: what was stored is read afterwards.
fn done(call: &impl Call, answer: &Answer<'_>, options: &Options) -> Result<(), AdvantaError> {
    match answer.status.as_u16() {
        204 => Ok(()),
        _ => Err(answer.failure(&call.name(), Some(Problem::NotFound), options)),
    }
}

/// An answer about another object would be written over this one.
fn expect_object(wire: WireObject, id: ObjectId, options: &Options) -> Result<Object, Flaw> {
    let object = map::object(wire, &options.bounds)?;
    if object.id == id {
        Ok(object)
    } else {
        Err(Flaw::new("", "it is another object"))
    }
}

fn expect_person(wire: WirePerson, id: &UserId, options: &Options) -> Result<Person, Flaw> {
    let person = map::person(wire, &options.bounds)?;
    if person.id == *id {
        Ok(person)
    } else {
        Err(Flaw::new("", "it is another person"))
    }
}

fn read<W: DeserializeOwned, T>(
    call: &impl Call,
    answer: &Answer<'_>,
    map: impl FnOnce(W) -> Result<T, Flaw>,
) -> Result<T, AdvantaError> {
    flaw::read(answer.body).and_then(map).map_err(|flaw| {
        let why = format!("cannot read the answer: {flaw}");
        error(call, AdvantaErrorKind::Transient, why)
    })
}

fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, ENCODED)
}

fn request(call: &impl Call, method: Method, target: &str) -> Result<Request<Bytes>, AdvantaError> {
    let uri = Uri::try_from(target).map_err(|_| {
        error(
            call,
            AdvantaErrorKind::Denied,
            "its address cannot be built",
        )
    })?;
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request.headers_mut().insert(ACCEPT, ACCEPTED);
    Ok(request)
}

fn request_with(
    call: &impl Call,
    method: Method,
    target: &str,
    body: &impl Serialize,
) -> Result<Request<Bytes>, AdvantaError> {
    let mut request = request(call, method, target)?;
    let json = serde_json::to_vec(body)
        .map_err(|_| error(call, AdvantaErrorKind::Refused, "cannot be written as JSON"))?;
    *request.body_mut() = Bytes::from(json);
    request.headers_mut().insert(CONTENT_TYPE, JSON);
    Ok(request)
}

fn error(call: &impl Call, kind: AdvantaErrorKind, why: impl std::fmt::Display) -> AdvantaError {
    AdvantaError {
        kind,
        detail: format!("{}: {why}", call.name()),
    }
}
