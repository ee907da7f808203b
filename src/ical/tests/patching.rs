//! Changes to a client's own text.

use super::rendering::{task, view};
use super::{event, read, show_span, span, starts};
use crate::ical::{Document, Limits, Patch, ours_of, patch, put_ours, strip_ours};
use crate::model::{Field, Settings};

fn patched(text: impl AsRef<[u8]>, change: &Patch) -> String {
    let mut document = Document::parse(text.as_ref(), &Limits::default()).unwrap();
    patch(&mut document, change, &Settings::default()).unwrap();
    document.to_text()
}

/// The event's own lines after a change of an event with these lines.
fn lines_after(lines: &str, change: &Patch) -> String {
    let text = patched(event(lines), change).replace("\r\n", "\n");
    let (_, rest) = text.split_once("DTSTAMP:20260101T000000Z\n").unwrap();
    rest.strip_suffix("END:VEVENT\nEND:VCALENDAR\n")
        .unwrap()
        .to_owned()
}

fn moved(to: &str) -> Patch {
    Patch {
        span: Some(span(to)),
        ..Patch::default()
    }
}

#[test]
fn a_new_title_leaves_every_other_line_as_it_was() {
    let before = include_str!("../../../fixtures/ics/outlook.ics");
    let change = Patch {
        title: Some("Встреча; перенос".into()),
        ..Patch::default()
    };
    let expected = before.replace(
        "SUMMARY;LANGUAGE=ru:Встреча с заказчиком",
        "SUMMARY;LANGUAGE=ru:Встреча\\; перенос",
    );
    assert_eq!(patched(before, &change), expected);
}

#[test]
fn a_new_title_of_a_series_reaches_the_overrides_that_had_the_old_one() {
    let before = include_str!("../../../fixtures/ics/thunderbird.ics");
    let change = Patch {
        title: Some("Летучка".into()),
        ..Patch::default()
    };
    assert_eq!(
        patched(before, &change),
        before.replace("Планёрка отдела", "Летучка")
    );
}

#[test]
fn a_change_to_what_stands_there_already_changes_nothing() {
    for before in [
        include_str!("../../../fixtures/ics/outlook.ics"),
        include_str!("../../../fixtures/ics/thunderbird.ics"),
        include_str!("../../../fixtures/ics/khal.ics"),
        include_str!("../../../fixtures/ics/rdate-periods.ics"),
        include_str!("../../../fixtures/ics/folded-between.ics"),
    ] {
        let fields = read(before).fields;
        let same = Patch {
            title: Some(fields.title),
            span: fields.span,
            description: Some(fields.description),
            location: Some(fields.location),
            ..Patch::default()
        };
        assert_eq!(patched(before, &same), before);
    }
}

#[test]
fn new_lines_end_as_the_text_does() {
    let before = include_str!("../../../fixtures/ics/khal.ics");
    let change = Patch {
        location: Some("Дом".into()),
        ..Patch::default()
    };
    let expected = before.replace("SEQUENCE:0\n", "SEQUENCE:0\nLOCATION:Дом\n");
    assert_eq!(patched(before, &change), expected);
}

#[test]
fn times_stay_in_the_zone_that_the_client_chose() {
    let lines = "
DTSTART;TZID=\"Russian Standard Time\";X-KEEP=1:20260105T090000
DTEND;TZID=Europe/Berlin:20260105T080000
";
    assert_eq!(
        lines_after(lines, &moved("2026-07-06 07:00 .. 2026-07-06 08:30")),
        "DTSTART;X-KEEP=1;TZID=Russian Standard Time:20260706T100000\n\
         DTEND;TZID=Europe/Berlin:20260706T103000\n"
    );
}

#[test]
fn only_the_end_that_moved_is_written_anew() {
    let lines = "DTSTART;TZID=Europe/Moscow:20260105T090030\nDTEND:20260105T070000Z\n";
    assert_eq!(
        lines_after(lines, &moved("2026-01-05 06:00 .. 2026-01-05 08:00")),
        "DTSTART;TZID=Europe/Moscow:20260105T090030\nDTEND:20260105T080000Z\n"
    );
    // A kept start has seconds that the core does not know; the end must not come before it.
    assert_eq!(
        lines_after(lines, &moved("2026-01-05 06:00 .. 2026-01-05 06:00")),
        "DTSTART;TZID=Europe/Moscow:20260105T090030\nDTEND:20260105T060030Z\n"
    );
}

#[test]
fn a_duration_becomes_an_end() {
    let lines = "DTSTART:20260105T090000Z\nDURATION:PT1H\nX-A:1\n";
    assert_eq!(
        lines_after(lines, &moved("2026-01-05 10:00 .. 2026-01-05 11:30")),
        "DTSTART:20260105T100000Z\nDTEND:20260105T113000Z\nX-A:1\n"
    );
}

#[test]
fn an_event_without_an_end_gets_one_behind_its_start() {
    let lines = "DTSTART;VALUE=DATE:20260105\nX-A:1\n";
    assert_eq!(
        lines_after(lines, &moved("2026-01-05 .. 2026-01-06")),
        "DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260107\nX-A:1\n"
    );
}

#[test]
fn days_become_times_and_times_become_days() {
    assert_eq!(
        lines_after(
            "DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260106\n",
            &moved("2026-01-05 09:00 .. 2026-01-05 10:00")
        ),
        "DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\n"
    );
    assert_eq!(
        lines_after(
            "DTSTART;TZID=Europe/Moscow:20260105T090000\nDURATION:PT1H\n",
            &moved("2026-01-05 .. 2026-01-05")
        ),
        "DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260106\n"
    );
}

#[test]
fn a_local_time_that_comes_twice_is_written_in_utc_when_the_second_is_meant() {
    let lines = "DTSTART;TZID=America/New_York:20261101T003000\nDTEND;TZID=America/New_York:20261101T004000\n";
    assert_eq!(
        lines_after(lines, &moved("2026-11-01 05:30 .. 2026-11-01 06:30")),
        "DTSTART;TZID=America/New_York:20261101T013000\nDTEND:20261101T063000Z\n"
    );
}

/// A series with everything that a copy for one occurrence has to keep or to leave out.
const SERIES: &str = "
SUMMARY:series
DTSTART;TZID=Europe/Berlin:20260327T090000
DTEND;TZID=Europe/Berlin:20260327T100000
RRULE:FREQ=DAILY;COUNT=5
EXDATE;TZID=Europe/Berlin:20260327T090000
X-KEEP:1
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT5M
END:VALARM
";

#[test]
fn dates_of_a_series_move_its_first_occurrence_and_keep_the_schedule() {
    let after = patched(
        event(SERIES),
        &moved("2026-03-28 12:00 .. 2026-03-28 13:00"),
    );
    let copy = "END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=Europe/Berlin:20260328T090000
DTSTAMP:20260101T000000Z
SUMMARY:series
DTSTART;TZID=Europe/Berlin:20260328T130000
DTEND;TZID=Europe/Berlin:20260328T140000
X-KEEP:1
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT5M
END:VALARM
";
    assert_eq!(after, event(&format!("{SERIES}{copy}")));
    assert_eq!(
        starts(&read(&after), "2026-01-01 00:00", "2027-01-01 00:00"),
        [
            "2026-03-28 12:00:00",
            "2026-03-29 07:00:00",
            "2026-03-30 07:00:00",
            "2026-03-31 07:00:00"
        ]
    );
    // Once more: the override is there and is moved itself.
    let again = patched(&after, &moved("2026-03-28 12:00 .. 2026-03-28 14:00"));
    assert_eq!(again, after.replace("20260328T140000", "20260328T150000"));
}

#[test]
fn a_dropped_recurrence_leaves_one_event_on_the_first_occurrence() {
    let before = include_str!("../../../fixtures/ics/thunderbird.ics");
    let change = Patch {
        title: Some("Разовая".into()),
        drop_recurrence: true,
        ..Patch::default()
    };
    let after = patched(before, &change);
    let (head, rest) = before.split_once("RRULE").unwrap();
    let (_, rest) = rest.split_once("DTSTART;").unwrap();
    let (master, _) = rest.split_once("BEGIN:VEVENT").unwrap();
    let expected = format!("{head}DTSTART;{master}END:VCALENDAR\r\n")
        .replace("Планёрка отдела", "Разовая")
        .replace("20260112T100000", "20260113T150000")
        .replace("20260112T103000", "20260113T160000");
    assert_eq!(after, expected);
    let after = read(&after);
    assert!(!after.recurs);
    assert_eq!(
        show_span(after.fields.span),
        "2026-01-13 12:00 .. 2026-01-13 13:00"
    );
}

#[test]
fn a_new_description_keeps_the_card_line_and_takes_away_the_copy_in_html() {
    let lines = "
DTSTART:20260105T090000Z
DESCRIPTION;ALTREP=\"cid:1\";X-P=2:old\\n\\nhttps://example.com/1
X-ALT-DESC;FMTTYPE=text/html:<b>old</b>
";
    let change = Patch {
        description: Some("new, longer".into()),
        card: Some("https://example.com/1".into()),
        ..Patch::default()
    };
    assert_eq!(
        lines_after(lines, &change),
        "DTSTART:20260105T090000Z\nDESCRIPTION;X-P=2:new\\, longer\\n\\nhttps://example.com/1\n"
    );
}

#[test]
fn texts_of_advanta_become_what_a_calendar_can_hold() {
    let change = Patch {
        title: Some("a\r\nb\u{1}".into()),
        location: Some("c\nd".into()),
        description: Some("e\r\nf\u{b}".into()),
        ..Patch::default()
    };
    assert_eq!(
        lines_after("DTSTART:20260105T090000Z\n", &change),
        "DTSTART:20260105T090000Z\nSUMMARY:a b\nDESCRIPTION:e\\nf\nLOCATION:c d\n"
    );
}

#[test]
fn an_emptied_text_is_no_property() {
    let change = Patch {
        description: Some(String::new()),
        location: Some(String::new()),
        ..Patch::default()
    };
    assert_eq!(
        lines_after(
            "DTSTART:20260105T090000Z\nLOCATION:a\nDESCRIPTION:b\n",
            &change
        ),
        "DTSTART:20260105T090000Z\n"
    );
}

#[test]
fn forged_words_of_the_bridge_are_replaced_by_true_ones() {
    let object = task();
    let ours = ours_of(&view(&object, "1", &[Field::Start]), &Settings::default());
    let lines = "
DTSTART:20260105T090000Z
x-advanta-lock:
X-ADVANTA-INVENTED:1
X-ADVANTA-KIND:note
DESCRIPTION:theirs\\nhttps://advanta.example.com/old
URL:https://advanta.example.com/old
STATUS:CANCELLED
RELATED-TO:sibling@example.com
RELATED-TO;RELTYPE=PARENT:1@advanta-bridge
X-THEIRS:1
";
    let change = Patch {
        ours: Some(ours),
        ..Patch::default()
    };
    assert_eq!(
        lines_after(lines, &change),
        "DTSTART:20260105T090000Z
X-ADVANTA-LOCK:DTSTART
X-ADVANTA-KIND:task
DESCRIPTION:theirs\\n\\nhttps://advanta.example.com/card?id=1\\,2
URL:https://advanta.example.com/card?id=1,2
STATUS:CONFIRMED
RELATED-TO:sibling@example.com
RELATED-TO;RELTYPE=PARENT:00000000-0000-0000-0000-00000000000c@advanta-brid
 ge
X-THEIRS:1
X-ADVANTA-STATUS:3
X-ADVANTA-PERCENT:40
X-ADVANTA-ACTUAL-START:20260202T061500Z
X-ADVANTA-OWNER:u-1
X-ADVANTA-RESPONSIBLE:u-2
"
    );
}

#[test]
fn a_text_stripped_of_what_is_ours_is_what_it_was_before() {
    let mut object = task();
    // A status that the bridge set is not told from one that the client set.
    object.status = None;
    let ours = ours_of(&view(&object, "1", &[]), &Settings::default());
    let card = object.card.as_deref();
    let before = event("DTSTART:20260105T090000Z\nDESCRIPTION:theirs\nX-THEIRS:1\n");
    let mut document = Document::parse(before.as_bytes(), &Limits::default()).unwrap();
    assert!(!strip_ours(&mut document, card));
    put_ours(&mut document, &ours);
    assert_ne!(document.to_text(), before);
    assert!(strip_ours(&mut document, card));
    assert_eq!(document.to_text(), before);
}
