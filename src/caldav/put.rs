//! PUT (RFC 4791 §5.3.2, RFC 9110 §9.3.4).

use super::conditions::{conditions, etag};
use super::elements::{ErrorBody, Precondition, Refused, Return, write_error_body};
use super::failure::{Failure, with_header};
use super::get::CALENDAR;
use super::target::Target;
use super::{Answer, Body, Call};
use crate::bridge::{
    Conditions, Door, EditError, Put, PutDone, Refusal, RefusalMode, Standing, words,
};
use crate::model::{CollectionId, ResourceName, ViewRevision};
use bytes::Bytes;
use http::{Response, StatusCode, header};

impl Call<'_> {
    /// Stores a text, or what of it is allowed.
    pub(super) async fn put(&self, name: &ResourceName) -> Answer {
        let bytes = self.text()?;
        let collection = CollectionId::events(&self.session.user.id);
        let conditions = conditions(self.headers, &self.bridge.epoch())?;
        let client = self.client();
        let standing = self.standing(&collection, name, &conditions, &client);
        let done = self
            .bridge
            .put(&Put { standing, bytes })
            .await
            .map_err(|error| self.failure(error))?;
        Ok(match done {
            PutDone::Stored {
                created,
                exact,
                served,
                ..
            } => {
                if self.wants_representation()
                    && let Some(revision) = served.revision
                {
                    self.bridge
                        .note_members_served(&self.session, &collection, [(name, revision)]);
                }
                self.stored(created, exact, &served.text)
            }
            PutDone::Forbidden(refused) => self.forbidden(
                self.href(&Target::Member(name.clone())),
                "write-content",
                &refused,
            ),
        })
    }

    pub(super) fn standing<'s>(
        &'s self,
        collection: &'s CollectionId,
        name: &'s ResourceName,
        conditions: &'s Conditions,
        client: &'s str,
    ) -> Standing<'s> {
        let settings = &self.dav.settings;
        let is_one_of = |list: &[String]| {
            list.iter()
                .any(|fragment| client.contains(fragment.as_str()))
        };
        let mode = if is_one_of(&settings.strict_clients) {
            RefusalMode::Strict
        } else {
            settings.refusal
        };
        Standing {
            who: &self.session.user.id,
            door: Door::Device {
                app_password: self.session.app_password,
                client,
            },
            collection,
            name,
            conditions,
            mode,
        }
    }

    pub(super) fn failure(&self, error: EditError) -> Failure {
        Failure::of_edit(error, &self.session.user.id)
    }

    /// The body, after the bounds and what the headers say of it.
    fn text(&self) -> Result<&[u8], Failure> {
        if let Some(kind) = self.header("content-type") {
            check_media_type(kind)?;
        }
        // A piece of a text, or a packed one, must not be stored as if it were the text (RFC 9110 §14.5, §8.4).
        if self.headers.contains_key(header::CONTENT_RANGE) {
            return Err(Failure::BadRequest(
                "a PUT with Content-Range is not taken".to_owned(),
            ));
        }
        if self
            .header("content-encoding")
            .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
        {
            return Err(Failure::Encoding);
        }
        if self.body.len() > self.dav.settings.resource_bytes_max {
            let bytes_max = self.dav.settings.resource_bytes_max;
            return Err(Failure::text_too_large(bytes_max));
        }
        Ok(&self.body)
    }

    fn wants_representation(&self) -> bool {
        self.prefer.answer == Some(Return::Representation)
    }

    /// Without an ETag unless the bytes served are the bytes sent (RFC 4791 §5.3.4).
    fn stored(&self, created: bool, exact: Option<ViewRevision>, text: &str) -> Response<Body> {
        let wanted = self.wants_representation();
        let status = match (created, wanted) {
            (true, _) => StatusCode::CREATED,
            (false, true) => StatusCode::OK,
            (false, false) => StatusCode::NO_CONTENT,
        };
        let content = if wanted {
            Body::whole(Bytes::from(text.as_bytes().to_vec()))
        } else {
            Body::empty()
        };
        let mut response = Response::new(content);
        *response.status_mut() = status;
        if wanted {
            response = with_header(response, header::CONTENT_TYPE, CALENDAR);
            response = with_header(
                response,
                header::HeaderName::from_static("preference-applied"),
                "return=representation",
            );
        }
        match exact {
            Some(revision) => with_header(
                response,
                header::ETAG,
                &etag(&self.bridge.epoch(), revision),
            ),
            None => response,
        }
    }

    /// Strict mode: 403 with the privilege, words in the person's language, and each field for machines.
    ///
    /// `href` is the resource on which the privilege is lacking: of a deletion that is the collection (RFC 3744 §3.10).
    pub(super) fn forbidden(
        &self,
        href: String,
        privilege: &'static str,
        refused: &[Refusal],
    ) -> Response<Body> {
        let precondition = Precondition::NeedPrivileges { href, privilege };
        let description = words::refusal(refused, self.session.user.language);
        let refused: Vec<Refused<'_>> = refused
            .iter()
            .map(|each| Refused {
                field: each.field,
                reason: each.reason,
                kept: &each.kept,
            })
            .collect();
        let mut document = String::new();
        let body = ErrorBody {
            precondition: &precondition,
            description: Some(&description),
            refused: &refused,
        };
        write_error_body(&mut document, &body);
        Failure::Forbidden(document).into_response(&http::Method::PUT)
    }
}

/// `text/calendar` in UTF-8, the charset quoted or not (RFC 4791 §5.3.2.1).
fn check_media_type(value: &str) -> Result<(), Failure> {
    let mut parts = value.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    if !kind.eq_ignore_ascii_case("text/calendar") {
        return Err(Precondition::SupportedCalendarData.into());
    }
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().trim_matches('"');
        let utf8 = ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| value.eq_ignore_ascii_case(known));
        if name.trim().eq_ignore_ascii_case("charset") && !utf8 {
            return Err(Precondition::SupportedCalendarData.into());
        }
    }
    Ok(())
}
