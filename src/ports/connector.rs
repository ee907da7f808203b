//! How a person lets us into their calendar.

use crate::model::{CalendarRef, Timestamp};
use async_trait::async_trait;
use std::fmt;

/// Why somebody could not be connected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// An administrator has to set something first. The text names it.
    #[error("the integration is not set up: {0}")]
    NotSetUp(String),
    /// The remote does not accept the code or the account. The text says why: no secrets.
    #[error("the remote refused: {0}")]
    Refused(String),
    /// The person did not tick everything that is needed. These are missing.
    #[error("these permissions are missing: {}", .0.join(", "))]
    ScopeMissing(Vec<String>),
    /// The network is in the way. The text names the host.
    #[error("the network is in the way: {0}")]
    Unreachable(String),
    /// The remote is out of order.
    #[error("the remote cannot be asked now: {0}")]
    Transient(String),
}

/// Where a person is sent to agree. Printing it shows nothing of either.
#[derive(Clone, PartialEq, Eq)]
pub struct Consent {
    /// The address for their browser.
    pub address: String,
    /// The PKCE verifier (RFC 7636 §4.1) that their word is redeemed with.
    pub verifier: String,
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Consent")
    }
}

/// A calendar that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarOffer {
    /// Which.
    pub calendar: CalendarRef,
    /// Whether it is the account's main one.
    pub primary: bool,
    /// Whether we may write into it.
    pub writable: bool,
}

/// Connects people to one kind of remote calendar.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// Where to send somebody. `state` comes back with them; `redirect` is the page of ours where they come back.
    ///
    /// # Errors
    /// The integration is not set up.
    async fn consent(&self, state: &str, redirect: &str) -> Result<Consent, ConnectError>;

    /// Redeems what they came back with; the answer is the secret that lets us in.
    ///
    /// # Errors
    /// See [`ConnectError`].
    async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        redirect: &str,
    ) -> Result<Vec<u8>, ConnectError>;

    /// A secret for an account of the administrator's own domain, without asking its owner (domain-wide delegation).
    ///
    /// # Errors
    /// See [`ConnectError`].
    async fn delegate(&self, account: &str) -> Result<Vec<u8>, ConnectError>;

    /// The calendars that a secret opens, the main one first.
    ///
    /// # Errors
    /// See [`ConnectError`].
    async fn calendars(&self, secret: &[u8]) -> Result<Vec<CalendarOffer>, ConnectError>;

    /// Whether a key file can be used, as far as that is known without asking the remote.
    ///
    /// # Errors
    /// What is wrong with it, without what it holds.
    fn check_key(&self, key: &str) -> Result<(), ConnectError> {
        let _ = key;
        Err(ConnectError::NotSetUp(
            "there are no keys of this kind".to_owned(),
        ))
    }

    /// Gives back a secret that is not used after all.
    ///
    /// # Errors
    /// See [`ConnectError`].
    async fn give_back(&self, secret: &[u8]) -> Result<(), ConnectError>;
}

/// What a remote is asked to tell us on.
#[derive(Clone, Copy, Debug)]
pub struct WatchAsk<'a> {
    /// The channel's identity, which comes back with each notice.
    pub channel: &'a crate::model::ChannelId,
    /// The secret that comes back with each notice.
    pub token: &'a str,
}

/// What a remote answered to [`Remote::watch`](super::Remote::watch).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// What it calls the channel.
    pub resource: String,
    /// Until when it tells us.
    pub expires: Timestamp,
}
