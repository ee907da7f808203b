//! A calendar over HTTP, on this machine: what is asked in which order, and what becomes of the answers.

use super::super::options::GoogleOptions;
use super::samples::{at, bare, days, instant, marker, timed};
use super::server::Server;
use crate::model::{
    Exception, Fields, Presence, RemoteChanges, RemoteCursor, RemoteEvent, RemoteId, Series,
    Unread, Writable,
};
use crate::ports::{
    ListAsk, ListPage, Listed, Next, PageToken, Remote as _, RemoteDeed, RemoteErrorKind as Kind,
    RemoteWrite, Written,
};
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::time::Duration;

const EVENTS: &str = "/calendar/v3/calendars/c/events";

fn id(id: &str) -> RemoteId {
    RemoteId(id.to_owned())
}

/// The event of [`one_day`] as Google shows it.
fn shown(id: &str, version: &str) -> Value {
    json!({
        "id": id,
        "iCalUID": format!("{id}@google.com"),
        "etag": version,
        "status": "confirmed",
        "start": {"date": "2026-11-02"},
        "end": {"date": "2026-11-03"},
    })
}

fn one_day(name: &str, version: &str) -> RemoteEvent {
    RemoteEvent {
        id: id(name),
        uid: format!("{name}@google.com"),
        version: version.to_owned(),
        ..bare(days("2026-11-02", "2026-11-02"))
    }
}

fn error(status: u16, reason: &str) -> Value {
    json!({"error": {"code": status, "errors": [{"reason": reason}]}})
}

fn written(event: RemoteEvent) -> Written {
    Written {
        id: event.id.clone(),
        uid: event.uid.clone(),
        version: event.version.clone(),
        event: Some(event),
    }
}

fn silently(deed: RemoteDeed) -> RemoteWrite {
    RemoteWrite {
        deed,
        notify: false,
    }
}

fn rename(name: &str, title: &str) -> RemoteWrite {
    silently(RemoteDeed::Update {
        id: id(name),
        expected: Some("v1".to_owned()),
        changes: RemoteChanges {
            title: Some(title.to_owned()),
            ..RemoteChanges::default()
        },
        zone: Tz::UTC,
    })
}

fn delete(name: &str) -> RemoteWrite {
    silently(RemoteDeed::Delete {
        id: id(name),
        expected: Some("v1".to_owned()),
    })
}

fn kinds(answers: Vec<Result<Written, crate::ports::RemoteError>>) -> Vec<Result<Written, Kind>> {
    let kind = |answer: Result<_, crate::ports::RemoteError>| answer.map_err(|error| error.kind);
    answers.into_iter().map(kind).collect()
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_renewed_once() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    google.say(401, error(401, "authError"));
    google.say(200, shown("a", "v1"));
    let got = calendar.get(&[id("a")]).await;
    assert_eq!(got, Ok(vec![Some(one_day("a", "v1"))]));
    assert_eq!(
        google.seen(),
        [format!("t-1 GET {EVENTS}/a"), format!("t-2 GET {EVENTS}/a"),]
    );
    google.say(401, error(401, "authError"));
    google.say(401, error(401, "authError"));
    let refused = calendar.get(&[id("a")]).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Transient);
    assert_eq!(google.seen().len(), 2);
}

#[tokio::test]
async fn parts_whose_token_is_not_accepted_are_sent_once_more() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let part = |number: usize, status: u16, body: &Value| {
        format!(
            "--x\r\nContent-ID: <response-{number}>\r\n\r\nHTTP/1.1 {status} X\r\n\r\n{body}\r\n"
        )
    };
    let kind = "multipart/mixed; boundary=x";
    let shut = error(401, "authError");
    let first = [
        part(0, 200, &shown("a", "v2")),
        part(1, 401, &shut),
        part(2, 401, &shut),
    ];
    google.say_as(200, kind, format!("{}--x--", first.concat()));
    let second = [part(0, 200, &shown("b", "v2")), part(1, 401, &shut)];
    google.say_as(200, kind, format!("{}--x--", second.concat()));
    let writes = [rename("a", "x"), rename("b", "y"), rename("d", "z")];
    let answers = kinds(calendar.write(&writes).await);
    let versions = answers
        .into_iter()
        .map(|answer| answer.map(|written| written.version));
    assert_eq!(
        versions.collect::<Vec<_>>(),
        [
            Ok("v2".to_owned()),
            Ok("v2".to_owned()),
            Err(Kind::Transient)
        ]
    );
    let seen = google.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen[0].starts_with("t-1 POST /batch"), "{}", seen[0]);
    assert!(seen[1].starts_with("t-2 POST /batch"), "{}", seen[1]);
    assert!(!seen[1].contains("\"summary\":\"x\""), "{}", seen[1]);
}

#[tokio::test]
async fn of_a_calendar_that_is_gone_no_event_is_said_to_be_deleted() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let of_the_list = "t-1 GET /calendar/v3/users/me/calendarList?showHidden=true&maxResults=250";
    google.say(404, error(404, "notFound"));
    google.say(404, error(404, "notFound"));
    google.say(
        200,
        json!({"items": [{"id": "other"}, {"id": "c", "deleted": true}]}),
    );
    let refused = calendar.get(&[id("a")]).await.unwrap_err();
    assert_eq!(refused.kind, Kind::CalendarGone);
    let seen = google.seen();
    assert_eq!(seen[1], format!("t-1 GET {EVENTS}?maxResults=1"));
    assert_eq!(seen[2], of_the_list);
    // A stray 404 is not believed as long as the list has it; nor when there is no list.
    for (status, list, kind) in [
        (200, json!({"items": [{"id": "c"}]}), Kind::Transient),
        (500, error(500, "backendError"), Kind::Transient),
        (404, error(404, "notFound"), Kind::Transient),
    ] {
        google.say(404, error(404, "notFound"));
        google.say(status, list);
        let ask = ListAsk {
            cursor: None,
            page: None,
            from: instant("2026-11-01T00:00:00Z"),
        };
        let refused = calendar.list(ask).await.unwrap_err();
        assert_eq!(refused.kind, kind, "{status}");
    }
    // Nor is what was to be deleted known to be gone.
    google.say(404, error(404, "notFound"));
    google.say(404, error(404, "notFound"));
    google.say(200, json!({"items": []}));
    let answers = kinds(calendar.write(&[delete("a")]).await);
    assert_eq!(answers, [Err(Kind::CalendarGone)]);
    // A batch that is not found says nothing of its events either.
    google.say(404, error(404, "notFound"));
    let answers = kinds(calendar.write(&[delete("a"), delete("b")]).await);
    assert_eq!(answers, [Err(Kind::Transient), Err(Kind::Transient)]);
}

#[tokio::test]
async fn an_event_that_cannot_be_understood_is_refused_by_itself() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    google.say(
        200,
        json!({"id": "a", "etag": "v1", "start": {"date": "yesterday"}}),
    );
    let refused = calendar.get(&[id("a")]).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Refused);
    assert_eq!(refused.detail, "an event cannot be read: its start");
    // A page of somebody else's is no event at all.
    google.say(200, "<html>");
    let refused = calendar.get(&[id("a")]).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Transient);
    // What was written was written, whatever is shown of it.
    google.say(200, json!({"id": "a", "etag": "v1"}));
    let answers = kinds(calendar.write(&[rename("a", "x")]).await);
    assert_eq!(answers, [Err(Kind::Transient)]);
}

#[tokio::test]
async fn an_event_without_length_is_changed_along_with_its_end() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let with_end = |end: &str, version: &str| {
        json!({
            "id": "a", "iCalUID": "a@google.com", "etag": version, "summary": "x",
            "start": {"dateTime": "2026-11-02T07:00:00Z"}, "end": {"dateTime": end},
        })
    };
    google.say(400, error(400, "timeRangeEmpty"));
    google.say(200, with_end("2026-11-02T07:00:00Z", "v1"));
    google.say(200, with_end("2026-11-02T07:15:00Z", "v2"));
    let answers = kinds(calendar.write(&[rename("a", "x")]).await);
    let written = answers[0].as_ref().unwrap();
    assert_eq!(written.version, "v2");
    let patch = format!("PATCH {EVENTS}/a?sendUpdates=none [v1]");
    let seen = google.seen();
    assert_eq!(seen[0], format!("t-1 {patch} {{\"summary\":\"x\"}}"));
    assert_eq!(seen[1], format!("t-1 GET {EVENTS}/a"));
    assert!(
        seen[2].starts_with(&format!("t-1 {patch}"))
            && seen[2].contains("\"dateTime\":\"2026-11-02T07:15:00Z\""),
        "{}",
        seen[2]
    );
    // One that has a length was refused for another reason.
    google.say(400, error(400, "timeRangeEmpty"));
    google.say(200, with_end("2026-11-02T08:00:00Z", "v2"));
    let answers = kinds(calendar.write(&[rename("a", "x")]).await);
    assert_eq!(answers, [Err(Kind::Refused)]);
}

#[tokio::test]
async fn a_listing_goes_on_to_the_sync_token_and_tells_of_the_calendar() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    assert!(calendar.capabilities().writable);
    google.say(200, json!({"items": [], "nextPageToken": "p2"}));
    google.say(
        200,
        json!({
            "accessRole": "reader",
            "timeZone": "Europe/Moscow",
            "items": [shown("a", "v1"), {"id": "broken"}, {"id": "b", "status": "cancelled"}],
            "nextSyncToken": "s1",
        }),
    );
    let from = instant("2026-11-01T00:00:00Z");
    let page = PageToken("p2".to_owned());
    let ask = |page| ListAsk {
        cursor: None,
        page,
        from,
    };
    assert_eq!(
        calendar.list(ask(None)).await,
        Ok(ListPage {
            unread: vec![],
            items: vec![],
            next: Next::Page(page.clone()),
        })
    );
    let event = RemoteEvent {
        writable: Writable::No,
        ..one_day("a", "v1")
    };
    assert_eq!(
        calendar.list(ask(Some(&page))).await,
        Ok(ListPage {
            unread: vec![Unread {
                event: id("broken"),
                what: "its start".to_owned(),
            }],
            items: vec![Listed::Event(event), Listed::Gone(id("b"))],
            next: Next::End(RemoteCursor("2:s1".to_owned())),
        })
    );
    // One that another kind of listing gave is of no use.
    let old = RemoteCursor("s1".to_owned());
    let refused = calendar.list(ListAsk {
        cursor: Some(&old),
        ..ask(None)
    });
    assert_eq!(refused.await.unwrap_err().kind, Kind::Gone);
    assert!(!calendar.capabilities().writable);
}

#[tokio::test]
async fn a_listing_that_ends_without_a_token_or_goes_round_is_no_listing() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions {
        token_bytes_max: 8,
        ..GoogleOptions::default()
    });
    let page = PageToken("p2".to_owned());
    for answer in [
        json!({"items": []}),
        json!({"nextPageToken": "p2"}),
        json!({"nextSyncToken": "123456789"}),
        json!("x"),
    ] {
        google.say(200, &answer);
        let ask = ListAsk {
            cursor: None,
            page: Some(&page),
            from: instant("2026-11-01T00:00:00Z"),
        };
        let refused = calendar.list(ask).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Transient, "{answer}");
    }
}

#[tokio::test]
async fn what_is_deleted_is_not_there_and_what_is_not_answered_may_be() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let part = |number: usize, status: u16, body: &Value| {
        format!(
            "--x\r\nContent-Type: application/http\r\nContent-ID: <response-{number}>\r\n\r\nHTTP/1.1 {status} X\r\n\r\n{body}\r\n"
        )
    };
    let cancelled = json!({"id": "b", "status": "cancelled"});
    let parts = [
        part(2, 404, &error(404, "notFound")),
        part(1, 200, &cancelled),
        part(0, 200, &shown("a", "v1")),
    ]
    .concat();
    let kind = "multipart/mixed; boundary=x";
    google.say_as(200, kind, format!("{parts}--x--"));
    // One of them is not known at all: is the calendar there?
    google.say(200, json!({"items": []}));
    let ids = ["a", "b", "d"].map(id);
    assert_eq!(
        calendar.get(&ids).await,
        Ok(vec![Some(one_day("a", "v1")), None, None])
    );
    google.say_as(200, kind, format!("{}--x--", part(0, 200, &cancelled)));
    let refused = calendar.get(&ids).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Transient);
}

#[tokio::test]
async fn several_writes_are_one_batch_and_each_has_its_answer() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let parts = format!(
        "--x\r\nContent-ID: <response-1>\r\n\r\nHTTP/1.1 412 X\r\n\r\n{}\r\n\
         --x\r\nContent-ID: <response-0>\r\n\r\nHTTP/1.1 200 X\r\n\r\n{}\r\n--x--",
        error(412, "conditionNotMet"),
        shown("a", "v2"),
    );
    google.say_as(200, "multipart/mixed; boundary=x", parts);
    let writes = [rename("a", "x"), rename("b", "y"), delete("d")];
    assert_eq!(
        kinds(calendar.write(&writes).await),
        [
            Ok(written(one_day("a", "v2"))),
            Err(Kind::Stale),
            Err(Kind::Transient),
        ]
    );
    let seen = google.seen();
    assert_eq!(seen.len(), 1);
    assert!(
        seen[0].starts_with("t-1 POST /batch/calendar/v3 "),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_new_event_is_written_with_one_request() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let name = marker().event_id().0;
    google.say(200, shown(&name, "v1"));
    let create = silently(RemoteDeed::Create {
        marker: marker(),
        fields: Fields {
            span: Some(days("2026-11-02", "2026-11-02")),
            ..one_day("a", "v1").fields
        },
        zone: Tz::UTC,
        card: None,
        presence: Presence::QUIET,
    });
    let done = calendar.write(std::slice::from_ref(&create)).await;
    assert_eq!(kinds(done), [Ok(written(one_day(&name, "v1")))]);
    assert_eq!(google.seen().len(), 1);
    google.say(409, error(409, "duplicate"));
    assert_eq!(kinds(calendar.write(&[create]).await), [Err(Kind::Taken)]);
}

#[tokio::test]
async fn a_deletion_of_what_is_deleted_is_done() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let done = Written {
        id: id("a"),
        uid: String::new(),
        version: String::new(),
        event: None,
    };
    google.say_as(204, "text/plain", "");
    // It is not there: is the calendar?
    google.say(410, error(410, "deleted"));
    google.say(200, json!({"items": []}));
    google.say(404, error(404, "notFound"));
    google.say(200, json!({"items": []}));
    for _ in 0..3 {
        let answers = calendar.write(&[delete("a")]).await;
        assert_eq!(kinds(answers), [Ok(done.clone())]);
    }
    let delete_a = format!("t-1 DELETE {EVENTS}/a?sendUpdates=none [v1]");
    let peek = format!("t-1 GET {EVENTS}?maxResults=1");
    assert_eq!(
        google.seen(),
        [&delete_a, &delete_a, &peek, &delete_a, &peek].map(String::as_str)
    );
    google.say_as(404, "text/html", "<html>");
    assert_eq!(
        kinds(calendar.write(&[delete("a")]).await),
        [Err(Kind::Unreachable)]
    );
}

#[tokio::test]
async fn forbidden_is_gone_when_the_event_was_deleted() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    for (there, expected) in [
        (json!({"id": "a", "status": "cancelled"}), Kind::Gone),
        (shown("a", "v1"), Kind::NotWritable),
    ] {
        google.say(403, error(403, "forbidden"));
        google.say(200, there);
        assert_eq!(
            kinds(calendar.write(&[rename("a", "x")]).await),
            [Err(expected)]
        );
    }
}

#[tokio::test]
async fn a_recurrence_is_dropped_in_either_spelling() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let repeating = |version: &str| {
        let mut event = shown("a", version);
        event["recurrence"] = json!(["RRULE:FREQ=DAILY"]);
        event
    };
    let none = json!({"items": [], "nextSyncToken": "s"});
    google.say(200, repeating("v2"));
    google.say(200, &none);
    google.say(200, shown("a", "v3"));
    let drop = silently(RemoteDeed::Update {
        id: id("a"),
        expected: Some("v1".to_owned()),
        changes: RemoteChanges {
            drop_recurrence: true,
            ..RemoteChanges::default()
        },
        zone: Tz::UTC,
    });
    let answers = calendar.write(std::slice::from_ref(&drop)).await;
    assert_eq!(kinds(answers), [Ok(written(one_day("a", "v3")))]);
    let seen = google.seen();
    let patch = format!("t-1 PATCH {EVENTS}/a?sendUpdates=none");
    assert_eq!(seen[0], format!("{patch} [v1] {{\"recurrence\":[]}}"));
    assert_eq!(
        seen.last(),
        Some(&format!("{patch} [v2] {{\"recurrence\":null}}"))
    );
    // It keeps its schedule: whoever asked sees that.
    for version in ["v2", "v3"] {
        google.say(200, repeating(version));
        google.say(200, &none);
    }
    let answers = calendar.write(&[drop]).await;
    let event = answers[0].as_ref().unwrap().event.as_ref().unwrap();
    assert!(event.fields.recurs);
}

#[tokio::test]
async fn a_moved_occurrence_is_answered_by_its_series() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let mut series = shown("a", "v2");
    series["recurrence"] = json!(["RRULE:FREQ=DAILY"]);
    let occurrence = json!({
        "id": "before_20261103T070000Z",
        "etag": "v9",
        "recurringEventId": "a",
        "originalStartTime": {"dateTime": "2026-11-03T07:00:00Z"},
        "start": {"dateTime": "2026-11-03T08:00:00Z"},
        "end": {"dateTime": "2026-11-03T09:00:00Z"},
    });
    // After a split it is called after the series that it was split off from.
    let mut stands = occurrence.clone();
    stands["start"] = json!({"dateTime": "2026-11-03T07:00:00Z"});
    google.say(200, json!({"items": [stands]}));
    google.say(200, &occurrence);
    google.say(200, &series);
    google.say(200, json!({"items": [occurrence, series]}));
    let span = timed("2026-11-03T08:00:00Z", "2026-11-03T09:00:00Z");
    let original = at("2026-11-03T07:00:00Z");
    let moved = silently(RemoteDeed::Move {
        id: id("a"),
        occurrence: original,
        span,
        zone: Tz::UTC,
    });
    let expected = one_day("a", "v2");
    let expected = RemoteEvent {
        fields: Fields {
            recurs: true,
            ..expected.fields
        },
        series: Some(Series {
            zone: Tz::UTC,
            rules: vec!["RRULE:FREQ=DAILY".to_owned()],
            exceptions: vec![Exception {
                original,
                now: Some(span),
            }],
        }),
        ..expected
    };
    assert_eq!(
        kinds(calendar.write(std::slice::from_ref(&moved)).await),
        [Ok(written(expected))]
    );
    let seen = google.seen();
    let asked = "a/instances?originalStart=2026-11-03T07%3A00%3A00Z&showDeleted=true";
    assert_eq!(seen[0], format!("t-1 GET {EVENTS}/{asked}"));
    let patch = format!("t-1 PATCH {EVENTS}/before_20261103T070000Z?sendUpdates=none ");
    assert!(seen[1].starts_with(&patch), "{}", seen[1]);
    // One that was cancelled, or never was, cannot be moved; the writes beside it are sent all the same.
    for items in [
        json!([]),
        json!([{"id": "x", "status": "cancelled", "originalStartTime": {"dateTime": "2026-11-03T07:00:00Z"}}]),
    ] {
        google.say(200, json!({"items": items}));
        google.say(200, shown("b", "v2"));
        let answers = kinds(calendar.write(&[moved.clone(), rename("b", "y")]).await);
        assert_eq!(answers[0], Err(Kind::Gone));
        assert_eq!(answers[1], Ok(written(one_day("b", "v2"))));
    }
}

#[tokio::test]
async fn of_single_occurrences_the_others_are_found_by_their_uid() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions::default());
    let occurrence = |day: u32, status: &str| {
        json!({
            "id": format!("s_202611{day:02}T070000Z"), "iCalUID": "s@google.com", "status": status,
            "recurringEventId": "s",
            "originalStartTime": {"dateTime": format!("2026-11-{day:02}T07:00:00Z")},
            "start": {"dateTime": format!("2026-11-{day:02}T07:00:00Z")},
            "end": {"dateTime": format!("2026-11-{day:02}T08:00:00Z")},
        })
    };
    let items = json!([
        occurrence(17, "confirmed"),
        occurrence(3, "cancelled"),
        occurrence(10, "confirmed")
    ]);
    google.say(200, json!({"items": items}));
    let gone = id("s_20261103T070000Z");
    let others = calendar.others(&gone, "s@google.com").await.unwrap();
    let found: Vec<&str> = others.iter().map(|event| event.id.0.as_str()).collect();
    assert_eq!(found, ["s_20261110T070000Z", "s_20261117T070000Z"]);
    google.seen();
    // Nobody is asked about an event that is no occurrence.
    assert_eq!(calendar.others(&id("abc"), "u").await, Ok(vec![]));
    assert_eq!(google.seen(), [""; 0]);
}

#[tokio::test]
async fn an_answer_without_end_and_no_answer_are_tried_later() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions {
        answer_bytes_max: 10_000,
        ..GoogleOptions::default()
    });
    google.say(200, "x".repeat(10_001));
    let refused = calendar.get(&[id("a")]).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.detail.as_str()),
        (Kind::Transient, "the answer is longer than 10000 bytes")
    );
    // Google leads nobody elsewhere: that is a page of the network's own.
    google.say_as(302, "text/html", "");
    let refused = calendar.get(&[id("a")]).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unreachable);
}

#[tokio::test]
async fn more_than_a_minute_allows_waits_for_its_turn() {
    let google = Server::start().await;
    let calendar = google.calendar(GoogleOptions {
        user_requests_per_minute: 2,
        batch_max: 1,
        ..GoogleOptions::default()
    });
    google.say(200, shown("a", "v1"));
    google.say(200, shown("a", "v1"));
    assert!(calendar.get(&[id("a")]).await.is_ok());
    let asked = [id("a")];
    let second = calendar.get(&asked);
    let waited = tokio::time::timeout(Duration::from_millis(100), second).await;
    assert!(
        waited.is_err(),
        "two at once are more than one a half minute"
    );
    assert_eq!(google.seen().len(), 1);
}
