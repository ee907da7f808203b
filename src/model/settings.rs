//! The settings that the pure core needs. `config` reads them from a file.

use super::Status;
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// How planned 00:00–23:59 is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatesMode {
    /// 00:00 to 23:59 is an all-day event (the default).
    AllDay,
    /// Every date is a local time.
    Local,
}

/// What a drag that moves start and end does when only one of them may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DragPolicy {
    /// Each date is judged on its own (the vendor's documented behaviour, the default).
    PerField,
    /// A shift that keeps the length is refused as one.
    Whole,
}

/// What may be deleted from a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletePolicy {
    /// Notes only (the default).
    Notes,
    /// Whatever the person has the right to delete in ADVANTA.
    ByRight,
}

/// One installation's rules and date semantics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The zone of ADVANTA's wall-clock times.
    pub zone: Tz,
    /// How 00:00–23:59 is read.
    pub dates: DatesMode,
    /// Statuses that lock the start of a task, stage or project.
    pub start_locked_in: BTreeSet<Status>,
    /// Statuses that lock the end of a task, stage or project.
    pub end_locked_in: BTreeSet<Status>,
    /// What a drag does.
    pub on_drag: DragPolicy,
    /// What may be deleted.
    pub delete: DeletePolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: Tz::Europe__Moscow,
            dates: DatesMode::AllDay,
            start_locked_in: [Status::IN_WORK, Status::READY_FOR_REVIEW, Status::DONE].into(),
            end_locked_in: [Status::DONE].into(),
            on_drag: DragPolicy::PerField,
            delete: DeletePolicy::Notes,
        }
    }
}
