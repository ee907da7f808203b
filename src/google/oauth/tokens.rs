//! Access tokens: one a person, kept until they run out.

use super::{Credentials, Grant, OAuth, TokenError};
use crate::model::Timestamp;
use crate::ports::Clock;
use oauth2::AccessToken;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Tokens kept in memory; beyond it those are forgotten that nobody is using.
const TOKENS_MAX: usize = 20_000;
/// A token that runs out within so many seconds is not used any more.
const SPARE_SECONDS: i64 = 60;

/// Access tokens in memory.
pub(in crate::google) struct Tokens {
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

/// One person's token. Whoever finds none asks for one while the others wait.
type Slot = tokio::sync::Mutex<Option<Held>>;

struct Held {
    grant: blake3::Hash,
    token: AccessToken,
    until: Timestamp,
}

/// An access token, and what lets us in from now on if that is new.
#[derive(Debug)]
pub(in crate::google) struct Access {
    pub(in crate::google) token: AccessToken,
    pub(in crate::google) renewed: Option<Grant>,
}

impl Tokens {
    pub(in crate::google) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            slots: Mutex::default(),
        }
    }

    /// The token of `key`, made anew when it runs out or was made from another grant.
    pub(in crate::google) async fn access(
        &self,
        oauth: &OAuth,
        who: &Credentials,
        (key, grant): (&str, &Grant),
    ) -> Result<Access, TokenError> {
        let slot = self.slot(key);
        let mut held = slot.lock().await;
        let now = self.clock.now();
        let digest = grant.digest();
        let spare = chrono::Duration::seconds(SPARE_SECONDS);
        if let Some(held) = held
            .as_ref()
            .filter(|held| held.grant == digest && held.until - spare > now)
        {
            return Ok(Access {
                token: held.token.clone(),
                renewed: None,
            });
        }
        *held = None;
        let fresh = oauth.fresh(who, grant, now.timestamp()).await?;
        let renewed = fresh.renewed.map(Grant::Consented);
        let life = chrono::Duration::from_std(fresh.life).unwrap_or_default();
        *held = Some(Held {
            grant: renewed.as_ref().map_or(digest, Grant::digest),
            token: fresh.token.clone(),
            until: now + life,
        });
        Ok(Access {
            token: fresh.token,
            renewed,
        })
    }

    /// A token that was not accepted is not used again.
    pub(in crate::google) async fn forget(&self, key: &str, token: &AccessToken) {
        let slot = self.slot(key);
        let mut held = slot.lock().await;
        if held
            .as_ref()
            .is_some_and(|held| held.token.secret() == token.secret())
        {
            *held = None;
        }
    }

    fn slot(&self, key: &str) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= TOKENS_MAX && !slots.contains_key(key) {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(key.to_owned()).or_default())
    }
}
