//! What Google says, as it says it: the members that we read of the schemas of the discovery document (`calendar:v3`).
//!
//! Nothing is required here: a tombstone may hold nothing but an identity, and an error body takes several shapes.

use serde::Deserialize;
use std::collections::BTreeMap;

/// `Events`: the answer of `events.list`. Its items are read one by one, so that a broken one costs only itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireEvents {
    pub(super) items: Vec<serde_json::Value>,
    pub(super) next_page_token: Option<String>,
    pub(super) next_sync_token: Option<String>,
    pub(super) access_role: Option<String>,
    pub(super) time_zone: Option<String>,
}

/// `Event`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireEvent {
    pub(super) id: String,
    #[serde(rename = "iCalUID")]
    pub(super) ical_uid: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) status: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) location: Option<String>,
    pub(super) start: Option<WireTime>,
    pub(super) end: Option<WireTime>,
    pub(super) recurrence: Option<Vec<String>>,
    pub(super) recurring_event_id: Option<String>,
    pub(super) original_start_time: Option<WireTime>,
    pub(super) visibility: Option<String>,
    pub(super) event_type: Option<String>,
    pub(super) locked: Option<bool>,
    pub(super) guests_can_modify: Option<bool>,
    pub(super) organizer: Option<WirePerson>,
    pub(super) attendees: Option<Vec<WirePerson>>,
    pub(super) attendees_omitted: Option<bool>,
    pub(super) extended_properties: Option<WireProperties>,
}

/// `EventDateTime`: a day, or a time with its offset or zone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireTime {
    pub(super) date: Option<String>,
    pub(super) date_time: Option<String>,
    pub(super) time_zone: Option<String>,
}

/// The members that `Event.organizer` and `EventAttendee` share; who it is does not concern us.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WirePerson {
    #[serde(rename = "self")]
    pub(super) is_self: Option<bool>,
    pub(super) response_status: Option<String>,
}

/// `Event.extendedProperties`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireProperties {
    pub(super) private: BTreeMap<String, String>,
}

/// `CalendarList`: the answer of `calendarList.list`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireCalendars {
    pub(super) items: Vec<WireCalendar>,
    pub(super) next_page_token: Option<String>,
}

/// `CalendarListEntry`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireCalendar {
    pub(super) id: String,
    pub(super) summary: Option<String>,
    pub(super) summary_override: Option<String>,
    pub(super) primary: Option<bool>,
    pub(super) access_role: Option<String>,
    pub(super) deleted: Option<bool>,
}

/// `Channel`: the answer of `events.watch`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireChannel {
    pub(super) resource_id: Option<String>,
    pub(super) expiration: Option<WireMillis>,
}

/// An `int64`: text by the discovery document, a number where somebody forgot.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum WireMillis {
    Text(String),
    Number(i64),
}

/// The body of an answer that is no success.
#[derive(Debug, Deserialize)]
pub(super) struct WireFailure {
    pub(super) error: WireError,
}

/// What it holds. `errors` is the older shape, `reason` that of some captures, `details` the newer one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireError {
    pub(super) reason: Option<String>,
    pub(super) errors: Vec<WireReason>,
    pub(super) details: Vec<WireReason>,
}

/// One of its reasons.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireReason {
    pub(super) reason: Option<String>,
}
