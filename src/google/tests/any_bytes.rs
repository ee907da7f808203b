//! Any bytes, no panic.

use super::super::batch;
use super::super::failure::Answer;
use super::super::map::{Calendar, Listing, Reader};
use super::super::options::GoogleOptions;
use super::super::requests::About;
use bytes::Bytes;
use proptest::prelude::*;
use std::time::Duration;

proptest! {
    #[test]
    fn any_batch_answer_is_read_or_refused(
        body in "(--b|\r\n|HTTP/1.1 |200|Content-ID: <response-part-0>|Content-Length: |[0-9]{1,20}|[ -~]|--){0,60}",
        kind in "(multipart/mixed|;| |boundary=|b|\"|[ -~]){0,8}",
    ) {
        let body = Bytes::from(body);
        let _ = batch::parse(&kind, &body, 2);
        let _ = batch::parse("multipart/mixed; boundary=b", &body, 2);
    }

    #[test]
    fn any_failure_has_a_meaning(status in any::<u16>(), body in any::<Vec<u8>>()) {
        let answer = Answer { status, retry_after: None, body: body.into() };
        let _ = answer.failure(About::Change, Duration::ZERO, Duration::ZERO);
    }

    #[test]
    fn any_times_are_read_or_broken(
        start in "[-+0-9T:.Z]{0,30}|[+-]?[0-9]{4,7}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9]:[0-6][0-9])?",
        end in "[+-]?[0-9]{4,7}-[01][0-9]-[0-3][0-9]",
        zone in "[A-Za-z/_ ]{0,20}|Europe/Moscow|Samoa Standard Time",
    ) {
        let options = GoogleOptions::default();
        let reader = Reader { calendar: Calendar::default(), options: &options };
        for json in [
            serde_json::json!({"id": "a", "start": {"date": start}, "end": {"date": end}}),
            serde_json::json!({"id": "a", "recurrence": [start], "start": {"dateTime": start, "timeZone": zone}}),
            serde_json::json!({"id": "a", "recurringEventId": "b", "originalStartTime": {"date": end}, "start": {"date": start}}),
        ] {
            let event = serde_json::from_value(json).unwrap();
            let _ = reader.listed(event, Listing::Incremental);
        }
    }
}
