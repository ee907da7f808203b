//! What is not taken, and in which words.

use super::{event, try_read};

/// What is said to the client of an event with these lines. The lines begin with line 7.
fn refusal(lines: &str) -> String {
    refusal_of(event(lines))
}

fn refusal_of(text: impl AsRef<[u8]>) -> String {
    match try_read(text) {
        Ok(_) => "taken".to_owned(),
        Err(rejected) => rejected.to_string(),
    }
}

#[test]
fn events_that_break_rfc_5545_say_where() {
    let cases = [
        ("", "valid-calendar-data: line 4: VEVENT has no DTSTART"),
        (
            "DTSTART:20260230T090000Z\n",
            "valid-calendar-data: line 7: DTSTART is neither a date nor a time",
        ),
        (
            "DTSTART;VALUE=DATE:20260105T090000\n",
            "valid-calendar-data: line 7: DTSTART says VALUE=DATE and has a time",
        ),
        (
            "DTSTART:20260105T090000Z\nDTSTART:20260105T090000Z\n",
            "valid-calendar-data: line 8: DTSTART stands more than once",
        ),
        (
            "DTSTART:20260105T090000Z\nDTEND:20260105T085959Z\n",
            "valid-calendar-data: line 8: DTEND is before DTSTART",
        ),
        (
            "DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260104\n",
            "valid-calendar-data: line 8: DTEND is before DTSTART",
        ),
        (
            "DTSTART;VALUE=DATE:20260105\nDTEND:20260105T090000Z\n",
            "valid-calendar-data: line 8: one of DTSTART and DTEND has a time and the other has none",
        ),
        (
            "DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\nDURATION:PT1H\n",
            "valid-calendar-data: line 8: VEVENT has both DTEND and DURATION",
        ),
        (
            "DTSTART:20260105T090000Z\nDURATION:-PT1H\n",
            "valid-calendar-data: line 8: DURATION cannot be understood, is negative or too long",
        ),
        (
            "DTSTART;VALUE=DATE:20260105\nDURATION:PT1H\n",
            "valid-calendar-data: line 8: DURATION of days is not made of whole days",
        ),
        (
            "DTSTART;TZID=Nowhere:20260105T090000\n",
            "valid-calendar-data: line 7: unknown time zone",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=SOMETIMES\n",
            "valid-calendar-data: line 8: RRULE cannot be understood",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101\n",
            "valid-calendar-data: line 8: RRULE has COUNT and UNTIL",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;INTERVAL=0\n",
            "valid-calendar-data: line 8: RRULE has an interval of nothing",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;INTERVAL=+00\n",
            "valid-calendar-data: line 8: RRULE has an interval of nothing",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;COUNT=00\n",
            "valid-calendar-data: line 8: RRULE counts no occurrence",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;UNTIL=20260107;UNTIL=20260108\n",
            "valid-calendar-data: line 8: RRULE has UNTIL twice",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=€\n",
            "valid-calendar-data: line 8: RRULE holds a character that no rule has",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=1٣MO\n",
            "valid-calendar-data: line 8: RRULE holds a character that no rule has",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:ЧАСТОТА=WEEKLY\n",
            "valid-calendar-data: line 8: RRULE holds a character that no rule has",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=WEEKLY;BYMONTHDAY=1\n",
            "valid-calendar-data: line 8: RRULE has a part that is out of range or does not go with its frequency",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;RSCALE=HEBREW\n",
            "valid-calendar-data: line 8: RRULE counts by a calendar other than the Gregorian",
        ),
        (
            "DTSTART:20260105T090000Z\nRDATE;VALUE=DATE:20260106\n",
            "valid-calendar-data: line 8: one of DTSTART and RDATE has a time and the other has none",
        ),
        (
            "DTSTART:20260105T090000Z\nEXRULE:FREQ=DAILY\n",
            "valid-calendar-data: line 8: EXRULE is not supported (RFC 5545 §A.3 took it away)",
        ),
        (
            "DTSTART:20260105T090000Z\nno colon\n",
            "valid-calendar-data: line 8: a line has no colon",
        ),
        (
            "DTSTART:20260105T090000Z\nX;A:b\n",
            "valid-calendar-data: line 8: a parameter has no value",
        ),
        (
            "DTSTART:20260105T090000Z\nX;A=\"b:c\n",
            "valid-calendar-data: line 8: a quoted parameter value does not end",
        ),
        (
            "DTSTART:20260105T090000Z\nBEGIN:VALARM\n",
            "valid-calendar-data: line 9: an END does not match its BEGIN",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=YEARLY;BYHOUR=1,2,3,4,5,6,7,8,9,10;BYMINUTE=1,2,3,4,5\n",
            "max-instances: line 8: RRULE has too many times in one period",
        ),
        (
            "DTSTART:20260105T090000Z\nRRULE:FREQ=SECONDLY;BYHOUR=1\n",
            "max-instances: line 8: RRULE repeats by the minute or second and has further parts",
        ),
    ];
    for (lines, expected) in cases {
        assert_eq!(refusal(lines), expected);
    }
}

#[test]
fn a_resource_is_one_object() {
    let start = "DTSTART:20260105T090000Z\n";
    let second = |uid: &str| format!("{start}END:VEVENT\nBEGIN:VEVENT\nUID:{uid}\n{start}");
    let cases = [
        (
            event(start).replace("VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:REQUEST\r\n"),
            "valid-calendar-object-resource: line 3: a stored object has no METHOD",
        ),
        (
            event(&second("2")),
            "valid-calendar-object-resource: line 10: there are components with different UIDs",
        ),
        (
            event(&second("1")),
            "valid-calendar-object-resource: line 9: there is more than one master component",
        ),
        (
            event(start).replace(
                "END:VCALENDAR",
                "BEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\nEND:VCALENDAR",
            ),
            "valid-calendar-object-resource: line 9: there are components of different kinds",
        ),
        (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n".into(),
            "valid-calendar-object-resource: line 1: there is no calendar component",
        ),
        (
            event(start).replace("VEVENT", "VTODO"),
            "supported-calendar-component: line 4: only VEVENT is held here",
        ),
        (
            event(start).replace("VEVENT", "VFREEBUSY"),
            "supported-calendar-component: line 4: only VEVENT is held here",
        ),
        (
            event(start).replace("VERSION:2.0", "VERSION:1.0"),
            "valid-calendar-data: line 2: VERSION is not 2.0",
        ),
        (
            event(start).replace("UID:1\r\n", ""),
            "valid-calendar-data: line 4: VEVENT has no UID",
        ),
        (
            event(start).repeat(2),
            "valid-calendar-data: line 10: there is more than one VCALENDAR",
        ),
        (
            event(start).replace("END:VCALENDAR\r\n", ""),
            "valid-calendar-data: line 8: the text ends before END:VCALENDAR",
        ),
        (
            String::new(),
            "valid-calendar-data: line 1: the text ends before END:VCALENDAR",
        ),
        (
            "hello".into(),
            "valid-calendar-data: line 1: a line has no colon",
        ),
        (
            "X:1\r\n".into(),
            "valid-calendar-data: line 1: a property stands outside of a component",
        ),
        (
            " BEGIN:VCALENDAR\r\n".into(),
            "valid-calendar-data: line 1: a folded line continues nothing",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal_of(text), expected);
    }
}

#[test]
fn what_is_not_utf_8_is_not_taken() {
    let text = event("DTSTART:20260105T090000Z\nSUMMARY:?\n");
    let mut bytes = text.into_bytes();
    let place = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[place] = 0xcf;
    assert_eq!(
        refusal_of(bytes),
        "valid-calendar-data: line 8: the text is not UTF-8"
    );
}

#[test]
fn a_byte_order_mark_is_kept_and_read_over() {
    let text = format!("\u{feff}{}", event("DTSTART:20260105T090000Z\n"));
    let incoming = super::read(&text);
    assert_eq!(incoming.document.to_text(), text);
}

#[test]
fn rules_with_characters_that_no_rule_has_make_no_zone() {
    for part in ["BYDAY=€", "BYDAY=1€", "BYMONTH=１", "€=1"] {
        let text = event("DTSTART;TZID=Own:20260105T090000\n").replace(
            "BEGIN:VEVENT",
            &format!(
                "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
                 TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;{part}\r\n\
                 END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
            ),
        );
        assert_eq!(
            refusal_of(text),
            "valid-calendar-data: line 16: unknown time zone",
            "{part}"
        );
    }
}

#[test]
fn a_rule_longer_than_any_that_makes_sense_is_refused() {
    let days = ["MO"; 4_000].join(",");
    assert_eq!(
        refusal(&format!(
            "DTSTART:20260105T090000Z\nRRULE:FREQ=WEEKLY;BYDAY={days}\n"
        )),
        "max-instances: line 8: RRULE is too long"
    );
}
