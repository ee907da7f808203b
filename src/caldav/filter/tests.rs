//! Filters as clients write them, on texts as clients write them.

use super::{Subject, matches};
use crate::caldav::elements::{CompFilter, Report};
use crate::ical::{self, Incoming, Limits};
use crate::model::Settings;
use proptest::prelude::*;

/// A one-off event with an alarm and guests, on 2 December 2026 from 9 to 10 in Moscow (6 to 7 in UTC).
const MEETING: &str = "\
BEGIN:VEVENT
UID:meeting
DTSTAMP:20261101T000000Z
DTSTART;TZID=Europe/Moscow:20261202T090000
DTEND;TZID=Europe/Moscow:20261202T100000
SUMMARY:План\\, вторая часть
CATEGORIES:Работа,Office
ATTENDEE;CN=\"Petrova, Anna\";PARTSTAT=ACCEPTED:mailto:anna@example.com
ATTENDEE;CN=Boris;PARTSTAT=NEEDS-ACTION;MEMBER=\"mailto:a@example.com\",\"mailto:b@example.com\":mailto:boris@example.com
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
DESCRIPTION:soon
END:VALARM
END:VEVENT
";

/// Every Monday at 6 in UTC from 7 December 2026, for ever; the 14th is dropped, the 21st moved to Tuesday and renamed.
const SERIES: &str = "\
BEGIN:VEVENT
UID:series
DTSTAMP:20261101T000000Z
DTSTART:20261207T060000Z
DTEND:20261207T070000Z
RRULE:FREQ=WEEKLY
EXDATE:20261214T060000Z
SUMMARY:Weekly
END:VEVENT
BEGIN:VEVENT
UID:series
DTSTAMP:20261101T000000Z
RECURRENCE-ID:20261221T060000Z
DTSTART:20261222T060000Z
DTEND:20261222T070000Z
SUMMARY:Moved
END:VEVENT
";

/// The whole day of 5 December 2026, which begins at 21:00 UTC the day before.
const DAY: &str = "\
BEGIN:VEVENT
UID:day
DTSTAMP:20261101T000000Z
DTSTART;VALUE=DATE:20261205
SUMMARY:Day
END:VEVENT
";

/// A moment without length.
const MOMENT: &str = "\
BEGIN:VEVENT
UID:moment
DTSTAMP:20261101T000000Z
DTSTART:20261202T060000Z
SUMMARY:Moment
END:VEVENT
";

fn read(components: &str) -> Incoming {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//test//EN\n{components}END:VCALENDAR\n"
    )
    .replace('\n', "\r\n");
    let settings = Settings::default();
    ical::read(text.as_bytes(), None, &settings, &Limits::default()).unwrap()
}

/// VCALENDAR with this content.
fn filter(content: &str) -> CompFilter {
    let body = format!(
        r#"<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:filter><C:comp-filter name="VCALENDAR">{content}</C:comp-filter></C:filter></C:calendar-query>"#
    );
    match Report::parse(body.as_bytes()).unwrap() {
        Report::CalendarQuery(query) => query.filter,
        other => panic!("{other:?}"),
    }
}

/// Whether an object of these components meets VCALENDAR with this content.
fn calendar(components: &str, content: &str) -> bool {
    let incoming = read(components);
    let subject = Subject {
        document: &incoming.document,
        schedule: &incoming.schedule,
        zone: Settings::default().zone,
    };
    matches(&filter(content), &subject)
}

/// Whether an object of these components meets VCALENDAR > VEVENT with this content.
fn event(components: &str, content: &str) -> bool {
    calendar(
        components,
        &format!(r#"<C:comp-filter name="VEVENT">{content}</C:comp-filter>"#),
    )
}

fn prop(name: &str, content: &str) -> String {
    format!(r#"<C:prop-filter name="{name}">{content}</C:prop-filter>"#)
}

fn text(attributes: &str, text: &str) -> String {
    format!("<C:text-match {attributes}>{text}</C:text-match>")
}

/// `1202T0600` is 6 o'clock on 2 December 2026 (UTC), `0601T0600` on 1 June 2027; an empty text is an open end.
fn range(start: &str, end: &str) -> String {
    let whole = |name: &str, short: &str| match short.is_empty() {
        true => String::new(),
        false => {
            let year = if short < "11" { 2027 } else { 2026 };
            format!(r#" {name}="{year}{short}00Z""#)
        }
    };
    format!(
        "<C:time-range{}{}/>",
        whole("start", start),
        whole("end", end)
    )
}

const NONE: &str = "<C:is-not-defined/>";

#[test]
fn events_are_found_by_their_time() {
    let cases = [
        (MEETING, "1202T0500", "1202T0600", false),
        (MEETING, "1202T0500", "1202T0601", true),
        (MEETING, "1202T0659", "1202T0800", true),
        (MEETING, "1202T0700", "1202T0800", false),
        (MEETING, "1202T0630", "", true),
        (MEETING, "1202T0700", "", false),
        (MEETING, "", "1202T0600", false),
        (MEETING, "", "1202T0601", true),
        (MOMENT, "1202T0600", "1202T0700", true),
        (MOMENT, "1202T0601", "1202T0700", false),
        (MOMENT, "1202T0500", "1202T0600", false),
        (DAY, "1204T2059", "1204T2100", false),
        (DAY, "1204T2059", "1204T2101", true),
        (DAY, "1205T2059", "1206T0000", true),
        (DAY, "1205T2100", "1206T0000", false),
        (SERIES, "1207T0000", "1208T0000", true),
        (SERIES, "1214T0000", "1215T0000", false),
        (SERIES, "1221T0000", "1222T0000", false),
        (SERIES, "1222T0000", "1223T0000", true),
        (SERIES, "1208T0000", "", true),
        (SERIES, "", "1207T0600", false),
        (SERIES, "", "1208T0000", true),
        (SERIES, "0607T0000", "0608T0000", true),
        (SERIES, "0608T0000", "0609T0000", false),
    ];
    for (components, start, end, expected) in cases {
        assert_eq!(
            event(components, &range(start, end)),
            expected,
            "{start} to {end} of {components}"
        );
    }
}

#[test]
fn the_time_and_the_text_belong_to_one_component() {
    let named = |name: &str| prop("SUMMARY", &text("", name));
    let on = |day: &str, name: &str| {
        let (start, end) = (format!("{day}T0000"), format!("{day}T2359"));
        event(SERIES, &(range(&start, &end) + &named(name)))
    };
    assert!(on("1207", "weekly"));
    assert!(!on("1207", "moved"));
    assert!(on("1222", "moved"));
    assert!(!on("1222", "weekly"));
    assert!(!on("1214", "weekly"));
    assert!(event(SERIES, &(range("1208T0000", "") + &named("weekly"))));
}

#[test]
fn properties_are_found_by_name_text_and_time() {
    let cases = [
        (prop("SUMMARY", ""), true),
        (prop("LOCATION", ""), false),
        (prop("LOCATION", NONE), true),
        (prop("SUMMARY", NONE), false),
        (prop("summary", &text("", "План, вторая")), true),
        (prop("SUMMARY", &text("", "план")), false),
        (
            prop("SUMMARY", &text(r#"collation="i;unicode-casemap""#, "ПЛАН")),
            true,
        ),
        (
            prop("SUMMARY", &text(r#"negate-condition="yes""#, "План")),
            false,
        ),
        (
            prop("SUMMARY", &text(r#"negate-condition="yes""#, "nothing")),
            true,
        ),
        (
            prop("LOCATION", &text(r#"negate-condition="yes""#, "nothing")),
            false,
        ),
        (prop("CATEGORIES", &text("", "OFFICE")), true),
        (
            prop("CATEGORIES", &text(r#"collation="i;octet""#, "OFFICE")),
            false,
        ),
        (prop("DTSTART", &range("1202T0600", "1202T0601")), true),
        (prop("DTSTART", &range("1202T0601", "1202T0800")), false),
        (prop("DTEND", &range("1202T0700", "")), true),
        (prop("DTSTAMP", &range("", "1101T0001")), true),
        (prop("DTSTAMP", &range("", "1101T0000")), false),
        (prop("COMPLETED", &range("1101T0000", "")), false),
        (prop("SUMMARY", "") + &prop("LOCATION", ""), false),
    ];
    for (content, expected) in cases {
        assert_eq!(event(MEETING, &content), expected, "{content}");
    }
    let excluded = prop("EXDATE", &range("1214T0000", "1215T0000"));
    assert!(event(SERIES, &excluded));
    assert!(event(
        DAY,
        &prop("DTSTART", &range("1205T2000", "1206T0000"))
    ));
    assert!(!event(
        DAY,
        &prop("DTSTART", &range("1205T2100", "1206T0000"))
    ));
}

#[test]
fn parameters_belong_to_the_property_that_matched() {
    let param = |name: &str, content: &str| {
        format!(r#"<C:param-filter name="{name}">{content}</C:param-filter>"#)
    };
    let accepted = param("PARTSTAT", &text("", "ACCEPTED"));
    let cases = [
        (text("", "anna@example.com") + &accepted, true),
        (text("", "boris@example.com") + &accepted, false),
        (param("cn", &text("", "petrova, anna")), true),
        (param("CN", NONE), false),
        (param("ROLE", ""), false),
        (param("ROLE", NONE), true),
        (param("MEMBER", ""), true),
        (param("MEMBER", &text("", "b@example.com")), true),
        (param("MEMBER", "") + &accepted, false),
    ];
    for (content, expected) in cases {
        assert_eq!(
            event(MEETING, &prop("ATTENDEE", &content)),
            expected,
            "{content}"
        );
    }
}

#[test]
fn components_are_found_inside_components() {
    let comp = |name: &str, content: &str| {
        format!(r#"<C:comp-filter name="{name}">{content}</C:comp-filter>"#)
    };
    let shown = prop("ACTION", &text("", "display"));
    assert!(event(MEETING, &comp("VALARM", "")));
    assert!(event(MEETING, &comp("VALARM", &shown)));
    assert!(!event(MEETING, &comp("VALARM", &prop("ATTACH", ""))));
    assert!(!event(MEETING, &comp("VALARM", NONE)));
    assert!(event(DAY, &comp("VALARM", NONE)));
    assert!(!calendar(MEETING, NONE));
    assert!(!calendar(MEETING, &comp("VEVENT", NONE)));
    assert!(!calendar(MEETING, &comp("VTODO", "")));
    assert!(!calendar(MEETING, &comp("VTODO", &range("1101T0000", ""))));
    assert!(calendar(MEETING, &comp("VTODO", NONE)));
    assert!(calendar(MEETING, &comp("VTIMEZONE", NONE)));
    assert!(calendar(MEETING, &prop("VERSION", &text("", "2.0"))));
    assert!(!calendar(MEETING, &prop("METHOD", "")));
}

#[test]
fn a_series_too_long_to_look_at_hides_nothing() {
    let every_hour = "\
BEGIN:VEVENT
UID:dense
DTSTAMP:20261101T000000Z
DTSTART:20261101T000000Z
DTEND:20261101T000100Z
RRULE:FREQ=HOURLY
SUMMARY:Dense
END:VEVENT
BEGIN:VEVENT
UID:dense
DTSTAMP:20261101T000000Z
RECURRENCE-ID:20261101T010000Z
DTSTART:20261101T013000Z
DTEND:20261101T013100Z
SUMMARY:Other
END:VEVENT
";
    let dense = prop("SUMMARY", &text("", "dense"));
    assert!(event(every_hour, &(range("1201T0000", "") + &dense)));
}

#[test]
fn the_index_and_the_text_say_the_same() {
    let days = [
        "1101", "1203", "1205", "1207", "1214", "1221", "1222", "1223", "0607", "",
    ];
    let times: Vec<String> = days
        .iter()
        .map(|day| match day.is_empty() {
            true => String::new(),
            false => format!("{day}T0600"),
        })
        .collect();
    let pairs =
        (0..times.len()).flat_map(|start| (start + 1..times.len()).map(move |end| (start, end)));
    for (start, end) in pairs {
        let asked = range(&times[start], &times[end]);
        let content = format!(r#"<C:comp-filter name="VEVENT">{asked}</C:comp-filter>"#);
        let span = filter(&content).time_range_only().unwrap();
        for components in [MEETING, SERIES, DAY, MOMENT] {
            let read = read(components);
            let by_index = span
                .overlaps_bounds(read.first, read.last, read.recurs)
                .unwrap_or_else(|| read.schedule.overlaps(span.bounds()));
            assert_eq!(
                by_index,
                calendar(components, &content),
                "{asked} of {components}"
            );
        }
    }
}

/// Lines of which events are made, good and bad.
const LINES: &[&str] = &[
    "DTEND:99991231T235959Z",
    "DURATION:P36525D",
    "RRULE:FREQ=DAILY",
    "RRULE:FREQ=YEARLY;COUNT=3",
    "EXDATE:20261207T060000Z,nonsense,99991231",
    "EXDATE;TZID=Nowhere:20261207T060000",
    "RDATE;VALUE=PERIOD:20261207T060000Z/PT1H",
    "RDATE;VALUE=DATE:20261208",
    "CREATED:00010101T000000Z",
    "CREATED:",
    "COMPLETED;TZID=Pacific/Apia:20111230T120000",
    "SUMMARY:\\",
    "SUMMARY;X=\"a\",b;Y=^n:,;\u{308}",
    "BEGIN:VALARM\nEND:VALARM",
];

proptest! {
    #[test]
    fn any_object_meets_a_filter_or_not(
        lines in proptest::collection::vec(proptest::sample::select(LINES), 0..6),
        start in proptest::sample::select(&["DTSTART:20261207T060000Z", "DTSTART;VALUE=DATE:20261207", "DTSTART;TZID=Europe/Moscow:99991231T235959"][..]),
    ) {
        let ics = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:a\nDTSTAMP:20261101T000000Z\n{start}\n{}\nEND:VEVENT\nEND:VCALENDAR\n", lines.join("\n"));
        let settings = Settings::default();
        let Ok(incoming) = ical::read(ics.as_bytes(), None, &settings, &Limits::default()) else {
            return Ok(());
        };
        let subject = Subject {
            document: &incoming.document,
            schedule: &incoming.schedule,
            zone: settings.zone,
        };
        let asked = [
            range("1201T0000", "1208T0000"),
            prop("CREATED", &range("1201T0000", "")),
            prop("EXDATE", &range("", "1208T0000")),
            prop("COMPLETED", &range("1201T0000", "")),
            prop("SUMMARY", &text(r#"collation="i;unicode-casemap""#, "")),
        ];
        for content in asked {
            let met = |content: &str| matches(&filter(&format!(r#"<C:comp-filter name="VEVENT">{content}</C:comp-filter>"#)), &subject);
            // Every event has a UID, so asking for it asks nothing more.
            prop_assert_eq!(met(&content), met(&format!("{content}{}", prop("UID", ""))));
        }
    }
}
