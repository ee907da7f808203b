//! REPORT calendar-query (RFC 4791 §7.8).

use super::elements::{CalendarQuery, CompFilter, Precondition, Reach, TimeRange};
use super::failure::Failure;
use super::filter::{Subject, matches};
use super::propfind::multistatus;
use super::stream::{self, Item};
use super::{Answer, Call};
use crate::bridge::Bridge;
use crate::bridge::snapshot::{Entry, Snapshot};
use crate::ical::Document;
use crate::model::CollectionId;
use crate::xml::write;
use std::sync::Arc;
use std::time::Instant;

impl Call<'_> {
    /// The members that match a filter.
    pub(super) async fn calendar_query(&self, query: &CalendarQuery) -> Answer {
        if let Some(timezone) = &query.timezone {
            self.check_timezone(timezone)?;
        }
        let collection = CollectionId::events(&self.session.user.id);
        let snapshot = self.bridge.snapshot(&collection).await?;
        let mut found = self.matching(&snapshot, &query.filter).await?;
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
        let items: Vec<Item> = found.into_iter().map(Item::Member).collect();
        let mut head = String::new();
        write::start_document(&mut head, "D:multistatus");
        Ok(multistatus(stream::multistatus(
            head,
            items.into_iter(),
            template,
            tail,
        )))
    }

    fn note_found(&self, snapshot: &Snapshot, found: &[Arc<Entry>], collection: &CollectionId) {
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

    /// Candidates by the index of time; only what the index leaves open is looked into, and off the async threads.
    async fn matching(
        &self,
        snapshot: &Arc<Snapshot>,
        filter: &CompFilter,
    ) -> Result<Vec<Arc<Entry>>, Failure> {
        let range = match filter.reach() {
            Reach::Nothing => return Ok(vec![]),
            Reach::Exactly(range) | Reach::Within(range) => range,
        };
        let exactly = matches!(filter.reach(), Reach::Exactly(_));
        let (sure, open): (Vec<_>, Vec<_>) = candidates(snapshot, range)
            .partition(|(_, overlaps)| exactly && *overlaps == Some(true));
        let mut found: Vec<Arc<Entry>> = sure.into_iter().map(|(entry, _)| entry).collect();
        if open.is_empty() {
            return Ok(found);
        }
        let open: Vec<Arc<Entry>> = open.into_iter().map(|(entry, _)| entry).collect();
        let filter = (!exactly).then(|| filter.clone());
        found.extend(self.look_into(open, range, filter).await?);
        Ok(found)
    }

    /// Expands series and reads texts: work of a size that the person's own data decide. One such query a person at a
    /// time, on threads for blocking work and for a limited time, so that nobody else waits for it.
    async fn look_into(
        &self,
        open: Vec<Arc<Entry>>,
        range: TimeRange,
        filter: Option<CompFilter>,
    ) -> Result<Vec<Arc<Entry>>, Failure> {
        let turn = self.bridge.turn(&self.session.user.id).await;
        let bridge = Arc::clone(&self.dav.bridge);
        let deadline = Instant::now() + self.dav.settings.query_time_max;
        let work = move || {
            let _turn = turn;
            let mut found = vec![];
            for entry in open {
                if Instant::now() > deadline {
                    return Err(Precondition::NumberOfMatchesWithinLimits);
                }
                if overlaps(&bridge, &entry, range)
                    && filter
                        .as_ref()
                        .is_none_or(|filter| meets(&bridge, &entry, filter))
                {
                    found.push(entry);
                }
            }
            Ok(found)
        };
        let looked = tokio::task::spawn_blocking(work).await;
        looked.map_err(|_| Failure::Busy)?.map_err(Failure::from)
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

/// Members whose bounds do not rule them out, with what the bounds already say: `None` needs an expansion.
fn candidates(
    snapshot: &Snapshot,
    range: TimeRange,
) -> Box<dyn Iterator<Item = (Arc<Entry>, Option<bool>)> + '_> {
    let said = move |entry: &Arc<Entry>| {
        let resource = &entry.resource;
        let overlaps = range.overlaps_bounds(resource.first, resource.last, resource.recurs);
        (overlaps != Some(false)).then(|| (Arc::clone(entry), overlaps))
    };
    // Exclusive ends: what ends when the range begins is out.
    match range.start {
        Some(start) => Box::new(
            snapshot
                .ending_from(start.timestamp().saturating_add(1))
                .filter_map(said),
        ),
        None => Box::new(snapshot.members().filter_map(said)),
    }
}

fn overlaps(bridge: &Bridge, entry: &Entry, range: TimeRange) -> bool {
    let resource = &entry.resource;
    range
        .overlaps_bounds(resource.first, resource.last, resource.recurs)
        .unwrap_or_else(|| {
            let schedule = entry.schedule(|member| bridge.read_schedule(member));
            // A text that cannot be read any more hides nothing.
            schedule.is_none_or(|schedule| schedule.overlaps(range.bounds()))
        })
}

fn meets(bridge: &Bridge, entry: &Entry, filter: &CompFilter) -> bool {
    let Ok(document) = Document::parse(entry.text.as_bytes(), &bridge.limits().ical) else {
        return false;
    };
    let Some(schedule) = entry.schedule(|member| bridge.read_schedule(member)) else {
        return false;
    };
    let zone = bridge.settings().zone;
    matches(
        filter,
        &Subject {
            document: &document,
            schedule,
            zone,
        },
    )
}
