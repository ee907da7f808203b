//! Feeds as readers that we did not write understand them.

use super::subscriber::Feeds;
use crate::clients;
use crate::in_process::http::If;
use crate::in_process::world::{local, object};
use advanta_bridge::model::{Kind, Planned, Rights};

/// A zoned task, an all-day one, and a series of a client in a zone of its own making.
fn furnished() -> String {
    let feeds = Feeds::new();
    for (title, start, end) in [
        ("Zoned", "2026-12-01T09:00", "2026-12-01T10:30"),
        ("Whole days", "2026-12-02T00:00", "2026-12-03T23:59"),
    ] {
        let id = feeds.world.object_id();
        let mut task = object(id, Kind::Task, title, &[("anna", Rights::ALL)]);
        task.planned = Planned {
            start: Some(local(start)),
            end: Some(local(end)),
        };
        feeds.world.seen(&task);
    }
    let series = include_str!("series.ics").replace('\n', "\r\n");
    let device = feeds.device("anna");
    for (name, offset) in [("east", "+0500"), ("west", "-0200")] {
        let text = series.replace("{name}", name).replace("{offset}", offset);
        let at = format!("{}{name}.ics", device.collection());
        assert_eq!(device.put(&at, &text, &If::New).status, 201);
    }
    feeds.get(&feeds.address("anna", false).1).text()
}

#[test]
fn the_parser_of_the_icalendar_crate_reads_every_event_and_two_zones() {
    let text = furnished();
    let unfolded = icalendar::parser::unfold(&text);
    let calendar = icalendar::parser::read_calendar(&unfolded).unwrap();
    let says = |name: &str| {
        let found = calendar.properties.iter().find(|each| each.name == name);
        found.map(|each| each.val.as_str().to_owned())
    };
    assert_eq!(says("METHOD"), Some("PUBLISH".to_owned()));
    assert_eq!(says("X-PUBLISHED-TTL"), Some("PT15M".to_owned()));
    let mut titles: Vec<String> = calendar
        .components
        .iter()
        .filter(|each| each.name == "VEVENT")
        .map(|each| each.find_prop("SUMMARY").unwrap().val.as_str().to_owned())
        .collect();
    titles.sort();
    assert_eq!(titles, ["Whole days", "Zoned", "east", "west"]);
    let mut zones: Vec<String> = calendar
        .components
        .iter()
        .filter(|each| each.name == "VTIMEZONE")
        .map(|each| each.find_prop("TZID").unwrap().val.as_str().to_owned())
        .collect();
    zones.sort();
    assert_eq!(zones, ["/advanta-bridge/2/Own", "Own"], "{text}");
}

#[test]
fn python_finds_every_occurrence_at_its_very_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.ics");
    std::fs::write(&path, furnished()).unwrap();
    let path = path.to_str().unwrap();
    clients::run("feed_reader.py", &[path]);
}
