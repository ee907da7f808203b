//! REPORT calendar-query (RFC 4791 §7.8).

use super::elements::{CalendarQuery, CompFilter, Precondition, Reach, TimeRange};
use super::failure::Failure;
use super::filter::{Subject, matches};
use super::propfind::multistatus;
use super::stream::{self, Item};
use super::{Answer, Call};
use crate::bridge::snapshot::{Entry, Snapshot};
use crate::ical::Document;
use crate::model::CollectionId;
use crate::xml::write;
use std::sync::Arc;

impl Call<'_> {
    /// The members that match a filter.
    pub(super) async fn calendar_query(&self, query: &CalendarQuery) -> Answer {
        if let Some(timezone) = &query.timezone {
            self.check_timezone(timezone)?;
        }
        let collection = CollectionId::events(&self.session.user.id);
        let snapshot = self.bridge.snapshot(&collection).await?;
        let mut found = self.matching(&snapshot, &query.filter);
        found.sort_by(|one, other| one.resource.name.cmp(&other.resource.name));
        let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
        let truncated = found.len() > limit;
        found.truncate(limit);

        let template = self.template(&query.props, true);
        if template.has_data() {
            self.note_found(&snapshot, &found, &collection);
        }
        let tail = if truncated {
            self.truncated()
        } else {
            String::new()
        };
        let items: Vec<Item> = found
            .into_iter()
            .map(|entry| Item::Member(Arc::clone(entry)))
            .collect();
        let mut head = String::new();
        write::start_document(&mut head, "D:multistatus");
        Ok(multistatus(stream::multistatus(
            head,
            items.into_iter(),
            template,
            tail,
        )))
    }

    fn note_found(&self, snapshot: &Snapshot, found: &[&Arc<Entry>], collection: &CollectionId) {
        if found.len() == snapshot.len() {
            return self.bridge.note_all_served(
                &self.session,
                collection,
                snapshot.collection.change,
            );
        }
        let served = found
            .iter()
            .map(|entry| (&entry.resource.name, entry.resource.revision));
        self.bridge
            .note_members_served(&self.session, collection, served);
    }

    /// Candidates by the index of time; only what the index leaves open is read.
    fn matching<'s>(
        &self,
        snapshot: &'s Arc<Snapshot>,
        filter: &CompFilter,
    ) -> Vec<&'s Arc<Entry>> {
        match filter.reach() {
            Reach::Nothing => vec![],
            Reach::Exactly(range) => self.in_range(snapshot, range).collect(),
            Reach::Within(range) => self
                .in_range(snapshot, range)
                .filter(|entry| self.entry_matches(entry, filter))
                .collect(),
        }
    }

    fn in_range<'s>(
        &self,
        snapshot: &'s Arc<Snapshot>,
        range: TimeRange,
    ) -> Box<dyn Iterator<Item = &'s Arc<Entry>> + 's> {
        if range == TimeRange::ALL {
            return Box::new(snapshot.members());
        }
        let bounds = range.bounds();
        let (from, to) = (bounds.start.timestamp(), bounds.end.timestamp());
        // Exclusive ends: what ends at `from` is out, and what has no length lasts a second in these bounds.
        let candidates = snapshot
            .ending_from(from.saturating_add(1))
            .filter(move |entry| entry.resource.first < to);
        let bridge = Arc::clone(&self.dav.bridge);
        Box::new(candidates.filter(move |entry| {
            // One occurrence lies where the bounds say; a series may have a gap there.
            !entry.resource.recurs
                || entry
                    .schedule(|member| bridge.read_schedule(member))
                    .is_none_or(|schedule| schedule.overlaps(bounds.clone()))
        }))
    }

    fn entry_matches(&self, entry: &Entry, filter: &CompFilter) -> bool {
        let text = entry.text.as_bytes();
        let Ok(document) = Document::parse(text, &self.bridge.limits().ical) else {
            return false;
        };
        let Some(schedule) = entry.schedule(|member| self.bridge.read_schedule(member)) else {
            return false;
        };
        let zone = self.bridge.settings().zone;
        matches(
            filter,
            &Subject {
                document: &document,
                schedule,
                zone,
            },
        )
    }

    /// 507 for the request itself: there is more (RFC 6578 §3.6, RFC 5323 §5.17).
    pub(super) fn truncated(&self) -> String {
        let mut out = String::new();
        write::start(&mut out, "D:response");
        write::text_element(
            &mut out,
            "D:href",
            &super::target::Hrefs::collection(&self.session.user.id),
        );
        out.push_str("<D:status>HTTP/1.1 507 Insufficient Storage</D:status><D:error>");
        Precondition::NumberOfMatchesWithinLimits.write(&mut out);
        out.push_str("</D:error>");
        write::end(&mut out, "D:response");
        out
    }

    /// A `timezone` must be a calendar with exactly one VTIMEZONE (RFC 4791 §5.2.2, §7.8).
    pub(super) fn check_timezone(&self, text: &str) -> Result<(), Failure> {
        let document = Document::parse(text.trim().as_bytes(), &self.bridge.limits().ical);
        let one = document.is_ok_and(|document| {
            let calendar = document.calendar();
            calendar.components().count() == 1
                && calendar.components_named("VTIMEZONE").count() == 1
        });
        if one {
            Ok(())
        } else {
            Err(Precondition::ValidCalendarData.into())
        }
    }
}
