//! Events of Google in our normal form. Pure.
//!
//! Start at [`Reader::listed`] and [`Reader::event`].

use super::options::GoogleOptions;
use super::times;
use super::wire::{WireEvent, WirePerson};
use crate::model::{
    Exception, Fields, Marker, RemoteEvent, RemoteId, Series, Skip, Writable,
};
use crate::ports::Listed;
use chrono_tz::Tz;

/// The name of the private extended property that holds our mark.
pub(super) const PROPERTY: &str = "advanta-bridge";

/// What is known of the calendar that events are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    /// Its zone; UTC until a listing told.
    pub(super) zone: Tz,
    /// Whether its events may be written; true until a listing told.
    pub(super) writable: bool,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            zone: Tz::UTC,
            writable: true,
        }
    }
}

/// An event that makes no sense to us. It is there all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event cannot be understood: {0}")]
pub(super) struct Broken(pub(super) &'static str);

/// Whether a listing tells of everything or of what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    Full,
    Incremental,
}

/// Reads events of one calendar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub(super) calendar: Calendar,
    pub(super) options: &'a GoogleOptions,
}

impl Reader<'_> {
    /// One item of a listing; `None`: it says nothing, as a tombstone in a full listing.
    ///
    /// # Errors
    /// It is there but cannot be understood; it must not be taken for deleted.
    pub(super) fn listed(
        &self,
        event: WireEvent,
        listing: Listing,
    ) -> Result<Option<Listed>, Broken> {
        let cancelled = is_cancelled(&event);
        match (&event.recurring_event_id, cancelled, listing) {
            (Some(series), _, _) => {
                let series = self.id(series)?;
                let exception = self.exception(&event)?;
                Ok(Some(Listed::Exception { series, exception }))
            }
            (None, true, Listing::Incremental) => Ok(Some(Listed::Gone(self.id(&event.id)?))),
            (None, true, Listing::Full) => Ok(None),
            (None, false, _) => self.event(event).map(|event| Some(Listed::Event(event))),
        }
    }

    /// An event, whole, without the exceptions of its series: they are events of their own.
    ///
    /// # Errors
    /// It has no identity or no dates that make sense.
    pub(super) fn event(&self, event: WireEvent) -> Result<RemoteEvent, Broken> {
        let id = self.id(&event.id)?;
        let start = event.start.as_ref().ok_or(Broken("it has no start"))?;
        let span = times::span(start, event.end.as_ref(), self.calendar.zone)
            .ok_or(Broken("its dates make no sense"))?;
        let series = self.series(&event);
        let (writable, guests, skip) = (self.writable(&event), has_guests(&event), skip(&event));
        let text = |text: Option<String>| cut(text.unwrap_or_default(), self.options.text_bytes_max);
        Ok(RemoteEvent {
            uid: event
                .ical_uid
                .unwrap_or_else(|| format!("{id}@google.com")),
            id,
            version: event.etag.unwrap_or_default(),
            fields: Fields {
                title: text(event.summary),
                span: Some(span),
                description: text(event.description),
                location: text(event.location),
                recurs: series.is_some(),
            },
            series,
            marker: event
                .extended_properties
                .and_then(|properties| Marker::parse(properties.private.get(PROPERTY)?)),
            writable,
            guests,
            private: matches!(
                event.visibility.as_deref(),
                Some("private" | "confidential")
            ),
            skip,
        })
    }

    fn id(&self, id: &str) -> Result<RemoteId, Broken> {
        if id.is_empty() || id.len() > self.options.token_bytes_max {
            return Err(Broken("its identity is empty or too long"));
        }
        Ok(RemoteId(id.to_owned()))
    }

    fn exception(&self, event: &WireEvent) -> Result<Exception, Broken> {
        let zone = self.calendar.zone;
        let original = event
            .original_start_time
            .as_ref()
            .and_then(|time| times::moment(time, zone))
            .ok_or(Broken("it does not say which occurrence it is"))?;
        if is_cancelled(event) {
            return Ok(Exception {
                original,
                now: None,
            });
        }
        let start = event.start.as_ref().ok_or(Broken("it has no start"))?;
        let now = times::span(start, event.end.as_ref(), zone)
            .ok_or(Broken("its dates make no sense"))?;
        Ok(Exception {
            original,
            now: Some(now),
        })
    }

    fn series(&self, event: &WireEvent) -> Option<Series> {
        let lines = event.recurrence.as_ref().filter(|lines| !lines.is_empty())?;
        let zone = event.start.as_ref().and_then(times::zone);
        Some(Series {
            zone: zone.unwrap_or(self.calendar.zone),
            rules: lines
                .iter()
                .filter(|line| line.len() <= self.options.token_bytes_max)
                .take(self.options.recurrence_lines_max)
                .cloned()
                .collect(),
            exceptions: vec![],
        })
    }

    fn writable(&self, event: &WireEvent) -> Writable {
        let elsewhere = event
            .organizer
            .as_ref()
            .is_some_and(|organizer| !is_self(organizer));
        let closed = elsewhere && event.guests_can_modify != Some(true);
        if event.locked == Some(true) || closed || !self.calendar.writable {
            Writable::No
        } else {
            Writable::Yes
        }
    }
}

/// Whether an event is a tombstone (`Event.status`).
pub(super) fn is_cancelled(event: &WireEvent) -> bool {
    event.status.as_deref() == Some("cancelled")
}

/// Whether a calendar with this `accessRole` takes writes.
pub(super) fn may_write(access_role: &str) -> bool {
    matches!(access_role, "writer" | "owner")
}

fn is_self(person: &WirePerson) -> bool {
    person.is_self == Some(true)
}

fn has_guests(event: &WireEvent) -> bool {
    let attendees = event.attendees.as_deref().unwrap_or_default();
    let others = attendees.iter().any(|attendee| !is_self(attendee));
    event.organizer.as_ref().is_some_and(is_self)
        && (others || event.attendees_omitted == Some(true))
}

fn skip(event: &WireEvent) -> Option<Skip> {
    let declined = |person: &WirePerson| {
        is_self(person) && person.response_status.as_deref() == Some("declined")
    };
    if is_cancelled(event) {
        Some(Skip::Cancelled)
    } else if event.attendees.iter().flatten().any(declined) {
        Some(Skip::Declined)
    } else if event.event_type.as_deref().unwrap_or("default") != "default" {
        Some(Skip::Special)
    } else {
        None
    }
}

fn cut(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
    }
    text
}
