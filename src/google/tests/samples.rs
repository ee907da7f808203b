//! Values that several tests use.

use super::super::map::{self, Bounds, Seen, Setting};
use crate::model::{
    Fields, Marker, Moment, ObjectId, RemoteEvent, RemoteId, Span, SubscriptionId, Timestamp,
    Writable,
};
use chrono_tz::Tz;
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

pub(super) fn marker() -> Marker {
    Marker {
        subscription: SubscriptionId::new("s-1"),
        epoch: 3,
        object: ObjectId(Uuid::from_u128(7)),
        generation: 0,
    }
}

pub(super) const MARKER_TEXT: &str = "1:s-1:3:00000000-0000-0000-0000-000000000007:0";

pub(super) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn at(text: &str) -> Moment {
    Moment::at(instant(text))
}

pub(super) fn day(text: &str) -> Moment {
    Moment::Day(text.parse().unwrap())
}

pub(super) fn timed(start: &str, end: &str) -> Span {
    Span::new(at(start), at(end)).unwrap()
}

pub(super) fn days(first: &str, last: &str) -> Span {
    Span::new(day(first), day(last)).unwrap()
}

/// The shortest event that is written.
pub(super) const SHORTEST: Duration = Duration::from_secs(15 * 60);

pub(super) const BOUNDS: Bounds = Bounds {
    id_bytes_max: 1024,
    text_bytes_max: 1000,
    recurrence_lines_max: 10,
};

/// Reads an event of a writable calendar in Moscow.
pub(super) fn seen(json: Value) -> Result<Seen, &'static str> {
    let setting = Setting {
        zone: Tz::Europe__Moscow,
        writable: true,
    };
    map::seen(serde_json::from_value(json).unwrap(), setting, BOUNDS)
}

/// An event with nothing but dates.
pub(super) fn bare(span: Span) -> RemoteEvent {
    RemoteEvent {
        id: RemoteId("abc12".to_owned()),
        uid: "abc12@google.com".to_owned(),
        version: "\"2\"".to_owned(),
        fields: Fields {
            title: String::new(),
            span: Some(span),
            description: String::new(),
            location: String::new(),
            recurs: false,
        },
        series: None,
        marker: None,
        writable: Writable::Yes,
        guests: false,
        private: false,
        skip: None,
        split_from: None,
    }
}
