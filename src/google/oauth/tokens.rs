//! Access tokens: one a person, kept until they run out.

use super::{Credentials, Grant, OAuth, TokenError};
use crate::model::Timestamp;
use crate::ports::Clock;
use oauth2::AccessToken;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Tokens kept in memory; beyond it those are forgotten that nobody is using.
const TOKENS_MAX: usize = 20_000;
/// A token that runs out within so long is not used any more.
const SPARE: Duration = Duration::from_secs(60);
/// The longest life of a token that is believed.
const LIFE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Grants of one person that are recognised, the newest among them.
const GRANTS_KNOWN_MAX: usize = 8;

/// Access tokens in memory.
pub(in crate::google) struct Tokens {
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

/// One person's token. Whoever finds none asks for one while the others wait.
type Slot = tokio::sync::Mutex<Option<Held>>;

/// An access token, and what lets us in from now on if that is newer than what was shown.
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
        let mut slot = slot.lock().await;
        let digest = grant.digest();
        let held = match &mut *slot {
            Some(held) if held.known.contains(&digest) => held,
            other => other.insert(Held::new(grant)),
        };
        let now = self.clock.now();
        let token = match held.usable(now) {
            Some(token) => token,
            None => held.fresh(oauth, who, now).await?,
        };
        let is_newer = held.known.last() != Some(&digest);
        Ok(Access {
            token,
            renewed: is_newer.then(|| held.grant.clone()),
        })
    }

    /// A token that was not accepted is not used again.
    pub(in crate::google) async fn forget(&self, key: &str, token: &AccessToken) {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        if let Some(held) = slot.as_mut() {
            held.token
                .take_if(|(kept, _)| kept.secret() == token.secret());
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

/// What one person's calls go with.
struct Held {
    /// What lets us in now.
    grant: Grant,
    /// Digests of it, last, and of those that it came from: whoever still shows one of these was overtaken, and is no other person.
    known: Vec<blake3::Hash>,
    /// A token, and when it runs out.
    token: Option<(AccessToken, Timestamp)>,
}

impl Held {
    fn new(grant: &Grant) -> Self {
        Self {
            grant: grant.clone(),
            known: vec![grant.digest()],
            token: None,
        }
    }

    fn usable(&self, now: Timestamp) -> Option<AccessToken> {
        let (token, until) = self.token.as_ref()?;
        (now + SPARE < *until).then(|| token.clone())
    }

    async fn fresh(
        &mut self,
        oauth: &OAuth,
        who: &Credentials,
        now: Timestamp,
    ) -> Result<AccessToken, TokenError> {
        self.token = None;
        let fresh = oauth.fresh(who, &self.grant, now.timestamp()).await?;
        if let Some(renewed) = fresh.renewed {
            self.renew(Grant::Consented(renewed));
        }
        let until = now + fresh.life.min(LIFE_MAX);
        self.token = Some((fresh.token.clone(), until));
        Ok(fresh.token)
    }

    fn renew(&mut self, grant: Grant) {
        if self.known.len() == GRANTS_KNOWN_MAX {
            self.known.remove(0);
        }
        self.known.push(grant.digest());
        self.grant = grant;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoClock;

    impl Clock for NoClock {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    #[test]
    fn only_tokens_in_use_are_kept_when_there_are_too_many() {
        let tokens = Tokens::new(Arc::new(NoClock));
        let used = tokens.slot("used");
        for key in 1..TOKENS_MAX {
            tokens.slot(&key.to_string());
        }
        assert_eq!(tokens.slots.lock().unwrap().len(), TOKENS_MAX);
        tokens.slot("one more");
        assert_eq!(tokens.slots.lock().unwrap().len(), 2);
        assert!(Arc::ptr_eq(&used, &tokens.slot("used")));
    }

    #[test]
    fn the_oldest_of_many_grants_is_not_recognised_any_more() {
        let grant = |n: usize| Grant::Delegated(n.to_string());
        let mut held = Held::new(&grant(0));
        for n in 1..=GRANTS_KNOWN_MAX {
            held.renew(grant(n));
        }
        let expected: Vec<_> = (1..=GRANTS_KNOWN_MAX).map(|n| grant(n).digest()).collect();
        assert_eq!(held.known, expected);
    }
}
