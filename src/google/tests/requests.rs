//! Whole requests out.

use super::super::body;
use super::super::options::GoogleOptions;
use super::super::requests::{self, Request};
use super::super::times;
use super::samples::{MARKER_TEXT, at, day, days, instant, marker, timed};
use crate::model::{Fields, RemoteChanges, RemoteCursor, RemoteId};
use crate::ports::{ListAsk, PageToken};
use chrono_tz::Tz;
use serde_json::{Value, json};

const CALENDAR: &str = "anna@example.com";

fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.target)
}

#[test]
fn a_listing_asks_the_same_from_the_first_call_on() {
    let (cursor, page) = (RemoteCursor("t=1".to_owned()), PageToken("p/2".to_owned()));
    let asked = |cursor, page| {
        let from = instant("2026-11-01T00:00:00Z");
        let ask = ListAsk { cursor, page, from };
        line(&requests::list(CALENDAR, ask, &GoogleOptions::default()))
    };
    let same = "GET calendars/anna%40example.com/events\
        ?eventTypes=default&maxResults=2500&showDeleted=true&singleEvents=false";
    for (cursor, page, rest) in [
        (None, None, "&timeMin=2026-11-01T00%3A00%3A00Z"),
        (
            None,
            Some(&page),
            "&timeMin=2026-11-01T00%3A00%3A00Z&pageToken=p%2F2",
        ),
        (Some(&cursor), None, "&syncToken=t%3D1"),
        (Some(&cursor), Some(&page), "&syncToken=t%3D1&pageToken=p%2F2"),
    ] {
        assert_eq!(asked(cursor, page), format!("{same}{rest}"));
    }
}

#[test]
fn calls_without_a_body() {
    let id = RemoteId("abc/12".to_owned());
    for (request, expected) in [
        (
            requests::get(CALENDAR, &id),
            "GET calendars/anna%40example.com/events/abc%2F12",
        ),
        (
            requests::find(CALENDAR, &marker(), None),
            "GET calendars/anna%40example.com/events?eventTypes=default&privateExtendedProperty=\
             advanta-bridge%3D1%3As-1%3A3%3A00000000-0000-0000-0000-000000000007%3A0\
             &showDeleted=false&singleEvents=false",
        ),
        (
            requests::delete(CALENDAR, &id, Some("\"2\""), true),
            "DELETE calendars/anna%40example.com/events/abc%2F12?sendUpdates=all",
        ),
        (
            requests::calendars(Some("p")),
            "GET users/me/calendarList?maxResults=250&minAccessRole=writer&pageToken=p",
        ),
    ] {
        assert_eq!(line(&request), expected);
        assert_eq!(request.body, None);
    }
}

fn body_of(request: &Request) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

#[test]
fn calls_with_a_body_mail_nobody_unless_told() {
    let body = json!({"summary": "x"});
    let patch = requests::patch(CALENDAR, "abc12", Some("\"2\""), &body, false);
    assert_eq!(
        line(&patch),
        "PATCH calendars/anna%40example.com/events/abc12?sendUpdates=none"
    );
    assert_eq!(patch.if_match.as_deref(), Some("\"2\""));
    assert_eq!(body_of(&patch), body);
    let insert = requests::insert(CALENDAR, &body, true);
    assert_eq!(
        line(&insert),
        "POST calendars/anna%40example.com/events?sendUpdates=all"
    );
    let address = "https://bridge.example.com/hooks/google";
    let watch = requests::watch(CALENDAR, "c-1", "hush", address, &GoogleOptions::default());
    assert_eq!(
        line(&watch),
        "POST calendars/anna%40example.com/events/watch?eventTypes=default"
    );
    assert_eq!(
        body_of(&watch),
        json!({
            "id": "c-1",
            "type": "web_hook",
            "address": address,
            "token": "hush",
            "params": {"ttl": "604800"},
        })
    );
    let stop = requests::stop("c-1", "r-1");
    assert_eq!(line(&stop), "POST channels/stop");
    assert_eq!(body_of(&stop), json!({"id": "c-1", "resourceId": "r-1"}));
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
    let create = |fields: &Fields, card| {
        body::create(&marker(), fields, Tz::Europe__Moscow, card)
    };
    let expected = json!({
        "id": marker().event_id().0,
        "summary": "Report",
        "description": "d",
        "location": "l",
        "start": {"dateTime": "2026-11-02T10:00:00+03:00", "timeZone": "Europe/Moscow"},
        "end": {"dateTime": "2026-11-02T11:00:00+03:00", "timeZone": "Europe/Moscow"},
        "extendedProperties": {"private": {"advanta-bridge": MARKER_TEXT}},
        "source": {"title": "ADVANTA", "url": "https://advanta.example.com/card/7"},
    });
    assert_eq!(create(&fields, card), Some(expected.clone()));
    let mut without = expected;
    without.as_object_mut().unwrap().remove("source");
    assert_eq!(create(&fields, Some("file:///card")), Some(without));
    let undated = Fields {
        span: None,
        ..fields
    };
    assert_eq!(create(&undated, None), None);
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
        assert_eq!(body::change(&changes, Tz::Europe__Berlin), expected);
    }
}

#[test]
fn an_occurrence_is_named_by_where_its_series_puts_it() {
    let named = |moment| times::occurrence_suffix(moment);
    assert_eq!(named(at("2026-11-02T07:05:00Z")), "_20261102T070500Z");
    assert_eq!(named(day("2026-11-02")), "_20261102");
}
