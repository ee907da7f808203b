//! Stored secrets: under which keys they lie, and sealing them anew.
//!
//! A new key is durable before anything is sealed with it, each secret changes its key in a commit of its own, and an old key goes
//! only when no stored secret names it. So a rotation can be killed anywhere: the next one goes on.

use super::Bridge;
use crate::model::{
    Connection, ConnectionStage, GoogleSettings, Sealed, Subscription, SubscriptionId,
};
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

impl Sealings {
    fn count(&mut self, keyring: &dyn Keyring, place: &str, secret: Option<&Sealed>) {
        let Some(secret) = secret else {
            return;
        };
        if let Some(key) = keyring.key_of(secret) {
            *self.by_key.entry(key).or_default() += 1;
        }
        let opened = keyring.open(place, secret);
        self.unreadable += u64::from(opened.map(Zeroizing::new).is_err());
    }
}

/// The secret of somebody who is connecting.
fn secret_of(row: &mut Connection) -> &mut Sealed {
    match &mut row.stage {
        ConnectionStage::Sent { verifier, .. } => verifier,
        ConnectionStage::Agreed { secret, .. } => secret,
    }
}

/// The secrets of an integration, with their places.
fn secrets_of(settings: &mut GoogleSettings) -> [(&'static str, &mut Option<Sealed>); 2] {
    [
        (
            GoogleSettings::CLIENT_SECRET_PLACE,
            &mut settings.client_secret,
        ),
        (
            GoogleSettings::SERVICE_ACCOUNT_PLACE,
            &mut settings.service_account,
        ),
    ]
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

impl Walk {
    fn count(&mut self, step: &Step) {
        match step {
            Step::Stays => {}
            Step::Resealed => self.resealed += 1,
            Step::Unreadable => self.unreadable += 1,
            Step::Missed => self.missed += 1,
        }
    }
}

/// Seals a secret with the first key, if it lies under another one.
fn anew(keyring: &dyn Keyring, place: &str, secret: &mut Sealed) -> Result<Step, RotateError> {
    let Ok(opened) = keyring.open(place, secret).map(Zeroizing::new) else {
        return Ok(Step::Unreadable);
    };
    if keyring.key_of(secret).as_ref() == keyring.keys().first() {
        return Ok(Step::Stays);
    }
    *secret = keyring.seal(place, &opened)?;
    Ok(Step::Resealed)
}

/// What became of one secret.
enum Step {
    /// There is nothing to do.
    Stays,
    Resealed,
    Unreadable,
    /// Somebody else wrote its row.
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
            for row in page {
                found.count(keyring, &row.secret_place(), row.secret.as_ref());
            }
        }
        for mut row in self.store.connections().await? {
            let place = Connection::place(&row.user);
            found.count(keyring, &place, Some(secret_of(&mut row)));
        }
        if let Some(mut settings) = self.store.google_settings().await? {
            for (place, secret) in secrets_of(&mut settings) {
                found.count(keyring, place, secret.as_ref());
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
                walk.count(&self.reseal_one(keyring, subscription).await?);
            }
        }
        for connection in self.store.connections().await? {
            walk.count(&self.reseal_connection(keyring, connection).await?);
        }
        self.reseal_settings(keyring, &mut walk).await?;
        Ok(walk)
    }

    async fn reseal_one(
        &self,
        keyring: &dyn Keyring,
        mut row: Subscription,
    ) -> Result<Step, RotateError> {
        let place = row.secret_place();
        let Some(secret) = &mut row.secret else {
            return Ok(Step::Stays);
        };
        match anew(keyring, &place, secret)? {
            Step::Resealed => {}
            other => return Ok(other),
        }
        let expect = Expect::Subscription(row.id.clone(), Some(row.step));
        row.step += 1;
        self.kept(expect, Write::Subscription(row)).await
    }

    async fn reseal_connection(
        &self,
        keyring: &dyn Keyring,
        mut row: Connection,
    ) -> Result<Step, RotateError> {
        let place = Connection::place(&row.user);
        match anew(keyring, &place, secret_of(&mut row))? {
            Step::Resealed => {}
            other => return Ok(other),
        }
        let expect = Expect::Connection(row.user.clone(), Some(row.step));
        row.step += 1;
        self.kept(expect, Write::Connection(row)).await
    }

    async fn reseal_settings(
        &self,
        keyring: &dyn Keyring,
        walk: &mut Walk,
    ) -> Result<(), RotateError> {
        let Some(mut settings) = self.store.google_settings().await? else {
            return Ok(());
        };
        let mut changed = 0;
        for (place, secret) in secrets_of(&mut settings) {
            let Some(secret) = secret else { continue };
            match anew(keyring, place, secret)? {
                Step::Resealed => changed += 1,
                other => walk.count(&other),
            }
        }
        if changed == 0 {
            return Ok(());
        }
        let expect = Expect::GoogleSettings(Some(settings.step));
        settings.step += 1;
        match self.kept(expect, Write::GoogleSettings(settings)).await? {
            Step::Resealed => walk.resealed += changed,
            other => walk.count(&other),
        }
        Ok(())
    }

    async fn kept(&self, expect: Expect, write: Write) -> Result<Step, RotateError> {
        match self.store.commit(vec![expect], vec![write]).await {
            Ok(_) => Ok(Step::Resealed),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(_) => Ok(Step::Missed),
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
