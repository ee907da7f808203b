//! The words of the house: plain data, no I/O, no clock, no randomness.
//!
//! # Glossary (one word per thing)
//!
//! | Code | Russian | Meaning |
//! |---|---|---|
//! | [`Object`] | объект календаря | a calendar object of ADVANTA: task (задача), note (заметка), meeting (встреча), project or stage (проект, этап) |
//! | [`RemoteEvent`] | мероприятие | an event in Google or Exchange |
//! | [`Link`] | связь | the stored pair *ADVANTA object ↔ remote event*, with both versions and **two bases** |
//! | [`Subscription`] | подписка | one user's connection to one remote calendar: start date, cursor, **epoch** (new at each subscribe) |
//! | `Remote` | внешний календарь | Google, EWS or Graph behind one trait |
//! | [`Channel`] | канал | on which a remote tells us that something changed |
//! | [`Connection`] | подключение | a person on their way to a subscription |
//! | [`Marker`] | метка | our mark on an event: which object, for which life of which subscription |
//! | [`Resource`] | — | what CalDAV serves at one href (RFC 4791 §4.1, calendar object resource) |
//! | [`Overlay`] | личная надстройка | what ADVANTA cannot hold (alarms, colours, X-properties, attendees, a recurrence), per user and object; it lives in the body of that user's [`Resource`] |
//! | `Edit`, `Observation` | изменение, наблюдение | something a person did on an outside; something seen at the authority |
//! | `Verdict`, `Refusal` | решение, отказ | what the rules say of each field; one refused field with its reason |
//! | `Restore` | возврат исходных значений | serving or writing back the original after a refusal |
//! | [`Notice`], `Inbox` | уведомление | one thing that ADVANTA says of its own accord (hook, list of changes), durable before it is acted on |
//! | [`Person`], [`User`] | человек, пользователь | somebody as ADVANTA tells of them; somebody who may come in here |
//! | [`Feed`] | лента | a person's calendar under a secret address, read-only |
//! | [`Command`], `Outbox` | команда, очередь | a write that the bridge owes ADVANTA, durable before it is tried |
//! | [`Revision`] | версия объекта | ADVANTA's own count of an object's changes |
//! | [`ViewRevision`] | — | the number of the change that last moved a member in one user's collection; ETags are made of it |
//! | `ours`, `theirs`, `base` | — | the legs of every merge |
//!
//! Start at [`Object`], then [`Span`], then [`Resource`].

mod channel;
mod command;
mod connection;
mod google;
mod ids;
mod journal;
mod link;
mod notice;
mod object;
mod person;
mod quota;
mod remote;
mod resource;
mod secret;
mod settings;
mod span;
mod subscription;

pub use channel::Channel;
pub use command::{Changes, Command, CommandState, Deed, Draft, Withdrawn};
pub use connection::{Connection, ConnectionStage};
pub use google::{GoogleSettings, MissingSetting};
pub use ids::{
    AppPasswordId, ChannelId, CollectionId, CollectionKind, CommandId, Epoch, FeedId, InvalidName,
    JournalId, LinkId, NoticeId, ObjectId, ResourceName, Revision, SubscriptionId, UserId,
    ViewRevision,
};
pub use journal::{Action, Field, FieldOutcome, JournalRow, Origin, Outcome, Reason};
pub use link::{Anchor, Born, Direction, Intent, IntentDeed, Link, LinkState, Trouble};
pub use notice::{Cursor, Notice};
pub use object::{Fields, Kind, Object, Parent, Rights, Status};
pub use person::{AppPassword, Feed, Language, PasswordHash, Person, User, folded};
pub use quota::{Quota, Used};
pub use remote::{
    Exception, Integration, Marker, RemoteChanges, RemoteCursor, RemoteEvent, RemoteId, RemoteKind,
    Series, Skip, Unread, Writable,
};
pub use resource::{Base, Collection, Digest, Overlay, Properties, Resource, Tombstone};
pub use secret::{AppPasswordText, GeneratedSecret, SecretDigest};
pub use settings::{
    DatesMode, DeletePolicy, DragPolicy, ImportPrivate, Presence, RecurringNoteEdit, Settings,
    SyncPolicy, WriteMeetings,
};
pub use span::{InvalidSpan, Moment, Planned, Span, instant_of};
pub use subscription::{
    CalendarRef, InactiveReason, LeftOut, Obstacle, PauseReason, Sealed, Subscription,
    SubscriptionState,
};

/// A point in time, UTC.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
