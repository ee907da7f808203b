//! A subscription's life: it begins, rests, comes back and ends.
//!
//! Start at [`Bridge::subscribe`]. What happens while it lives is in [`sync`](super::sync). Every step is one conditional write of the
//! subscription's row; work on its links goes on page by page and can be broken off anywhere.

mod answers;
mod begin;
mod counts;
mod end;
mod farewell;
mod integration;
mod pause;
mod remove;
mod rows;

pub use begin::SubscribeOrder;
pub use counts::LinkCounts;
pub use end::{UnsubscribeAsk, Unsubscribed};
pub(super) use farewell::{Farewells, others_use};
pub use pause::may_try;

use crate::model::{Integration, SubscriptionId, SubscriptionState, UserId};
use crate::ports::{CommitError, RemoteError, StoreError, VaultError};

/// Why a step of a subscription's life was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// There is no such person.
    #[error("there is no person {0}")]
    NoSuchUser(UserId),
    /// The person is deactivated.
    #[error("the person is deactivated")]
    Deactivated,
    /// The person has a subscription already.
    #[error("the person is subscribed already: {0}")]
    AlreadySubscribed(SubscriptionId),
    /// The calendar belongs to another subscription. Of whom is not said.
    #[error("the calendar belongs to another subscription")]
    CalendarTaken,
    /// So many people are subscribed to the other integration: an installation has one of them.
    #[error("people who are subscribed to {held}: {count}; an installation has Google or Exchange, never both", held = .0.word(), count = .1)]
    OtherIntegration(Integration, u64),
    /// There is no such subscription, or nothing in it to be answered or tried again.
    #[error("there is no such subscription, or nothing of that kind in it")]
    NotThere,
    /// The subscription is in a state in which this is not done.
    #[error("the subscription is {}", .0.word())]
    WrongState(SubscriptionState),
    /// The secret cannot be encrypted.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The remote calendar.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// Others kept writing the same, or a round goes on for too long.
    #[error("somebody else writes the same subscription; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for SubscriptionError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::SubscriptionTaken(id) => Self::AlreadySubscribed(id),
            CommitError::CalendarTaken(_) => Self::CalendarTaken,
            CommitError::Store(error) => Self::Store(error),
            CommitError::Expectation(_)
            | CommitError::UidTaken { .. }
            | CommitError::LinkTaken(_)
            | CommitError::QuotaExceeded
            | CommitError::LoginTaken(_) => Self::Busy,
        }
    }
}
