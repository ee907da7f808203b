//! Names and definitions of time zones.

use super::{event, show_span, try_read};
use crate::ical::{Budget, Document, Limits, Zone, Zones};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use proptest::prelude::*;

/// The instant in UTC that 09:00 of 5 July 2026 is in a zone of this name.
fn nine_o_clock(tzid: &str, definition: &str) -> String {
    let text = event(&format!("DTSTART;TZID={tzid}:20260705T090000\n"));
    let text = text.replace("BEGIN:VEVENT", &format!("{definition}BEGIN:VEVENT"));
    match try_read(text) {
        Ok(incoming) => show_span(incoming.fields.span)[11..16].to_owned(),
        Err(rejected) => rejected.what.into_owned(),
    }
}

/// A VTIMEZONE that is five hours and a half ahead of Greenwich for ever.
fn definition(tzid: &str, more: &str) -> String {
    format!(
        "BEGIN:VTIMEZONE\r\nTZID:{tzid}\r\n{more}BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n\
         TZOFFSETFROM:+0530\r\nTZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
}

#[test]
fn names_are_known_in_the_ways_that_clients_write_them() {
    let cases = [
        ("Europe/Moscow", "06:00"),
        ("\"Europe/Moscow\"", "06:00"),
        ("/freeassociation.sourceforge.net/Europe/Moscow", "06:00"),
        (
            "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin",
            "07:00",
        ),
        (
            "/mozilla.org/20050126_1/America/Argentina/Buenos_Aires",
            "12:00",
        ),
        ("/softwarestudio.org/Olson_20011030_5/Asia/Kolkata", "03:30"),
        ("Russian Standard Time", "06:00"),
        ("W. Europe Standard Time", "07:00"),
        ("ekaterinburg standard time", "04:00"),
        ("UTC", "09:00"),
        ("utc", "09:00"),
        ("\"tzone://Microsoft/Utc\"", "09:00"),
        (
            "\"(UTC+03:00) Moscow, St. Petersburg\"",
            "unknown time zone",
        ),
        ("Moscow", "unknown time zone"),
        ("/Nowhere", "unknown time zone"),
    ];
    for (tzid, expected) in cases {
        assert_eq!(nine_o_clock(tzid, ""), expected, "{tzid}");
    }
}

#[test]
fn a_definition_counts_only_under_a_name_that_nobody_knows() {
    let place = "X-LIC-LOCATION:Europe/Moscow\r\n";
    assert_eq!(nine_o_clock("Own", &definition("Own", "")), "03:30");
    assert_eq!(nine_o_clock("Own", &definition("Own", place)), "06:00");
    assert_eq!(
        nine_o_clock("Own", &definition("Other", "")),
        "unknown time zone"
    );
    assert_eq!(
        nine_o_clock("Europe/Moscow", &definition("Europe/Moscow", "")),
        "06:00"
    );
}

/// Berlin since 1996 under a name of its own, as Evolution and others write it.
fn own_berlin() -> Zone {
    let text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Own\n\
        BEGIN:DAYLIGHT\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nDTSTART:19960331T020000\n\
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\n\
        BEGIN:STANDARD\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nDTSTART:19961027T030000\n\
        RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\n\
        END:VTIMEZONE\nEND:VCALENDAR\n";
    let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
    Zones::of(&document, Tz::UTC, &budget())
        .resolve("Own")
        .unwrap()
}

fn budget() -> Budget {
    Budget::new(Limits::default().work_units_max)
}

#[test]
fn a_definition_with_an_end_and_with_single_dates_is_followed() {
    // Moscow gave up its summer time in 2011 and went an hour back in 2014.
    let text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Own\n\
        BEGIN:STANDARD\nTZOFFSETFROM:+0400\nTZOFFSETTO:+0300\nDTSTART:19961027T030000\n\
        RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20101030T230000Z\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0400\nDTSTART:19930328T020000\n\
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20100327T230000Z\nEND:DAYLIGHT\n\
        BEGIN:STANDARD\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0400\nDTSTART:20110327T020000\n\
        RDATE:20110327T020000\nEND:STANDARD\n\
        BEGIN:STANDARD\nTZOFFSETFROM:+0400\nTZOFFSETTO:+0300\nDTSTART:20141026T020000\n\
        RDATE:20141026T020000\nEND:STANDARD\n\
        END:VTIMEZONE\nEND:VCALENDAR\n";
    let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
    let own = Zones::of(&document, Tz::UTC, &budget())
        .resolve("Own")
        .unwrap();
    let moscow = Zone::Iana(Tz::Europe__Moscow);
    for year in 1997..2030 {
        for month in [1, 4, 7, 10, 12] {
            let noon = NaiveDate::from_ymd_opt(year, month, 15).unwrap();
            let noon = noon.and_hms_opt(12, 0, 0).unwrap();
            assert_eq!(own.to_utc(noon), moscow.to_utc(noon), "{noon}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_definition_agrees_with_the_database(seconds in 851_000_000i64..4_100_000_000, near in any::<bool>()) {
        let own = own_berlin();
        let berlin = Zone::Iana(Tz::Europe__Berlin);
        let mut at = DateTime::from_timestamp(seconds, 0).unwrap();
        if near {
            // Within the two days around the change of clocks.
            let day = NaiveDate::from_ymd_opt(at.naive_utc().date().format("%Y").to_string().parse().unwrap(), 10, 31).unwrap();
            let sunday = day - chrono::Duration::days(chrono::Datelike::weekday(&day).num_days_from_sunday().into());
            at = sunday.and_hms_opt(1, 0, 0).unwrap().and_utc() + chrono::Duration::seconds(seconds % 14_400 - 7_200);
        }
        prop_assert_eq!(own.to_local(at), berlin.to_local(at));
        let local = at.naive_utc();
        prop_assert_eq!(own.to_utc(local), berlin.to_utc(local));
    }
}
