//! REPORT calendar-multiget (RFC 4791 §7.9).

use super::elements::CalendarMultiget;
use super::members::not_found;
use super::propfind::multistatus;
use super::target::Target;
use super::{Answer, Body, Call};
use crate::model::CollectionId;
use crate::xml::write;

impl Call<'_> {
    /// The members at these hrefs; what is not there or not the caller's is 404 in its place.
    pub(super) async fn calendar_multiget(&self, multiget: &CalendarMultiget) -> Answer {
        let user = &self.session.user.id;
        let collection = CollectionId::events(user);
        let snapshot = self.bridge.snapshot(&collection).await?;
        let template = self.template(&multiget.props, true);
        let mut out = String::new();
        let mut served = vec![];
        write::start_document(&mut out, "D:multistatus");
        for href in &multiget.hrefs {
            let name = Target::member_of_href(href.trim(), user);
            match name.as_ref().and_then(|name| snapshot.member(name)) {
                Some(entry) => {
                    self.write_member(&mut out, &template, entry, multiget.calendar_data.as_ref());
                    served.push((&entry.resource.name, entry.resource.revision));
                }
                None => not_found(&mut out, href.trim()),
            }
        }
        write::end(&mut out, "D:multistatus");
        if template.has_data() {
            self.bridge
                .note_members_served(&self.session, &collection, served);
        }
        Ok(multistatus(Body::whole(out)))
    }
}
