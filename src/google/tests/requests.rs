//! Whole requests out.

use super::super::map;
use super::super::requests::{self, Call};
use super::samples::{MARKER_TEXT, SHORTEST, at, day, days, instant, marker, timed};
use crate::model::Presence;
use crate::model::{Channel, ChannelId, Digest, Fields, RemoteChanges, RemoteId, SubscriptionId};
use crate::ports::{RemoteDeed, RemoteWrite, WatchAsk};
use chrono_tz::Tz;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

const CALENDAR: &str = "anna@example.com";

fn line(call: &Call) -> String {
    format!("{} {}", call.method, call.path)
}

#[test]
fn a_listing_asks_the_same_from_the_first_call_on() {
    let same = "GET calendars/anna%40example.com/events\
        ?singleEvents=false&showDeleted=true&eventTypes=default\
        &eventTypes=fromGmail&eventTypes=outOfOffice&maxResults=2500";
    for (tokens, rest) in [
        ((None, None), "&timeMin=2026-11-01T00%3A00%3A00Z"),
        (
            (None, Some("p/2")),
            "&timeMin=2026-11-01T00%3A00%3A00Z&pageToken=p%2F2",
        ),
        ((Some("t=1"), None), "&syncToken=t%3D1"),
        (
            (Some("t=1"), Some("p/2")),
            "&syncToken=t%3D1&pageToken=p%2F2",
        ),
    ] {
        let call = requests::list(CALENDAR, tokens, instant("2026-11-01T00:00:00Z"), 2500);
        assert_eq!(line(&call), format!("{same}{rest}"));
    }
}

#[test]
fn questions_have_no_body() {
    let id = RemoteId("abc/12".to_owned());
    for (call, expected) in [
        (
            requests::get(CALENDAR, &id),
            "GET calendars/anna%40example.com/events/abc%2F12",
        ),
        (
            requests::list_of_mark(CALENDAR, &marker(), None, 9),
            "GET calendars/anna%40example.com/events?privateExtendedProperty=\
             advanta-bridge%3D1%3As-1%3A3%3A00000000-0000-0000-0000-000000000007%3A0\
             &singleEvents=false&showDeleted=false&maxResults=9",
        ),
        (
            requests::list_of_uid(CALENDAR, "u@example.com", Some("p"), 9),
            "GET calendars/anna%40example.com/events?iCalUID=u%40example.com\
             &singleEvents=false&showDeleted=true&maxResults=9&pageToken=p",
        ),
        (
            requests::calendars(requests::Calendars::Readable, Some("p")),
            "GET users/me/calendarList?minAccessRole=reader&maxResults=250&pageToken=p",
        ),
        (
            requests::calendars(requests::Calendars::All, None),
            "GET users/me/calendarList?showHidden=true&maxResults=250",
        ),
    ] {
        assert_eq!(line(&call), expected);
        assert_eq!((call.body, call.expected), (None, None));
    }
}

#[test]
fn writes_mail_nobody_unless_told() {
    let id = RemoteId("abc12".to_owned());
    let zone = Tz::Europe__Moscow;
    let update = RemoteDeed::Update {
        id: id.clone(),
        expected: Some("\"2\"".to_owned()),
        changes: RemoteChanges {
            title: Some("x".to_owned()),
            ..RemoteChanges::default()
        },
        zone,
    };
    let moved = RemoteDeed::Move {
        id: id.clone(),
        occurrence: at("2026-11-02T07:05:00Z"),
        span: days("2026-11-03", "2026-11-03"),
        zone,
    };
    let delete = RemoteDeed::Delete {
        id,
        expected: Some("\"3\"".to_owned()),
    };
    let named = RemoteId("abc12_20261102T070500Z".to_owned());
    for (deed, notify, expected, version) in [
        (
            &update,
            false,
            "PATCH calendars/anna%40example.com/events/abc12?sendUpdates=none",
            Some("\"2\""),
        ),
        (
            &update,
            true,
            "PATCH calendars/anna%40example.com/events/abc12?sendUpdates=all",
            Some("\"2\""),
        ),
        (
            &moved,
            false,
            "PATCH calendars/anna%40example.com/events/abc12_20261102T070500Z?sendUpdates=none",
            None,
        ),
        (
            &delete,
            false,
            "DELETE calendars/anna%40example.com/events/abc12?sendUpdates=none",
            Some("\"3\""),
        ),
    ] {
        let deed = deed.clone();
        let call = requests::write(
            CALENDAR,
            &RemoteWrite { deed, notify },
            Some(&named),
            SHORTEST,
        );
        assert_eq!(line(&call), expected);
        assert_eq!(call.expected.as_deref(), version);
    }
}

#[test]
fn no_event_is_written_without_length() {
    let zone = Tz::UTC;
    let nothing = timed("2026-11-02T07:00:00Z", "2026-11-02T07:00:00Z");
    let create = RemoteDeed::Create {
        marker: marker(),
        fields: Fields {
            title: "Сдача".to_owned(),
            span: Some(nothing),
            description: String::new(),
            location: String::new(),
            recurs: false,
        },
        zone,
        card: None,
        presence: Presence::LOUD,
    };
    let update = RemoteDeed::Update {
        id: RemoteId("abc12".to_owned()),
        expected: None,
        changes: RemoteChanges {
            span: Some(nothing),
            ..RemoteChanges::default()
        },
        zone,
    };
    let moved = RemoteDeed::Move {
        id: RemoteId("abc12".to_owned()),
        occurrence: at("2026-11-01T07:00:00Z"),
        span: nothing,
        zone,
    };
    for deed in [create, update, moved] {
        let write = RemoteWrite {
            deed,
            notify: false,
        };
        let body = requests::write(CALENDAR, &write, None, SHORTEST)
            .body
            .unwrap();
        assert_eq!(body["start"]["dateTime"], "2026-11-02T07:00:00Z");
        assert_eq!(body["end"]["dateTime"], "2026-11-02T07:15:00Z");
    }
    // A single day is no time at all, but a day.
    let day = days("2026-11-02", "2026-11-02");
    assert_eq!(map::held(day, SHORTEST), day);
}

#[test]
fn a_channel_is_asked_for_and_given_up() {
    let id = ChannelId(Uuid::from_u128(5));
    let ask = WatchAsk {
        channel: &id,
        token: "hush",
    };
    let watch = requests::watch(
        CALENDAR,
        ask,
        "https://bridge.example.com",
        Duration::from_secs(604_800),
    );
    assert_eq!(
        line(&watch),
        "POST calendars/anna%40example.com/events/watch"
    );
    assert_eq!(
        watch.body,
        Some(json!({
            "id": "00000000-0000-0000-0000-000000000005",
            "type": "web_hook",
            "address": "https://bridge.example.com/hooks/google",
            "token": "hush",
            "params": {"ttl": "604800"},
        }))
    );
    let mut channel = Channel {
        id,
        subscription: SubscriptionId::new("s-1"),
        epoch: 3,
        token: Digest::of("hush"),
        resource: None,
        heard: false,
        since: instant("2026-11-01T00:00:00Z"),
        expires: instant("2026-11-08T00:00:00Z"),
    };
    assert_eq!(requests::stop(&channel), None);
    channel.resource = Some("r-1".to_owned());
    let stop = requests::stop(&channel).unwrap();
    assert_eq!(line(&stop), "POST channels/stop");
    assert_eq!(
        stop.body,
        Some(json!({"id": "00000000-0000-0000-0000-000000000005", "resourceId": "r-1"}))
    );
}

#[test]
fn a_new_event_holds_our_mark_and_nobody_else() {
    let fields = Fields {
        title: "Report".to_owned(),
        span: Some(timed("2026-11-02T07:00:00Z", "2026-11-02T08:00:00Z")),
        description: "d".to_owned(),
        location: "l".to_owned(),
        recurs: false,
    };
    let card = Some("https://advanta.example.com/card/7");
    let zone = Tz::Europe__Moscow;
    let create =
        |fields: &Fields, card| map::inserted(&marker(), fields, zone, card, Presence::LOUD);
    let expected = json!({
        "id": marker().event_id().0,
        "summary": "Report",
        "description": "d",
        "location": "l",
        "start": {"dateTime": "2026-11-02T10:00:00+03:00", "timeZone": "Europe/Moscow"},
        "end": {"dateTime": "2026-11-02T11:00:00+03:00", "timeZone": "Europe/Moscow"},
        "reminders": {"useDefault": true},
        "transparency": "opaque",
        "extendedProperties": {"private": {"advanta-bridge": MARKER_TEXT}},
        "source": {"title": "ADVANTA", "url": "https://advanta.example.com/card/7"},
    });
    assert_eq!(create(&fields, card), expected.clone());
    let mut without = expected;
    without.as_object_mut().unwrap().remove("source");
    assert_eq!(create(&fields, Some("file:///card")), without);
    let quiet = map::inserted(&marker(), &fields, zone, None, Presence::QUIET);
    let reminders = json!({"useDefault": false, "overrides": []});
    assert_eq!(
        (&quiet["reminders"], &quiet["transparency"]),
        (&reminders, &json!("transparent"))
    );
}

#[test]
fn a_change_holds_what_changes_and_clears_the_other_kind_of_time() {
    let nothing = RemoteChanges::default;
    for (changes, expected) in [
        (nothing(), json!({})),
        (
            RemoteChanges {
                title: Some("a".to_owned()),
                description: Some(String::new()),
                ..nothing()
            },
            json!({"summary": "a", "description": ""}),
        ),
        (
            RemoteChanges {
                location: Some("b".to_owned()),
                span: Some(days("2026-11-02", "2026-11-03")),
                ..nothing()
            },
            json!({
                "location": "b",
                "start": {"date": "2026-11-02", "dateTime": null, "timeZone": null},
                "end": {"date": "2026-11-04", "dateTime": null, "timeZone": null},
            }),
        ),
        (
            RemoteChanges {
                span: Some(timed("2026-07-01T07:00:00Z", "2026-12-01T07:00:00Z")),
                ..nothing()
            },
            json!({
                "start": {"date": null, "dateTime": "2026-07-01T09:00:00+02:00", "timeZone": "Europe/Berlin"},
                "end": {"date": null, "dateTime": "2026-12-01T08:00:00+01:00", "timeZone": "Europe/Berlin"},
            }),
        ),
        (
            RemoteChanges {
                drop_recurrence: true,
                marker: Some(None),
                ..nothing()
            },
            json!({
                "recurrence": [],
                "extendedProperties": {"private": {"advanta-bridge": null}},
            }),
        ),
        (
            RemoteChanges {
                marker: Some(Some(marker())),
                ..nothing()
            },
            json!({"extendedProperties": {"private": {"advanta-bridge": MARKER_TEXT}}}),
        ),
    ] {
        assert_eq!(map::patched(&changes, Tz::Europe__Berlin), expected);
    }
}

#[test]
fn an_occurrence_is_asked_for_by_where_its_series_puts_it() {
    let series = RemoteId("abc12".to_owned());
    let of = |moment| line(&requests::instances(CALENDAR, &series, moment));
    let events = "GET calendars/anna%40example.com/events/abc12/instances";
    assert_eq!(
        of(at("2026-11-02T07:05:00Z")),
        format!("{events}?originalStart=2026-11-02T07%3A05%3A00Z&showDeleted=true")
    );
    assert_eq!(
        of(day("2026-11-02")),
        format!("{events}?originalStart=2026-11-02&showDeleted=true")
    );
}
