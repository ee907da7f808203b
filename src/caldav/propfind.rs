//! PROPFIND (RFC 4918 §9.1).

use super::elements::{Precondition, Propfind};
use super::failure::{Failure, with_header};
use super::members::Template;
use super::properties::Subject;
use super::stream::{self, Item};
use super::target::{Hrefs, Target};
use super::{Answer, Body, Call};
use crate::bridge::snapshot::{Entry, Snapshot};
use crate::model::{Collection, CollectionId, ResourceName, Used};
use crate::xml::write;
use http::{Response, StatusCode, header};
use std::sync::Arc;

/// Members taken from the snapshot at a time.
const MEMBERS_AT_ONCE: usize = 256;

/// How deep (RFC 4918 §10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    Zero,
    One,
}

impl Call<'_> {
    /// Properties of a resource and, at Depth 1, of what is in it.
    pub(super) async fn propfind(&self, target: &Target) -> Answer {
        let wish = Propfind::parse(&self.body)?;
        let depth = self.depth(target)?;
        if let Target::Member(name) = target {
            return self.propfind_member(name, &wish).await;
        }
        let collection = CollectionId::events(&self.session.user.id);
        let snapshot = self.bridge.snapshot(&collection).await?;
        // Never part of allprop (RFC 4331 §3), so that a listing costs no look at it.
        let used = match wish.names_quota() {
            true => Some(self.bridge.store().used(&self.session.user.id).await?),
            false => None,
        };
        let mut head = String::new();
        write::start_document(&mut head, "D:multistatus");
        let minimal = self.minimal();
        let alone = depth == Depth::One && self.prefer.depth_noroot;
        if !alone {
            self.response(
                &mut head,
                target,
                &snapshot.collection,
                used,
                (&wish, minimal),
            );
        }
        if depth == Depth::One {
            for child in children(target) {
                self.response(
                    &mut head,
                    &child,
                    &snapshot.collection,
                    used,
                    (&wish, minimal),
                );
            }
        }
        if depth == Depth::One && *target == Target::Collection {
            let template = self.template(&wish, false);
            let members = members(snapshot).map(Item::Member);
            return Ok(multistatus(stream::multistatus(
                head,
                members,
                template,
                String::new(),
            )));
        }
        write::end(&mut head, "D:multistatus");
        Ok(multistatus(Body::whole(head)))
    }

    async fn propfind_member(&self, name: &ResourceName, wish: &Propfind) -> Answer {
        let snapshot = self
            .bridge
            .snapshot(&CollectionId::events(&self.session.user.id))
            .await?;
        let entry = snapshot.member(name).ok_or(Failure::NotFound)?;
        let mut out = String::new();
        write::start_document(&mut out, "D:multistatus");
        self.template(wish, false).member(&mut out, entry);
        write::end(&mut out, "D:multistatus");
        Ok(multistatus(Body::whole(out)))
    }

    /// Missing is infinity (RFC 4918 §9.1), which we refuse of a collection and take as 0 of a member.
    fn depth(&self, target: &Target) -> Result<Depth, Failure> {
        match (self.header("depth").map(str::trim), target) {
            (Some("0"), _) | (_, Target::Member(_)) => Ok(Depth::Zero),
            (Some("1"), _) => Ok(Depth::One),
            (None, _) => Err(Precondition::PropfindFiniteDepth.into()),
            (Some(other), _) if other.eq_ignore_ascii_case("infinity") => {
                Err(Precondition::PropfindFiniteDepth.into())
            }
            (Some(_), _) => Err(Failure::BadRequest(
                "the Depth header is none of 0, 1, infinity".to_owned(),
            )),
        }
    }

    fn response(
        &self,
        out: &mut String,
        target: &Target,
        events: &Collection,
        used: Option<Used>,
        (wish, minimal): (&Propfind, bool),
    ) {
        let user = &self.session.user;
        let subject = Subject {
            target,
            user,
            collection: (*target == Target::Collection).then_some(events),
            bridge: self.bridge,
            resource_bytes_max: self.dav.settings.resource_bytes_max,
            used,
        };
        write::start(out, "D:response");
        write::text_element(out, "D:href", &self.href(target));
        subject.propstats(out, wish, minimal);
        write::end(out, "D:response");
    }

    /// The canonical href of a resource.
    pub(super) fn href(&self, target: &Target) -> String {
        let user = &self.session.user.id;
        match target {
            // The bare host is the same resource; an answer must name the path that was asked (RFC 4918 §9.1).
            Target::Root if self.path == "/" => "/".to_owned(),
            Target::Root => "/dav/".to_owned(),
            Target::Principals => "/dav/principals/".to_owned(),
            Target::Principal => Hrefs::principal(user),
            Target::Calendars => "/dav/calendars/".to_owned(),
            Target::Home => Hrefs::home(user),
            Target::Collection => Hrefs::collection(user),
            Target::Member(name) => Hrefs::member(user, name),
        }
    }

    pub(super) fn minimal(&self) -> bool {
        self.prefer.answer == Some(super::elements::Return::Minimal)
    }

    pub(super) fn template(&self, wish: &Propfind, data: bool) -> Template {
        Template::new(
            wish,
            &self.session.user.id,
            &self.bridge.epoch(),
            data,
            self.minimal(),
        )
    }
}

/// What is in a resource, but for the members of the collection. Only the caller's own is ever there.
fn children(target: &Target) -> Vec<Target> {
    match target {
        Target::Root => vec![Target::Principals, Target::Calendars],
        Target::Principals => vec![Target::Principal],
        Target::Calendars => vec![Target::Home],
        Target::Home => vec![Target::Collection],
        Target::Principal | Target::Collection | Target::Member(_) => vec![],
    }
}

/// All members in order of their names, a handful at a time, so that the snapshot is not copied.
fn members(snapshot: Arc<Snapshot>) -> impl Iterator<Item = Arc<Entry>> + Send {
    let mut after: Option<ResourceName> = None;
    let mut batch = Vec::new().into_iter();
    std::iter::from_fn(move || {
        batch.next().or_else(|| {
            let next: Vec<Arc<Entry>> = snapshot
                .members_after(after.as_ref(), MEMBERS_AT_ONCE)
                .cloned()
                .collect();
            after = next.last().map(|entry| entry.resource.name.clone());
            batch = next.into_iter();
            batch.next()
        })
    })
}

/// 207 around a body.
pub fn multistatus(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::MULTI_STATUS;
    with_header(
        response,
        header::CONTENT_TYPE,
        "application/xml; charset=utf-8",
    )
}
