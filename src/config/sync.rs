//! `[sync]`: how remote calendars are kept in step, and the limits of that.

use super::set;
use crate::bridge::SyncLimits;
use crate::model::{ImportPrivate, RecurringNoteEdit, SyncPolicy, WriteMeetings};
use serde::Deserialize;
use std::time::Duration;

/// `[sync]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    /// What becomes of private events.
    pub import_private: Option<Private>,
    /// Whether events that the remote made of letters become notes.
    pub import_from_mail: Option<bool>,
    /// Whether events that say that their owner is away become notes.
    pub import_absence: Option<bool>,
    /// What editing the title of a recurring event's note does.
    pub recurring_note_edit: Option<NoteEdit>,
    /// What happens to meetings with guests.
    pub write_meetings: Option<Meetings>,
    /// Deletions in `guard_minutes` that need no confirmation.
    pub guard_deletions_max: Option<usize>,
    /// Per cent of the links that may be deleted so.
    pub guard_percent_max: Option<usize>,
    /// The per cent count from so many links on.
    pub guard_links_min: Option<usize>,
    /// Minutes over which deletions and write-backs are counted.
    pub guard_minutes: Option<u32>,
    /// Write-backs of one item in these minutes before it is frozen.
    pub write_backs_max: Option<usize>,
    /// Tries of one write before it is put to the dead letters.
    pub attempts_max: Option<u32>,
    /// Whether new events of tasks, stages and projects remind.
    pub work_reminders: Option<bool>,
    /// Whether they count as busy.
    pub work_busy: Option<bool>,
    /// Whether new events of meetings remind.
    pub meeting_reminders: Option<bool>,
    /// Whether they count as busy.
    pub meeting_busy: Option<bool>,
    /// Whether new events of notes remind.
    pub note_reminders: Option<bool>,
    /// Whether they count as busy.
    pub note_busy: Option<bool>,
    /// Items of one listing that are taken.
    pub listing_items_max: Option<usize>,
    /// Events that cannot be read whole and are kept to be shown.
    pub unread_kept_max: Option<usize>,
    /// Pages of one listing.
    pub listing_pages_max: Option<usize>,
    /// Subscriptions that are worked on at the same time.
    pub flights_max: Option<usize>,
    /// Steps that one pair may take in one round.
    pub steps_max: Option<u32>,
    /// The wait after a round that failed; it doubles.
    pub backoff_secs: Option<u64>,
    /// The longest such wait.
    pub backoff_max_secs: Option<u64>,
    /// How long the remote's list has to lack a calendar before it counts as gone.
    pub gone_confirm_secs: Option<u64>,
    /// The longest that one call to a remote may take.
    pub call_timeout_secs: Option<u64>,
    /// Milliseconds after the first notice of a burst until the remote is looked at.
    pub push_debounce_ms: Option<u64>,
    /// At how many per cent of a channel's life the next one is made.
    pub channel_renewal_percent: Option<u8>,
    /// By how many per cent the time between two looks varies.
    pub poll_jitter_percent: Option<u8>,
}

/// `sync.import_private`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Private {
    /// The note says «Занято».
    Busy,
    /// No note.
    Skip,
    /// Like any other.
    Full,
}

/// `sync.recurring_note_edit`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteEdit {
    /// The event stops repeating.
    DropRecurrence,
    /// Only its title changes.
    Keep,
}

/// `sync.write_meetings`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meetings {
    /// Written, nobody mailed.
    Silent,
    /// Not written.
    Never,
    /// Written, guests mailed.
    Notify,
}

impl Sync {
    /// Its times, for the check that none is beyond all sense.
    pub(super) fn seconds(&self) -> [(&'static str, Option<u64>); 4] {
        [
            ("sync.backoff_secs", self.backoff_secs),
            ("sync.backoff_max_secs", self.backoff_max_secs),
            ("sync.gone_confirm_secs", self.gone_confirm_secs),
            ("sync.call_timeout_secs", self.call_timeout_secs),
        ]
    }

    /// Its sizes, for the check that none is zero.
    pub(super) fn sizes(&self) -> [(&'static str, Option<u64>); 6] {
        let wide = |value: Option<usize>| value.map(|value| value as u64);
        [
            ("sync.listing_items_max", wide(self.listing_items_max)),
            ("sync.listing_pages_max", wide(self.listing_pages_max)),
            ("sync.flights_max", wide(self.flights_max)),
            ("sync.steps_max", self.steps_max.map(u64::from)),
            ("sync.call_timeout_secs", self.call_timeout_secs),
            ("sync.attempts_max", self.attempts_max.map(u64::from)),
        ]
    }

    /// What the planner goes by.
    pub(super) fn policy(&self) -> SyncPolicy {
        let mut policy = SyncPolicy::default();
        let private = self.import_private.map(|private| match private {
            Private::Busy => ImportPrivate::Busy,
            Private::Skip => ImportPrivate::Skip,
            Private::Full => ImportPrivate::Full,
        });
        set(&mut policy.import_private, private);
        set(&mut policy.import_from_mail, self.import_from_mail);
        set(&mut policy.import_absence, self.import_absence);
        let edit = self.recurring_note_edit.map(|edit| match edit {
            NoteEdit::DropRecurrence => RecurringNoteEdit::DropRecurrence,
            NoteEdit::Keep => RecurringNoteEdit::Keep,
        });
        set(&mut policy.recurring_note_edit, edit);
        let meetings = self.write_meetings.map(|meetings| match meetings {
            Meetings::Silent => WriteMeetings::Silent,
            Meetings::Never => WriteMeetings::Never,
            Meetings::Notify => WriteMeetings::Notify,
        });
        set(&mut policy.write_meetings, meetings);
        set(&mut policy.guard_deletions_max, self.guard_deletions_max);
        set(&mut policy.guard_percent_max, self.guard_percent_max);
        set(&mut policy.guard_links_min, self.guard_links_min);
        set(&mut policy.guard_minutes, self.guard_minutes);
        set(&mut policy.write_backs_max, self.write_backs_max);
        set(&mut policy.attempts_max, self.attempts_max);
        set(&mut policy.work_presence.reminds, self.work_reminders);
        set(&mut policy.work_presence.busy, self.work_busy);
        set(&mut policy.meeting_presence.reminds, self.meeting_reminders);
        set(&mut policy.meeting_presence.busy, self.meeting_busy);
        set(&mut policy.note_presence.reminds, self.note_reminders);
        set(&mut policy.note_presence.busy, self.note_busy);
        policy
    }

    /// Bounds of the work.
    pub(super) fn limits(&self) -> SyncLimits {
        let mut limits = SyncLimits::default();
        let secs = |value: Option<u64>| value.map(Duration::from_secs);
        set(&mut limits.listing_items_max, self.listing_items_max);
        set(&mut limits.unread_kept_max, self.unread_kept_max);
        set(&mut limits.listing_pages_max, self.listing_pages_max);
        set(&mut limits.flights_max, self.flights_max);
        set(&mut limits.steps_max, self.steps_max);
        set(&mut limits.backoff, secs(self.backoff_secs));
        set(&mut limits.backoff_max, secs(self.backoff_max_secs));
        set(&mut limits.gone_confirm, secs(self.gone_confirm_secs));
        set(&mut limits.call_timeout, secs(self.call_timeout_secs));
        let debounce = self.push_debounce_ms.map(Duration::from_millis);
        set(&mut limits.push_debounce, debounce);
        set(
            &mut limits.channel_renewal_per_cent,
            self.channel_renewal_percent,
        );
        set(&mut limits.poll_jitter_per_cent, self.poll_jitter_percent);
        limits
    }
}
