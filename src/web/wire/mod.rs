//! The JSON shapes of the administrator's API. The command line reads what the bridge writes, so both use these types.
//!
//! Names are in camelCase; instants are RFC 3339 in UTC; what is absent is left out. Readers ignore what they do not know, so
//! a shape may grow within `v1`.

mod connect;
mod journal;
mod lines;
mod people;
mod queue;
mod secrets;
mod sync;

pub use connect::{
    AgreedBody, BegunBody, ChooseBody, CodeBody, ConnectionBody, DelegateBody, GoogleChangeBody,
    GoogleSettingsBody, OfferBody,
};
pub use journal::{
    FieldBody, JournalBody, JournalPageBody, ObjectBody, OriginBody, PersonBody, WinnerBody,
};
pub use lines::{CheckLine, ImportLine, RefusalBody};
pub use people::{
    AppPasswordBody, AppPasswordsBody, DeactivatedBody, FeedBody, FeedsBody, NewAppPasswordBody,
    NewFeedBody, NewUserBody, SecretBody, UserBody, UserShownBody, UsersBody,
};
pub use queue::{
    AlarmBody, AlarmsBody, CommandBody, DeadLetterBody, DeadLettersBody, OutboxBody,
    ReconciledBody, ReleasedBody, StatusBody,
};
pub use secrets::{KeyBody, OldKeyBody, RotatedBody, SecretsBody};
pub use sync::{
    AnsweredBody, BaseBody, CalendarBody, ExplainedPersonBody, ExplanationBody, IntentBody,
    LinkBody, LinkCountsBody, PlannedBody, ProgressBody, RoundBody, StageBody, SubscriptionBody,
    SubscriptionShownBody, SubscriptionsBody, TroubleBody, TroubledBody, TroublesBody, UnreadBody,
    UnsubscribedBody,
};

use crate::model::Timestamp;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = DateTime::parse_from_rfc3339(&text).map_err(de::Error::custom)?;
        Ok(Self(parsed.with_timezone(&Utc)))
    }
}

/// RFC 9457 §3.1, with the name of the value that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemBody {
    /// `urn:advanta-bridge:problem:…`
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem, in the language of the request.
    pub title: String,
    /// The status code once more.
    pub status: u16,
    /// What exactly, for the administrator: English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Which value is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
