//! GET and HEAD.

use super::conditions::{conditions, etag};
use super::failure::{Failure, with_header};
use super::{Answer, Body, Call};
use crate::bridge::Tags;
use crate::model::{CollectionId, ResourceName};
use bytes::Bytes;
use http::{Response, StatusCode, header};
use std::sync::Arc;

/// The media type of a calendar object resource.
pub const CALENDAR: &str = "text/calendar; charset=utf-8";

impl Call<'_> {
    /// One member's text; of HEAD only the head goes out.
    pub(super) async fn get(&self, name: &ResourceName, head: bool) -> Answer {
        let collection = CollectionId::events(&self.session.user.id);
        let snapshot = self.bridge.snapshot(&collection).await?;
        let entry = snapshot.member(name).ok_or(Failure::NotFound)?;
        let member = &entry.resource;
        let epoch = self.bridge.epoch();
        let wanted = conditions(self.headers, &epoch)?;
        let tag = etag(&epoch, member.revision);
        let held = match &wanted.if_match {
            Some(Tags::Revisions(tags)) => tags.contains(&member.revision),
            Some(Tags::Any) | None => true,
        };
        if !held {
            return Err(Failure::Condition);
        }
        let known = match &wanted.if_none_match {
            Some(Tags::Any) => true,
            Some(Tags::Revisions(tags)) => tags.contains(&member.revision),
            None => false,
        };
        // A serving is a whole body. A head or a 304 only tells which version there is: its client may hold that text or
        // another, and an edit that names no version must not be taken for one of a text that the client never had.
        if !(head || known) {
            let served = [(name, member.revision)];
            self.bridge
                .note_members_served(&self.session, &collection, served);
        }
        if known {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(with_header(response, header::ETAG, &tag));
        }
        let text = Bytes::from_owner(Text(Arc::clone(&entry.text)));
        let response = with_header(
            Response::new(Body::whole(text)),
            header::CONTENT_TYPE,
            CALENDAR,
        );
        Ok(with_header(response, header::ETAG, &tag))
    }
}

/// Shares the snapshot's text with the socket: nothing is copied.
struct Text(Arc<str>);

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// What a browser sees at any address but an event's: no name of a person, no version.
pub fn landing() -> Response<Body> {
    html(include_str!("landing.html"))
}

fn html(page: &'static str) -> Response<Body> {
    let response = Response::new(Body::whole(Bytes::from_static(page.as_bytes())));
    let response = with_header(response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    with_header(response, header::CONTENT_SECURITY_POLICY, policy)
}
