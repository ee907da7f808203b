//! Time and randomness, so that tests can hold them.

use crate::model::Timestamp;
use uuid::Uuid;

/// The time of day.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Fresh identities and secrets.
pub trait Ids: Send + Sync + 'static {
    /// A new random UUID.
    fn uuid(&self) -> Uuid;
    /// 160 bits that nobody can guess.
    fn secret(&self) -> [u8; 20];
}
