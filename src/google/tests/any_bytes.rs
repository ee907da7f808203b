//! Any bytes, no panic.

use super::super::failure::{Asked, failure};
use super::super::http::{Http, Whole};
use super::super::map::{self, Setting};
use super::super::options::GoogleOptions;
use super::super::wire::EventsWire;
use super::super::{batch, wire::EventWire};
use super::samples::BOUNDS;
use http::{HeaderMap, HeaderValue, StatusCode};
use proptest::prelude::*;

fn whole(kind: &str, status: u16, body: Vec<u8>) -> Whole {
    let mut headers = HeaderMap::new();
    if let Ok(kind) = HeaderValue::from_str(kind) {
        headers.insert("content-type", kind);
    }
    Whole {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body,
    }
}

proptest! {
    #[test]
    fn any_answer_to_a_batch_is_read_or_refused(
        body in "(--b|\r\n|HTTP/1.1 |200|Content-ID: <response-0>|Content-Length: |[0-9]{1,20}|[ -~]|--){0,60}",
        kind in "(multipart/mixed|;| |boundary=|b|\"|[ -~]){0,8}",
    ) {
        let _ = batch::answers(&whole(&kind, 200, body.clone().into_bytes()), 2);
        let read = batch::answers(&whole("multipart/mixed; boundary=b", 200, body.into_bytes()), 2);
        prop_assert_eq!(read.map(|answers| answers.len()), Ok(2));
    }

    #[test]
    fn any_failure_has_a_meaning(status in 300_u16..1000, body in any::<Vec<u8>>()) {
        let options = GoogleOptions::default();
        let http = Http::new(&options).unwrap();
        let answer = whole("", status, body);
        prop_assert!(failure(Asked::Write, &answer, (&http, &options)).is_some());
    }

    #[test]
    fn any_event_is_read_or_broken(
        start in "[-+0-9T:.Z]{0,30}|[+-]?[0-9]{4,7}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9]:[0-6][0-9])?",
        end in "[+-]?[0-9]{4,7}-[01][0-9]-[0-3][0-9]",
        zone in "[A-Za-z/_ ]{0,20}|Europe/Moscow|Samoa Standard Time",
    ) {
        for json in [
            serde_json::json!({"id": "a", "start": {"date": start}, "end": {"date": end}}),
            serde_json::json!({"id": "a", "recurrence": [start], "start": {"dateTime": start, "timeZone": zone}}),
            serde_json::json!({"id": "a", "recurringEventId": "b", "originalStartTime": {"date": end}, "start": {"date": start}}),
        ] {
            let event: EventWire = serde_json::from_value(json).unwrap();
            let _ = map::seen(event, Setting::default(), BOUNDS);
        }
    }

    #[test]
    fn a_broken_event_hides_no_other(id in "[a-v0-9]{5,9}", broken in "1|\"x\"|null|\\[\\]|\\{\"id\":1\\}") {
        let text = format!("{{\"items\":[{broken},{{\"id\":\"{id}\"}}]}}");
        let page: EventsWire = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(page.items.len(), 2);
    }
}
