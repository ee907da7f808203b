//! Batches: whole bodies out, answers of every kind in.

use super::super::batch::{self, Unreadable};
use super::super::failure::Answer;
use super::super::requests::{self, Request};
use crate::model::RemoteId;
use bytes::Bytes;
use serde_json::json;
use std::time::Duration;

fn two() -> Vec<Request> {
    vec![
        requests::patch("c", "a1111", Some("\"2\""), &json!({"summary": "x"}), false),
        requests::get("c", &RemoteId("b2222".to_owned())),
    ]
}

#[test]
fn a_batch_is_requests_within_a_request() {
    let batch = batch::build(&two(), "/calendar/v3/");
    let boundary = &batch.boundary;
    let expected = [
        &format!("--{boundary}"),
        "Content-Type: application/http",
        "Content-ID: <part-0>",
        "",
        "PATCH /calendar/v3/calendars/c/events/a1111?sendUpdates=none HTTP/1.1",
        "If-Match: \"2\"",
        "Content-Type: application/json",
        "Content-Length: 15",
        "",
        "{\"summary\":\"x\"}",
        &format!("--{boundary}"),
        "Content-Type: application/http",
        "Content-ID: <part-1>",
        "",
        "GET /calendar/v3/calendars/c/events/b2222 HTTP/1.1",
        "",
        "",
        &format!("--{boundary}--"),
        "",
    ]
    .join("\r\n");
    assert_eq!(String::from_utf8(batch.body.to_vec()).unwrap(), expected);
}

fn part(id: &str, status: &str, body: &str) -> String {
    format!(
        "--b\r\nContent-Type: application/http\r\nContent-ID: <response-{id}>\r\n\r\nHTTP/1.1 {status}\r\n\r\n{body}\r\n"
    )
}

fn answer(status: u16, body: &'static str) -> Option<Answer> {
    Some(Answer {
        status,
        retry_after: None,
        body: Bytes::from_static(body.as_bytes()),
    })
}

fn parsed(body: &str, count: usize) -> Result<Vec<Option<Answer>>, Unreadable> {
    let body = Bytes::from(body.to_owned());
    batch::parse("multipart/mixed; boundary=b", &body, count)
}

#[test]
fn answers_come_in_any_order_and_some_do_not_come() {
    let (first, third) = (
        part("part-0", "200 OK", "{}"),
        part("part-2", "412 Precondition Failed", "no"),
    );
    let expected = Ok(vec![answer(200, "{}"), None, answer(412, "no")]);
    assert_eq!(parsed(&format!("{third}{first}--b--"), 3), expected);
    // What nobody asked for, what is said twice, and what is no answer, change nothing.
    let noise = [
        part("part-9", "200 OK", "x"),
        part("part-0", "500 Oops", "x"),
        part("1", "200 OK", "x"),
        part("part-1", "OK", "x"),
        "--b\r\n\r\n".to_owned(),
    ]
    .concat();
    assert_eq!(parsed(&format!("{third}{first}{noise}--b--"), 3), expected);
}

#[test]
fn a_part_that_is_cut_off_has_no_answer() {
    let whole = part("part-0", "200 OK", "{}");
    let length = part("part-1", "200 OK\r\nContent-Length: 99", "{}");
    let text = format!("{whole}{length}--b--");
    assert_eq!(parsed(&text, 2), Ok(vec![answer(200, "{}"), None]));
    // Without the boundary after it nobody knows whether it is whole.
    let cut = format!("{whole}{}", part("part-1", "200 OK", "{\"id\":"));
    assert_eq!(parsed(&cut, 2), Ok(vec![answer(200, "{}"), None]));
}

#[test]
fn a_part_may_say_how_long_to_wait() {
    let text = format!(
        "{}--b--",
        part("part-0", "429 Slow\r\nRetry-After: 7", "")
    );
    let expected = Answer {
        status: 429,
        retry_after: Some(Duration::from_secs(7)),
        body: Bytes::new(),
    };
    assert_eq!(parsed(&text, 1), Ok(vec![Some(expected)]));
}

#[test]
fn what_is_no_multipart_is_no_answer() {
    let body = Bytes::from(format!("{}--b--", part("part-0", "200 OK", "{}")));
    for (kind, expected) in [
        ("multipart/mixed; boundary=\"b\"", Ok(vec![answer(200, "{}")])),
        ("Multipart/Mixed;charset=x; Boundary=b", Ok(vec![answer(200, "{}")])),
        ("multipart/mixed", Err(Unreadable::NoMultipart)),
        ("multipart/mixed; boundary=", Err(Unreadable::NoMultipart)),
        ("text/html; boundary=b", Err(Unreadable::NoMultipart)),
        ("multipart/mixed; boundary=other", Err(Unreadable::NoParts)),
    ] {
        assert_eq!(batch::parse(kind, &body, 1), expected, "{kind}");
    }
}

#[test]
fn a_boundary_within_a_body_is_no_boundary() {
    let text = format!("{}--b--", part("part-0", "200 OK", "{\"a\":\"--b\"}"));
    let expected = answer(200, "{\"a\":\"--b\"}");
    assert_eq!(parsed(&text, 1), Ok(vec![expected]));
}
