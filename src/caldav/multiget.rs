//! REPORT calendar-multiget (RFC 4791 §7.9).

use super::elements::CalendarMultiget;
use super::propfind::multistatus;
use super::stream::{self, Item};
use super::target::Target;
use super::{Answer, Call};
use crate::model::CollectionId;
use crate::xml::write;
use std::collections::HashSet;
use std::sync::Arc;

impl Call<'_> {
    /// The members at these hrefs; what is not there or not the caller's is 404 in its place.
    pub(super) async fn calendar_multiget(&self, multiget: &CalendarMultiget) -> Answer {
        let user = &self.session.user.id;
        let collection = CollectionId::events(user);
        let snapshot = self.bridge.snapshot(&collection).await?;
        let template = self.template(&multiget.props, true);
        // Each member once, however often and however spelled it is asked for: an answer is no larger than the collection.
        let (mut told, mut missed) = (HashSet::new(), HashSet::new());
        let items: Vec<Item> = multiget
            .hrefs
            .iter()
            .map(|href| href.trim())
            .filter_map(|href| {
                let name = Target::member_of_href(href, user);
                match name.as_ref().and_then(|name| snapshot.member(name)) {
                    Some(entry) => told
                        .insert(entry.resource.name.clone())
                        .then(|| Item::Member(Arc::clone(entry))),
                    None => missed.insert(href).then(|| Item::NotFound(href.to_owned())),
                }
            })
            .collect();
        if template.has_data() {
            self.note_items(&collection, &items);
        }
        let mut head = String::new();
        write::start_document(&mut head, "D:multistatus");
        Ok(multistatus(stream::multistatus(
            head,
            items.into_iter(),
            template,
            String::new(),
        )))
    }

    /// The bodies of these members go out.
    pub(super) fn note_items(&self, collection: &CollectionId, items: &[Item]) {
        let members = items.iter().filter_map(|item| match item {
            Item::Member(entry) => Some((&entry.resource.name, entry.resource.revision)),
            Item::Gone(_) | Item::NotFound(_) => None,
        });
        self.bridge
            .note_members_served(&self.session, collection, members);
    }
}
