//! What the disk and the quota say no to, and what a stopped bridge's store can be made into: end to end.

use crate::admin::install::Installation;
use crate::harness::{Answer, Bridge, demo};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Far longer than the bridge takes to go on.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file system in memory. Gone when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let place = tempfile::tempdir().expect("a temporary folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(place.path())
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then_some(Self(place))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
    }
}

fn href(n: u32) -> String {
    format!("{}disk-{n}.ics", demo::collection("anna"))
}

/// An event of about so many bytes.
fn event(n: u32, bytes: usize) -> String {
    let text: String = (0..bytes / 60)
        .map(|line| format!("\r\n {line:06}{}", "x".repeat(50)))
        .collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//test//EN\r\nBEGIN:VEVENT\r\n\
         UID:disk-{n}@example.com\r\nDTSTAMP:20260301T080000Z\r\nDTSTART:20260302T080000Z\r\nDTEND:20260302T090000Z\r\n\
         SUMMARY:disk {n}\r\nDESCRIPTION:{text}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn no_room(answer: &Answer, element: &str) {
    assert_eq!(answer.status, 507, "{answer:?}");
    assert_eq!(
        answer.body,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:error xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:CS=\"http://calendarserver.org/ns/\" xmlns:A=\"http://apple.com/ns/ical/\" xmlns:X=\"urn:advanta-bridge:ns\"><D:{element}/></D:error>"
        )
    );
}

#[test]
fn on_a_full_disk_reads_go_on_and_writes_do_when_there_is_room() {
    let Some(disk) = SmallDisk::mount("24m") else {
        eprintln!(
            "skipped: no file system can be mounted here (that needs root); the store's own tests inject the faults"
        );
        return;
    };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 6 << 20]).expect("a file");
    let settings = disk.path().join("config.toml");
    std::fs::write(
        &settings,
        "[store]\nwal_segment_bytes = 1048576\nlog_bytes_kept = 1048576\ndisk_reserve_bytes = 1048576\n",
    )
    .expect("a settings file");
    let settings = settings.to_str().expect("a UTF-8 path").to_owned();
    let data = disk.path().join("data");
    let link = |folder: &Path| {
        std::fs::create_dir(&data).expect("a folder");
        symlink(&data, folder.join("data")).expect("a link");
        Vec::new()
    };
    let mut bridge = Bridge::wrapped(link, &["--config", &settings]);
    let anna = bridge.dav("anna");
    let mut kept = Vec::new();
    // A new base may make room once more; when several in a row are refused it is full for good.
    let mut in_a_row = 0;
    for n in 0..400 {
        let answer = anna.put(&href(n), &event(n, 60_000));
        if answer.status == 201 {
            kept.push(n);
            in_a_row = 0;
            continue;
        }
        no_room(&answer, "sufficient-disk-space");
        in_a_row += 1;
        if in_a_row == 10 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(in_a_row, 10, "the disk is full");
    let shown = |bridge: &Bridge, kept: &[u32]| {
        let anna = bridge.dav("anna");
        for n in kept {
            let answer = anna.get(&href(*n));
            assert_eq!(
                (answer.status, answer.body),
                (200, event(*n, 60_000)),
                "event {n}"
            );
        }
        let listed = anna.list(&demo::collection("anna")).len();
        assert_eq!(listed, demo::ANNA_SEES + kept.len());
    };
    for n in 400..405 {
        no_room(
            &anna.put(&href(n), &event(n, 60_000)),
            "sufficient-disk-space",
        );
    }
    shown(&bridge, &kept);
    let said = |words: &str| bridge.log().matches(words).count();
    let ends = said("the disk takes commits again");
    assert_eq!(
        said("the disk is full: no commit is taken"),
        ends + 1,
        "{}",
        bridge.log()
    );
    // A bridge that starts on the full disk serves as well.
    bridge.restart();
    shown(&bridge, &kept);
    std::fs::remove_file(&ballast).expect("the ballast");
    let anna = bridge.dav("anna");
    let began = Instant::now();
    while anna.put(&href(500), &event(500, 60_000)).status != 201 {
        assert!(
            began.elapsed() < PATIENCE,
            "writing does not go on\n{}",
            bridge.log()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    kept.push(500);
    shown(&bridge, &kept);
    bridge.restart();
    shown(&bridge, &kept);
}

#[test]
fn a_person_has_a_quota_and_sees_it() {
    let bridge = Bridge::configured("[store]\nquota_bytes_max = 10000\nquota_resources_max = 3\n");
    let anna = bridge.dav("anna");
    let quota = || {
        let properties = "<D:quota-available-bytes/><D:quota-used-bytes/>";
        let answer = anna
            .propfind(&demo::collection("anna"), "0", properties)
            .multistatus();
        let number = |name: &str| answer.only().text(name).parse::<usize>().expect("a number");
        (
            number("{DAV:}quota-used-bytes"),
            number("{DAV:}quota-available-bytes"),
        )
    };
    assert_eq!(quota(), (0, 10_000));
    assert_eq!(anna.put(&href(1), &event(1, 3_000)).status, 201);
    let used = event(1, 3_000).len();
    assert_eq!(quota(), (used, 10_000 - used));
    // Not part of what is given unasked (RFC 4331 §3).
    let all = anna.send("PROPFIND", &demo::collection("anna"), &[("depth", "0")], "");
    assert!(!all.body.contains("quota"), "{}", all.body);
    no_room(&anna.put(&href(2), &event(2, 9_000)), "quota-not-exceeded");
    assert_eq!(anna.get(&href(2)).status, 404);
    no_room(&anna.put(&href(1), &event(1, 12_000)), "quota-not-exceeded");
    assert_eq!(anna.get(&href(1)).body, event(1, 3_000));
    for n in [2, 3] {
        assert_eq!(anna.put(&href(n), &event(n, 600)).status, 201);
    }
    no_room(&anna.put(&href(4), &event(4, 600)), "quota-not-exceeded");
    // Others have their own, and room comes back.
    let boris = bridge.dav("boris");
    let theirs = href(1).replace("u-anna", "u-boris");
    assert_eq!(boris.put(&theirs, &event(9, 3_000)).status, 201);
    assert_eq!(anna.delete(&href(3)).status, 204);
    assert_eq!(anna.put(&href(4), &event(4, 600)).status, 201);
}

#[test]
fn nothing_personal_is_logged_at_any_level() {
    let trace = |_: &Path| vec!["env".to_owned(), "ADVANTA_BRIDGE_LOG=trace".to_owned()];
    let mut bridge = Bridge::wrapped(trace, &[]);
    let anna = bridge.dav("anna");
    let marked = event(1, 600)
        .replace("disk 1", "Secret-Title-17")
        .replace("disk-1@", "secret-uid-18@");
    assert_eq!(anna.put(&href(1), &marked).status, 201);
    assert_eq!(anna.get(&href(1)).status, 200);
    anna.list(&demo::collection("anna"));
    assert_eq!(anna.delete(&href(1)).status, 204);
    bridge.sigterm();
    let log = bridge.log();
    // The level is really on.
    assert!(log.contains("INFO"), "{log}");
    for word in [
        "Secret-Title-17",
        "secret-uid-18",
        "argon2",
        "YW5uYTpkZW1v",
        "Basic ",
        "Монтаж",
        "xxxxxxxx",
    ] {
        assert!(!log.contains(word), "{word} in\n{log}");
    }
}

#[test]
fn a_log_level_that_is_not_understood_is_refused_by_name() {
    let said = Command::new(env!("CARGO_BIN_EXE_advanta-bridge"))
        .args(["status"])
        .env("ADVANTA_BRIDGE_LOG", "verbose")
        .output()
        .expect("the program runs");
    assert_eq!(said.status.code(), Some(2));
    let error = String::from_utf8_lossy(&said.stderr);
    assert!(
        error.starts_with("ADVANTA_BRIDGE_LOG: \"verbose\" is not understood"),
        "{error}"
    );
}

#[test]
fn a_stopped_store_is_compacted_and_one_without_its_log_is_named_and_saved() {
    let place = Installation::new();
    place.run(&["user", "add", "anna", "--name", "Anna"]).done();
    let busy = place.serve();
    let running = place.run(&["compact"]);
    assert_eq!(running.code, 1);
    assert!(
        running
            .err
            .contains("another process is using the data folder"),
        "{}",
        running.err
    );
    drop(busy);
    let told: serde_json::Value =
        serde_json::from_str(&place.run(&["compact", "--json"]).line()).expect("JSON");
    assert!(told["rows"].as_u64() > Some(3), "{told}");
    assert!(told["after"].as_u64() < told["before"].as_u64(), "{told}");
    assert!(place.run(&["user", "list"]).done().contains("anna"));
    // The log is removed beside tables that are whole.
    std::fs::remove_dir_all(place.path("data/log")).expect("the log");
    let refused = place.run(&["user", "list"]);
    assert_ne!(refused.code, 0);
    for words in ["the log is missing beside tables", "check --salvage FILE"] {
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    let saved = place.path("saved");
    let saved = saved.to_str().expect("a UTF-8 path");
    place.run(&["check", "--salvage", saved]).done();
    let data = place.path("again");
    let data = data.to_str().expect("a UTF-8 path");
    let program = |args: &[&str]| {
        let said = Command::new(env!("CARGO_BIN_EXE_advanta-bridge"))
            .args(args)
            .output();
        said.expect("the program runs")
    };
    assert!(
        program(&["restore", saved, "--data", data])
            .status
            .success()
    );
    let listed = program(&["user", "list", "--data", data]);
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("anna"),
        "{listed:?}"
    );
}
