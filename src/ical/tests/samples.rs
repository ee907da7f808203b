//! Texts as real clients write them.

use super::{read, show_edge, show_span};
use crate::ical::{Document, Limits};
use chrono::DateTime;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/ics/",
            $name,
            ".ics"
        ))
    };
}

/// Every fixture; the bytes of all but the last can be kept.
pub(super) const FIXTURES: [&[u8]; 11] = [
    fixture!("all-day-series"),
    fixture!("apple"),
    fixture!("custom-zone"),
    fixture!("evolution"),
    fixture!("folded-between"),
    fixture!("google"),
    fixture!("khal"),
    fixture!("outlook"),
    fixture!("rdate-periods"),
    fixture!("thunderbird"),
    fixture!("folded-inside"),
];

/// What was read, in words.
fn show(bytes: &[u8]) -> String {
    let incoming = read(bytes);
    let at = |seconds| match DateTime::from_timestamp(seconds, 0) {
        Some(at) => at.format("%Y-%m-%d %H:%M").to_string(),
        None => "never".to_owned(),
    };
    let fields = &incoming.fields;
    let first = incoming.occurrence.map(|first| show_edge(first.id));
    format!(
        "{} | {:?} | {:?} | {:?} | {} | first {} | from {} until {}",
        incoming.uid,
        fields.title,
        fields.description,
        fields.location,
        show_span(fields.span),
        first.unwrap_or_else(|| "single".to_owned()),
        at(incoming.first),
        at(incoming.last),
    )
}

#[test]
fn an_untouched_document_is_written_byte_for_byte() {
    for bytes in &FIXTURES[..10] {
        let document = Document::parse(bytes, &Limits::default()).unwrap();
        assert!(document.is_exact());
        assert_eq!(document.to_text().as_bytes(), *bytes);
    }
}

#[test]
fn thunderbird_writes_a_series_whose_first_occurrence_was_moved() {
    assert_eq!(
        show(fixture!("thunderbird")),
        "1b4e28ba-2fa1-4d2e-883f-0016d3cca427 | \"Планёрка отдела\" | \"План\" | \"\" | \
         2026-01-13 12:00 .. 2026-01-13 13:00 | first 2026-01-12 07:00:00 | \
         from 2026-01-12 07:00 until never"
    );
}

#[test]
fn evolution_prefixes_zone_names() {
    assert_eq!(
        show(fixture!("evolution")),
        "a3d1c9f60b7e44d2 | \"Design review; part 2\" | \"Agenda:\\n1. Numbers\\n2. C:\\\\plans\" | \
         \"Room 4, second floor\" | 2026-07-10 12:00 .. 2026-07-10 13:30 | first single | \
         from 2026-07-10 12:00 until 2026-07-10 13:30"
    );
}

#[test]
fn apple_writes_a_day_that_returns_every_year() {
    assert_eq!(
        show(fixture!("apple")),
        "5C0E7E2B-6F0A-4C7B-8A0E-2D2F3F1E9B11 | \"Anniversary\" | \"\" | \"\" | \
         2026-02-14 .. 2026-02-14 | first 2026-02-14 | from 2026-02-13 21:00 until never"
    );
}

#[test]
fn outlook_names_zones_in_the_way_of_windows() {
    assert_eq!(
        show(fixture!("outlook")),
        "040000008200E00074C5B7101A82E00800000000B0C7A1D2E35FDC01000000000000000010000000AF5D7A1B2C3D4E5F60718293A4B5C6D7 | \
         \"Встреча с заказчиком\" | \"Повестка\\n\" | \"\" | 2026-01-20 14:00 .. 2026-01-20 15:00 | \
         first single | from 2026-01-20 14:00 until 2026-01-20 15:00"
    );
}

#[test]
fn google_writes_utc() {
    assert_eq!(
        show(fixture!("google")),
        "7k1m2n3o4p5q6r7s8t9u0v@google.com | \"Call\" | \"\" | \"\" | \
         2026-03-03 12:00 .. 2026-03-03 13:00 | first single | \
         from 2026-03-03 12:00 until 2026-03-03 13:00"
    );
}

#[test]
fn khal_writes_days_and_bare_line_feeds() {
    assert_eq!(
        show(fixture!("khal")),
        "KH4L0000000000000000000000000000001 | \"Отпуск\" | \"\" | \"\" | 2026-07-06 .. 2026-07-19 | \
         first single | from 2026-07-05 21:00 until 2026-07-19 21:00"
    );
}

#[test]
fn a_zone_that_only_the_text_defines_is_honoured() {
    assert_eq!(
        show(fixture!("custom-zone")),
        "plant-1 | \"Shift\" | \"\" | \"\" | 2026-03-27 02:30 .. 2026-03-27 10:30 | \
         first 2026-03-27 02:30:00 | from 2026-03-27 02:30 until 2026-03-30 09:30"
    );
    // From the 29th on clocks there are an hour ahead.
    assert_eq!(
        super::starts(
            &read(fixture!("custom-zone")),
            "2026-03-01 00:00",
            "2026-05-01 00:00"
        ),
        [
            "2026-03-27 02:30:00",
            "2026-03-28 02:30:00",
            "2026-03-29 01:30:00",
            "2026-03-30 01:30:00"
        ]
    );
}

#[test]
fn a_series_of_days_ends_with_the_day_of_its_until() {
    assert_eq!(
        show(fixture!("all-day-series")),
        "days-1 | \"Закрытие месяца\" | \"\" | \"\" | 2026-01-30 .. 2026-01-31 | first 2026-01-30 | \
         from 2026-01-29 21:00 until 2026-04-30 21:00"
    );
    assert_eq!(
        super::starts(
            &read(fixture!("all-day-series")),
            "2026-01-01 00:00",
            "2027-01-01 00:00"
        ),
        ["2026-01-30", "2026-03-30", "2026-04-29"]
    );
}

#[test]
fn periods_bring_their_own_length() {
    let incoming = read(fixture!("rdate-periods"));
    let range = super::utc("2026-01-01 00:00")..super::utc("2027-01-01 00:00");
    let found = incoming.schedule.occurrences(range, 10).unwrap();
    let shown: Vec<_> = found.iter().map(|found| show_span(found.span())).collect();
    assert_eq!(
        shown,
        [
            "2026-01-06 09:00 .. 2026-01-06 10:00",
            "2026-01-07 09:00 .. 2026-01-07 12:00",
            "2026-01-09 09:00 .. 2026-01-09 09:30"
        ]
    );
}

#[test]
fn folds_between_and_inside_characters_are_read_alike() {
    let between = read(fixture!("folded-between"));
    assert_eq!(between.fields.title, "Согласование сметы, этап «Ω»");
    assert_eq!(between.fields.description, "tab folded end");
    let inside = read(fixture!("folded-inside"));
    assert_eq!(inside.fields.title, between.fields.title);
}

#[test]
fn a_fold_inside_a_character_moves_to_its_border() {
    let document = Document::parse(fixture!("folded-inside"), &Limits::default()).unwrap();
    assert!(!document.is_exact());
    assert_eq!(
        document.to_text(),
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Tests//EN\r\nBEGIN:VEVENT\r\nUID:folds-1\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:20260105T090000Z\r\n\
         SUMMARY:Согласование сметы\\, этап «Ω»\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
}

#[test]
fn control_characters_are_left_out_of_what_xml_has_to_carry() {
    let text = super::event("DTSTART:20260105T090000Z\nSUMMARY:a\u{b}b\u{ffff}c\td\n");
    let incoming = read(&text);
    assert_eq!(incoming.fields.title, "abc d");
    assert!(!incoming.document.is_exact());
    assert_eq!(
        incoming.document.to_text(),
        text.replace("a\u{b}b\u{ffff}c", "abc")
    );
}

#[test]
fn parameters_are_read_with_quotes_and_carets() {
    let document = Document::parse(fixture!("apple"), &Limits::default()).unwrap();
    let event = document.events().next().unwrap();
    let place = event.property("X-APPLE-STRUCTURED-LOCATION").unwrap();
    assert_eq!(place.param("X-ADDRESS"), Some("1 Example St, Town"));
    assert_eq!(place.param("X-TITLE"), Some("Caf\"e\""));
    assert_eq!(place.value(), "geo:55.75,37.61");
    assert_eq!(event.components_named("VALARM").count(), 1);
}
