//! A remote calendar: Google, EWS or Graph behind one trait.
//!
//! The engine knows no kind of remote. What they can and cannot do is said by [`Capabilities`]; what they make of our fields by
//! [`Remote::project`].

use super::connector::{WatchAsk, Watched};
pub use crate::model::RemoteChanges;
use crate::model::{
    Channel, Exception, Fields, Marker, Moment, Presence, RemoteCursor, RemoteEvent, RemoteId,
    Span, Subscription, Timestamp, Unread,
};
use async_trait::async_trait;
use chrono_tz::Tz;
use std::sync::Arc;
use std::time::Duration;

/// What the caller of [`Remote`] will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteErrorKind {
    /// The event is not there (any more); of a listing: its cursor is too old or unknown.
    Gone,
    /// The expected version is not the present one: look again.
    Stale,
    /// The identity is taken: look what is there.
    Taken,
    /// Too fast: wait.
    Throttled {
        /// At least so long.
        retry_after: Duration,
    },
    /// We are not let in any more: the person has to act.
    Denied,
    /// We are let in, but refused what we ask: by a policy, or for a reason that is not known. People have to look; until then it is
    /// tried again slowly.
    Barred {
        /// At least so long.
        retry_after: Duration,
    },
    /// The calendar is not there, and the remote's own list of calendars lacks it. Counted only when it is said twice, some minutes apart.
    CalendarGone,
    /// This event may not be written by us, for good.
    NotWritable,
    /// It will never be taken as it is.
    Refused,
    /// No connection comes about, or something on the way answers in the remote's place: the network is in the way. A write may have
    /// been done.
    Unreachable,
    /// Try again later. A write may have been done.
    Transient,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("remote calendar: {detail}")]
pub struct RemoteError {
    /// The caller's branch.
    pub kind: RemoteErrorKind,
    /// For people: no secrets, no content.
    pub detail: String,
}

impl RemoteError {
    /// Whether what was asked may have been done all the same.
    pub fn is_undecided(&self) -> bool {
        matches!(
            self.kind,
            RemoteErrorKind::Transient | RemoteErrorKind::Unreachable
        )
    }
}

/// How an event gets its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdLaw {
    /// We choose it ([`Marker::event_id`]); a second create of the same answers [`RemoteErrorKind::Taken`], also for one that was deleted.
    Ours,
    /// The remote chooses it; an event of ours is found by its mark ([`Remote::find`]).
    Theirs,
}

/// What a remote can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How an event gets its identity.
    pub ids: IdLaw,
    /// Writes that one call of [`Remote::write`] takes, at least 1.
    pub batch_max: usize,
    /// Identities that one call of [`Remote::get`] takes, at least 1.
    pub get_max: usize,
    /// Whether events can be made in the calendar at all.
    pub writable: bool,
    /// Whether a single occurrence of a series can be moved.
    pub exceptions: bool,
    /// Whether [`Listed::Gone`] says that the event was deleted; otherwise it may only have left the listed window.
    pub gone_is_certain: bool,
    /// Whether it can tell us of changes.
    pub watches: bool,
    /// How long to wait between two looks at the remote when it does not tell us of changes.
    pub poll_every: Duration,
    /// The same while it does: notices get lost.
    pub poll_watched_every: Duration,
}

/// What to list.
#[derive(Clone, Copy, Debug)]
pub struct ListAsk<'a> {
    /// Since when; `None`: everything, from the window's start on at least.
    pub cursor: Option<&'a RemoteCursor>,
    /// Which page of it; `None`: the first.
    pub page: Option<&'a PageToken>,
    /// The window's start.
    pub from: Timestamp,
}

/// Where a listing goes on, opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken(pub String);

/// A page of a listing. It may be empty while more follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// What it says, in order: of two items about the same event the later one counts.
    pub items: Vec<Listed>,
    /// Events of this page of which something cannot be read, whether they are among the items or not.
    pub unread: Vec<Unread>,
    /// What comes after it.
    pub next: Next,
}

/// One item of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all of what a listing tells are events"
)]
pub enum Listed {
    /// The event as it stands.
    Event(RemoteEvent),
    /// One occurrence of a series was moved or cancelled.
    Exception {
        /// Its own identity.
        id: RemoteId,
        /// Which series.
        series: RemoteId,
        /// Which occurrence, and where it is.
        exception: Exception,
        /// The occurrence as an event of its own; `None`: it was cancelled, or shows itself only in its series. Whoever was invited to
        /// single occurrences has no series in their calendar.
        alone: Option<Box<RemoteEvent>>,
    },
    /// It is not listed any more: deleted, or see [`Capabilities::gone_is_certain`].
    Gone(RemoteId),
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another page of the same listing.
    Page(PageToken),
    /// Nothing: the listing is complete, and the next one begins here. What it does not show is asked for, never believed to be gone.
    End(RemoteCursor),
}

/// One write to a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteWrite {
    /// What to do.
    pub deed: RemoteDeed,
    /// Guests are mailed. `false` unless an administrator chose otherwise.
    pub notify: bool,
}

/// What to do at a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteDeed {
    /// Make an event, never with attendees.
    Create {
        /// Our mark; under [`IdLaw::Ours`] it is its identity too.
        marker: Marker,
        /// What it says.
        fields: Fields,
        /// The zone to show its times in.
        zone: Tz,
        /// Address of the object's card in ADVANTA.
        card: Option<String>,
        /// Whether it reminds, and whether its time counts as busy. Whatever a remote does by itself, this is what it is told: a first
        /// export must neither ring for weeks nor block a year.
        presence: Presence,
    },
    /// Change fields of an event, and nothing else of it.
    Update {
        /// Which event.
        id: RemoteId,
        /// Only if it is at this version.
        expected: Option<String>,
        /// What to change.
        changes: RemoteChanges,
        /// The zone to show new times in.
        zone: Tz,
    },
    /// Move one occurrence of a series; [`RemoteErrorKind::Gone`] when there is no such occurrence, or no series.
    Move {
        /// Which series.
        id: RemoteId,
        /// Where the series puts the occurrence.
        occurrence: Moment,
        /// Where it is to be.
        span: Span,
        /// The zone to show new times in.
        zone: Tz,
    },
    /// Delete an event, with all its occurrences.
    Delete {
        /// Which event.
        id: RemoteId,
        /// Only if it is at this version.
        expected: Option<String>,
    },
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Which event.
    pub id: RemoteId,
    /// Its iCalendar UID.
    pub uid: String,
    /// Its version after the write; empty after a deletion.
    pub version: String,
    /// The event as the remote now shows it, if it said so.
    pub event: Option<RemoteEvent>,
}

/// One remote calendar, as one person is let into it.
#[async_trait]
pub trait Remote: Send + Sync + 'static {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// What it makes of fields that we write: clipped, without seconds, and so on. Pure.
    fn project(&self, fields: &Fields) -> Fields;
    /// A page of what changed, or of everything.
    ///
    /// # Errors
    /// [`RemoteErrorKind::Gone`]: the cursor cannot be used; everything has to be listed.
    async fn list(&self, ask: ListAsk<'_>) -> Result<ListPage, RemoteError>;
    /// Events by identity, in the order asked for; `None`: not there. At most [`Capabilities::get_max`].
    async fn get(&self, ids: &[RemoteId]) -> Result<Vec<Option<RemoteEvent>>, RemoteError>;
    /// The live events that bear a mark; may be several when somebody copied one.
    async fn find(&self, marker: &Marker) -> Result<Vec<RemoteEvent>, RemoteError>;
    /// Other live events of the same meeting as one that is gone: somebody who was invited to single occurrences has several of one UID.
    /// A remote on which that cannot be says that there are none.
    async fn others(&self, gone: &RemoteId, uid: &str) -> Result<Vec<RemoteEvent>, RemoteError> {
        let (_, _) = (gone, uid);
        Ok(vec![])
    }
    /// Writes, each on its own: one answer for each, in order. At most [`Capabilities::batch_max`], never two of one event.
    async fn write(&self, writes: &[RemoteWrite]) -> Vec<Result<Written, RemoteError>>;
    /// Asks to be told of changes on a channel that is stored already. Called before the first listing, and again before a channel runs out;
    /// only if [`Capabilities::watches`].
    async fn watch(&self, ask: WatchAsk<'_>) -> Result<Watched, RemoteError>;
    /// Asks to be told no more on a channel. One that is not there any more is no error.
    async fn unwatch(&self, channel: &Channel) -> Result<(), RemoteError>;
    /// What lets us in from now on, if the remote gave us something new since it was opened.
    fn renewed_secret(&self) -> Option<Vec<u8>> {
        None
    }
    /// Gives the right to come in back.
    async fn revoke(&self) -> Result<(), RemoteError>;
}

/// Opens remote calendars.
#[async_trait]
pub trait Remotes: Send + Sync + 'static {
    /// The calendar of a subscription.
    ///
    /// # Errors
    /// [`RemoteErrorKind::Denied`]: what let us in is not there any more, or cannot be decrypted.
    async fn open(&self, subscription: &Subscription) -> Result<Arc<dyn Remote>, RemoteError>;
}

/// Encrypts what must not lie readable in the store.
pub trait Vault: Send + Sync + 'static {
    /// Encrypts a secret for one place: opened for another place it is no secret of ours.
    ///
    /// # Errors
    /// There is no key.
    fn seal(&self, place: &str, secret: &[u8]) -> Result<crate::model::Sealed, VaultError>;
    /// Decrypts what was sealed for a place.
    ///
    /// # Errors
    /// No key opens it.
    fn open(&self, place: &str, sealed: &crate::model::Sealed) -> Result<Vec<u8>, VaultError>;
}

/// Why a secret cannot be encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The installation has no key.
    #[error("there is no key for secrets")]
    NoKey,
    /// It was sealed with a key that we do not have, for another place, or it is damaged.
    #[error("a secret cannot be opened with the keys of this installation")]
    Unreadable,
}
