//! Batches: whole bodies out, answers of every kind in.

use super::super::batch;
use super::super::http::Whole;
use super::super::requests::{self, Call};
use super::samples::SHORTEST;
use crate::model::{RemoteChanges, RemoteId};
use crate::ports::{RemoteDeed, RemoteWrite};
use http::{HeaderMap, StatusCode};

const NO_BOUNDARY: &str = "the answer has no boundary";

fn two() -> Vec<Call> {
    let update = RemoteWrite {
        deed: RemoteDeed::Update {
            id: RemoteId("a1111".to_owned()),
            expected: Some("\"2\"".to_owned()),
            changes: RemoteChanges {
                title: Some("x".to_owned()),
                ..RemoteChanges::default()
            },
            zone: chrono_tz::UTC,
        },
        notify: false,
    };
    vec![
        requests::write("c", &update, None, SHORTEST),
        requests::get("c", &RemoteId("b2222".to_owned())),
    ]
}

#[test]
fn a_batch_is_requests_within_a_request() {
    let request = batch::request(
        "https://www.example.com/batch/calendar/v3",
        "/calendar/v3/",
        &two(),
    );
    let request = request.unwrap();
    assert_eq!(
        request.headers()["content-type"],
        "multipart/mixed; boundary=part-of-a-batch-of-advanta-bridge"
    );
    let expected = [
        "--part-of-a-batch-of-advanta-bridge",
        "Content-Type: application/http",
        "Content-ID: <0>",
        "",
        "PATCH /calendar/v3/calendars/c/events/a1111?sendUpdates=none HTTP/1.1",
        "If-Match: \"2\"",
        "Content-Type: application/json",
        "Content-Length: 15",
        "",
        "{\"summary\":\"x\"}",
        "--part-of-a-batch-of-advanta-bridge",
        "Content-Type: application/http",
        "Content-ID: <1>",
        "",
        "GET /calendar/v3/calendars/c/events/b2222 HTTP/1.1",
        "",
        "",
        "--part-of-a-batch-of-advanta-bridge--",
        "",
    ]
    .join("\r\n");
    assert_eq!(String::from_utf8(request.into_body()).unwrap(), expected);
}

fn part(id: &str, status: &str, body: &str) -> String {
    format!(
        "--b\r\nContent-Type: application/http\r\nContent-ID: <response-{id}>\r\n\r\nHTTP/1.1 {status}\r\n\r\n{body}\r\n"
    )
}

/// Status, `Retry-After` and body of each answer.
type Told = Vec<Option<(u16, Option<String>, String)>>;

fn answer(status: u16, body: &str) -> Option<(u16, Option<String>, String)> {
    Some((status, None, body.to_owned()))
}

fn parsed_as(kind: &str, body: &str, count: usize) -> Result<Told, &'static str> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", kind.parse().unwrap());
    let whole = Whole {
        status: StatusCode::OK,
        headers,
        body: body.as_bytes().to_vec(),
    };
    let told = |answer: Whole| {
        let wait = answer.headers.get("retry-after");
        let wait = wait.map(|wait| wait.to_str().unwrap().to_owned());
        let body = String::from_utf8(answer.body).unwrap();
        (answer.status.as_u16(), wait, body)
    };
    let answers = batch::answers(&whole, count)?;
    Ok(answers.into_iter().map(|answer| answer.map(told)).collect())
}

fn parsed(body: &str, count: usize) -> Result<Told, &'static str> {
    parsed_as("multipart/mixed; boundary=b", body, count)
}

#[test]
fn answers_come_in_any_order_and_some_do_not_come() {
    let (first, third) = (
        part("0", "200 OK", "{}"),
        part("2", "412 Precondition Failed", "no"),
    );
    let expected = Ok(vec![answer(200, "{}"), None, answer(412, "no")]);
    assert_eq!(parsed(&format!("{third}{first}--b--"), 3), expected);
    // What nobody asked for, and what is no answer, changes nothing.
    let noise = [
        part("9", "200 OK", "x"),
        part("x", "200 OK", "x"),
        part("1", "OK", "x"),
        "--b\r\n\r\n".to_owned(),
    ]
    .concat();
    assert_eq!(parsed(&format!("{third}{first}{noise}--b--"), 3), expected);
}

#[test]
fn a_part_that_is_cut_off_has_no_answer() {
    let whole = part("0", "200 OK", "{}");
    let length = part("1", "200 OK\r\nContent-Length: 99", "{}");
    let text = format!("{whole}{length}--b--");
    assert_eq!(parsed(&text, 2), Ok(vec![answer(200, "{}"), None]));
    // Without the boundary after it nobody knows whether it is whole.
    let cut = format!("{whole}{}", part("1", "200 OK", "{\"id\":"));
    assert_eq!(parsed(&cut, 2), Ok(vec![answer(200, "{}"), None]));
}

#[test]
fn a_part_may_say_how_long_to_wait() {
    let text = format!("{}--b--", part("0", "429 Slow\r\nRetry-After: 7", ""));
    let expected = Some((429, Some("7".to_owned()), String::new()));
    assert_eq!(parsed(&text, 1), Ok(vec![expected]));
}

#[test]
fn what_is_no_multipart_is_no_answer() {
    let body = format!("{}--b--", part("0", "200 OK", "{}"));
    for (kind, expected) in [
        (
            "multipart/mixed; boundary=\"b\"",
            Ok(vec![answer(200, "{}")]),
        ),
        (
            "Multipart/Mixed;charset=x; Boundary=b",
            Ok(vec![answer(200, "{}")]),
        ),
        ("multipart/mixed", Err(NO_BOUNDARY)),
        ("multipart/mixed; boundary=", Err(NO_BOUNDARY)),
        ("text/html; boundary=b", Err(NO_BOUNDARY)),
        ("multipart/mixed; boundary=other", Ok(vec![None])),
    ] {
        assert_eq!(parsed_as(kind, &body, 1), expected, "{kind}");
    }
}

#[test]
fn a_boundary_within_a_body_is_no_boundary() {
    let text = format!("{}--b--", part("0", "200 OK", "{\"a\":\"--b\"}"));
    let expected = answer(200, "{\"a\":\"--b\"}");
    assert_eq!(parsed(&text, 1), Ok(vec![expected]));
}
