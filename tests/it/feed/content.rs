//! What stands in a feed.

use super::subscriber::Feeds;
use crate::in_process::http::If;
use crate::in_process::world::{href, local, object};
use advanta_bridge::feed::Options;
use advanta_bridge::ical::join::Alarms;
use advanta_bridge::model::{Kind, Rights};
use std::time::Duration;

/// A text of a client with an alarm and a zone that it calls `Home`, so many hours east of UTC.
fn own_text(uid: &str, hours: u8) -> String {
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//example.com//test//EN",
        "BEGIN:VTIMEZONE",
        "TZID:Home",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        &format!("TZOFFSETFROM:+{hours:02}00"),
        &format!("TZOFFSETTO:+{hours:02}00"),
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        &format!("UID:{uid}"),
        "DTSTAMP:20261123T080000Z",
        "DTSTART;TZID=Home:20261201T090000",
        "DTEND;TZID=Home:20261201T100000",
        &format!("SUMMARY:{uid}"),
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:soon",
        "TRIGGER:-PT15M",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    .join("\r\n")
}

/// Anna's device puts two notes whose zones have one name and different meanings.
fn with_clashing_zones(options: Options) -> (Feeds, String) {
    let feeds = Feeds::with(options);
    let device = feeds.device("anna");
    for (uid, hours) in [("five", 5), ("three", 3)] {
        let at = format!("{}{uid}.ics", device.collection());
        assert_eq!(device.put(&at, &own_text(uid, hours), &If::New).status, 201);
    }
    let (_, path) = feeds.address("anna", false);
    (feeds, path)
}

#[test]
fn an_empty_calendar_is_a_calendar() {
    let feeds = Feeds::new();
    let (_, path) = feeds.address("boris", false);
    assert_eq!(
        feeds.get(&path).text(),
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//advanta-bridge//calendar//EN\r\nMETHOD:PUBLISH\r\nNAME:ADVANTA\r\nX-WR-CALNAME:ADVANTA\r\n\
         REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\nX-PUBLISHED-TTL:PT15M\r\nEND:VCALENDAR\r\n"
    );
}

#[test]
fn a_feed_has_the_name_that_its_owner_gave_the_calendar_and_the_pace_of_the_settings() {
    let feeds = Feeds::with(Options {
        refresh: Duration::from_secs(3600),
        ..Options::default()
    });
    let device = feeds.device("anna");
    let rename = "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><D:displayname>Дела, важные</D:displayname></D:prop></D:set></D:propertyupdate>";
    let (_, path) = feeds.address("anna", false);
    let before = feeds.get(&path);
    assert!(before.text().contains("\r\nNAME:АДВАНТА\r\n"));
    let renamed = device.send(&crate::in_process::http::Asked {
        method: "PROPPATCH",
        href: &device.collection(),
        headers: vec![],
        body: rename.to_owned(),
    });
    assert_eq!(renamed.status, 207);
    let after = feeds.get(&path);
    assert_eq!(
        after.text(),
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//advanta-bridge//calendar//EN\r\nMETHOD:PUBLISH\r\nNAME:Дела\\, важные\r\nX-WR-CALNAME:Дела\\, важные\r\n\
         REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\nEND:VCALENDAR\r\n"
    );
    assert_ne!(before.header("etag"), after.header("etag"));
}

#[test]
fn zones_of_one_name_and_two_meanings_stay_apart_and_alarms_stay_at_home() {
    let (feeds, path) = with_clashing_zones(Options::default());
    insta::assert_snapshot!(feeds.get(&path).text());
}

#[test]
fn alarms_are_part_of_the_feed_when_the_settings_say_so() {
    let (feeds, path) = with_clashing_zones(Options {
        alarms: Alarms::Keep,
        ..Options::default()
    });
    assert_eq!(feeds.get(&path).text().matches("BEGIN:VALARM").count(), 2);
}

#[test]
fn a_refused_edit_leaves_no_trace_in_the_feed() {
    let feeds = Feeds::new();
    let id = feeds.world.object_id();
    let task = object(id, Kind::Task, "Смета", &[("anna", Rights::READ)]);
    feeds.world.seen(&task);
    let (_, path) = feeds.address("anna", false);
    let before = feeds.get(&path);
    let device = feeds.device("anna");
    let at = href("anna", id);
    let forbidden = device.get(&at).body.replace("Смета", "Моё");
    assert_eq!(device.put(&at, &forbidden, &If::Always).status, 204);
    assert!(device.get(&at).body.contains("X-ADVANTA-RESTORED"));
    assert_eq!(feeds.get(&path).text(), before.text());
}

#[test]
fn nothing_of_another_person_is_ever_inside() {
    let feeds = Feeds::new();
    for (login, title) in [("anna", "Для Анны"), ("boris", "For Boris")] {
        let mut note = object(
            feeds.world.object_id(),
            Kind::Note,
            title,
            &[(login, Rights::ALL)],
        );
        note.planned.end = Some(local("2026-12-01T10:00"));
        feeds.world.seen(&note);
    }
    for (login, own, other) in [
        ("anna", "Для Анны", "Boris"),
        ("boris", "For Boris", "Анны"),
    ] {
        let text = feeds.get(&feeds.address(login, false).1).text();
        assert!(text.contains(own) && !text.contains(other), "{text}");
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
    }
}
