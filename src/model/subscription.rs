//! One user's connection to one remote calendar.

use super::{
    Direction, Integration, Kind, RemoteCursor, RemoteKind, Status, SubscriptionId, Timestamp,
    Unread, UserId,
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::fmt;

/// A subscription (подписка). A person has one row for ever; each time they subscribe anew its epoch grows, and with it the marks
/// and identities of all events that it makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its identity, random: it stands in marks on events.
    pub id: SubscriptionId,
    /// Whose it is.
    pub user: UserId,
    /// Its life: one more at each subscribe.
    pub epoch: u64,
    /// Counts its changes: whoever writes it expects the one that it read.
    pub step: u64,
    /// Which kind of remote.
    pub remote: RemoteKind,
    /// Which calendar there.
    pub calendar: CalendarRef,
    /// Whether it is worked on.
    pub state: SubscriptionState,
    /// Nothing before this day begins to be linked.
    pub start: NaiveDate,
    /// The person's zone: where the start day begins.
    pub zone: Tz,
    /// What is not exported.
    pub left_out: LeftOut,
    /// Events with marks of an earlier life are linked again instead of being imported.
    pub recognise: bool,
    /// How far their changes were seen; `None`: everything is compared next.
    pub cursor: Option<RemoteCursor>,
    /// Their whole calendar and all our objects are compared in the next round.
    pub full: bool,
    /// What lets us in there, encrypted.
    pub secret: Option<Sealed>,
    /// When the remote is looked at next.
    pub due: Timestamp,
    /// Rounds that failed in a row.
    pub failures: u32,
    /// When a round last went through.
    pub synced: Option<Timestamp>,
    /// Why the last round failed, for the person and the administrator: no secrets, no content.
    pub last_error: Option<String>,
    /// What stands in its way though it is active, and since when.
    pub obstacle: Option<(Obstacle, Timestamp)>,
    /// Events of which something cannot be read, as far as they were listed; bounded.
    pub unread: Vec<Unread>,
    /// Deletions of the last minutes, for the mass-delete guard.
    pub deletions: Vec<(Timestamp, Direction)>,
    /// Of one that ended: events and notes that it left behind. So many are doubled by a next life that does not recognise them.
    pub left_behind: u64,
    /// When this life began.
    pub since: Timestamp,
}

/// One calendar of a remote account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarRef {
    /// The remote's identity of it.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// Whose account, as its owner knows it.
    pub account: String,
}

/// What is not exported. It decides about new links only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// These kinds.
    pub kinds: BTreeSet<Kind>,
    /// These statuses.
    pub statuses: BTreeSet<Status>,
}

/// Whether a subscription is worked on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// It is.
    Active,
    /// Somebody stopped it for a while.
    Paused(PauseReason),
    /// Не активно: it cannot go on until the person connects again. Work waits.
    Inactive(InactiveReason),
    /// It is being taken apart.
    Ending,
    /// It is over; only its identity and epoch are kept, to recognise its events.
    Ended,
}

impl SubscriptionState {
    /// The word for it in data.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused(_) => "paused",
            Self::Inactive(_) => "inactive",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }

    /// Whether it still holds its person and its calendar.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Active | Self::Paused(_) | Self::Inactive(_) => true,
            Self::Ending | Self::Ended => false,
        }
    }
}

/// What stands in the way of an active subscription: it goes on by itself, but people can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// The network: no connection comes about, or something on the way answers in the remote's place.
    Network,
    /// The remote refuses: by a policy, or for a reason that is not known.
    Refusing,
    /// The remote does not show the calendar any more; it is asked once more before that is believed.
    Missing,
}

impl Obstacle {
    /// The word for it in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Refusing => "refusing",
            Self::Missing => "missing",
        }
    }
}

/// Why a subscription is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PauseReason {
    /// Its person or an administrator asked for it.
    Asked,
    /// The integration was switched off.
    IntegrationOff,
}

/// Why a subscription is not active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InactiveReason {
    /// The remote does not let us in any more: consent was taken back, or a password changed.
    Denied,
    /// The calendar is gone.
    CalendarGone,
    /// The person was deactivated.
    Deactivated,
}

impl Subscription {
    /// Google or Exchange.
    pub fn integration(&self) -> Integration {
        self.remote.integration()
    }

    /// The place that its secret is encrypted for: in the row of another subscription it opens nothing.
    pub fn secret_place(&self) -> String {
        format!("subscription/{}", self.id)
    }

    /// Has the next round, which is due now, compare everything on both sides. Failures until now are forgotten.
    pub fn compare_again(&mut self, now: Timestamp) {
        self.full = true;
        self.due = now;
        self.failures = 0;
        self.last_error = None;
        self.obstacle = None;
    }
}

/// Bytes that only the bridge's key opens. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}
