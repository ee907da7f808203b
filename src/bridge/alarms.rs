//! What goes wrong again and again: no restore and no write-back heals it, and an administrator should know.

use crate::model::{AppPasswordId, ObjectId, SubscriptionId, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Something that goes wrong again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// With which object; `None`: with a calendar as a whole.
    pub object: Option<ObjectId>,
    /// What it is, and where it comes from.
    pub cause: AlarmCause,
    /// When the limit was passed.
    pub at: Timestamp,
}

/// What goes wrong, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmCause {
    /// The device with this app password was refused more often in an hour than the limit: it does not take the original back.
    Refused(AppPasswordId),
    /// The remote calendar of this subscription was written back to too often in a short time: the item is frozen.
    Frozen(SubscriptionId),
    /// The remote calendar of this subscription refuses us, by a policy or for a reason that is not known.
    Barred(SubscriptionId),
}

/// Pairs that are counted at most; beyond it, the expired are swept, then all are forgotten.
const PAIRS_MAX: usize = 100_000;
/// Alarms kept for the administrator, newest last.
const ALARMS_MAX: usize = 1_000;

/// Counts refusals in hours that begin with the first one.
#[derive(Debug)]
pub(super) struct Alarms {
    per_hour_max: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: HashMap<(ObjectId, AppPasswordId), (Timestamp, u32)>,
    raised: Vec<Alarm>,
}

impl State {
    fn raise(&mut self, alarm: Alarm) {
        if self.raised.len() >= ALARMS_MAX {
            self.raised.remove(0);
        }
        self.raised.push(alarm);
    }
}

impl Alarms {
    pub(super) fn new(per_hour_max: u32) -> Self {
        Self {
            per_hour_max,
            state: Mutex::default(),
        }
    }

    /// Counts a refusal; returns an alarm the first time in an hour that the limit is passed.
    pub(super) fn refused(
        &self,
        object: ObjectId,
        device: AppPasswordId,
        now: Timestamp,
    ) -> Option<Alarm> {
        let hour = chrono::Duration::hours(1);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.counts.len() >= PAIRS_MAX {
            state.counts.retain(|_, (since, _)| *since + hour > now);
        }
        if state.counts.len() >= PAIRS_MAX {
            state.counts.clear();
        }
        let count = state.counts.entry((object, device)).or_insert((now, 0));
        if count.0 + hour <= now {
            *count = (now, 0);
        }
        count.1 += 1;
        if count.1 != self.per_hour_max + 1 {
            return None;
        }
        let alarm = Alarm {
            object: Some(object),
            cause: AlarmCause::Refused(device),
            at: now,
        };
        state.raise(alarm.clone());
        Some(alarm)
    }

    /// An item was frozen. Nothing to count: it is frozen once, until somebody lets it go on.
    pub(super) fn frozen(&self, object: ObjectId, subscription: SubscriptionId, now: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.raise(Alarm {
            object: Some(object),
            cause: AlarmCause::Frozen(subscription),
            at: now,
        });
    }

    /// A remote began to refuse a subscription.
    pub(super) fn barred(&self, subscription: SubscriptionId, now: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.raise(Alarm {
            object: None,
            cause: AlarmCause::Barred(subscription),
            at: now,
        });
    }

    /// What was raised since the start, oldest first.
    pub(super) fn raised(&self) -> Vec<Alarm> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .raised
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Duration, TimeZone, Utc};
    use uuid::Uuid;

    #[test]
    fn one_alarm_an_hour_for_the_refusal_past_the_limit() {
        let alarms = Alarms::new(2);
        let start = Utc.with_ymd_and_hms(2026, 12, 1, 9, 0, 0).unwrap();
        let (object, device) = (
            ObjectId(Uuid::from_u128(1)),
            AppPasswordId(Uuid::from_u128(2)),
        );
        let raised: Vec<bool> = [0, 1, 2, 3, 61, 62, 63]
            .map(|minute| {
                alarms
                    .refused(object, device, start + Duration::minutes(minute))
                    .is_some()
            })
            .into();
        assert_eq!(raised, [false, false, true, false, false, false, true]);
        assert_eq!(alarms.raised().len(), 2);
    }
}
