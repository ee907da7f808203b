//! What answers that are no success mean: the whole table.

use super::super::failure::Answer;
use super::super::requests::About;
use crate::ports::RemoteErrorKind as Kind;
use bytes::Bytes;
use serde_json::json;
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(3600);

fn answer(status: u16, reason: &str) -> Answer {
    let body = json!({"error": {
        "code": status,
        "message": "anna@example.com: Secret plans",
        "errors": [{"domain": "global", "reason": reason, "message": "Secret plans"}],
    }});
    Answer {
        status,
        retry_after: None,
        body: Bytes::from(body.to_string()),
    }
}

fn kind(about: About, status: u16, reason: &str) -> Kind {
    answer(status, reason).failure(about, WAIT, WAIT_MAX).kind
}

#[test]
fn each_failure_tells_the_caller_what_to_do() {
    let throttled = Kind::Throttled { retry_after: WAIT };
    let (full, since) = (About::List { cursor: false }, About::List { cursor: true });
    for (about, status, reason, expected) in [
        (since, 410, "fullSyncRequired", Kind::Gone),
        (since, 410, "updatedMinTooLongAgo", Kind::Gone),
        (since, 400, "invalid", Kind::Gone),
        (full, 400, "invalid", Kind::Refused),
        (full, 404, "notFound", Kind::CalendarGone),
        (since, 404, "notFound", Kind::CalendarGone),
        (full, 403, "forbidden", Kind::Denied),
        (full, 403, "insufficientPermissions", Kind::Denied),
        (full, 403, "rateLimitExceeded", throttled),
        (full, 403, "userRateLimitExceeded", throttled),
        (full, 403, "quotaExceeded", throttled),
        (full, 403, "accessNotConfigured", Kind::Transient),
        (full, 429, "rateLimitExceeded", throttled),
        (full, 401, "authError", Kind::Denied),
        (full, 500, "backendError", Kind::Transient),
        (full, 503, "backendError", Kind::Transient),
        (full, 302, "", Kind::Transient),
        (About::Get, 404, "notFound", Kind::Gone),
        (About::Create, 409, "duplicate", Kind::Taken),
        (About::Create, 404, "notFound", Kind::CalendarGone),
        (About::Create, 403, "requiredAccessLevel", Kind::NotWritable),
        (About::Create, 400, "invalid", Kind::Refused),
        (About::Create, 403, "quotaExceeded", throttled),
        (About::Change, 412, "conditionNotMet", Kind::Stale),
        (About::Change, 404, "notFound", Kind::Gone),
        (About::Change, 410, "deleted", Kind::Gone),
        (About::Change, 403, "forbiddenForNonOrganizer", Kind::NotWritable),
        (About::Change, 403, "forbidden", Kind::NotWritable),
        (About::Change, 400, "badRequest", Kind::Refused),
        (About::Delete, 412, "conditionNotMet", Kind::Stale),
        (About::Watch, 401, "push.webhookUrlUnauthorized", Kind::Refused),
        (About::Watch, 404, "notFound", Kind::CalendarGone),
        (About::Watch, 403, "forbidden", Kind::Refused),
    ] {
        assert_eq!(kind(about, status, reason), expected, "{about:?} {status} {reason}");
    }
}

#[test]
fn a_404_in_somebody_elses_words_deletes_nothing() {
    let page = Answer {
        status: 404,
        retry_after: None,
        body: Bytes::from_static(b"<html>no such host</html>"),
    };
    for about in [
        About::List { cursor: true },
        About::Get,
        About::Change,
        About::Delete,
        About::Create,
    ] {
        let failure = page.failure(about, WAIT, WAIT_MAX);
        assert_eq!(failure.kind, Kind::Transient, "{about:?}");
    }
    assert!(!page.says_absent());
}

#[test]
fn google_says_how_long_to_wait_and_is_believed_within_bounds() {
    for (asked, expected) in [(7, 7), (100_000, 3600)] {
        for status in [429, 503] {
            let answer = Answer {
                retry_after: Some(Duration::from_secs(asked)),
                ..answer(status, "backendError")
            };
            let retry_after = Duration::from_secs(expected);
            assert_eq!(
                answer.failure(About::Get, WAIT, WAIT_MAX).kind,
                Kind::Throttled { retry_after }
            );
        }
    }
}

#[test]
fn an_error_names_the_reason_and_no_content() {
    let error = |reason: &str| {
        answer(400, reason)
            .failure(About::Create, WAIT, WAIT_MAX)
            .to_string()
    };
    assert_eq!(
        error("invalid"),
        "remote calendar: create an event: answered 400: invalid"
    );
    assert_eq!(
        error("Secret plans"),
        "remote calendar: create an event: answered 400"
    );
}

#[test]
fn a_reason_is_found_in_each_shape_of_an_error() {
    for body in [
        json!({"error": {"code": 403, "reason": "quotaExceeded"}}),
        json!({"error": {"errors": [{"reason": "quotaExceeded"}]}}),
        json!({"error": {"status": "X", "details": [{"@type": "x"}, {"reason": "RATE_LIMIT_EXCEEDED"}]}}),
    ] {
        let answer = Answer {
            status: 403,
            retry_after: None,
            body: Bytes::from(body.to_string()),
        };
        let kind = answer.failure(About::Change, WAIT, WAIT_MAX).kind;
        assert_eq!(kind, Kind::Throttled { retry_after: WAIT }, "{body}");
    }
}
