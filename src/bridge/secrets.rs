//! Secrets of subscriptions: under which keys they lie, and sealing them anew.
//!
//! A new key is durable before anything is sealed with it, each secret changes its key in a commit of its own, and an old key goes
//! only when no stored secret names it. So a rotation can be killed anywhere: the next one goes on.

use super::Bridge;
use crate::model::{Subscription, SubscriptionId};
use crate::ports::{
    CommitError, Expect, KeyId, Keyring, KeyringError, OldKey, StoreError, VaultError, Write,
};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// Subscriptions that are read at once.
const PAGE: usize = 256;

/// Times that all secrets are walked through because somebody else wrote one of them meanwhile.
const WALKS_MAX: usize = 10;

/// Under which keys the stored secrets lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealings {
    /// How many secrets name each key, also keys that we do not have.
    pub by_key: BTreeMap<KeyId, u64>,
    /// How many of all cannot be opened.
    pub unreadable: u64,
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Whether a new key was made; otherwise an earlier rotation was brought to its end.
    pub made: bool,
    /// Secrets that were sealed anew.
    pub resealed: u64,
    /// Secrets that cannot be opened, and were left as they are.
    pub unreadable: u64,
    /// What became of the keys that do not seal any more.
    pub old: Vec<(KeyId, OldKey)>,
}

/// Why a rotation did not come to its end. It can be repeated.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The keys cannot be changed.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// A secret could not be sealed anew.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Others kept writing the same subscriptions.
    #[error("subscriptions are written all the time; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What one walk through all secrets did.
#[derive(Default)]
struct Walk {
    resealed: u64,
    unreadable: u64,
    missed: u64,
}

/// What became of one secret.
enum Step {
    /// There is nothing to do.
    Stays,
    Resealed,
    Unreadable,
    /// Somebody else wrote the subscription.
    Missed,
}

impl Bridge {
    /// Under which keys the stored secrets lie.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sealings(&self, keyring: &dyn Keyring) -> Result<Sealings, StoreError> {
        let mut found = Sealings::default();
        let mut after = None;
        while let Some(page) = self.page_of_subscriptions(&mut after).await? {
            for subscription in page {
                let Some(secret) = &subscription.secret else {
                    continue;
                };
                if let Some(key) = keyring.key_of(secret) {
                    *found.by_key.entry(key).or_default() += 1;
                }
                let opened = keyring.open(&subscription.secret_place(), secret);
                found.unreadable += u64::from(opened.map(Zeroizing::new).is_err());
            }
        }
        Ok(found)
    }

    /// Puts a new key in front and seals every secret anew; while there are old keys none is made, and what they sealed is sealed
    /// anew. `drop_old` then removes what no secret needs.
    ///
    /// # Errors
    /// It stopped half-way; the next call goes on.
    pub async fn rotate_secrets(
        &self,
        keyring: &dyn Keyring,
        drop_old: bool,
    ) -> Result<Rotated, RotateError> {
        // Waits for the disk on this thread: an administrator does so a few times in a year.
        let made = keyring.renew()?;
        let walk = self.reseal(keyring).await?;
        let old = if drop_old {
            let needed: BTreeSet<KeyId> =
                self.sealings(keyring).await?.by_key.into_keys().collect();
            keyring.drop_old(&needed)?
        } else {
            let keys = keyring.keys().into_iter().skip(1);
            keys.map(|key| (key, OldKey::Unasked)).collect()
        };
        Ok(Rotated {
            made,
            resealed: walk.resealed,
            unreadable: walk.unreadable,
            old,
        })
    }

    /// Walks through all secrets until none was missed.
    async fn reseal(&self, keyring: &dyn Keyring) -> Result<Walk, RotateError> {
        let mut resealed = 0;
        for _ in 0..WALKS_MAX {
            let walk = self.reseal_walk(keyring).await?;
            resealed += walk.resealed;
            if walk.missed == 0 {
                return Ok(Walk { resealed, ..walk });
            }
        }
        Err(RotateError::Busy)
    }

    async fn reseal_walk(&self, keyring: &dyn Keyring) -> Result<Walk, RotateError> {
        let mut walk = Walk::default();
        let mut after = None;
        while let Some(page) = self.page_of_subscriptions(&mut after).await? {
            for subscription in page {
                match self.reseal_one(keyring, subscription).await? {
                    Step::Stays => {}
                    Step::Resealed => walk.resealed += 1,
                    Step::Unreadable => walk.unreadable += 1,
                    Step::Missed => walk.missed += 1,
                }
            }
        }
        Ok(walk)
    }

    async fn reseal_one(
        &self,
        keyring: &dyn Keyring,
        subscription: Subscription,
    ) -> Result<Step, RotateError> {
        let Some(secret) = &subscription.secret else {
            return Ok(Step::Stays);
        };
        let place = subscription.secret_place();
        let Ok(opened) = keyring.open(&place, secret).map(Zeroizing::new) else {
            return Ok(Step::Unreadable);
        };
        if keyring.key_of(secret).as_ref() == keyring.keys().first() {
            return Ok(Step::Stays);
        }
        let sealed = keyring.seal(&place, &opened)?;
        let expects = vec![Expect::Subscription(
            subscription.id.clone(),
            Some(subscription.step),
        )];
        let anew = Subscription {
            step: subscription.step + 1,
            secret: Some(sealed),
            ..subscription
        };
        match self
            .store()
            .commit(expects, vec![Write::Subscription(anew)])
            .await
        {
            Ok(_) => Ok(Step::Resealed),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(
                CommitError::Expectation(_)
                | CommitError::UidTaken { .. }
                | CommitError::LinkTaken(_)
                | CommitError::LoginTaken(_)
                | CommitError::SubscriptionTaken(_)
                | CommitError::CalendarTaken(_),
            ) => Ok(Step::Missed),
        }
    }

    /// The next page of all subscriptions; `None` at their end.
    async fn page_of_subscriptions(
        &self,
        after: &mut Option<SubscriptionId>,
    ) -> Result<Option<Vec<Subscription>>, StoreError> {
        let page = self.store().subscriptions(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        *after = Some(last.id.clone());
        Ok(Some(page))
    }
}
