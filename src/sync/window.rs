//! The window of a subscription: what lies in it begins to be linked.

use crate::model::{Moment, Span, Subscription, Timestamp, instant_of};
use chrono::NaiveTime;

/// The instant at which a subscription's window opens: 00:00 of its start day in its zone.
pub fn opens(subscription: &Subscription) -> Timestamp {
    instant_of(
        subscription.start.and_time(NaiveTime::MIN),
        subscription.zone,
    )
}

/// Whether a span lies in the window: its exclusive end is after the opening, or, without any length, its start is not
/// before it. Days are compared as days, so that an all-day event is in or out the same way in every zone.
pub fn holds(subscription: &Subscription, span: Span) -> bool {
    match (span.start(), span.end()) {
        (_, Moment::Day(last)) => last >= subscription.start,
        (Moment::At(start), Moment::At(end)) if start == end => start >= opens(subscription),
        (_, Moment::At(end)) => end > opens(subscription),
    }
}

/// Whether a span may be missing from a listing that begins at an instant: it ends before it. A day counts as ending a day later,
/// whatever the zone: what touches an edge may be listed or not.
pub fn ends_after(span: Span, from: Timestamp) -> bool {
    match span.end() {
        Moment::Day(last) => instant_of(last.and_time(NaiveTime::MIN), chrono_tz::UTC) > from,
        Moment::At(end) => end > from,
    }
}

/// Whether a span begins before an instant, with a day's slack for days.
pub fn begins_before(span: Span, until: Timestamp) -> bool {
    match span.start() {
        Moment::Day(first) => {
            let midnight = instant_of(first.and_time(NaiveTime::MIN), chrono_tz::UTC);
            midnight + chrono::Duration::days(1) < until
        }
        Moment::At(start) => start < until,
    }
}
