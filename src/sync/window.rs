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
