//! What a client writes: bytes, versions and conditions (RFC 4791 §5.3, RFC 9110 §13).

use crate::harness::{Answer, Bridge, Dav, demo, with_line};

const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";

/// A note as a client writes it, with what ADVANTA does not know.
const NOTE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//test//EN\r\nBEGIN:VEVENT\r\n\
    UID:note@example.com\r\nDTSTAMP:20260301T080000Z\r\nDTSTART:20260302T090000Z\r\nDTEND:20260302T100000Z\r\n\
    SUMMARY:Сдать отчёт\\, копию в архив\r\nX-EXAMPLE;X-P=\"a,b\":1\r\n 2\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\n\
    DESCRIPTION:!\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn path(name: &str) -> String {
    format!("{}{name}", demo::collection("anna"))
}

/// The name of the condition that an error body names first (RFC 4918 §16).
fn condition(answer: &Answer) -> String {
    let error = crate::harness::Element::parse(&answer.body);
    assert_eq!(error.name, "{DAV:}error", "{answer:?}");
    error.children[0].name.clone()
}

fn put_over(dav: &Dav, path: &str, header: (&str, &str), ics: &str) -> u16 {
    let headers = [("Content-Type", "text/calendar"), header];
    dav.send("PUT", path, &headers, ics).status
}

#[test]
fn a_note_is_served_byte_for_byte_as_it_was_written() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let created = anna.put(&path("my note.ics").replace(' ', "%20"), NOTE);
    assert_eq!(created.status, 201, "{created:?}");
    let served = anna.get(&path("my%20note.ics"));
    assert_eq!(served.body, NOTE);
    assert_eq!(served.etag(), created.etag());
    assert_eq!(
        served.header("content-type"),
        Some("text/calendar; charset=utf-8")
    );
    let etag = created.etag().expect("an ETag");
    assert!(
        etag.starts_with('"') && etag.ends_with('"'),
        "{etag} is strong"
    );
    assert_eq!(
        anna.list(&demo::collection("anna"))[&path("my%20note.ics")],
        etag
    );
}

#[test]
fn a_name_that_cannot_be_taken_is_refused_by_name_and_never_as_missing() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    // Slashes in UIDs are ordinary, and clients make names of UIDs.
    let slashed = path("case%2F1.ics");
    assert_eq!(anna.put(&slashed, NOTE).status, 201);
    assert_eq!(anna.get(&slashed).body, NOTE);
    assert!(anna.list(&demo::collection("anna")).contains_key(&slashed));
    assert_eq!(anna.delete(&slashed).status, 204);

    let said = |path: &str| {
        let answer = anna.put(path, NOTE);
        (answer.status, answer.body)
    };
    let control = "a resource name holds a control character, or is not UTF-8\n";
    for name in ["a%09b.ics", "a%0Ab.ics", "a%FF.ics"] {
        assert_eq!(said(&path(name)), (403, control.to_owned()), "{name}");
    }
    let long = "a resource name is longer than 255 bytes\n";
    assert_eq!(said(&path(&"x".repeat(256))), (414, long.to_owned()));
    let nowhere = "there is no calendar at this place\n".to_owned();
    assert_eq!(said(&path("note.ics/below.ics")), (409, nowhere.clone()));
    let other = path("").replace("advanta", "other");
    assert_eq!(said(&format!("{other}x.ics")), (409, nowhere));
    assert_eq!(said(&path("")).0, 405);

    let made = |method, path: &str| {
        let answer = anna.send(method, path, &[], "");
        (
            answer.status,
            (answer.status == 403).then(|| condition(&answer)),
        )
    };
    let of = |status, name: &str| (status, Some(name.to_owned()));
    let place = of(403, &format!("{{{CALDAV}}}calendar-collection-location-ok"));
    assert_eq!(made("MKCALENDAR", &other), place);
    let there = of(403, "{DAV:}resource-must-be-null");
    assert_eq!(made("MKCALENDAR", &path("")), there);
    assert_eq!(made("MKCOL", &other), of(403, "{DAV:}need-privileges"));
    assert_eq!(made("MKCOL", &path("")), (405, None));
    // Another's places are nothing, whatever is done there.
    let foreign = path("x.ics").replace("anna", "boris");
    assert_eq!(
        (said(&foreign).0, made("MKCALENDAR", &foreign).0),
        (404, 404)
    );
}

#[test]
fn an_edit_moves_the_version_and_a_deleted_name_starts_anew() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let path = path("note.ics");
    let first = anna.put(&path, NOTE).etag().expect("an ETag");
    let edited = with_line(NOTE, "SUMMARY", "SUMMARY:Сдать");
    let answer = anna.put_if(&path, &first, &edited);
    assert_eq!(answer.status, 204, "{answer:?}");
    let second = answer.etag().expect("an ETag");
    assert_eq!(anna.delete(&path).status, 204);
    assert_eq!(anna.get(&path).status, 404);
    let third = anna.put(&path, NOTE).etag().expect("an ETag");
    assert!(first != second && second != third && first != third);
}

#[test]
fn conditions_are_kept() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let path = path("note.ics");
    let stale = anna.put(&path, NOTE).etag().expect("an ETag");
    let edited = with_line(NOTE, "SUMMARY", "SUMMARY:Сдать");
    let now = anna.put(&path, &edited).etag().expect("an ETag");
    for (header, status) in [
        (("If-Match", stale.as_str()), 412),
        (("If-None-Match", "*"), 412),
        (("If-Match", "\"no such version\""), 412),
        (("If-Match", "*"), 204),
    ] {
        assert_eq!(
            put_over(&anna, &path, header, &edited),
            status,
            "{header:?}"
        );
    }
    let delete = anna.send("DELETE", &path, &[("If-Match", &stale)], "");
    assert_eq!(delete.status, 412);
    let delete = anna.send("DELETE", &path, &[("If-Match", &now)], "");
    assert_eq!(delete.status, 204, "the same text again is no new version");
    assert_eq!(
        put_over(&anna, &path, ("If-Match", &now), NOTE),
        412,
        "it is gone"
    );
    assert_eq!(put_over(&anna, &path, ("If-None-Match", "*"), NOTE), 201);
}

#[test]
fn bad_calendar_data_is_refused_with_its_condition() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    assert_eq!(anna.put(&path("note.ics"), NOTE).status, 201);
    let other_uid = with_line(NOTE, "UID", "UID:other@example.com");
    let two = NOTE.replace(
        "END:VEVENT\r\n",
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:second@example.com\r\nDTSTAMP:20260301T080000Z\r\n\
         DTSTART:20260302T090000Z\r\nEND:VEVENT\r\n",
    );
    let with_method = NOTE.replace("VERSION:2.0", "METHOD:REQUEST\r\nVERSION:2.0");
    let todo = NOTE.replace("VEVENT", "VTODO").replace("DTEND", "DUE");
    for (name, text, expected) in [
        ("new.ics", "not a calendar", "valid-calendar-data"),
        (
            "new.ics",
            &NOTE.replace("END:VEVENT\r\n", ""),
            "valid-calendar-data",
        ),
        ("new.ics", &two, "valid-calendar-object-resource"),
        ("new.ics", &with_method, "valid-calendar-object-resource"),
        ("new.ics", &todo, "supported-calendar-component"),
        ("new.ics", NOTE, "no-uid-conflict"),
        ("note.ics", &other_uid, "no-uid-conflict"),
    ] {
        let answer = anna.put(&path(name), text);
        let said = (answer.status, condition(&answer));
        assert_eq!(said, (403, format!("{{{CALDAV}}}{expected}")), "{text}");
    }
    assert_eq!(anna.get(&path("new.ics")).status, 404);
    assert_eq!(anna.get(&path("note.ics")).body, NOTE);
}

#[test]
fn a_resource_that_is_too_large_is_refused_with_its_condition() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let filler = "X-EXAMPLE-FILLER:123456789\r\n".repeat(40_000);
    let large = NOTE.replace("BEGIN:VALARM", &format!("{filler}BEGIN:VALARM"));
    let answer = anna.put(&path("large.ics"), &large);
    assert_eq!(condition(&answer), format!("{{{CALDAV}}}max-resource-size"));
    assert!(matches!(answer.status, 403 | 413), "{answer:?}");
    assert_eq!(anna.get(&path("large.ics")).status, 404);
}

#[test]
fn an_alarm_on_a_task_is_kept_for_its_owner_alone() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let mine = demo::href("anna", demo::PILES);
    let theirs = demo::href("boris", demo::PILES);
    let boris_before = bridge.dav("boris").get(&theirs);
    let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:!\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\n";
    let with_alarm = anna.get(&mine).body.replace("END:VEVENT\r\n", alarm);
    let answer = anna.put(&mine, &with_alarm);
    assert_eq!(answer.status, 204, "{answer:?}");
    let served = anna.get(&mine);
    assert_eq!(served.body, with_alarm);
    assert_eq!(answer.etag(), served.etag());
    let boris_after = bridge.dav("boris").get(&theirs);
    assert_eq!(
        (boris_after.etag(), boris_after.body),
        (boris_before.etag(), boris_before.body)
    );
}

#[test]
fn a_series_stays_a_series_for_who_wrote_it() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let series = NOTE.replace(
        "SUMMARY",
        "RRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE:20260309T090000Z\r\nSUMMARY",
    );
    let answer = anna.put(&path("series.ics"), &series);
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(anna.get(&path("series.ics")).body, series);
}

#[test]
fn nothing_is_made_outside_a_calendar() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let before = anna.list(&demo::collection("anna"));
    for (path, header) in [
        ("/", ("If-Match", "nothing")),
        ("/dav/", ("Accept", "*/*")),
        ("/dav/calendars/u-anna/", ("Accept", "*/*")),
        ("/dav/calendars/u-anna/advanta/", ("Accept", "*/*")),
        ("/dav/calendars/u-anna/other/note.ics", ("Accept", "*/*")),
        ("/dav/calendars/u-boris/advanta/note.ics", ("Accept", "*/*")),
        ("/dav/calendars/u-anna/advanta/a/b.ics", ("Accept", "*/*")),
    ] {
        let status = put_over(&anna, path, header, NOTE);
        assert!((400..500).contains(&status), "PUT {path}: {status}");
    }
    assert_eq!(anna.list(&demo::collection("anna")), before);
}

#[test]
fn a_shared_note_changes_for_everyone_who_sees_it() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let grigory = bridge.dav("grigory");
    let collection = demo::collection("grigory");
    let token = grigory
        .sync(&collection, "")
        .sync_token
        .expect("a sync-token");
    let mine = demo::href("anna", demo::NOTE_SHARED);
    let theirs = demo::href("grigory", demo::NOTE_SHARED);
    let renamed = with_line(&anna.get(&mine).body, "SUMMARY", "SUMMARY:Пропуска и каски");
    assert_eq!(anna.put(&mine, &renamed).status, 204);
    let changed = grigory.sync(&collection, &token);
    let etag = grigory.get(&theirs).etag().expect("an ETag");
    assert_eq!(changed.listing(), [(theirs.clone(), etag)].into());
    let expected = with_line(
        &grigory.get(&theirs).body,
        "SUMMARY",
        "SUMMARY:Пропуска и каски",
    );
    assert_eq!(grigory.get(&theirs).body, expected);

    assert_eq!(grigory.delete(&theirs).status, 204);
    assert_eq!(
        anna.get(&mine).status,
        404,
        "grigory may delete it for everyone"
    );
}

#[test]
fn a_rule_that_a_library_would_stumble_over_is_refused_and_not_logged() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let rule = with_line(NOTE, "SUMMARY", "RRULE:FREQ=WEEKLY;BYDAY=€");
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n\
        TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=€\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT";
    let zoned = with_line(NOTE, "DTSTART", "DTSTART;TZID=Own:20260302T090000");
    let zoned = zoned.replacen("BEGIN:VEVENT", zone, 1);
    for text in [rule, zoned] {
        let answer = anna.put(&path("stumble.ics"), &text);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(
            condition(&answer),
            format!("{{{CALDAV}}}valid-calendar-data")
        );
    }
    let log = bridge.log();
    assert!(!log.contains("panicked") && !log.contains('€'), "{log}");
}
