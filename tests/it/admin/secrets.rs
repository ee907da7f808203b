//! The keys of stored secrets, as an administrator handles them at a terminal.

use super::install::{Installation, mode};
use crate::harness::secrets::sealed_by;
use advanta_bridge::app;
use advanta_bridge::config::Config;
use advanta_bridge::ports::{KeyId, Keyring as _, Write};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

const SECRET: &str = "refresh token of anna";

/// An installation on which Anna has a secret, and the name of its key.
fn with_a_secret() -> (Installation, KeyId) {
    let place = Installation::new();
    let data = place.path("data");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let key = runtime.block_on(async {
        let config = Config::default();
        let store = app::open_store(&config, &data).await.expect("a store");
        let vault = app::vault(&config, &data).expect("a vault");
        let row = sealed_by(vault.as_ref(), "anna", SECRET);
        let stored = store.commit(vec![], vec![Write::Subscription(row)]).await;
        stored.expect("it is stored");
        store.close().await.expect("it is closed");
        vault.keys()[0]
    });
    (place, key)
}

/// The key that a folder's file names first.
fn sealing(place: &Installation) -> KeyId {
    let vault = app::vault(&Config::default(), &place.path("data"));
    vault.expect("a vault").keys()[0]
}

fn status(place: &Installation) -> String {
    place.run(&["secrets", "status"]).done()
}

/// What `secrets status` says of these keys.
fn table(place: &Installation, rows: &[String]) -> String {
    let origin = place.path("data/secrets.key");
    let lead = format!(
        "Keys: {}\nKey               State  Secrets\n",
        origin.display()
    );
    lead + &rows.concat()
}

#[test]
fn a_key_is_changed_while_no_bridge_runs() {
    let (place, old) = with_a_secret();
    assert_eq!(
        status(&place),
        table(&place, &[format!("{old}  seals  1\n")])
    );
    let said = place.run(&["secrets", "rotate"]).done();
    let new = sealing(&place);
    assert_eq!(
        said,
        format!(
            "New key {new}; 1 sealed anew.\n\
             The old key {old} stays; remove it with: secrets rotate --drop-old.\n"
        )
    );
    let rows = [format!("{new}  seals  1\n"), format!("{old}  old    0\n")];
    assert_eq!(status(&place), table(&place, &rows));
    assert_eq!(
        place.run(&["secrets", "rotate", "--drop-old"]).done(),
        format!(
            "An earlier rotation is at its end; what seals is {new}; 0 sealed anew.\n\
             The old key {old} is gone.\n"
        )
    );
    assert_eq!(
        status(&place),
        table(&place, &[format!("{new}  seals  1\n")])
    );
}

#[test]
fn a_running_bridge_changes_its_key_and_keeps_the_old_one_for_a_while() {
    let (place, old) = with_a_secret();
    let serving = place.serve();
    let said = place
        .run(&["secrets", "rotate", "--drop-old", "--json"])
        .line();
    let new = sealing(&place);
    assert_eq!(
        said,
        format!(
            r#"{{"made":true,"seals":"{new}","resealed":1,"unreadable":0,"old":[{{"id":"{old}","state":"recent"}}]}}"#
        )
    );
    serving.stop();
    // The next process never sealed with it.
    let serving = place.serve();
    let data = place.data();
    let russian = [
        "secrets",
        "rotate",
        "--drop-old",
        "--lang",
        "ru",
        "--data",
        &data,
    ];
    assert_eq!(
        place.command(&russian, &[]).done(),
        format!(
            "Завершена прежняя смена ключа; шифрует {new}; зашифровано заново: 0.\n\
             Старый ключ {old} удалён.\n"
        )
    );
    serving.stop();
    assert_eq!(
        status(&place),
        table(&place, &[format!("{new}  seals  1\n")])
    );
}

#[test]
fn an_installation_without_secrets_has_no_key() {
    let place = Installation::new();
    place.run(&["user", "add", "anna", "--name", "Анна"]).line();
    let origin = place.path("data/secrets.key");
    let expected = format!(
        "Keys: {}\nThere is no key yet: the first secret makes one.\n",
        origin.display()
    );
    assert_eq!(status(&place), expected);
    assert!(!origin.exists());
}

#[test]
fn a_key_that_others_can_read_lets_nothing_begin() {
    let (place, _) = with_a_secret();
    let path = place.path("data/secrets.key");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    let said = place.run(&["secrets", "status"]);
    let expected = format!(
        "advanta-bridge: {} holds keys and has the mode 644: chmod 600\n",
        path.display()
    );
    assert_eq!((said.code, said.err), (1, expected));
}

#[test]
fn a_bridge_whose_key_was_mislaid_says_so_when_it_begins() {
    let (place, lost) = with_a_secret();
    let path = place.path("data/secrets.key");
    std::fs::rename(&path, place.path("mislaid")).expect("it is moved");
    place.serve().stop();
    let log = std::fs::read_to_string(place.path("stderr.log")).expect("a log");
    let expected = format!(
        "1 secrets cannot be opened with the keys in {}: put the right key there, or these people have to connect anew",
        path.display()
    );
    assert!(log.contains(&expected), "{log}");
    let said = place.run(&["secrets", "status", "--json"]).line();
    let expected = format!(
        r#"{{"origin":"{}","keys":[{{"id":"{lost}","state":"missing","secrets":1}}],"unreadable":1}}"#,
        path.display()
    );
    assert_eq!(said, expected);
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    paths.flat_map(below).collect()
}

fn holds(file: &Path, bytes: &[u8]) -> bool {
    let held = std::fs::read(file).expect("a file");
    held.windows(bytes.len()).any(|window| window == bytes)
}

/// How bytes look as they are, and in base64 behind any number of other bytes.
fn looks(bytes: &[u8]) -> Vec<Vec<u8>> {
    let encoded = [(0, 0), (1, 2), (2, 3)].map(|(before, mixed)| {
        let text = STANDARD.encode([&[0; 2][..before], bytes].concat());
        let whole = (before + bytes.len()) / 3 * 4;
        text.as_bytes()[mixed..whole].to_vec()
    });
    [vec![bytes.to_vec()], encoded.to_vec()].concat()
}

#[test]
fn no_secret_stands_readable_in_the_folder_and_no_key_in_a_backup() {
    let (place, _) = with_a_secret();
    let key_file = place.path("data/secrets.key");
    assert_eq!(mode(&key_file), "600");
    let text = std::fs::read_to_string(&key_file).expect("a text");
    let key = text.lines().last().expect("a key");
    let key = STANDARD.decode(key).expect("base64");
    let backup = place.path("backup");
    let file = backup.to_str().expect("UTF-8");
    assert_eq!(place.run(&["backup", "-o", file]).code, 0);
    let mut looked = files(&place.path("data"));
    looked.retain(|path| *path != key_file);
    looked.push(backup);
    // Else there would be nothing in which to look.
    let row = b"anna@example.com";
    assert!(looked.iter().any(|path| holds(path, row)));
    for bytes in [looks(SECRET.as_bytes()), looks(&key)].concat() {
        let found = looked.iter().find(|path| holds(path, &bytes));
        assert_eq!(found, None, "{}", bytes.escape_ascii());
    }
}
