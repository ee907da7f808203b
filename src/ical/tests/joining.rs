//! Many texts as one calendar.

use super::samples::FIXTURES;
use super::{event, read, try_read};
use crate::ical::join::{Alarms, Feed, Head, Joined};
use crate::ical::split::{SplitLimits, split};
use crate::ical::{Document, Limits, PRODID, same_events};
use crate::model::Settings;

const HEAD: Head<'_> = Head {
    prodid: PRODID,
    name: None,
    feed: None,
};

fn joined_with(head: &Head<'_>, alarms: Alarms, texts: &[String]) -> String {
    let mut out = String::new();
    let mut joined = Joined::new(head, alarms, &Limits::default(), &mut out);
    for text in texts {
        joined.push(text, &mut out).unwrap();
    }
    joined.finish(&mut out);
    out
}

fn joined(texts: &[String]) -> String {
    joined_with(&HEAD, Alarms::Keep, texts)
}

/// A text with a zone of this offset and an event that names it.
fn zoned(uid: &str, tzid: &str, offset: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-CALNAME:Mine\n{}BEGIN:VEVENT\nUID:{uid}\n\
         DTSTART;TZID=\"{tzid}\":20260105T090000\nCOMMENT:{tzid}\nEND:VEVENT\nEND:VCALENDAR\n",
        zone(tzid, offset)
    )
}

fn zone(tzid: &str, offset: &str) -> String {
    format!(
        "BEGIN:VTIMEZONE\nTZID:{tzid}\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
         TZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
}

/// Everything in a calendar but its head and its end.
fn inside(calendar: &str) -> &str {
    let head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//advanta-bridge//calendar//EN\r\n";
    let inside = calendar.strip_prefix(head).unwrap();
    inside.strip_suffix("END:VCALENDAR\r\n").unwrap()
}

#[test]
fn the_head_of_a_feed_says_how_often_to_come() {
    let head = Head {
        name: Some("Задачи, встречи"),
        feed: Some(Feed {
            refresh_secs: 5_400,
        }),
        ..HEAD
    };
    assert_eq!(
        joined_with(&head, Alarms::Strip, &[]),
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//advanta-bridge//calendar//EN\r\nMETHOD:PUBLISH\r\n\
         NAME:Задачи\\, встречи\r\nX-WR-CALNAME:Задачи\\, встречи\r\nREFRESH-INTERVAL;VALUE=DURATION:PT90M\r\n\
         X-PUBLISHED-TTL:PT90M\r\nEND:VCALENDAR\r\n"
    );
    assert_eq!(inside(&joined(&[])), "");
}

#[test]
fn events_are_written_as_they_stand_and_a_zone_once() {
    let texts = [zoned("a", "Here", "+0300"), zoned("b", "Here", "+0300")];
    let lines = |uid: &str| {
        format!(
            "BEGIN:VEVENT\nUID:{uid}\nDTSTART;TZID=\"Here\":20260105T090000\nCOMMENT:Here\nEND:VEVENT\n"
        )
    };
    let wanted = format!("{}{}{}", zone("Here", "+0300"), lines("a"), lines("b"));
    assert_eq!(inside(&joined(&texts)), wanted);
}

#[test]
fn another_zone_of_the_same_name_gets_a_name_and_its_events_follow() {
    let texts = [
        zoned("a", "Here", "+0300"),
        zoned("b", "Here", "+0900"),
        zoned("c", "Here", "+0300"),
        zoned("d", "Here", "+0900"),
        zoned("e", "Here", "+0100"),
        zoned("f", "/advanta-bridge/2/Here", "+0300"),
    ];
    let calendar = joined(&texts);
    let named: Vec<&str> = calendar
        .lines()
        .filter(|line| {
            ["UID", "TZID", "DTSTART;", "COMMENT"]
                .iter()
                .any(|name| line.starts_with(name))
        })
        .collect();
    assert_eq!(
        named.join("\n"),
        "TZID:Here\nUID:a\nDTSTART;TZID=\"Here\":20260105T090000\nCOMMENT:Here\n\
         TZID:/advanta-bridge/2/Here\nUID:b\nDTSTART;TZID=/advanta-bridge/2/Here:20260105T090000\nCOMMENT:Here\n\
         UID:c\nDTSTART;TZID=\"Here\":20260105T090000\nCOMMENT:Here\n\
         UID:d\nDTSTART;TZID=/advanta-bridge/2/Here:20260105T090000\nCOMMENT:Here\n\
         TZID:/advanta-bridge/3/Here\nUID:e\nDTSTART;TZID=/advanta-bridge/3/Here:20260105T090000\nCOMMENT:Here\n\
         TZID:/advanta-bridge/4/Here\nUID:f\nDTSTART;TZID=/advanta-bridge/4/Here:20260105T090000\n\
         COMMENT:/advanta-bridge/2/Here"
    );
}

#[test]
fn a_new_name_is_none_that_the_same_text_gives_to_another_zone() {
    let both = zoned("b", "Here", "+0900").replace(
        "BEGIN:VEVENT\n",
        &format!(
            "{}BEGIN:VEVENT\nX-A;TZID=/advanta-bridge/2/Here:1\n",
            zone("/advanta-bridge/2/Here", "+0100")
        ),
    );
    let calendar = joined(&[zoned("a", "Here", "+0300"), both]);
    let named: Vec<&str> = calendar
        .lines()
        .filter(|line| line.contains("TZID"))
        .collect();
    assert_eq!(
        named,
        [
            "TZID:Here",
            "DTSTART;TZID=\"Here\":20260105T090000",
            "TZID:/advanta-bridge/3/Here",
            "TZID:/advanta-bridge/2/Here",
            "X-A;TZID=/advanta-bridge/2/Here:1",
            "DTSTART;TZID=/advanta-bridge/3/Here:20260105T090000",
        ]
    );
}

#[test]
fn a_zone_that_everybody_knows_is_known_under_its_new_name() {
    for tzid in [
        "Europe/Berlin",
        "W. Europe Standard Time",
        "/example.com/1/Europe/Berlin",
    ] {
        let texts = [zoned("a", tzid, "+0100"), zoned("b", tzid, "+0900")];
        let calendar = joined(&texts);
        assert_eq!(calendar.matches("BEGIN:VTIMEZONE").count(), 2);
        let split = split(calendar.as_bytes(), SplitLimits::default());
        let spans: Vec<_> = split
            .items()
            .map(|item| read(item.text()).fields.span)
            .collect();
        assert_eq!(spans, texts.map(|text| read(text).fields.span), "{tzid}");
    }
}

#[test]
fn wording_that_moves_no_time_makes_no_other_zone_and_an_unused_one_is_left_out() {
    let worded =
        zoned("b", "Here", "+0300").replace("TZOFFSETFROM", "TZNAME:MSK\nX-A:1\nTZOFFSETFROM");
    let unused = format!("{}BEGIN:VEVENT", zone("There", "+0900"));
    let texts = [
        zoned("a", "Here", "+0300"),
        worded.replace("BEGIN:VEVENT", &unused),
    ];
    let calendar = joined(&texts);
    let tzids: Vec<&str> = calendar
        .lines()
        .filter(|line| line.starts_with("TZID"))
        .collect();
    assert_eq!(tzids, ["TZID:Here"]);
}

#[test]
fn alarms_stay_or_go() {
    let alarm = "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n";
    let texts = [event(&format!(
        "DTSTART:20260105T090000Z\n{alarm}SUMMARY:a\n"
    ))];
    let kept = joined(&texts);
    assert!(kept.contains(alarm));
    assert_eq!(
        joined_with(&HEAD, Alarms::Strip, &texts),
        kept.replace(alarm, "")
    );
}

#[test]
fn a_text_that_cannot_be_read_leaves_nothing_behind() {
    let mut out = String::new();
    let mut joined = Joined::new(&HEAD, Alarms::Keep, &Limits::default(), &mut out);
    let before = out.clone();
    let broken = zoned("a", "Here", "+0300").replace("COMMENT:", "COMMENT");
    let invalid = joined.push(&broken, &mut out).unwrap_err();
    assert_eq!(
        (invalid.to_string(), out),
        ("line 15: a line has no colon".to_owned(), before)
    );
}

#[test]
fn what_clients_wrote_comes_back_from_the_calendar_as_it_was() {
    let texts: Vec<String> = FIXTURES
        .iter()
        .enumerate()
        .map(|(number, bytes)| {
            let incoming = read(bytes);
            let (old, new) = (format!("UID:{}", incoming.uid), format!("UID:{number}"));
            incoming.document.to_text().replace(&old, &new)
        })
        .collect();
    let calendar = joined(&texts);
    let again: Vec<String> = texts.iter().rev().cloned().collect();
    assert_ne!(joined(&again), calendar);
    assert_eq!(joined(&texts), calendar);
    let split = split(calendar.as_bytes(), SplitLimits::default());
    assert_eq!(
        (split.items().len(), split.broken()),
        (texts.len(), &[][..])
    );
    for (item, text) in split.items().zip(&texts) {
        let (item, text) = (read(item.text()), try_read(text).unwrap());
        assert_eq!(item.fields, text.fields);
        assert!(
            same_events(&item.document, &text.document, &Settings::default()),
            "{}",
            item.uid
        );
    }
}

#[test]
fn events_differ_by_the_times_of_their_zones_and_not_by_names() {
    let same = |one: &str, other: &str| {
        let read = |text: &str| Document::parse(text.as_bytes(), &Limits::default()).unwrap();
        same_events(&read(one), &read(other), &Settings::default())
    };
    let daily =
        |tzid, offset| zoned("a", tzid, offset).replace("COMMENT:", "RRULE:FREQ=DAILY\nX-T;X-A=");
    let plain = |tzid, offset| daily(tzid, offset).replace(&format!("X-A={tzid}"), "X-A=1:2");
    let here = plain("Here", "+0300");
    assert!(same(&here, &plain("/advanta-bridge/2/Here", "+0300")));
    assert!(same(
        &here,
        &here.replace("X-WR-CALNAME:Mine", "PRODID:other")
    ));
    assert!(!same(&here, &plain("Here", "+0900")));
    assert!(!same(&here, &here.replace("X-A=1", "X-A=2")));
}
