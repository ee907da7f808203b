//! The schedule of a text goes back as a whole.

use crate::ical::{Document, Limits, put_schedule};

/// A calendar of these lines between its first and its last.
fn calendar(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n").replace('\n', "\r\n")
}

fn grafted(onto: &str, from: &str) -> String {
    let parse = |lines| Document::parse(calendar(lines).as_bytes(), &Limits::default()).unwrap();
    let mut document = parse(onto);
    put_schedule(&mut document, &parse(from));
    document.to_text()
}

const SERVED: &str = "\
BEGIN:VTIMEZONE
TZID:Here
X-OF:served
END:VTIMEZONE
BEGIN:VEVENT
UID:1
SUMMARY:Летучка
DTSTART;TZID=Here:20261201T100000
DURATION:PT15M
RRULE:FREQ=DAILY
EXDATE;TZID=Here:20261205T100000
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=Here:20261203T100000
SUMMARY:Летучка
DTSTART;TZID=Here:20261203T120000
END:VEVENT
";

#[test]
fn dates_rules_overrides_and_zones_are_the_others_and_the_rest_stays() {
    let moved = "\
X-WR-CALNAME:mine
BEGIN:VTIMEZONE
TZID:Here
X-OF:moved
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:There
END:VTIMEZONE
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=There:20261203T110000
SUMMARY:Летучка
DTSTART;TZID=There:20261203T130000
END:VEVENT
BEGIN:VEVENT
UID:1
DTSTART;TZID=There:20261201T110000
X-MINE:1
DTEND;TZID=There:20261201T111500
SUMMARY:Летучка отдела
RRULE:FREQ=WEEKLY
BEGIN:VALARM
ACTION:AUDIO
TRIGGER:-PT5M
END:VALARM
END:VEVENT
";
    let expected = "\
X-WR-CALNAME:mine
BEGIN:VTIMEZONE
TZID:Here
X-OF:served
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:There
END:VTIMEZONE
BEGIN:VEVENT
UID:1
DTSTART;TZID=Here:20261201T100000
DURATION:PT15M
RRULE:FREQ=DAILY
EXDATE;TZID=Here:20261205T100000
X-MINE:1
SUMMARY:Летучка отдела
BEGIN:VALARM
ACTION:AUDIO
TRIGGER:-PT5M
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=Here:20261203T100000
SUMMARY:Летучка
DTSTART;TZID=Here:20261203T120000
END:VEVENT
";
    assert_eq!(grafted(moved, SERVED), calendar(expected));
}

#[test]
fn of_a_single_event_the_other_becomes_single() {
    let single =
        "BEGIN:VEVENT\nUID:1\nDTSTART:20261201T070000Z\nDTEND:20261201T071500Z\nEND:VEVENT\n";
    let series =
        "BEGIN:VEVENT\nUID:1\nDTSTART:20261202T070000Z\nRRULE:FREQ=DAILY\nX-MINE:1\nEND:VEVENT\n";
    let expected = "BEGIN:VEVENT\nUID:1\nDTSTART:20261201T070000Z\nDTEND:20261201T071500Z\nX-MINE:1\nEND:VEVENT\n";
    assert_eq!(grafted(series, single), calendar(expected));
}

#[test]
fn a_text_of_overrides_alone_is_replaced_as_a_whole() {
    let overrides = "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20261202T070000Z\nDTSTART:20261202T080000Z\nEND:VEVENT\n";
    assert_eq!(grafted(overrides, SERVED), calendar(SERVED));
    assert_eq!(grafted(SERVED, overrides), calendar(overrides));
}

#[test]
fn its_own_schedule_changes_nothing() {
    assert_eq!(grafted(SERVED, SERVED), calendar(SERVED));
}
