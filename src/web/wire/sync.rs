//! Subscriptions to remote calendars, what is wrong with single items, and why something stands as it does.

use super::{CommandBody, Instant, JournalBody, ObjectBody, PersonBody};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// One person's connection to one remote calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionBody {
    /// Its identity, the same for ever.
    pub id: String,
    /// Whose it is.
    pub user: PersonBody,
    /// How often they have subscribed.
    pub epoch: u64,
    /// `google`, `ews`, `graph`.
    pub remote: String,
    /// Which calendar there.
    pub calendar: CalendarBody,
    /// `active`, `paused`, `inactive`, `ending`, `ended`.
    pub state: String,
    /// The same with its reason, in the language of the request.
    pub words: String,
    /// The day on which the window begins.
    pub start: String,
    /// Where that day begins: IANA name.
    pub zone: String,
    /// Whether items of an earlier subscription are recognised.
    pub recognise: bool,
    /// Kinds of objects that are not exported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out_kinds: Vec<String>,
    /// Statuses of objects that are not exported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out_statuses: Vec<u16>,
    /// Since when they are subscribed.
    pub since: Instant,
    /// When a round last went through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synced: Option<Instant>,
    /// When the remote is looked at next, if nothing calls earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// Rounds that failed in a row.
    pub failures: u32,
    /// What is in the way of an active one: `refusing`, `missing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<String>,
    /// Why the last round failed: English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// A remote calendar as its owner knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarBody {
    /// Shown name.
    pub name: String,
    /// Whose account.
    pub account: String,
}

/// `GET subscriptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionsBody {
    /// By identity.
    pub subscriptions: Vec<SubscriptionBody>,
    /// The `after` of the next page, if there may be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET subscriptions/{who}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionShownBody {
    /// The subscription.
    pub subscription: SubscriptionBody,
    /// Its links, counted.
    pub links: LinkCountsBody,
    /// How far the present round is, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<StageBody>,
}

/// Links of a subscription, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkCountsBody {
    /// All of them.
    pub all: u64,
    /// Objects that got an event.
    pub exported: u64,
    /// Events that became a note.
    pub imported: u64,
    /// Wait for their next try.
    pub waits: u64,
    /// Cannot succeed.
    pub dead: u64,
    /// Are frozen.
    pub frozen: u64,
    /// Deletions in ADVANTA that wait to be accepted.
    pub held_to_advanta: u64,
    /// Deletions in the remote calendar that wait to be accepted.
    pub held_to_remote: u64,
}

/// How far a round is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageBody {
    /// What it is at: `listing`, `working`.
    pub stage: String,
    /// Items done in this stage.
    pub done: u64,
    /// Of how many, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// `GET subscriptions/{who}/progress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressBody {
    /// Of the present round, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<StageBody>,
}

/// `POST subscriptions/{who}/sync`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundBody {
    /// Items of the remote's listing.
    pub listed: u64,
    /// How often each action was taken, by its word.
    pub counts: BTreeMap<String, u64>,
    /// Of a dry run: everything that would be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<PlannedBody>,
    /// Deletions that wait for somebody's word.
    pub held: u64,
    /// Writes to the remote.
    pub writes: u64,
    /// Items that could not be brought in step now.
    pub troubles: u64,
    /// Links that cannot succeed, or are frozen, since whichever round: `troubles` lists them.
    #[serde(default)]
    pub stuck: u64,
}

/// Something that a round would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBody {
    /// The word of the action.
    pub action: String,
    /// Which object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Uuid>,
    /// Which event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What it is called.
    pub title: String,
    /// Which fields it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// `POST subscriptions/{who}/unsubscribe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsubscribedBody {
    /// Links that there were.
    pub links: u64,
    /// Of these, objects that got an event.
    pub exported: u64,
    /// And events that became a note.
    pub imported: u64,
    /// Exported events that are gone now, or would be.
    pub removed: u64,
}

/// `POST subscriptions/{who}/deletions/{direction}/accept` and `reject`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredBody {
    /// Deletions that waited.
    pub answered: u64,
}

/// What is wrong with one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubleBody {
    /// `waits`, `dead`, `frozen`, `held`, `accepted`.
    pub kind: String,
    /// Of a deletion: `to-advanta`, `to-remote`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// What is wrong, in the language of the request.
    pub words: String,
}

/// A link with which something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubledBody {
    /// By which it is tried again.
    pub link: Uuid,
    /// The object.
    pub object: ObjectBody,
    /// The event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What is wrong.
    pub trouble: TroubleBody,
}

/// An event of which something cannot be read: it is a note as far as it can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadBody {
    /// Which event.
    pub event: String,
    /// Names of its fields.
    pub what: String,
}

/// `GET subscriptions/{who}/troubles`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroublesBody {
    /// By object.
    pub troubles: Vec<TroubledBody>,
    /// Events that cannot be read whole; on the first page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadBody>,
    /// The `after` of the next page, if there may be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// `GET explain/{what}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplanationBody {
    /// The event that was asked for, if it was no object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The object.
    pub object: ObjectBody,
    /// `task`, `stage`, `project`, `note`, `meeting`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// ADVANTA's version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// At which version it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<u64>,
    /// Its participants.
    pub people: Vec<ExplainedPersonBody>,
    /// Commands to ADVANTA that wait.
    pub commands: Vec<CommandBody>,
    /// Its links.
    pub links: Vec<LinkBody>,
    /// The last rows of its journal, newest first.
    pub rows: Vec<JournalBody>,
    /// All of it but the rows, in the language of the request, a thought a line.
    pub words: Vec<String>,
}

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedPersonBody {
    /// Who.
    pub user: PersonBody,
    /// What is locked for them now: the field's word and the reason's.
    pub locks: BTreeMap<String, String>,
}

/// A link of an object and an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkBody {
    /// Its identity.
    pub id: Uuid,
    /// Of which subscription.
    pub subscription: SubscriptionBody,
    /// The event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Its iCalendar UID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The life of the subscription in which it was made.
    pub epoch: u64,
    /// How often the event had to be made again.
    pub generation: u32,
    /// `imported`, `exported`.
    pub born: String,
    /// `live`, `awaited`, `parted`.
    pub state: String,
    /// The event may not be written, as far as was seen.
    pub locked: bool,
    /// ADVANTA's version when last seen.
    pub our_revision: u64,
    /// The remote's version when last seen.
    pub their_version: String,
    /// ADVANTA's fields when last seen.
    pub base_ours: BaseBody,
    /// The remote's fields when last seen.
    pub base_theirs: BaseBody,
    /// Nobody has looked yet what the remote made of our last write.
    pub unseen: bool,
    /// Fields in which ADVANTA differs from its base now.
    pub ahead: Vec<String>,
    /// Fields that the remote has yet to be told.
    pub owed: Vec<String>,
    /// A write of which it is not known whether it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<IntentBody>,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<TroubleBody>,
}

/// Fields as they were last seen; long texts are only told apart, so they are not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseBody {
    /// Title.
    pub title: String,
    /// A day, or an instant in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// The last day, or an instant in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Whether it repeats.
    pub recurs: bool,
}

/// A write to the remote that is durable before it is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentBody {
    /// `create`, `update`, `delete`, `replace`.
    pub deed: String,
    /// Since when.
    pub at: Instant,
}
