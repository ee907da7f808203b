use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A vault that makes its own file, and forgets an old key at once.
fn own(path: &Path) -> KeyVault {
    kept_for(path, Duration::ZERO)
}

fn kept_for(path: &Path, old_key_kept: Duration) -> KeyVault {
    let options = VaultOptions {
        old_key_kept,
        ..VaultOptions::default()
    };
    KeyVault::new(KeySource::Own(path.to_owned()), options).unwrap()
}

fn variable(text: &str) -> Result<KeyVault, KeyFileError> {
    let source = KeySource::Variable {
        name: "SECRETS",
        text: Zeroizing::new(text.to_owned()),
    };
    KeyVault::new(source, VaultOptions::default())
}

const ONES: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const TWOS: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

#[test]
fn the_first_secret_makes_the_key_and_the_next_process_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let vault = own(&path);
    assert!(!path.exists(), "nobody had a secret yet");
    assert_eq!(vault.keys(), []);
    let sealed = vault.seal("subscription/1", b"refresh token").unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(vault.key_of(&sealed), vault.keys().first().copied());
    let next = own(&path);
    let opened = next.open("subscription/1", &sealed);
    assert_eq!(opened.as_deref(), Ok(b"refresh token".as_slice()));
    let elsewhere = next.open("subscription/2", &sealed);
    assert_eq!(elsewhere, Err(VaultError::Unreadable));
}

#[test]
fn a_key_that_somebody_put_there_meanwhile_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let (late, early) = (own(&path), own(&path));
    early.seal("a", b"x").unwrap();
    late.seal("a", b"x").unwrap();
    assert_eq!(late.keys(), early.keys());
}

#[test]
fn a_key_cannot_be_made_where_nobody_may_write() {
    let vault = own(Path::new("/proc/secrets.key"));
    assert_eq!(vault.seal("a", b"x"), Err(VaultError::NoKey));
}

#[test]
fn a_file_that_settings_name_has_to_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("elsewhere");
    let named = || KeyVault::new(KeySource::File(path.clone()), VaultOptions::default());
    let told = named().unwrap_err().to_string();
    let expected = format!(
        "cannot read the keys of secrets in {}: entity not found",
        path.display()
    );
    assert_eq!(told, expected);
    file::create(&path, &[Key::random()]).unwrap();
    assert_eq!(named().unwrap().keys().len(), 1);
}

#[test]
fn the_first_key_seals_and_all_of_them_open() {
    let old = variable(ONES).unwrap();
    let both = variable(&format!("{TWOS} {ONES}")).unwrap();
    let sealed = old.seal("a", b"x").unwrap();
    assert_eq!(both.open("a", &sealed).as_deref(), Ok(b"x".as_slice()));
    let anew = both.seal("a", b"x").unwrap();
    assert_eq!(old.open("a", &anew), Err(VaultError::Unreadable));
    assert_eq!(both.key_of(&anew), Some(both.keys()[0]));
}

#[test]
fn keys_in_a_variable_are_changed_by_the_administrator() {
    let one = variable(ONES).unwrap();
    let told = one.renew().unwrap_err();
    assert_eq!(told, KeyringError::Fixed("the variable SECRETS".to_owned()));
    let two = variable(&format!("{TWOS}\n{ONES}")).unwrap();
    assert_eq!(two.renew(), Ok(false));
    let old = two.keys()[1];
    let fates = two.drop_old(&BTreeSet::new());
    assert_eq!(fates, Ok(vec![(old, OldKey::Fixed)]));
    let told = variable("hunter2").unwrap_err().to_string();
    assert_eq!(
        told,
        "the keys of secrets in the variable SECRETS: line 1 holds something that is no key: 32 bytes in base64"
    );
}

#[test]
fn a_new_key_comes_in_front_and_the_old_one_goes_when_nothing_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let vault = own(&path);
    let sealed = vault.seal("a", b"x").unwrap();
    let old = vault.keys()[0];
    assert_eq!(vault.renew(), Ok(true));
    assert_eq!(vault.keys()[1..], [old]);
    assert_eq!(own(&path).keys(), vault.keys(), "it is in the file");
    assert_eq!(
        vault.renew(),
        Ok(false),
        "the first change is not at its end"
    );
    let needed = BTreeSet::from([old]);
    assert_eq!(vault.drop_old(&needed), Ok(vec![(old, OldKey::Needed)]));
    assert_eq!(vault.open("a", &sealed).as_deref(), Ok(b"x".as_slice()));
    let needed = BTreeSet::from([vault.keys()[0]]);
    assert_eq!(vault.drop_old(&needed), Ok(vec![(old, OldKey::Dropped)]));
    assert_eq!(vault.open("a", &sealed), Err(VaultError::Unreadable));
    assert_eq!(own(&path).keys(), vault.keys(), "it is gone from the file");
    assert_eq!(vault.drop_old(&needed), Ok(vec![]));
}

#[test]
fn a_key_that_sealed_a_moment_ago_stays_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let vault = kept_for(&path, Duration::from_secs(600));
    vault.seal("a", b"x").unwrap();
    let old = vault.keys()[0];
    vault.renew().unwrap();
    let fates = vault.drop_old(&BTreeSet::new());
    assert_eq!(fates, Ok(vec![(old, OldKey::Recent)]));
    // The process that comes next never sealed with it.
    let next = kept_for(&path, Duration::from_secs(600));
    let fates = next.drop_old(&BTreeSet::new());
    assert_eq!(fates, Ok(vec![(old, OldKey::Dropped)]));
}

#[test]
fn keys_that_an_administrator_changed_by_hand_are_taken_over_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let vault = own(&path);
    let sealed = vault.seal("a", b"x").unwrap();
    let old = vault.keys()[0];
    let new = Key::random();
    file::replace(&path, std::slice::from_ref(&new)).unwrap();
    assert_eq!(vault.renew(), Ok(false));
    assert_eq!(vault.keys(), [new.id(), old]);
    assert_eq!(vault.open("a", &sealed).as_deref(), Ok(b"x".as_slice()));
    let needed = BTreeSet::from([old]);
    assert_eq!(vault.drop_old(&needed), Ok(vec![(old, OldKey::Needed)]));
}

#[test]
fn a_file_that_went_is_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let vault = own(&path);
    vault.seal("a", b"x").unwrap();
    fs::remove_file(&path).unwrap();
    let told = vault.renew().unwrap_err().to_string();
    let expected = format!(
        "cannot read the keys of secrets in {}: entity not found",
        path.display()
    );
    assert_eq!(told, expected);
    assert!(!path.exists());
}

#[test]
fn nothing_secret_is_shown() {
    let vault = variable(ONES).unwrap();
    let sealed = vault.seal("a", b"refresh token").unwrap();
    let id = vault.keys()[0];
    assert_eq!(
        format!("{vault:?} {sealed:?}"),
        format!(
            "KeyVault {{ origin: \"the variable SECRETS\", file: None, options: {:?}, ring: RwLock {{ data: Ring {{ keys: [Key({id})], renewed: None }}, poisoned: false, .. }} }} Sealed(…)",
            VaultOptions::default()
        )
    );
    let source = KeySource::Variable {
        name: "SECRETS",
        text: Zeroizing::new(ONES.to_owned()),
    };
    assert_eq!(format!("{source:?}"), "KeySource(the variable SECRETS)");
}
