//! What answers that are no success mean: the whole table.

use super::super::failure::{Asked, failure};
use super::super::http::{Http, Whole};
use super::super::options::GoogleOptions;
use crate::ports::{RemoteError, RemoteErrorKind as Kind};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const SINCE: Asked = Asked::List { since: true };
const BARRED: Kind = Kind::Barred {
    retry_after: Duration::from_secs(1800),
};
const FULL: Asked = Asked::List { since: false };

fn told(asked: Asked, status: u16, headers: &[(&'static str, &str)], body: &str) -> RemoteError {
    let options = GoogleOptions::default();
    let http = Http::new(&options).unwrap();
    let pairs = headers
        .iter()
        .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()));
    let whole = Whole {
        status: StatusCode::from_u16(status).unwrap(),
        headers: pairs.collect::<HeaderMap>(),
        body: body.as_bytes().to_vec(),
    };
    failure(asked, &whole, (&http, &options)).unwrap()
}

/// As the guide on errors shows it, with content that must not be repeated.
fn body(reason: &str) -> Value {
    json!({"error": {
        "code": 400,
        "message": "anna@example.com: Secret plans",
        "errors": [{"domain": "global", "reason": reason, "message": "Secret plans"}],
    }})
}

fn throttled(seconds: u64) -> Kind {
    Kind::Throttled {
        retry_after: Duration::from_secs(seconds),
    }
}

#[test]
fn each_failure_tells_the_caller_what_to_do() {
    for (asked, status, reason, expected) in [
        (SINCE, 410, "fullSyncRequired", Kind::Gone),
        (SINCE, 410, "updatedMinTooLongAgo", Kind::Gone),
        (SINCE, 400, "invalid", Kind::Gone),
        (FULL, 400, "invalid", Kind::Refused),
        (FULL, 404, "notFound", Kind::CalendarGone),
        (SINCE, 404, "notFound", Kind::CalendarGone),
        // Only a 404 asks whether the calendar is still on the list.
        (FULL, 403, "forbidden", BARRED),
        (SINCE, 403, "somethingNew", BARRED),
        (FULL, 403, "domainPolicy", BARRED),
        (Asked::Write, 403, "domainPolicy", BARRED),
        (Asked::Insert, 403, "notACalendarUser", BARRED),
        (FULL, 403, "insufficientPermissions", Kind::Denied),
        (FULL, 403, "rateLimitExceeded", throttled(1)),
        (FULL, 403, "userRateLimitExceeded", throttled(1)),
        (FULL, 403, "quotaExceeded", throttled(600)),
        (FULL, 403, "accessNotConfigured", BARRED),
        (FULL, 429, "rateLimitExceeded", throttled(1)),
        // The server that makes tokens says whether we are let in, and it made this one a moment ago.
        (FULL, 401, "authError", Kind::Transient),
        (FULL, 500, "backendError", Kind::Transient),
        (FULL, 503, "backendError", Kind::Transient),
        (FULL, 302, "", Kind::Transient),
        (Asked::Get, 404, "notFound", Kind::Gone),
        (Asked::Get, 410, "deleted", Kind::Gone),
        (Asked::Insert, 409, "duplicate", Kind::Taken),
        (Asked::Insert, 404, "notFound", Kind::CalendarGone),
        (Asked::Insert, 403, "requiredAccessLevel", Kind::NotWritable),
        (Asked::Insert, 403, "quotaExceeded", throttled(600)),
        (Asked::Insert, 400, "invalid", Kind::Refused),
        (Asked::Write, 412, "conditionNotMet", Kind::Stale),
        (Asked::Write, 404, "notFound", Kind::Gone),
        (Asked::Write, 410, "deleted", Kind::Gone),
        (
            Asked::Write,
            403,
            "forbiddenForNonOrganizer",
            Kind::NotWritable,
        ),
        (Asked::Write, 403, "forbidden", Kind::NotWritable),
        (Asked::Write, 400, "badRequest", Kind::Refused),
        // Of a batch as a whole, nothing is said of its events.
        (Asked::Batch, 404, "notFound", Kind::Transient),
        (Asked::Batch, 410, "deleted", Kind::Transient),
        (Asked::Batch, 400, "batchSizeTooLarge", Kind::Transient),
        (Asked::Batch, 403, "forbidden", Kind::Transient),
        (Asked::Batch, 403, "rateLimitExceeded", throttled(1)),
        (Asked::Batch, 403, "insufficientPermissions", Kind::Denied),
        (
            Asked::Else,
            401,
            "push.webhookUrlUnauthorized",
            Kind::Refused,
        ),
    ] {
        let error = told(asked, status, &[], &body(reason).to_string());
        assert_eq!(error.kind, expected, "{asked:?} {status} {reason}");
    }
}

#[test]
fn what_is_not_in_googles_words_says_nothing_of_the_person_the_calendar_or_an_event() {
    for body in [
        "",
        "<html>no such host</html>",
        "{}",
        "[]",
        "{\"error\":null}",
    ] {
        for asked in [
            SINCE,
            FULL,
            Asked::Get,
            Asked::Insert,
            Asked::Write,
            Asked::Batch,
            Asked::Else,
        ] {
            for status in [401, 402, 403, 404, 405, 407, 408, 409, 412, 413, 421, 451] {
                let error = told(asked, status, &[], body);
                assert_eq!(error.kind, Kind::Unreachable, "{asked:?} {status} {body}");
                let host = "something on the way to www.googleapis.com answered";
                assert_eq!(error.detail, format!("{host} {status}"));
            }
        }
        assert_eq!(told(Asked::Get, 410, &[], body).kind, Kind::Unreachable);
        assert_eq!(told(Asked::Write, 410, &[], body).kind, Kind::Unreachable);
        // Everything is listed again, which harms nobody.
        assert_eq!(told(SINCE, 410, &[], body).kind, Kind::Gone);
    }
}

#[test]
fn google_says_how_long_to_wait_and_is_believed_within_bounds() {
    let sent = ("date", "Mon, 02 Nov 2026 10:00:00 GMT");
    for (asked, expected) in [
        ("7", 7),
        ("100000", 3600),
        ("Mon, 02 Nov 2026 10:00:30 GMT", 30),
        ("Mon, 02 Nov 2026 09:00:00 GMT", 0),
    ] {
        for status in [429, 503] {
            let error = told(Asked::Get, status, &[sent, ("retry-after", asked)], "");
            assert_eq!(error.kind, throttled(expected), "{status} {asked}");
        }
    }
    let error = told(Asked::Get, 503, &[("retry-after", "soon")], "");
    assert_eq!(error.kind, Kind::Transient);
}

#[test]
fn an_error_names_the_reason_and_no_content() {
    let error = |reason: &str| told(Asked::Insert, 400, &[], &body(reason).to_string());
    assert_eq!(
        error("invalid").to_string(),
        "remote calendar: Google answered 400 invalid"
    );
    for reason in ["Secret plans", "anna@example.com", &"a".repeat(65)] {
        let text = error(reason).to_string();
        assert_eq!(text, "remote calendar: Google answered 400");
    }
}

#[test]
fn a_reason_is_found_in_each_shape_of_an_error() {
    for body in [
        json!({"error": {"code": 403, "reason": "rateLimitExceeded"}}),
        json!({"error": {"errors": [{"reason": "rateLimitExceeded"}]}}),
        json!({"error": {"details": [{"@type": "x"}, {"reason": "RATE_LIMIT_EXCEEDED"}]}}),
    ] {
        let error = told(Asked::Write, 403, &[], &body.to_string());
        assert_eq!(error.kind, throttled(1), "{body}");
    }
}
