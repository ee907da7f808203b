//! Stored secrets get another key: while others write, and killed anywhere.

use super::super::world::World;
use super::{doors_with, request};
use crate::harness::secrets::{sealed_by, subscription, with};
use advanta_bridge::bridge::{RotateError, Rotated, Sealings};
use advanta_bridge::model::{Sealed, Subscription, SubscriptionId};
use advanta_bridge::ports::{
    Expect, KeyId, Keyring, KeyringError, OldKey, Vault, VaultError, Write,
};
use advanta_bridge::vault::{KeySource, KeyVault, VaultOptions};
use advanta_bridge::web::Caller;
use futures_util::FutureExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

const PEOPLE: [&str; 3] = ["anna", "boris", "vera"];

/// An installation whose people have secrets, and the folder of its keys.
struct Place {
    world: World,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            world: World::new(),
            folder: tempfile::tempdir().unwrap(),
        };
        let vault = place.vault();
        let rows = PEOPLE.map(|name| sealed_by(&vault, name, &secret(name)));
        place.world.commit(rows.map(Write::Subscription).to_vec());
        place
    }

    /// The vault of a process that just began.
    fn vault(&self) -> KeyVault {
        vault_at(&self.folder.path().join("secrets.key"))
    }

    fn row(&self, name: &str) -> Subscription {
        let store = self.world.bridge.store();
        let row = self
            .world
            .wait(store.subscription(&SubscriptionId::new(name)));
        row.unwrap().unwrap()
    }

    fn sealings(&self, keyring: &dyn Keyring) -> Sealings {
        self.world
            .wait(self.world.bridge.sealings(keyring))
            .unwrap()
    }

    fn rotate(&self, keyring: &dyn Keyring, drop_old: bool) -> Result<Rotated, RotateError> {
        let bridge = &self.world.bridge;
        self.world.wait(bridge.rotate_secrets(keyring, drop_old))
    }

    /// What people's secrets are, as a process that just began reads them.
    fn opened(&self) -> Vec<String> {
        let vault = self.vault();
        let open = |name| {
            let row = self.row(name);
            let sealed = row.secret.as_ref().unwrap();
            vault.open(&row.secret_place(), sealed).unwrap()
        };
        let opened = PEOPLE.map(open);
        opened
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .to_vec()
    }
}

fn vault_at(path: &Path) -> KeyVault {
    let options = VaultOptions {
        old_key_kept: Duration::ZERO,
        ..VaultOptions::default()
    };
    KeyVault::new(KeySource::Own(path.to_owned()), options).unwrap()
}

fn secret(name: &str) -> String {
    format!("refresh token of {name}")
}

fn secrets() -> Vec<String> {
    PEOPLE.map(secret).to_vec()
}

/// So many secrets lie under each of these keys, and all can be opened.
fn lie_under<const N: usize>(keys: [(KeyId, u64); N]) -> Sealings {
    Sealings {
        by_key: BTreeMap::from(keys),
        unreadable: 0,
    }
}

#[test]
fn every_secret_is_sealed_anew_and_the_old_key_goes_when_that_is_asked_for() {
    let place = Place::new();
    let vault = place.vault();
    let old = vault.keys()[0];
    assert_eq!(place.sealings(&vault), lie_under([(old, 3)]));
    let mut expected = Rotated {
        made: true,
        resealed: 3,
        unreadable: 0,
        old: vec![(old, OldKey::Unasked)],
    };
    assert_eq!(place.rotate(&vault, false).unwrap(), expected);
    let new = vault.keys()[0];
    assert_eq!(place.sealings(&vault), lie_under([(new, 3)]));
    assert_eq!(place.row("anna").step, 2);
    expected.made = false;
    expected.resealed = 0;
    assert_eq!(place.rotate(&vault, false).unwrap(), expected);
    expected.old = vec![(old, OldKey::Dropped)];
    assert_eq!(place.rotate(&vault, true).unwrap(), expected);
    assert_eq!(place.vault().keys(), [new]);
    assert_eq!(place.opened(), secrets());
}

#[test]
fn what_cannot_be_opened_stays_and_keeps_its_key() {
    let place = Place::new();
    let vault = place.vault();
    let old = vault.keys()[0];
    // Vera's secret in the row of Gleb.
    let moved = with(subscription("gleb"), place.row("vera").secret.unwrap());
    // And something that no vault sealed.
    let strange = with(subscription("dina"), Sealed(vec![2, 1]));
    place.world.commit(vec![
        Write::Subscription(moved),
        Write::Subscription(strange),
        Write::Subscription(subscription("egor")),
    ]);
    let expected = Rotated {
        made: true,
        resealed: 3,
        unreadable: 2,
        old: vec![(old, OldKey::Needed)],
    };
    assert_eq!(place.rotate(&vault, true).unwrap(), expected);
    let new = vault.keys()[0];
    let expected = Sealings {
        by_key: BTreeMap::from([(old, 1), (new, 3)]),
        unreadable: 2,
    };
    assert_eq!(place.sealings(&vault), expected);
    assert_eq!(place.row("gleb").step, 1);
    assert_eq!(place.opened(), secrets());
}

/// A keyring beside which something happens before and after each of its acts.
struct Watched {
    vault: KeyVault,
    /// Whether the process lives on.
    point: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Watched {
    fn act<T, E: Clone>(&self, killed: E, act: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let lives = || (self.point)().then_some(()).ok_or(killed.clone());
        lives()?;
        let done = act()?;
        lives()?;
        Ok(done)
    }
}

fn killed() -> KeyringError {
    KeyringError::Failed("killed".to_owned())
}

impl Vault for Watched {
    fn seal(&self, place: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        self.act(VaultError::NoKey, || self.vault.seal(place, secret))
    }

    fn open(&self, place: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        self.vault.open(place, sealed)
    }
}

impl Keyring for Watched {
    fn origin(&self) -> String {
        self.vault.origin()
    }

    fn keys(&self) -> Vec<KeyId> {
        self.vault.keys()
    }

    fn key_of(&self, sealed: &Sealed) -> Option<KeyId> {
        self.vault.key_of(sealed)
    }

    fn renew(&self) -> Result<bool, KeyringError> {
        self.act(killed(), || self.vault.renew())
    }

    fn drop_old(&self, needed: &BTreeSet<KeyId>) -> Result<Vec<(KeyId, OldKey)>, KeyringError> {
        self.act(killed(), || self.vault.drop_old(needed))
    }
}

/// True so many times.
fn times(times: u32) -> impl Fn() -> bool + Send + Sync {
    let left = AtomicU32::new(times);
    move || {
        let fewer = |left: u32| left.checked_sub(1);
        let counted = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
        counted.is_ok()
    }
}

#[test]
fn a_rotation_that_is_killed_anywhere_loses_nothing_and_goes_on() {
    let mut points = 0;
    loop {
        let place = Place::new();
        let mortal = Watched {
            vault: place.vault(),
            point: Box::new(times(points)),
        };
        let lived = place.rotate(&mortal, true).is_ok();
        assert_eq!(place.opened(), secrets(), "after {points} points");
        let next = place.vault();
        place.rotate(&next, true).unwrap();
        assert_eq!(place.opened(), secrets(), "after {points} points and again");
        let keys = place.vault().keys();
        assert_eq!(keys.len(), 1, "after {points} points");
        assert_eq!(place.sealings(&next), lie_under([(keys[0], 3)]));
        if lived {
            break;
        }
        points += 1;
    }
    // Making the key, three secrets, dropping the key: before and after each.
    assert_eq!(points, 10);
}

/// A keyring beside which somebody else writes Boris's row so many times.
fn beside(place: &Place, writes: u32) -> Watched {
    let (bridge, again) = (Arc::clone(&place.world.bridge), times(writes));
    let point = move || {
        if !again() {
            return true;
        }
        let id = SubscriptionId::new("boris");
        let boris = bridge.store().subscription(&id);
        let boris = boris.now_or_never().unwrap().unwrap().unwrap();
        let expects = vec![Expect::Subscription(boris.id.clone(), Some(boris.step))];
        let written = Write::Subscription(Subscription {
            step: boris.step + 1,
            failures: boris.failures + 1,
            ..boris
        });
        let committed = bridge.store().commit(expects, vec![written]);
        committed.now_or_never().unwrap().unwrap();
        true
    };
    Watched {
        vault: place.vault(),
        point: Box::new(point),
    }
}

#[test]
fn what_others_write_meanwhile_stands() {
    let place = Place::new();
    let keyring = beside(&place, 6);
    let done = place.rotate(&keyring, true).unwrap();
    assert_eq!(done.resealed, 3);
    assert_eq!(place.row("boris").failures, 6);
    assert_eq!(place.opened(), secrets());
    let new = keyring.keys()[0];
    assert_eq!(place.sealings(&keyring), lie_under([(new, 3)]));
}

#[test]
fn a_row_that_is_written_all_the_time_ends_the_rotation_with_nothing_lost() {
    let place = Place::new();
    let keyring = beside(&place, u32::MAX);
    let busy = place.rotate(&keyring, true);
    assert!(matches!(busy, Err(RotateError::Busy)), "{busy:?}");
    assert_eq!(place.opened(), secrets());
    assert_eq!(place.vault().keys().len(), 2);
}

/// What an administrator is answered.
fn told(
    place: &Place,
    keyring: Option<Arc<dyn Keyring>>,
    method: &str,
    path: &str,
) -> (u16, String) {
    let web = doors_with(&place.world, |settings| settings.keyring = keyring);
    let headers = [("accept-language", "en")];
    let request = request(method, &format!("/admin/v1/{path}"), &headers, "");
    let answer = place.world.ask(&web, request, Caller::Local);
    (answer.status, answer.body)
}

#[test]
fn an_administrator_sees_the_keys_and_changes_them() {
    let place = Place::new();
    let vault: Arc<dyn Keyring> = Arc::new(place.vault());
    let old = vault.keys()[0];
    let origin = vault.origin();
    let ask = |method, path| told(&place, Some(Arc::clone(&vault)), method, path);
    let status = format!(
        r#"{{"origin":"{origin}","keys":[{{"id":"{old}","state":"seals","secrets":3}}],"unreadable":0}}"#
    );
    assert_eq!(ask("GET", "secrets"), (200, status));
    let rotated = ask("POST", "secrets/rotate");
    let new = vault.keys()[0];
    let expected = format!(
        r#"{{"made":true,"seals":"{new}","resealed":3,"unreadable":0,"old":[{{"id":"{old}","state":"unasked"}}]}}"#
    );
    assert_eq!(rotated, (200, expected));
    let dropped = ask("POST", "secrets/rotate?drop_old=true");
    let expected = format!(
        r#"{{"made":false,"seals":"{new}","resealed":0,"unreadable":0,"old":[{{"id":"{old}","state":"dropped"}}]}}"#
    );
    assert_eq!(dropped, (200, expected));
}

#[test]
fn keys_that_are_not_there_are_shown_as_missing() {
    let place = Place::new();
    let lost = place.vault().keys()[0];
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("secrets.key");
    let vault: Arc<dyn Keyring> = Arc::new(vault_at(&path));
    let status = format!(
        r#"{{"origin":"{}","keys":[{{"id":"{lost}","state":"missing","secrets":3}}],"unreadable":3}}"#,
        path.display()
    );
    assert_eq!(told(&place, Some(vault), "GET", "secrets"), (200, status));
}

#[test]
fn keys_in_a_variable_are_the_administrators_to_change() {
    let place = Place::new();
    let text = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=".to_owned();
    let source = KeySource::Variable {
        name: "SECRETS",
        text: text.into(),
    };
    let vault: Arc<dyn Keyring> = Arc::new(KeyVault::new(source, VaultOptions::default()).unwrap());
    let expected = r#"{"type":"urn:advanta-bridge:problem:conflict","title":"Not possible now","status":409,"detail":"the keys stand in the variable SECRETS, which only you can change: put a new key in front of the old one there, start the bridge anew, and rotate again"}"#;
    let refused = told(&place, Some(vault), "POST", "secrets/rotate");
    assert_eq!(refused, (409, expected.to_owned()));
    assert_eq!(told(&place, None, "GET", "secrets").0, 404);
}
