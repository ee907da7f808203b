//! Shapes of the Calendar API, as its discovery document names them. Only what we use; everything else is left alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// `Events`: a page of a listing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct EventsWire {
    /// Read one by one: what of one cannot be read must not hide the others.
    pub(super) items: Vec<Value>,
    pub(super) next_page_token: Option<String>,
    pub(super) next_sync_token: Option<String>,
    pub(super) access_role: Option<String>,
    pub(super) time_zone: Option<String>,
}

/// `Event`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct EventWire {
    pub(super) id: String,
    pub(super) etag: String,
    pub(super) status: Option<String>,
    #[serde(rename = "iCalUID")]
    pub(super) ical_uid: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) location: Option<String>,
    pub(super) start: Option<WhenWire>,
    pub(super) end: Option<WhenWire>,
    pub(super) recurrence: Vec<String>,
    pub(super) recurring_event_id: Option<String>,
    pub(super) original_start_time: Option<WhenWire>,
    pub(super) visibility: Option<String>,
    pub(super) event_type: Option<String>,
    pub(super) locked: bool,
    pub(super) organizer: Option<PersonWire>,
    pub(super) guests_can_modify: bool,
    pub(super) attendees: Vec<PersonWire>,
    pub(super) attendees_omitted: bool,
    pub(super) extended_properties: PropertiesWire,
}

/// `EventDateTime`: a day, or a time with an offset or a zone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WhenWire {
    pub(super) date: Option<String>,
    pub(super) date_time: Option<String>,
    pub(super) time_zone: Option<String>,
}

/// Organizer or attendee: only whether it is the calendar's owner, and what they answered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PersonWire {
    #[serde(rename = "self")]
    pub(super) is_self: bool,
    pub(super) response_status: Option<String>,
    pub(super) resource: bool,
}

/// `extendedProperties`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PropertiesWire {
    pub(super) private: BTreeMap<String, String>,
}

/// `CalendarList`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CalendarListWire {
    pub(super) items: Vec<CalendarWire>,
    pub(super) next_page_token: Option<String>,
}

/// `CalendarListEntry`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CalendarWire {
    pub(super) id: String,
    pub(super) summary: String,
    pub(super) summary_override: Option<String>,
    pub(super) primary: bool,
    pub(super) access_role: Option<String>,
    pub(super) deleted: bool,
}

/// `Channel`, as it is asked for.
#[derive(Debug, Serialize)]
pub(super) struct WatchWire<'a> {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) address: String,
    pub(super) token: &'a str,
    pub(super) params: BTreeMap<&'static str, String>,
}

/// `Channel`, as it is answered. `expiration` is a number in a text (`format: int64`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WatchedWire {
    pub(super) resource_id: String,
    pub(super) expiration: Option<String>,
}

/// `Channel`, as it is stopped.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StopWire<'a> {
    pub(super) id: String,
    pub(super) resource_id: &'a str,
}

/// An error's body: with `errors` as the guide shows it, or reduced to what real answers were seen with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorWire {
    pub(super) error: Option<ErrorBodyWire>,
}

/// `error` of an error's body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBodyWire {
    pub(super) reason: Option<String>,
    pub(super) errors: Vec<ReasonWire>,
    /// Where newer ones have it.
    pub(super) details: Vec<ReasonWire>,
}

/// One of its `errors` or `details`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReasonWire {
    pub(super) reason: Option<String>,
}
