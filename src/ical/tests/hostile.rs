//! Texts made to cost time: each must end quickly.

use super::{event, try_read, utc};
use crate::ical::join::{Alarms, Head, Joined};
use crate::ical::split::{SplitLimits, split};
use crate::ical::{Limits, PRODID};
use std::time::{Duration, Instant};

/// Far more than any of these takes, and far less than the minutes that they took unbounded.
const QUICK: Duration = Duration::from_secs(5);

#[test]
fn rules_that_hit_nothing_or_too_much_end_quickly() {
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=65535",
        "FREQ=WEEKLY;INTERVAL=3;BYMONTH=2;BYDAY=MO;BYSETPOS=7",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11",
        "FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=2",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=6",
        "FREQ=YEARLY;BYYEARDAY=1,2,3,4,5,366;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYSETPOS=366",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=3",
        "FREQ=HOURLY;INTERVAL=23;BYDAY=MO;BYHOUR=3;COUNT=400000",
        "FREQ=MINUTELY;BYHOUR=3;BYMINUTE=3;BYSECOND=3",
        "FREQ=MINUTELY;INTERVAL=3;BYHOUR=3;BYMINUTE=3;UNTIL=99991231T000000Z",
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;COUNT=4000000000",
        "FREQ=SECONDLY;INTERVAL=65535",
    ] {
        let begun = Instant::now();
        let text = event(&format!("DTSTART:16010101T000000Z\nRRULE:{rule}\n"));
        let incoming = try_read(text).unwrap();
        let ever = utc("0001-01-01 00:00")..utc("9999-12-31 00:00");
        let late = utc("9990-01-01 00:00")..utc("9999-12-31 00:00");
        let _ = incoming.schedule.occurrences(ever, 1000);
        let _ = incoming.schedule.occurrences(late.clone(), 1000);
        let _ = incoming.schedule.overlaps(late);
        assert!(begun.elapsed() < QUICK, "{rule}: {:?}", begun.elapsed());
    }
}

#[test]
fn more_rules_than_anybody_needs_are_refused() {
    let rules = "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n".repeat(5);
    let refused = try_read(event(&format!("DTSTART:20260105T090000Z\n{rules}")));
    assert_eq!(
        refused.map(|_| ()).unwrap_err().to_string(),
        "max-instances: line 12: there are too many RRULEs"
    );
}

#[test]
fn more_dates_than_are_taken_are_refused() {
    let dates = |count: usize| {
        let dates = vec!["20260106T090000Z"; count].join(",");
        let read = try_read(event(&format!(
            "DTSTART:20260105T090000Z\nEXDATE:{dates}\n"
        )));
        read.map(|_| ()).map_err(|refused| refused.to_string())
    };
    assert_eq!(dates(5000), Ok(()));
    assert_eq!(
        dates(5001),
        Err("max-instances: line 8: there are too many explicit dates".to_owned())
    );
}

#[test]
fn limits_of_the_text_are_kept() {
    let start = "DTSTART:20260105T090000Z\n";
    let refusal = |lines: String| {
        let read = try_read(event(&format!("{start}{lines}")));
        read.map(|_| ()).map_err(|refused| refused.to_string())
    };
    let nested = |depth: usize| "BEGIN:X\n".repeat(depth) + &"END:X\n".repeat(depth);
    let data = |line: usize, what: &str| Err(format!("valid-calendar-data: line {line}: {what}"));
    assert_eq!(refusal(nested(6)), Ok(()));
    assert_eq!(
        refusal(nested(7)),
        data(14, "components are nested too deeply")
    );
    assert_eq!(refusal(nested(1).repeat(1998)), Ok(()));
    assert_eq!(
        refusal(nested(1).repeat(1999)),
        data(4004, "there are too many components")
    );
    assert_eq!(refusal("X:1\n".repeat(19_995)), Ok(()));
    assert_eq!(
        refusal("X:1\n".repeat(19_996)),
        data(20_003, "there are too many properties")
    );
    assert_eq!(refusal(format!("X{}:1\n", ";A=1".repeat(64))), Ok(()));
    assert_eq!(
        refusal(format!("X{}:1\n", ";A=1".repeat(65))),
        data(8, "a property has too many parameters")
    );
    let full = format!("X{}:1\n", ";A=1".repeat(50));
    assert_eq!(refusal(full.repeat(400)), Ok(()));
    assert_eq!(
        refusal(full.repeat(401)),
        data(408, "there are too many parameters")
    );
    assert_eq!(
        refusal(format!("X;A={}:1\n", ["1"; 1000].join(","))),
        Ok(())
    );
    assert_eq!(
        refusal(format!("X;A={}:1\n", ["1"; 1001].join(","))),
        data(8, "a parameter has too many values")
    );
    assert_eq!(refusal("X:1\n".to_owned() + &" \n".repeat(39_990)), Ok(()));
    assert_eq!(
        refusal("X:1\n".to_owned() + &" \n".repeat(40_000)),
        data(40_009, "there are too many lines")
    );
    assert_eq!(
        refusal(format!("X:{}\n", "x".repeat(1024 * 1024))),
        Err("max-resource-size: line 1: the text is too long".to_owned())
    );
}

#[test]
fn a_text_full_of_zones_that_never_begin_ends_quickly() {
    let zone = |name: usize| {
        format!(
            "BEGIN:VTIMEZONE\r\nTZID:{name}\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\n\
             TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
             RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        )
    };
    let zones: String = (0..500).map(zone).collect();
    let text = event("DTSTART;TZID=3:20260105T090000\n")
        .replace("BEGIN:VEVENT", &format!("{zones}BEGIN:VEVENT"));
    let begun = Instant::now();
    let refused = try_read(text).map(|_| ()).unwrap_err().to_string();
    assert_eq!(refused, "valid-calendar-data: line 4507: unknown time zone");
    assert!(begun.elapsed() < QUICK);
}

#[test]
fn a_name_of_a_zone_that_is_all_prefixes_is_unknown_at_once() {
    let begun = Instant::now();
    let tzid = "/".repeat(500_000);
    let refused = try_read(event(&format!("DTSTART;TZID=\"{tzid}\":20260105T090000\n")));
    assert_eq!(
        refused.map(|_| ()).unwrap_err().to_string(),
        "valid-calendar-data: line 7: unknown time zone"
    );
    assert!(begun.elapsed() < QUICK, "{:?}", begun.elapsed());
}

#[test]
fn many_definitions_of_one_zone_are_joined_quickly() {
    let begun = Instant::now();
    let mut out = String::new();
    let head = Head {
        prodid: PRODID,
        name: None,
        feed: None,
    };
    let mut joined = Joined::new(&head, Alarms::Keep, &Limits::default(), &mut out);
    for number in 0..5_000 {
        let zone =
            format!("BEGIN:VTIMEZONE\r\nTZID:Here\r\nX-LIC-LOCATION:{number}\r\nEND:VTIMEZONE\r\n");
        let text = event("DTSTART;TZID=Here:20260105T090000\n");
        joined
            .push(
                &text.replace("BEGIN:VEVENT", &format!("{zone}BEGIN:VEVENT")),
                &mut out,
            )
            .unwrap();
    }
    assert!(
        out.ends_with("DTSTART;TZID=/advanta-bridge/5000/Here:20260105T090000\r\nEND:VEVENT\r\n")
    );
    assert!(begun.elapsed() < QUICK, "{:?}", begun.elapsed());
}

#[test]
fn files_made_to_be_taken_to_pieces_slowly_end_quickly() {
    let begun = Instant::now();
    let open = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Here\nX:";
    let half = format!("{open}{}\nEND:VTIMEZONE\n", "a".repeat(30_000));
    let overrides =
        "BEGIN:VEVENT\nUID:a\nX;TZID=Here:\nRECURRENCE-ID:1\nEND:VEVENT\n".repeat(2_000);
    for (file, items) in [
        ("BEGIN:A\n".repeat(30_000), 0),
        (
            format!("BEGIN:VCALENDAR\n{}", "BEGIN:VEVENT\n".repeat(30_000)),
            0,
        ),
        (
            format!(
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\n{}",
                "BEGIN:A\n".repeat(30_000)
            ),
            0,
        ),
        (format!("BEGIN:VCALENDAR\n{}", "END:A\n".repeat(30_000)), 0),
        (
            format!("{half}{overrides}END:VCALENDAR\n{half}{overrides}"),
            1,
        ),
        (
            format!(
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n{}END:VEVENT\n",
                "X;TZID=a:\n a\n".repeat(20_000)
            ),
            1,
        ),
    ] {
        let split = split(file.as_bytes(), SplitLimits::default());
        assert_eq!(
            (split.items().len(), split.account().total()),
            (items, file.len())
        );
    }
    assert!(begun.elapsed() < QUICK, "{:?}", begun.elapsed());
}
