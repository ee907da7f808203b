//! Events of which something cannot be read: they are not lost in silence.

use super::listing::Listing;
use super::round::Round;
use crate::ical::guarded;
use crate::model::{RemoteId, Unread};
use crate::sync::series;
use std::collections::BTreeMap;

/// What of a series cannot be read when its schedule cannot.
const RECURRENCE: &str = "recurrence";

impl Round {
    /// What a listing says of events that cannot be read whole: logged by their identities, and kept for `troubles` with the next write of
    /// the subscription.
    pub(super) fn note_unread(&mut self, listing: &mut Listing, full: bool) {
        let mut found: BTreeMap<RemoteId, Vec<String>> = BTreeMap::new();
        for each in std::mem::take(&mut listing.unread) {
            found.entry(each.event).or_default().push(each.what);
        }
        let settings = &self.bridge.settings;
        for event in listing.events.values().flatten() {
            let readable = guarded(|| series::is_readable(event, settings));
            if !readable.unwrap_or(false) {
                let what = RECURRENCE.to_owned();
                found.entry(event.id.clone()).or_default().push(what);
            }
        }
        let before = std::mem::take(&mut self.subscription.unread);
        for (event, what) in &found {
            let known = before.iter().any(|each| each.event == *event);
            if !known {
                tracing::warn!(
                    subscription.id = %self.subscription.id, event.id = %event,
                    "event {event} cannot be read whole: {}", what.join(", ")
                );
            }
        }
        // What this listing does not show is as it was.
        let stays = before.into_iter().filter(|each| {
            !full && !found.contains_key(&each.event) && !listing.events.contains_key(&each.event)
        });
        let mut now: Vec<Unread> = stays.collect();
        now.extend(found.into_iter().map(|(event, what)| Unread {
            event,
            what: what.join(", "),
        }));
        now.sort_by(|one, other| one.event.cmp(&other.event));
        now.truncate(self.bridge.limits.sync.unread_kept_max);
        self.subscription.unread = now;
    }
}
