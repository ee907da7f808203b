//! The keys of stored secrets.

use super::Answer;
use super::ask::{Ask, json};
use super::problem::Problem;
use super::wire::{KeyBody, OldKeyBody, RotatedBody, SecretsBody};
use crate::bridge::Sealings;
use crate::ports::{KeyId, Keyring, OldKey};

impl Ask<'_> {
    pub(super) async fn secrets(&self) -> Answer {
        self.only(&[])?;
        let keyring = self.keyring()?;
        let found = self.bridge.sealings(keyring).await?;
        json(&SecretsBody {
            origin: keyring.origin(),
            keys: key_bodies(&keyring.keys(), &found),
            unreadable: found.unreadable,
        })
    }

    pub(super) async fn rotate_secrets(&self) -> Answer {
        self.only(&["drop_old"])?;
        let drop_old = self.flag("drop_old")?;
        let keyring = self.keyring()?;
        let done = self.bridge.rotate_secrets(keyring, drop_old).await?;
        let seals = keyring.keys().first().map(KeyId::to_string);
        let seals = seals.unwrap_or_default();
        tracing::info!(
            "an administrator rotated the keys of secrets: {} sealed anew, key {seals} seals",
            done.resealed
        );
        let old = done.old.iter();
        json(&RotatedBody {
            made: done.made,
            seals,
            resealed: done.resealed,
            unreadable: done.unreadable,
            old: old.map(|(id, state)| old_key_body(*id, *state)).collect(),
        })
    }

    fn keyring(&self) -> Result<&dyn Keyring, Problem> {
        let keyring = self.web.settings.keyring.as_deref();
        keyring.ok_or_else(|| Problem::missing("this bridge keeps no secrets"))
    }
}

/// Our keys, then those that secrets name and we do not have.
fn key_bodies(keys: &[KeyId], found: &Sealings) -> Vec<KeyBody> {
    let body = |id: KeyId, state: &str| KeyBody {
        id: id.to_string(),
        state: state.to_owned(),
        secrets: found.by_key.get(&id).copied().unwrap_or(0),
    };
    let states = std::iter::once("seals").chain(std::iter::repeat("old"));
    let ours = keys.iter().zip(states).map(|(id, state)| body(*id, state));
    let missing = found.by_key.keys().filter(|id| !keys.contains(id));
    ours.chain(missing.map(|id| body(*id, "missing"))).collect()
}

fn old_key_body(id: KeyId, state: OldKey) -> OldKeyBody {
    let state = match state {
        OldKey::Dropped => "dropped",
        OldKey::Unasked => "unasked",
        OldKey::Needed => "needed",
        OldKey::Recent => "recent",
        OldKey::Fixed => "fixed",
    };
    OldKeyBody {
        id: id.to_string(),
        state: state.to_owned(),
    }
}
