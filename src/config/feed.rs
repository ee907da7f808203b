//! `[feed]`: calendars at secret addresses, and their limits.

use super::set;
use crate::feed::Options;
use crate::ical::join::Alarms;
use serde::Deserialize;
use std::time::Duration;

/// `[feed]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Feed {
    /// Seconds after which a program is asked to look again.
    pub refresh_secs: Option<u64>,
    /// Whether alarms are part of a feed.
    pub alarms: Option<bool>,
    /// Wrong secrets per address before throttling.
    pub wrong_max: Option<u32>,
    /// Seconds for which wrong secrets count.
    pub wrong_window_secs: Option<u64>,
    /// Feeds made at the same time.
    pub builds_max: Option<usize>,
    /// Requests that may wait for a feed to be made.
    pub waiting_max: Option<usize>,
    /// Seconds for which a request waits.
    pub wait_secs: Option<u64>,
    /// Bytes of a whole feed as text.
    pub feed_bytes_max: Option<u64>,
    /// Bytes of compressed feeds that are kept.
    pub kept_bytes_max: Option<usize>,
}

impl Feed {
    /// Its times, for the check that none is beyond all sense.
    pub(super) fn seconds(&self) -> [(&'static str, Option<u64>); 3] {
        [
            ("feed.refresh_secs", self.refresh_secs),
            ("feed.wrong_window_secs", self.wrong_window_secs),
            ("feed.wait_secs", self.wait_secs),
        ]
    }

    /// Its sizes, for the check that none is zero.
    pub(super) fn sizes(&self) -> [(&'static str, Option<u64>); 5] {
        let wide = |value: Option<usize>| value.map(|value| value as u64);
        [
            ("feed.refresh_secs", self.refresh_secs),
            ("feed.builds_max", wide(self.builds_max)),
            ("feed.waiting_max", wide(self.waiting_max)),
            ("feed.feed_bytes_max", self.feed_bytes_max),
            ("feed.wrong_max", self.wrong_max.map(u64::from)),
        ]
    }

    /// What a feed says of itself, and its bounds.
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        let secs = |value: Option<u64>| value.map(Duration::from_secs);
        set(&mut options.refresh, secs(self.refresh_secs));
        match self.alarms {
            Some(true) => options.alarms = Alarms::Keep,
            Some(false) => options.alarms = Alarms::Strip,
            None => {}
        }
        set(&mut options.guesses.wrong_max, self.wrong_max);
        set(&mut options.guesses.window, secs(self.wrong_window_secs));
        set(&mut options.builds_max, self.builds_max);
        set(&mut options.waiting_max, self.waiting_max);
        set(&mut options.wait, secs(self.wait_secs));
        set(&mut options.feed_bytes_max, self.feed_bytes_max);
        set(&mut options.kept_bytes_max, self.kept_bytes_max);
        options
    }
}
