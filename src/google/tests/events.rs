//! Whole JSON in, whole events out.

use super::super::map::{self, Bounds, Occurrence, Seen, Setting};
use super::samples::{BOUNDS, MARKER_TEXT, at, bare, day, days, marker, seen, timed};
use crate::model::{Exception, Fields, RemoteEvent, RemoteId, Series, Skip, Span, Writable};
use chrono_tz::Tz;
use serde_json::{Value, json};

fn event(json: Value) -> Result<RemoteEvent, &'static str> {
    match seen(json)? {
        Seen::Event(event) => Ok(*event),
        other => panic!("{other:?}"),
    }
}

/// A bare event with these members more or instead.
fn with(members: Value) -> Value {
    let mut json = json!({
        "id": "abc12",
        "etag": "\"2\"",
        "status": "confirmed",
        "start": {"date": "2026-11-02"},
        "end": {"date": "2026-11-03"},
    });
    let all = json.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    json
}

fn one_day() -> RemoteEvent {
    bare(days("2026-11-02", "2026-11-02"))
}

#[test]
fn an_event_is_read_whole() {
    let json = json!({
        "kind": "calendar#event",
        "etag": "\"3549291506733214\"",
        "id": "abc12",
        "status": "confirmed",
        "created": "2026-03-27T21:09:13.000Z",
        "updated": "2026-03-27T21:09:13.366Z",
        "summary": "Planning",
        "description": "Two\nlines",
        "location": "Room 4",
        "creator": {"email": "anna@example.com"},
        "organizer": {"email": "anna@example.com", "self": true},
        "start": {"dateTime": "2026-11-02T10:00:00+03:00", "timeZone": "Europe/Moscow"},
        "end": {"dateTime": "2026-11-02T11:30:00+03:00", "timeZone": "Europe/Moscow"},
        "iCalUID": "abc12@google.com",
        "sequence": 0,
        "visibility": "private",
        "attendees": [
            {"email": "anna@example.com", "self": true, "responseStatus": "accepted"},
            {"email": "boris@example.com", "responseStatus": "needsAction"}
        ],
        "extendedProperties": {"private": {"advanta-bridge": MARKER_TEXT, "other": "x"}},
        "eventType": "default",
    });
    let expected = RemoteEvent {
        id: RemoteId("abc12".to_owned()),
        uid: "abc12@google.com".to_owned(),
        version: "\"3549291506733214\"".to_owned(),
        fields: Fields {
            title: "Planning".to_owned(),
            span: Some(timed("2026-11-02T07:00:00Z", "2026-11-02T08:30:00Z")),
            description: "Two\nlines".to_owned(),
            location: "Room 4".to_owned(),
            recurs: false,
        },
        series: None,
        marker: Some(marker()),
        writable: Writable::Yes,
        guests: true,
        private: true,
        skip: None,
        split_from: None,
    };
    assert_eq!(event(json), Ok(expected));
}

#[test]
fn dates_are_days_or_instants_wherever_one_is() {
    for (start, end, expected) in [
        (
            json!({"date": "2026-11-02"}),
            json!({"date": "2026-11-05"}),
            days("2026-11-02", "2026-11-04"),
        ),
        // Seen in the wild: no day at all is one day.
        (
            json!({"date": "2026-11-02"}),
            json!({"date": "2026-11-02"}),
            days("2026-11-02", "2026-11-02"),
        ),
        (
            json!({"dateTime": "2026-11-02T23:30:00-10:00"}),
            json!({"dateTime": "2026-11-03T00:30:00-10:00"}),
            timed("2026-11-03T09:30:00Z", "2026-11-03T10:30:00Z"),
        ),
        (
            json!({"dateTime": "2026-11-03T00:30:00+13:00"}),
            json!({"dateTime": "2026-11-03T01:30:00+13:00"}),
            timed("2026-11-02T11:30:00Z", "2026-11-02T12:30:00Z"),
        ),
        // No offset: the zone of the time, by either kind of name, else that of the calendar.
        (
            json!({"dateTime": "2026-07-01T09:00:00", "timeZone": "America/New_York"}),
            json!({"dateTime": "2026-07-01T10:00:00", "timeZone": "Eastern Standard Time"}),
            timed("2026-07-01T13:00:00Z", "2026-07-01T14:00:00Z"),
        ),
        (
            json!({"dateTime": "2026-07-01T09:00:00"}),
            json!({"dateTime": "2026-07-01T10:00:00"}),
            timed("2026-07-01T06:00:00Z", "2026-07-01T07:00:00Z"),
        ),
        // A time that the clocks skipped, and one that they showed twice.
        (
            json!({"dateTime": "2026-03-29T02:30:00", "timeZone": "Europe/Berlin"}),
            json!({"dateTime": "2026-03-29T04:00:00", "timeZone": "Europe/Berlin"}),
            timed("2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"),
        ),
        (
            json!({"dateTime": "2026-10-25T02:30:00", "timeZone": "Europe/Berlin"}),
            json!({"dateTime": "2026-10-25T04:00:00", "timeZone": "Europe/Berlin"}),
            timed("2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"),
        ),
        // We keep no seconds.
        (
            json!({"dateTime": "2026-11-02T10:00:59.999Z"}),
            json!({"dateTime": "2026-11-02T10:30:01Z"}),
            timed("2026-11-02T10:00:00Z", "2026-11-02T10:30:00Z"),
        ),
    ] {
        let json = with(json!({"start": start, "end": end}));
        assert_eq!(event(json.clone()), Ok(bare(expected)), "{json}");
    }
}

#[test]
fn an_event_without_an_end_has_no_length() {
    let json = json!({
        "id": "abc12",
        "etag": "\"2\"",
        "start": {"dateTime": "2026-11-02T10:00:00Z"},
        "endTimeUnspecified": true,
    });
    let expected = bare(timed("2026-11-02T10:00:00Z", "2026-11-02T10:00:00Z"));
    assert_eq!(event(json), Ok(expected));
}

#[test]
fn who_may_write_and_what_is_skipped() {
    let no = |event: RemoteEvent| RemoteEvent {
        writable: Writable::No,
        ..event
    };
    let skipped = |skip| RemoteEvent {
        skip: Some(skip),
        ..one_day()
    };
    for (members, expected) in [
        (json!({}), one_day()),
        (json!({"organizer": {"self": true}}), one_day()),
        (json!({"locked": true}), no(one_day())),
        (json!({"organizer": {}}), no(one_day())),
        (
            json!({"organizer": {}, "guestsCanModify": true, "attendees": [{"self": true}]}),
            one_day(),
        ),
        (
            json!({"attendees": [{"self": true, "responseStatus": "declined"}]}),
            skipped(Skip::Declined),
        ),
        // Without an organizer it is the owner's own: whoever is invited would be mailed.
        (
            json!({"attendees": [{"responseStatus": "declined"}]}),
            RemoteEvent {
                guests: true,
                ..one_day()
            },
        ),
        (json!({"attendees": [{"resource": true}]}), one_day()),
        (json!({"eventType": "birthday"}), skipped(Skip::Special)),
        (json!({"eventType": "focusTime"}), skipped(Skip::Special)),
        (json!({"eventType": "fromGmail"}), skipped(Skip::FromMail)),
        (json!({"eventType": "outOfOffice"}), skipped(Skip::Absence)),
        (
            json!({"visibility": "confidential"}),
            RemoteEvent {
                private: true,
                ..one_day()
            },
        ),
        (json!({"visibility": "public"}), one_day()),
        (
            json!({"organizer": {"self": true}, "attendeesOmitted": true}),
            RemoteEvent {
                guests: true,
                ..one_day()
            },
        ),
        (
            json!({"extendedProperties": {"private": {"advanta-bridge": "1:forged"}}}),
            one_day(),
        ),
    ] {
        assert_eq!(event(with(members.clone())), Ok(expected), "{members}");
    }
}

#[test]
fn a_series_keeps_its_lines_and_its_zone() {
    let lines = ["RRULE:FREQ=WEEKLY;BYDAY=MO", "EXDATE;VALUE=DATE:20261109"];
    let expected = RemoteEvent {
        series: Some(Series {
            zone: Tz::Europe__Moscow,
            rules: lines.map(str::to_owned).to_vec(),
            exceptions: vec![],
        }),
        fields: Fields {
            recurs: true,
            ..one_day().fields
        },
        ..one_day()
    };
    assert_eq!(event(with(json!({"recurrence": lines}))), Ok(expected));
    assert_eq!(event(with(json!({"recurrence": []}))), Ok(one_day()));
}

#[test]
fn occurrences_that_differ_are_exceptions_of_their_series() {
    let exception = |id: &str, original, now: Option<Span>| {
        Ok(Seen::Exception(Occurrence {
            id: RemoteId(id.to_owned()),
            series: RemoteId("abc12".to_owned()),
            exception: Exception { original, now },
            alone: now.map(|span| {
                Box::new(RemoteEvent {
                    id: RemoteId(id.to_owned()),
                    uid: "abc12@google.com".to_owned(),
                    ..bare(span)
                })
            }),
        }))
    };
    let cancelled = json!({
        "id": "abc12_20261109T070000Z",
        "status": "cancelled",
        "recurringEventId": "abc12",
        "originalStartTime": {"dateTime": "2026-11-09T10:00:00+03:00"},
    });
    let moved = json!({
        "id": "abc12_20261109",
        "iCalUID": "abc12@google.com",
        "etag": "\"2\"",
        "status": "confirmed",
        "recurringEventId": "abc12",
        "originalStartTime": {"date": "2026-11-09"},
        "start": {"date": "2026-11-10"},
        "end": {"date": "2026-11-12"},
    });
    assert_eq!(
        seen(cancelled),
        exception("abc12_20261109T070000Z", at("2026-11-09T07:00:00Z"), None)
    );
    let now = Some(days("2026-11-10", "2026-11-11"));
    assert_eq!(
        seen(moved),
        exception("abc12_20261109", day("2026-11-09"), now)
    );
}

#[test]
fn a_tombstone_may_hold_nothing_but_an_identity() {
    assert_eq!(
        seen(json!({"id": "abc12", "status": "cancelled"})),
        Ok(Seen::Deleted(RemoteId("abc12".to_owned())))
    );
}

#[test]
fn what_makes_no_sense_is_said_and_never_deleted() {
    for (json, expected) in [
        (json!({"id": "abc12"}), "its start"),
        (json!({"id": "", "status": "cancelled"}), "its id"),
        (
            json!({"id": "a".repeat(1025), "status": "cancelled"}),
            "its id",
        ),
        (with(json!({"start": {}})), "its start"),
        (with(json!({"start": {"date": "2026-02-30"}})), "its start"),
        (
            with(json!({"recurringEventId": "b", "originalStartTime": {}})),
            "its original start",
        ),
    ] {
        assert_eq!(seen(json.clone()), Err(expected), "{json}");
    }
}

#[test]
fn an_end_that_fits_no_start_is_left_out() {
    for end in [
        json!({"dateTime": "2026-11-02T10:00:00Z"}),
        json!({"date": "2026-10-01"}),
        json!({}),
    ] {
        assert_eq!(event(with(json!({"end": end}))), Ok(one_day()), "{end}");
    }
}

#[test]
fn what_is_too_long_is_cut_between_characters() {
    let bounds = Bounds {
        text_bytes_max: 5,
        recurrence_lines_max: 1,
        ..BOUNDS
    };
    let json = with(json!({"summary": "Сто", "recurrence": ["RDATE", "EXDATE"]}));
    let wire = serde_json::from_value(json).unwrap();
    let Ok(Seen::Event(event)) = map::seen(wire, Setting::default(), bounds) else {
        panic!("it is an event");
    };
    assert_eq!(event.fields.title, "Ст");
    assert_eq!(event.series.unwrap().rules, ["RDATE"]);
}
