//! Reading ADVANTA's hooks: whether they are from ADVANTA, and what they say.

use crate::model::{Notice, Timestamp};

/// The headers of a hook (Standard Webhooks).
#[derive(Clone, Copy, Debug, Default)]
pub struct HookHead<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`, one or more of `v1,BASE64` with spaces between.
    pub signature: Option<&'a str>,
}

/// Why a hook is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// It is not from ADVANTA, or not from now.
    #[error("not signed: {0}")]
    Unsigned(&'static str),
    /// It does not say what a hook may say.
    #[error("{field}: {why}")]
    Malformed {
        /// Where: `data.objects[3].plannedStart`.
        field: String,
        /// What is wrong there.
        why: String,
    },
}

/// Tells hooks of ADVANTA from others, and reads them.
pub trait Hooks: Send + Sync + 'static {
    /// Whether a hook with this head can be from ADVANTA and from now, as far as that can be said without its body.
    ///
    /// # Errors
    /// It cannot.
    fn check(&self, head: HookHead<'_>, now: Timestamp) -> Result<(), HookError>;

    /// What a hook says.
    ///
    /// # Errors
    /// See [`HookError`].
    fn read(
        &self,
        head: HookHead<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Notice>, HookError>;
}
