//! Files as people import them, and files that no program should write.

use super::{Split, SplitLimits, split};
use crate::ical::{Limits, Rejected};
use crate::model::Settings;
use proptest::prelude::*;

const ZONE: &str = "BEGIN:VTIMEZONE\nTZID:Here\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
                    TZOFFSETFROM:+0300\nTZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n";

fn calendar(inside: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//test//EN\n{inside}END:VCALENDAR\n")
}

fn event(uid: &str, lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:{uid}\n{lines}END:VEVENT\n")
}

/// Items as `line uid: components`, faults as `line N: why`; and nothing of the file is forgotten.
fn outcome(file: &[u8], limits: SplitLimits) -> Vec<String> {
    let split = split(file, limits);
    assert_eq!(split.account().total(), file.len());
    let items = split.items().map(|item| {
        let events = item.text().matches("BEGIN:VEVENT").count();
        format!("{} {}: {events}", item.line, item.uid)
    });
    items
        .chain(split.broken().iter().map(ToString::to_string))
        .collect()
}

fn check(file: impl AsRef<[u8]>, expected: &[&str]) {
    assert_eq!(outcome(file.as_ref(), SplitLimits::default()), expected);
}

fn texts(split: &Split<'_>) -> Vec<String> {
    split.items().map(|item| item.text()).collect()
}

#[test]
fn an_item_is_a_calendar_of_its_own_with_the_zones_it_names() {
    let other = ZONE.replace("Here", "There");
    let first = event("a", "DTSTART;TZID=Here:20260105T090000\nSUMMARY:Сме\n та\n");
    let file = calendar(&format!(
        "X-WR-CALNAME:Mine\n{other}{first}{ZONE}{}",
        event("b", "")
    ));
    let split = split(file.as_bytes(), SplitLimits::default());
    let head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//advanta-bridge//calendar//EN\r\n";
    let end = "END:VCALENDAR\r\n";
    let wanted = [
        format!("{head}{ZONE}{first}{end}"),
        format!("{head}{}{end}", event("b", "")),
    ];
    assert_eq!(texts(&split), wanted);
}

#[test]
fn overrides_join_their_master_from_anywhere_in_the_file() {
    let moved = event("a", "RECURRENCE-ID:20260106T090000Z\n");
    let file = calendar(&format!("{moved}{}", event("b", ""))) + &calendar(&event("a", ""));
    check(&file, &["4 a: 2", "8 b: 1"]);
}

#[test]
fn a_second_master_is_named_and_the_first_stays() {
    let file = calendar(&(event("a", "") + &event("b", "") + &event("a", "SUMMARY:again\n")));
    check(
        &file,
        &[
            "4 a: 1",
            "7 b: 1",
            "line 10: an earlier VEVENT has the same UID",
        ],
    );
}

#[test]
fn what_is_no_event_is_named_and_does_not_stop_the_rest() {
    let todo = "BEGIN:VTODO\nUID:t\nBEGIN:VALARM\nEND:VALARM\nEND:VTODO\n";
    let rest = "BEGIN:VJOURNAL\nEND:VJOURNAL\nBEGIN:VFREEBUSY\nEND:VFREEBUSY\nBEGIN:VALARM\nEND:VALARM\nBEGIN:X-A\nEND:X-A\n";
    let file = calendar(&format!("{todo}{}{rest}", event("a", "")));
    check(
        &file,
        &[
            "9 a: 1",
            "line 4: VTODO is not an event",
            "line 12: VJOURNAL is not an event",
            "line 14: VFREEBUSY is not an event",
            "line 16: VALARM is not an event",
            "line 18: a component of another kind is not an event",
        ],
    );
    assert_eq!(
        split(file.as_bytes(), SplitLimits::default()).not_events(),
        5
    );
}

#[test]
fn a_broken_event_costs_no_other() {
    let whole = event("b", "");
    for (broken, fault) in [
        (
            "BEGIN:VEVENT\nSUMMARY:no uid\nEND:VEVENT\n",
            "line 4: VEVENT has no UID",
        ),
        (
            "BEGIN:VEVENT\nUID: \nEND:VEVENT\n",
            "line 4: VEVENT has no UID",
        ),
        ("BEGIN:VEVENT\nUID:a\n", "line 4: a component does not end"),
        (
            "BEGIN:VEVENT\nUID:a\nBEGIN:VALARM\nEND:VEVENT\n",
            "line 4: a component does not end",
        ),
        (
            "BEGIN:VEVENT\nUID:a\nEND:VALARM\nEND:VEVENT\n",
            "line 4: an END does not match a BEGIN",
        ),
        ("END:VEVENT\n", "line 4: an END does not match a BEGIN"),
        (
            "BEGIN:VTIMEZONE\nTZID:x\n",
            "line 4: a component does not end",
        ),
    ] {
        let file = calendar(&format!("{broken}{whole}"));
        let line = 4 + broken.lines().count();
        check(&file, &[&format!("{line} b: 1"), fault]);
    }
}

#[test]
fn a_file_that_breaks_off_says_where() {
    let file = calendar(&(event("a", "") + &event("b", "SUMMARY:x\n")));
    let cut = |at: &str| &file[..file.find(at).unwrap() + at.len()];
    check(
        cut("UID:b\nSUM"),
        &["4 a: 1", "line 7: the file ends before the component does"],
    );
    check(
        cut("UID:a\nEND:VEVENT"),
        &["4 a: 1", "line 6: the file ends before the component does"],
    );
    check("", &["line 1: the file is empty"]);
}

#[test]
fn text_outside_of_calendars_is_named_once_a_run() {
    let file = format!(
        "<html>\n<body>\n{}\n\nrest\n{}",
        calendar(&event("a", "")),
        event("b", "")
    );
    check(
        &file,
        &[
            "6 a: 1",
            "line 1: the text stands outside of a VCALENDAR",
            "line 12: the text stands outside of a VCALENDAR",
            "line 13: the text stands outside of a VCALENDAR",
        ],
    );
}

#[test]
fn a_calendar_that_is_not_ended_gives_its_events() {
    let open = "BEGIN:VCALENDAR\nVERSION:2.0\n";
    let file = format!("{open}{}{}", event("a", ""), calendar(&event("b", "")));
    check(
        &file,
        &["3 a: 1", "9 b: 1", "line 1: a component does not end"],
    );
}

#[test]
fn a_calendar_of_another_kind_gives_no_events() {
    for (line, why) in [
        ("VERSION:1.0", "the VERSION of its VCALENDAR is not 2.0"),
        (
            "calscale:HEBREW",
            "the CALSCALE of its VCALENDAR is not GREGORIAN",
        ),
        (
            "METHOD:CANCEL",
            "its VCALENDAR is an answer or a cancellation by its METHOD",
        ),
    ] {
        let file = format!("BEGIN:VCALENDAR\n{}{line}\nEND:VCALENDAR\n", event("a", ""));
        check(&file, &[&format!("line 2: {why}")]);
    }
    let file = format!(
        "BEGIN:VCALENDAR\nMETHOD:PUBLISH\n{}END:VCALENDAR\n",
        event("a", "")
    );
    check(&file, &["3 a: 1"]);
}

#[test]
fn endings_folds_and_marks_stand_anywhere() {
    let file = "\u{feff}BEGIN:VCALENDAR\r\nBE\r\n GIN:VEV\n\tENT\nuid\r\n :a\r\n b\r\nEnd:vevent\r\nEND:VCALENDAR\n\
                \u{feff}BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:c\\,d\nEND:VEVENT\nEND:VCALENDAR";
    let split = split(file.as_bytes(), SplitLimits::default());
    let uids: Vec<&str> = split.items().map(|item| item.uid).collect();
    assert_eq!((uids, split.broken()), (vec!["ab", "c,d"], &[][..]));
    assert!(
        texts(&split)[0]
            .contains("\r\nBE\r\n GIN:VEV\n\tENT\nuid\r\n :a\r\n b\r\nEnd:vevent\r\nEND")
    );
}

#[test]
fn text_in_another_encoding_costs_its_event_only() {
    let file = calendar(&(event("a", "SUMMARY:?\n") + &event("b", "")));
    let bytes: Vec<u8> = file
        .bytes()
        .map(|byte| if byte == b'?' { 0xcc } else { byte })
        .collect();
    check(bytes, &["8 b: 1", "line 4: the text is not UTF-8"]);
}

#[test]
fn a_fold_inside_a_character_moves_to_its_border_and_no_line_moves() {
    let file = calendar(&event("a", "SUMMARY:Я€!\nX-A:1\n"));
    let place = file.find('€').unwrap();
    let mut bytes = file.into_bytes();
    bytes.splice(place + 2..place + 2, *b"\r\n ");
    bytes.splice(place + 1..place + 1, *b"\n\t");
    let split = split(&bytes, SplitLimits::default());
    let text = texts(&split).remove(0);
    assert!(text.contains("\nSUMMARY:Я\n\t\r\n €!\nX-A:1\n"), "{text}");
}

#[test]
fn a_zone_of_the_same_calendar_comes_before_one_of_another() {
    let at = |uid| event(uid, "DTSTART;TZID=Here:20260105T090000\n");
    let east = ZONE.replace("+0300", "+0900");
    let file = calendar(&format!("{ZONE}{}", at("a")))
        + &calendar(&format!("{}{east}", at("b")))
        + &calendar(&at("c"));
    let split = split(file.as_bytes(), SplitLimits::default());
    let offsets: Vec<bool> = split
        .items()
        .map(|item| item.text().contains("+0900"))
        .collect();
    assert_eq!(offsets, [false, true, false]);
}

#[test]
fn one_item_with_two_definitions_of_a_zone_is_named() {
    let at = |lines| event("a", &format!("{lines}DTSTART;TZID=Here:20260105T090000\n"));
    let east = ZONE.replace("+0300", "+0900");
    let moved = at("RECURRENCE-ID:20260106T090000Z\n");
    let file = calendar(&format!("{ZONE}{}", at(""))) + &calendar(&format!("{east}{moved}"));
    check(
        &file,
        &["line 12: a time zone of the event has two definitions"],
    );
    check(file.replace("Here", "Europe/Berlin"), &["12 a: 2"]);
    check(file.replace("+0900", "+0300"), &["12 a: 2"]);
}

#[test]
fn every_bound_is_kept_and_named() {
    let small = SplitLimits {
        components_max: 3,
        zone_names_max: 1,
        line_bytes_max: 60,
        item_bytes_max: 100,
        depth_max: 3,
    };
    let check = |inside: &str, expected: &[&str]| {
        assert_eq!(outcome(calendar(inside).as_bytes(), small), expected);
    };
    let end = event("z", "");
    let long = format!("X-A:{}\n", "a".repeat(60));
    check(
        &(event("a", &long) + &end),
        &["8 z: 1", "line 4: a line is too long"],
    );
    let many = "X-A:aaaaaaaaaaaaaaaaaaaaaaa\n".repeat(3);
    check(
        &(event("a", &many) + &end),
        &["10 z: 1", "line 4: the event is too long"],
    );
    let deep = "BEGIN:A\nBEGIN:B\nBEGIN:VALARM\nEND:VALARM\nEND:B\nEND:A\n";
    check(
        &(event("a", deep) + &end),
        &["13 z: 1", "line 4: components are nested too deeply"],
    );
    check(
        "BEGIN:VALARM\nBEGIN:A\nEND:A\nEND:VALARM\n",
        &["line 4: VALARM is not an event"],
    );
    let three = event("a", "") + &event("b", "") + &end;
    check(
        &three,
        &[
            "4 a: 1",
            "7 b: 1",
            "line 10: there are too many components, and the rest was not read",
        ],
    );
}

#[test]
fn a_name_of_a_zone_past_the_bound_gets_no_definition() {
    let there = ZONE.replace("Here", "There");
    let at = |tzid| event(tzid, &format!("DTSTART;TZID={tzid}:20260105T090000\n"));
    let file = calendar(&format!("{ZONE}{there}{}{}", at("Here"), at("There")));
    let limits = SplitLimits {
        zone_names_max: 1,
        ..SplitLimits::default()
    };
    let split = split(file.as_bytes(), limits);
    let zones: Vec<usize> = split
        .items()
        .map(|item| item.text().matches("BEGIN:VTIMEZONE").count())
        .collect();
    assert_eq!(zones, [1, 0]);
    assert_eq!(split.account().total(), file.len());
}

#[test]
fn a_line_of_an_item_is_found_in_the_file() {
    let moved = event(
        "a",
        "RECURRENCE-ID:20260106T090000Z\nDTSTART:20260106T100000Z\nDTEND:soon\n",
    );
    let master = event("a", "DTSTART;TZID=Here:20260105T090000\nRRULE:FREQ=DAILY\n");
    let file = calendar(&format!("{master}{}{ZONE}{moved}", event("b", "")));
    let split = split(file.as_bytes(), SplitLimits::default());
    let item = split.items().next().unwrap();
    let text = item.text();
    let Rejected { line, what, .. } = crate::ical::read(
        text.as_bytes(),
        None,
        &Settings::default(),
        &Limits::default(),
    )
    .unwrap_err();
    assert_eq!(what, "DTEND is neither a date nor a time");
    assert_eq!(text.lines().nth(line - 1), Some("DTEND:soon"));
    assert_eq!(
        file.lines().nth(item.file_line(line) - 1),
        Some("DTEND:soon")
    );
    let zone = text.lines().position(|line| line == "TZID:Here").unwrap() + 1;
    assert_eq!(
        file.lines().nth(item.file_line(zone) - 1),
        Some("TZID:Here")
    );
    assert_eq!((item.file_line(1), item.file_line(1000)), (4, 4));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_lines_are_accounted_for(lines in prop::collection::vec(prop::sample::select(vec![
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "UID:a", "UID:b", "RECURRENCE-ID:1",
        "BEGIN:VTIMEZONE", "TZID:Here", "END:VTIMEZONE", "DTSTART;TZID=Here:1", "BEGIN:VALARM", "END:VALARM",
        "BEGIN:VTODO", "END:VTODO", "", " ", " folded", "VERSION:2.0", "VERSION:1.0", "x", "\u{feff}",
    ]), 0..40)) {
        crate::ical::fuzz_split(lines.join("\n").as_bytes());
    }

    #[test]
    fn any_bytes_are_accounted_for(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        crate::ical::fuzz_split(&bytes);
    }
}
