//! What lets calls in.

use crate::ports::RemoteError;
use async_trait::async_trait;
use std::fmt;

/// An access token. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct AccessToken(pub(super) String);

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken")
    }
}

/// Gives access tokens of one person.
#[async_trait]
pub(super) trait Bearer: Send + Sync + 'static {
    /// A token that should be good.
    async fn token(&self) -> Result<AccessToken, RemoteError>;
    /// Another one, because this one was not accepted.
    async fn renew(&self, refused: &AccessToken) -> Result<AccessToken, RemoteError>;
    /// The grant behind it, if Google gave a new one since it was opened.
    fn renewed_secret(&self) -> Option<Vec<u8>>;
    /// Gives the grant back.
    async fn give_back(&self) -> Result<(), RemoteError>;
}
