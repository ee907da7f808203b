//! Reads what ADVANTA posts: first who sent it and when, then what it says.
//!
//! Signatures are those of Standard Webhooks (<https://www.standardwebhooks.com/>): HMAC-SHA256 over
//! `id.timestamp.body`. The time is checked against the time that the caller gives.

use super::flaw::{self, Flaw};
use super::map;
use super::options::Options;
use super::secret::Secret;
use super::wire::{WireHook, WireHookKind};
use crate::model::{Notice, Timestamp};
use crate::ports::{HookError, HookHead, Hooks};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use standardwebhooks::Webhook;

const PREFIX: &str = "whsec_";
/// What a signature of the kind that is checked begins with.
const VERSION: &str = "v1,";
/// The lengths of a key that Standard Webhooks allows.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// How many signatures of one hook are looked at: one for each secret that is being rotated is plenty.
const SIGNATURES_MAX: usize = 16;
/// The longest `webhook-id`.
const ID_BYTES_MAX: usize = 256;

/// Why a hook secret cannot be used. The secret is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// No secret at all: nothing could ever be believed.
    #[error("there is no hook secret")]
    None,
    /// Not `whsec_` and base64.
    #[error("a hook secret is not whsec_ and base64")]
    Form,
    /// A short key can be guessed.
    #[error("a hook secret is not of {} to {} bytes", KEY_BYTES.start(), KEY_BYTES.end())]
    Length,
}

/// Believes hooks that are signed by one of several secrets, so that secrets can be changed one after the other.
pub struct HookReader {
    keys: Vec<Webhook>,
    options: Options,
}

impl HookReader {
    /// Takes secrets in the form `whsec_…`.
    ///
    /// # Errors
    /// See [`InvalidSecret`].
    pub fn new(secrets: &[Secret], options: Options) -> Result<Self, InvalidSecret> {
        if secrets.is_empty() {
            return Err(InvalidSecret::None);
        }
        let keys = secrets.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Self { keys, options })
    }

    /// What can be said of a hook without its body: id, time and signatures.
    fn heading<'h>(
        &self,
        head: HookHead<'h>,
        now: Timestamp,
    ) -> Result<(&'h str, i64, &'h str), &'static str> {
        let id = head.id.ok_or("webhook-id is missing")?;
        let sent = head.timestamp.ok_or("webhook-timestamp is missing")?;
        let signatures = head.signature.ok_or("webhook-signature is missing")?;
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            return Err("webhook-id is empty or too long");
        }
        let sent = seconds(sent).ok_or("webhook-timestamp is not a number of seconds")?;
        let distance = now.timestamp().abs_diff(sent);
        if distance > self.options.hook_tolerance.as_secs() {
            return Err("webhook-timestamp is too far from the present time");
        }
        // Whoever signs nothing need not send anything.
        let mut signed = signatures.split(' ').take(SIGNATURES_MAX);
        match signed.any(|one| one.starts_with(VERSION)) {
            true => Ok((id, sent, signatures)),
            false => Err("webhook-signature is wrong"),
        }
    }

    fn prove(&self, head: HookHead<'_>, body: &[u8], now: Timestamp) -> Result<(), &'static str> {
        let (id, sent, signatures) = self.heading(head, now)?;
        let signed = |key: &Webhook| {
            let expected = key.sign(id, sent, body).ok();
            expected.is_some_and(|expected| any_is(signatures, &expected))
        };
        match self.keys.iter().any(signed) {
            true => Ok(()),
            false => Err("webhook-signature is wrong"),
        }
    }

    fn notices(&self, body: &[u8]) -> Result<Vec<Notice>, Flaw> {
        let kind: WireHookKind = flaw::read(body)?;
        match kind.kind.as_str() {
            "calendar.changed" => {
                let wire: WireHook = flaw::read(body)?;
                map::notices(wire.data, self.options.hook_items_max, &self.options.bounds)
                    .map_err(|flaw| flaw.within("data"))
            }
            "ping" => Ok(Vec::new()),
            _ => Err(Flaw::new("type", "expected calendar.changed or ping")),
        }
    }
}

impl Hooks for HookReader {
    fn check(&self, head: HookHead<'_>, now: Timestamp) -> Result<(), HookError> {
        let heading = self.heading(head, now);
        heading.map(|_| ()).map_err(HookError::Unsigned)
    }

    fn read(
        &self,
        head: HookHead<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Notice>, HookError> {
        self.prove(head, body, now).map_err(HookError::Unsigned)?;
        self.notices(body).map_err(malformed)
    }
}

fn malformed(flaw: Flaw) -> HookError {
    let field = match flaw.field.as_str() {
        "" => "body".to_owned(),
        _ => flaw.field,
    };
    HookError::Malformed {
        field,
        why: flaw.why,
    }
}

fn key(secret: &Secret) -> Result<Webhook, InvalidSecret> {
    let text = secret
        .reveal()
        .strip_prefix(PREFIX)
        .ok_or(InvalidSecret::Form)?;
    let bytes = STANDARD.decode(text).map_err(|_| InvalidSecret::Form)?;
    if !KEY_BYTES.contains(&bytes.len()) {
        return Err(InvalidSecret::Length);
    }
    Webhook::from_bytes(bytes).map_err(|_| InvalidSecret::Form)
}

/// Seconds since 1970 in one spelling only: the signature covers the number, not its spelling.
fn seconds(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Whether a list of signatures, separated by blanks, holds this one.
fn any_is(signatures: &str, expected: &str) -> bool {
    // Equality of digests takes the same time wherever the texts differ.
    let digest = blake3::hash(expected.as_bytes());
    signatures
        .split(' ')
        .take(SIGNATURES_MAX)
        .any(|signature| blake3::hash(signature.as_bytes()) == digest)
}
