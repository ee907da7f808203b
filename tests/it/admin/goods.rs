//! Calendars and whole stores, out and in again.

use super::install::{Installation, mode};
use crate::harness::{Bridge, demo};

/// Three events: one to make, one that is broken, and the first one once more.
const FILE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Test//EN\r\n\
    BEGIN:VEVENT\r\nUID:pour@example.com\r\nDTSTAMP:20261101T080000Z\r\n\
    DTSTART:20261201T060000Z\r\nDTEND:20261201T070000Z\r\nSUMMARY:Заливка\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:broken@example.com\r\nDTSTAMP:20261101T080000Z\r\n\
    DTSTART:yesterday\r\nSUMMARY:Когда?\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

fn installation() -> Installation {
    let place = Installation::new();
    place.run(&["user", "add", "anna", "--name", "Анна"]).line();
    std::fs::write(place.path("events.ics"), FILE).expect("a file");
    place
}

#[test]
fn an_import_says_what_it_took_and_names_what_it_could_not() {
    let place = installation();
    let said = |args: &[&str], lang: &str| {
        let data = place.data();
        let all = [
            &["import", "events.ics", "--user", "anna", "--data", &data],
            args,
        ]
        .concat();
        let said = place.command(&[all, vec!["--lang", lang]].concat(), &[]);
        assert_eq!((said.code, said.err.as_str()), (3, ""), "{said:#?}");
        said.out
    };
    insta::assert_snapshot!(said(&["--dry-run"], "ru"), @r"
    строка 14 (broken@example.com): DTSTART is neither a date nor a time
    Было бы сделано: создано: 1, изменено: 0, без изменений: 0, восстановлено: 0, с отказами: 0, испорчено: 1, пропущено: 0
    ");
    insta::assert_snapshot!(said(&[], "en"), @r"
    line 14 (broken@example.com): DTSTART is neither a date nor a time
    Done: created: 1, changed: 0, unchanged: 0, rebuilt: 0, refused: 0, broken: 1, skipped: 0
    ");
    insta::assert_snapshot!(said(&["--json"], "en"), @r#"
    {"kind":"started","items":2}
    {"kind":"broken","line":14,"uid":"broken@example.com","why":"DTSTART is neither a date nor a time"}
    {"kind":"done","created":0,"changed":0,"unchanged":1,"rebuilt":0,"refused":0,"broken":1,"skipped":0}
    "#);
}

#[test]
fn an_import_through_a_running_bridge_is_the_same() {
    let place = installation();
    let serving = place.serve();
    let said = place.run(&["import", "events.ics", "--user", "anna", "--json"]);
    assert_eq!(said.code, 3);
    let last = said.out.lines().last().expect("a line");
    assert_eq!(
        last,
        "{\"kind\":\"done\",\"created\":1,\"changed\":0,\"unchanged\":0,\"rebuilt\":0,\"refused\":0,\"broken\":1,\"skipped\":0}"
    );
    drop(serving);
}

#[test]
fn a_rule_that_refuses_an_imported_change_is_named_to_the_administrator() {
    let bridge = Bridge::demo(&[]);
    let data = bridge.data();
    let data = data.to_str().expect("a UTF-8 path");
    let place = Installation::new();
    let run =
        |args: &[&str]| place.command(&[args, &["--lang", "en", "--data", data]].concat(), &[]);
    run(&["export", "--user", "emily", "-o", "emily.ics"]).done();
    let exported = std::fs::read_to_string(place.path("emily.ics")).expect("the export");
    let again = run(&["import", "emily.ics", "--user", "emily"]);
    assert_eq!(again.code, 0, "{again:#?}");
    // The title of the event that she may only see.
    assert_eq!(exported.matches("SUMMARY:Утвердить бюджет").count(), 1);
    let text = exported.replace("SUMMARY:Утвердить бюджет", "SUMMARY:Mine");
    std::fs::write(place.path("emily.ics"), text).expect("a file");
    let refused = run(&["import", "emily.ics", "--user", "emily"]);
    assert_eq!(refused.code, 3);
    let named = format!(
        "({}): The change was not accepted. Title: you may not change the title.",
        uid(&bridge)
    );
    assert!(refused.out.contains(&named), "{}", refused.out);
}

/// The UID of the event that emily may only see.
fn uid(bridge: &Bridge) -> String {
    let text = bridge
        .dav("emily")
        .get(&demo::href("emily", demo::NO_RIGHTS))
        .body;
    let line = text.lines().find_map(|line| line.strip_prefix("UID:"));
    line.expect("a UID").to_owned()
}

#[test]
fn an_export_is_the_same_by_every_way_and_readable_by_its_owner_only() {
    let place = installation();
    assert_eq!(
        place.run(&["import", "events.ics", "--user", "anna"]).code,
        3
    );
    let said = place
        .run(&["export", "--user", "anna", "-o", "anna.ics"])
        .line();
    let file = std::fs::read_to_string(place.path("anna.ics")).expect("the export");
    assert_eq!(said, format!("anna.ics: {} bytes", file.len()));
    assert_eq!(mode(&place.path("anna.ics")), "600");
    assert_eq!(file.matches("BEGIN:VEVENT").count(), 1);
    assert_eq!(place.run(&["export", "--user", "anna"]).done(), file);
    let serving = place.serve();
    assert_eq!(
        place.run(&["export", "--user", "anna", "-o", "-"]).done(),
        file
    );
    let days = |from: &str, to: &str| {
        let args = ["export", "--user", "anna", "--from", from, "--to", to];
        place.run(&args).done().matches("BEGIN:VEVENT").count()
    };
    assert_eq!(days("2026-12-01", "2026-12-01"), 1);
    assert_eq!(days("2026-12-02", "2027-01-01"), 0);
    let open = place
        .run(&["export", "--user", "anna", "--from", "2026-12-01"])
        .done();
    assert_eq!(open, file);
    serving.stop();
}

#[test]
fn a_backup_of_a_running_bridge_is_restored_elsewhere_with_its_queue_held() {
    let place = installation();
    let serving = place.serve();
    assert_eq!(
        place.run(&["import", "events.ics", "--user", "anna"]).code,
        3
    );
    let exported = place.run(&["export", "--user", "anna"]).done();
    let said = place.run(&["backup", "-o", "store.backup"]).line();
    assert!(
        said.starts_with("store.backup: ") && said.ends_with(" bytes"),
        "{said}"
    );
    assert_eq!(mode(&place.path("store.backup")), "600");
    let sound = place.run(&["check", "--json"]).done();
    let last = sound.lines().last().expect("a line");
    assert!(last.ends_with(",\"findings\":0}"), "{last}");
    serving.stop();

    let restore = |data: &str| {
        place.command(
            &[
                "restore",
                "store.backup",
                "--data",
                data,
                "--lang",
                "en",
                "--json",
            ],
            &[],
        )
    };
    let restored = restore("elsewhere").line();
    assert!(restored.starts_with("{\"bytes\":"), "{restored}");
    // What is there is not overwritten.
    assert_eq!(restore("elsewhere").code, 1);
    let run = |args: &[&str]| {
        place.command(
            &[args, &["--lang", "en", "--data", "elsewhere"]].concat(),
            &[],
        )
    };
    assert_eq!(run(&["export", "--user", "anna"]).done(), exported);
    let status = run(&["status", "--json"]).line();
    assert!(status.contains("\"held\":true"), "{status}");
    assert_eq!(
        run(&["outbox", "release"]).line(),
        "The queue goes on; 0 commands."
    );
    assert_eq!(
        run(&["outbox", "release"]).line(),
        "The queue was not held."
    );
    assert_eq!(run(&["check"]).code, 0);
}

#[test]
fn a_backup_that_was_cut_is_not_restored() {
    let place = installation();
    place.run(&["backup", "-o", "store.backup"]).line();
    let whole = std::fs::read(place.path("store.backup")).expect("the backup");
    std::fs::write(place.path("store.backup"), &whole[..whole.len() - 1]).expect("a file");
    let said = place.command(
        &[
            "restore",
            "store.backup",
            "--data",
            "elsewhere",
            "--lang",
            "en",
        ],
        &[],
    );
    assert_eq!(said.code, 1);
    assert!(said.err.contains("the backup is cut"), "{}", said.err);
    assert_eq!(
        place.command(&["status", "--data", "elsewhere"], &[]).code,
        5
    );
}
