//! Expansion: rules, dates, exceptions, zones, bounds.

use super::{event, read, show_span, starts, utc};

/// A schedule is kept in snapshots that many threads read.
const fn shared<T: Send + Sync>() {}
const _: () = shared::<crate::ical::Schedule>();

/// The starts within a year that are told by these lines.
fn in_2026(lines: &str) -> Vec<String> {
    starts(&read(event(lines)), "2026-01-01 00:00", "2027-01-01 00:00")
}

#[test]
fn a_series_keeps_its_local_time_when_clocks_change() {
    let berlin = "
DTSTART;TZID=Europe/Berlin:20260327T090000
DTEND;TZID=Europe/Berlin:20260327T100000
RRULE:FREQ=DAILY;COUNT=4
";
    assert_eq!(
        in_2026(berlin),
        [
            "2026-03-27 08:00:00",
            "2026-03-28 08:00:00",
            "2026-03-29 07:00:00",
            "2026-03-30 07:00:00"
        ]
    );
}

#[test]
fn a_local_time_in_a_gap_counts_by_the_offset_before_it() {
    // RFC 5545 §3.3.5: 02:30 on that night does not exist in New York and means 03:30 EDT.
    let night = "DTSTART;TZID=America/New_York:20260307T023000\nRRULE:FREQ=DAILY;COUNT=3\n";
    assert_eq!(
        in_2026(night),
        [
            "2026-03-07 07:30:00",
            "2026-03-08 07:30:00",
            "2026-03-09 06:30:00"
        ]
    );
}

#[test]
fn of_two_equal_local_times_the_first_counts() {
    let night = "DTSTART;TZID=America/New_York:20261101T013000\n";
    assert_eq!(in_2026(night), ["2026-11-01 05:30:00"]);
}

#[test]
fn floating_times_count_in_the_zone_of_the_installation() {
    assert_eq!(
        in_2026("DTSTART:20260105T090000\n"),
        ["2026-01-05 06:00:00"]
    );
}

#[test]
fn an_until_in_utc_is_compared_with_local_times() {
    // 22:00 in New York is 03:00 UTC of the next day.
    let until = |until: &str| {
        in_2026(&format!(
            "DTSTART;TZID=America/New_York:20260105T220000\nRRULE:FREQ=DAILY;UNTIL={until}\n"
        ))
        .len()
    };
    assert_eq!(until("20260108T030000Z"), 3);
    assert_eq!(until("20260108T025959Z"), 2);
    assert_eq!(until("20260107T220000"), 3);
    assert_eq!(until("20260107"), 3);
    assert_eq!(until("20250101T000000Z"), 1, "DTSTART is always the first");
}

#[test]
fn a_series_of_days_has_the_same_last_day_however_until_is_written() {
    for until in [
        "20260107",
        "20260107T000000Z",
        "20260107T235959Z",
        "20260106T210000Z",
        "20260107T000000",
    ] {
        let lines = format!("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;UNTIL={until}\n");
        assert_eq!(
            in_2026(&lines),
            ["2026-01-05", "2026-01-06", "2026-01-07"],
            "{until}"
        );
    }
}

#[test]
fn rules_of_many_kinds_are_expanded() {
    let cases: [(&str, &str, &[&str]); 8] = [
        (
            "20260105T090000Z",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=4;WKST=SU",
            &[
                "01-05 09:00",
                "01-06 09:00",
                "01-08 09:00",
                "01-20 09:00",
                "01-22 09:00",
            ],
        ),
        (
            "20260130T090000Z",
            "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
            &["01-30 09:00", "02-27 09:00", "03-27 09:00"],
        ),
        (
            "20260131T090000Z",
            "FREQ=MONTHLY;COUNT=3",
            &["01-31 09:00", "03-31 09:00", "05-31 09:00"],
        ),
        (
            "20260130T090000Z",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
            &["01-30 09:00", "02-27 09:00", "03-31 09:00"],
        ),
        (
            "20260514T090000Z",
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=TH",
            &["05-14 09:00"],
        ),
        (
            "20260102T090000Z",
            "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9;UNTIL=20260103T000000Z",
            &["01-02 09:00", "01-02 09:20", "01-02 09:40"],
        ),
        (
            "20260102T090000Z",
            "FREQ=HOURLY;INTERVAL=3;UNTIL=20260102T170000Z",
            &["01-02 09:00", "01-02 12:00", "01-02 15:00"],
        ),
        (
            "20260102T090000Z",
            "rscale=gregorian;freq=daily;count=2;skip=omit",
            &["01-02 09:00", "01-03 09:00"],
        ),
    ];
    for (start, rule, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|at| format!("2026-{at}:00")).collect();
        let lines = format!("DTSTART:{start}\nRRULE:{rule}\n");
        assert_eq!(in_2026(&lines), expected, "{rule}");
    }
}

#[test]
fn a_day_excluded_from_a_series_of_times_takes_the_occurrence_of_that_local_day() {
    let lines = "
DTSTART;TZID=Asia/Tokyo:20260105T080000
RRULE:FREQ=DAILY;COUNT=3
EXDATE;VALUE=DATE:20260106
";
    assert_eq!(
        in_2026(lines),
        ["2026-01-04 23:00:00", "2026-01-06 23:00:00"]
    );
}

#[test]
fn an_exception_may_be_told_in_another_zone_than_the_series() {
    let lines = "
DTSTART;TZID=Europe/Moscow:20260105T090000
RRULE:FREQ=DAILY;COUNT=3
EXDATE:20260106T060000Z,20260107T060000Z
";
    assert_eq!(in_2026(lines), ["2026-01-05 06:00:00"]);
}

/// A series of three days, each at 09:00, and one changed occurrence.
fn with_override(id: &str, start: &str) -> String {
    event(&format!(
        "
DTSTART:20260105T090000Z
DTEND:20260105T100000Z
RRULE:FREQ=DAILY;COUNT=3
SUMMARY:series
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID{id}
DTSTART:{start}
SUMMARY:moved
"
    ))
}

#[test]
fn a_moved_occurrence_stands_where_it_was_moved_to() {
    let after = read(with_override(":20260106T090000Z", "20260201T120000Z"));
    assert_eq!(
        starts(&after, "2026-01-01 00:00", "2027-01-01 00:00"),
        [
            "2026-01-05 09:00:00",
            "2026-01-07 09:00:00",
            "2026-02-01 12:00:00"
        ]
    );
    assert_eq!(after.last, utc("2026-02-01 12:00").timestamp() + 1);
    assert_eq!(
        starts(&after, "2026-01-06 00:00", "2026-01-07 00:00"),
        [""; 0]
    );
    assert_eq!(
        starts(&after, "2026-02-01 00:00", "2026-02-02 00:00"),
        ["2026-02-01 12:00:00"]
    );
}

#[test]
fn a_later_occurrence_moved_to_the_front_is_not_the_first() {
    let before = read(with_override(":20260106T090000Z", "20260101T120000Z"));
    assert_eq!(before.first, utc("2026-01-01 12:00").timestamp());
    assert_eq!(
        show_span(before.fields.span),
        "2026-01-05 09:00 .. 2026-01-05 10:00"
    );
}

#[test]
fn the_first_occurrence_counts_where_it_was_moved_to() {
    let moved = read(with_override(":20260105T090000Z", "20260108T120000Z"));
    assert_eq!(
        show_span(moved.fields.span),
        "2026-01-08 12:00 .. 2026-01-08 12:00"
    );
    assert_eq!(moved.fields.title, "series");
}

#[test]
fn a_recurrence_id_that_is_a_day_means_the_occurrence_of_that_day() {
    let moved = read(with_override(";VALUE=DATE:20260106", "20260201T120000Z"));
    assert_eq!(
        starts(&moved, "2026-01-01 00:00", "2027-01-01 00:00"),
        [
            "2026-01-05 09:00:00",
            "2026-01-07 09:00:00",
            "2026-02-01 12:00:00"
        ]
    );
}

#[test]
fn overrides_without_a_master_are_an_object_of_their_own() {
    let only = read(event(
        "RECURRENCE-ID:20260105T090000Z\nDTSTART:20260106T090000Z\nSUMMARY:invited to one\n",
    ));
    assert!(only.recurs);
    assert_eq!(only.fields.title, "invited to one");
    assert_eq!(
        starts(&only, "2026-01-01 00:00", "2027-01-01 00:00"),
        ["2026-01-06 09:00:00"]
    );
}

#[test]
fn a_series_that_lost_all_its_occurrences_keeps_the_dates_of_its_master() {
    let empty = read(event(
        "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;COUNT=1\nEXDATE:20260105T090000Z\n",
    ));
    assert!(empty.recurs);
    assert_eq!(empty.occurrence, None);
    assert_eq!(
        show_span(empty.fields.span),
        "2026-01-05 09:00 .. 2026-01-05 09:00"
    );
    assert_eq!(
        starts(&empty, "2026-01-01 00:00", "2027-01-01 00:00"),
        [""; 0]
    );
}

#[test]
fn ranges_end_before_their_end_and_begin_with_their_start() {
    // RFC 4791 §9.9.
    let hour = read(event("DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\n"));
    let instant = read(event("DTSTART:20260105T090000Z\n"));
    let day = read(event("DTSTART;VALUE=DATE:20260105\n"));
    let cases = [
        (&hour, "2026-01-05 08:00", "2026-01-05 09:00", false),
        (&hour, "2026-01-05 09:59", "2026-01-05 10:00", true),
        (&hour, "2026-01-05 10:00", "2026-01-05 11:00", false),
        (&instant, "2026-01-05 09:00", "2026-01-05 10:00", true),
        (&instant, "2026-01-05 08:00", "2026-01-05 09:00", false),
        // Days begin and end at 21:00 UTC in Moscow.
        (&day, "2026-01-04 20:00", "2026-01-04 21:00", false),
        (&day, "2026-01-04 21:00", "2026-01-04 22:00", true),
        (&day, "2026-01-05 20:59", "2026-01-05 22:00", true),
        (&day, "2026-01-05 21:00", "2026-01-05 22:00", false),
    ];
    for (incoming, from, to, expected) in cases {
        let found = incoming.schedule.overlaps(utc(from)..utc(to));
        assert_eq!(found, expected, "{from} .. {to}");
    }
}

#[test]
fn an_occurrence_that_began_long_before_the_range_is_found() {
    let long = "DTSTART:20260101T000000Z\nDURATION:P40D\nRRULE:FREQ=YEARLY\n";
    assert_eq!(
        starts(&read(event(long)), "2030-02-01 00:00", "2030-02-02 00:00"),
        ["2030-01-01 00:00:00"]
    );
}

#[test]
fn a_nominal_day_follows_the_clock_and_an_exact_one_does_not() {
    let ends = |lines: &str| {
        let incoming = read(event(lines));
        show_span(incoming.fields.span)
    };
    // 29 March 2026 has 23 hours in Berlin.
    assert_eq!(
        ends("DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:P1D\n"),
        "2026-03-28 11:00 .. 2026-03-29 10:00"
    );
    assert_eq!(
        ends("DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:PT24H\n"),
        "2026-03-28 11:00 .. 2026-03-29 11:00"
    );
}

#[test]
fn what_is_asked_for_is_not_more_than_is_answered() {
    let daily = read(event("DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY\n"));
    let range = utc("2026-02-01 00:00")..utc("2026-02-11 00:00");
    assert_eq!(
        daily
            .schedule
            .occurrences(range.clone(), 10)
            .map(|found| found.len()),
        Ok(10)
    );
    assert_eq!(
        daily.schedule.occurrences(range, 9),
        Err(crate::ical::TooMany)
    );
}

#[test]
fn an_end_far_away_is_known_exactly() {
    let lasts = |rule: &str| {
        let incoming = read(event(&format!(
            "DTSTART:20200106T090000Z\nDTEND:20200106T100000Z\nRRULE:{rule}\n"
        )));
        chrono::DateTime::from_timestamp(incoming.last, 0).map(|at| at.to_string())
    };
    let last = |text: &str| Some(text.to_owned());
    assert_eq!(
        lasts("FREQ=WEEKLY;COUNT=520"),
        last("2029-12-17 10:00:00 UTC")
    );
    assert_eq!(
        lasts("FREQ=WEEKLY;INTERVAL=3;UNTIL=20300101T000000Z"),
        last("2029-12-17 10:00:00 UTC")
    );
    assert_eq!(
        lasts("FREQ=YEARLY;INTERVAL=4;UNTIL=20300101T000000Z"),
        last("2028-01-06 10:00:00 UTC")
    );
    assert_eq!(lasts("FREQ=YEARLY"), None);
}
