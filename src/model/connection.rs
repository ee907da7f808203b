//! A person on their way to a subscription: they were sent to the remote to agree, and come back with its word.

use super::{Digest, RemoteKind, Sealed, Timestamp, UserId};

/// What is known of a person who is connecting. One for each person; a new beginning replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Whose.
    pub user: UserId,
    /// Counts its changes: whoever writes it expects the one that they read.
    pub step: u64,
    /// Which kind of remote.
    pub remote: RemoteKind,
    /// How far they are.
    pub stage: ConnectionStage,
    /// When it is forgotten.
    pub expires: Timestamp,
}

/// How far somebody is who is connecting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionStage {
    /// They were sent to the remote.
    Sent {
        /// Digest of the `state` that they have to come back with (RFC 6749 §10.12).
        state: Digest,
        /// The PKCE verifier (RFC 7636), encrypted for [`Connection::place`].
        verifier: Sealed,
    },
    /// They agreed; a calendar is to be chosen.
    Agreed {
        /// What lets us in, encrypted for [`Connection::place`].
        secret: Sealed,
        /// Whose account it opens; `None`: that could not be asked yet.
        account: Option<String>,
    },
}

impl Connection {
    /// The place that its secrets are encrypted for.
    pub fn place(user: &UserId) -> String {
        format!("connection/{user}")
    }
}
