//! What holds for every text.

use super::samples::FIXTURES;
use crate::ical::recurrence::Rule;
use crate::ical::{Budget, Document, Item, Patch, fuzz_ics, patch};
use crate::model::Settings;
use proptest::prelude::*;
use proptest::sample::select;

const CASES: u32 = 1_000;

/// A DATE or DATE-TIME, whole or broken.
fn date() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => (1u32..=9999, 0u32..=13, 0u32..=32, 0u32..=24, 0u32..=60)
            .prop_map(|(y, m, d, h, s)| format!("{y:04}{m:02}{d:02}T{h:02}00{s:02}")),
        8 => (2020u32..=2030, 1u32..=12, 1u32..=28, 0u32..=23, select(vec!["", "Z"]))
            .prop_map(|(y, m, d, h, z)| format!("{y:04}{m:02}{d:02}T{h:02}0017{z}")),
        4 => (2020u32..=2030, 1u32..=12, 1u32..=28)
            .prop_map(|(y, m, d)| format!("{y:04}{m:02}{d:02}")),
        1 => "[0-9TZ+-]{0,16}",
    ]
}

fn dated(names: Vec<&'static str>) -> impl Strategy<Value = String> {
    let params = vec![
        "",
        ";TZID=Europe/Berlin",
        ";TZID=W. Europe Standard Time",
        ";X-P=\"a;b\"",
        ";VALUE=DATE",
        ";TZID=Odd",
    ];
    (select(names), select(params), date())
        .prop_map(|(name, params, date)| format!("{name}{params}:{date}"))
}

fn rule() -> impl Strategy<Value = String> {
    let keys = vec![
        "BYDAY",
        "BYMONTH",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYSETPOS",
        "BYHOUR",
        "BYMINUTE",
        "BYSECOND",
        "COUNT",
        "INTERVAL",
        "WKST",
    ];
    let value = prop_oneof![
        "-?[0-9]{1,2}",
        "[0-9]{1,6}",
        "[+-]?[0-9]{0,2}(MO|SU)",
        Just("MO,TU,FR".to_owned()),
        Just("1,2,3".to_owned()),
    ];
    let part = prop_oneof![
        6 => (select(keys), value).prop_map(|(key, value)| format!(";{key}={value}")),
        1 => date().prop_map(|date| format!(";UNTIL={date}")),
    ];
    let freqs = vec![
        "YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY",
    ];
    (select(freqs), prop::collection::vec(part, 0..4))
        .prop_map(|(freq, parts)| format!("RRULE:FREQ={freq}{}", parts.concat()))
}

/// Lines that come close to what clients send.
fn line() -> impl Strategy<Value = String> {
    let pieces = vec![
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260105T090000",
        "BEGIN:VALARM\r\nEND:VALARM",
        "BEGIN:VALARM",
        " folded",
        "",
        "\tfolded: п\r\n р",
        "METHOD:PUBLISH",
    ];
    prop_oneof![
        4 => dated(vec!["DTEND", "EXDATE", "RDATE", "RECURRENCE-ID"]),
        3 => rule(),
        2 => "(SUMMARY|DESCRIPTION|X-A)(;[A-Z]{1,3}=\"?[a-z]{0,3}\"?)?:\\PC{0,200}",
        1 => "DURATION:-?P([0-9]{1,6}[WD])?(T[0-9]{1,9}[HMS])?",
        1 => select(pieces).prop_map(str::to_owned),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(line(), 0..5);
    (dated(vec!["DTSTART"]), lines).prop_map(|(start, lines)| {
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        super::event(&format!("{start}\r\n{lines}"))
    })
}

/// A fixture with some of its bytes replaced, doubled or taken away.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let damage = (
        any::<prop::sample::Index>(),
        0usize..40,
        prop::collection::vec(any::<u8>(), 0..4),
    );
    (
        select(FIXTURES.to_vec()),
        prop::collection::vec(damage, 1..4),
    )
        .prop_map(|(bytes, damages)| {
            let mut bytes = bytes.to_vec();
            for (place, length, new) in damages {
                let from = place.index(bytes.len() + 1);
                let to = (from + length).min(bytes.len());
                bytes.splice(from..to, new);
            }
            bytes
        })
}

/// A rule that goes on for ever and hits something, with a part or two.
fn endless() -> impl Strategy<Value = String> {
    let rules = vec![
        "FREQ=DAILY",
        "FREQ=DAILY;BYMONTH=1,7",
        "FREQ=DAILY;BYDAY=MO,TH;BYHOUR=7,9",
        "FREQ=WEEKLY;BYDAY=SU,MO",
        "FREQ=WEEKLY;BYDAY=SU,MO;WKST=SU",
        "FREQ=WEEKLY;BYDAY=SA,SU,MO;BYSETPOS=-1;WKST=WE",
        "FREQ=HOURLY",
        "FREQ=HOURLY;BYDAY=FR;BYMINUTE=0,30",
        "FREQ=MINUTELY;BYMINUTE=3,4,5,50",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYDAY=1MO",
    ];
    (select(rules), 1u32..=17).prop_map(|(rule, interval)| format!("{rule};INTERVAL={interval}"))
}

/// The text without the titles of its events.
fn untitled(mut document: Document) -> String {
    for item in document.calendar_mut().items_mut() {
        if let Item::Component(event) = item {
            event.remove(|property| property.name() == "SUMMARY");
        }
    }
    document.to_text()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) })]

    #[test]
    fn a_damaged_text_is_read_without_panic(bytes in damaged()) {
        fuzz_ics(&bytes);
    }

    #[test]
    fn a_new_title_touches_no_line_but_that_of_the_title(text in text()) {
        let Ok(before) = super::try_read(&text) else { return Ok(()) };
        let mut after = before.document.clone();
        let change = Patch { title: Some("Новое; название".into()), ..Patch::default() };
        patch(&mut after, &change, &Settings::default()).unwrap();
        prop_assert_eq!(&super::read(after.to_text()).fields.title, "Новое; название");
        prop_assert_eq!(untitled(after), untitled(before.document));
    }

    #[test]
    fn a_walk_that_begins_late_finds_what_one_from_the_start_finds(
        rule in endless(), start in 0i64..86_400, late in 0i64..700 * 86_400,
    ) {
        let start = chrono::DateTime::from_timestamp(1_767_225_600 + start * 60, 0).unwrap().naive_utc();
        let from = start + chrono::Duration::seconds(late);
        let budget = Budget::new(u64::MAX);
        let rule = Rule::parse(&rule, start, |at| at, &budget).unwrap();
        let whole: Vec<_> = rule.walk(&budget).take_while(|at| *at < from + chrono::Duration::days(400)).collect();
        let whole: Vec<_> = whole.into_iter().filter(|at| *at >= from).take(20).collect();
        let late: Vec<_> = rule.walk_from(from, &budget).filter(|at| *at >= from).take(whole.len()).collect();
        prop_assert_eq!(late, whole);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz_ics(&bytes);
    }

    #[test]
    fn anything_like_an_event_keeps_every_invariant(text in text()) {
        fuzz_ics(text.as_bytes());
    }
}
