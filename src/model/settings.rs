//! The settings that the pure core needs. `config` reads them from a file.

use super::{Kind, Skip, Status};
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

/// What becomes of a private event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportPrivate {
    /// Its note says «Занято» and nothing else; texts travel neither way (the default).
    Busy,
    /// It is not imported.
    Skip,
    /// It is imported like any other.
    Full,
}

/// What editing the title of a recurring event's note in ADVANTA does to the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecurringNoteEdit {
    /// One request sets the title and the note's dates and removes the recurrence (the vendor's documented behaviour, the default).
    DropRecurrence,
    /// Only the title is changed.
    Keep,
}

/// What happens to meetings which the person organises with guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMeetings {
    /// They are written and nobody is mailed (the default).
    Silent,
    /// They are not written: the note follows the meeting.
    Never,
    /// They are written, and the guests are mailed.
    Notify,
}

/// What a new event does in its person's calendar. Said when it is made and never again: from then on it is the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// It reminds as the calendar's owner set their calendar to; otherwise it does not remind at all.
    pub reminds: bool,
    /// Its time counts as busy.
    pub busy: bool,
}

impl Presence {
    /// As what a person puts into a calendar themselves.
    pub const LOUD: Self = Self {
        reminds: true,
        busy: true,
    };
    /// As what only stands there.
    pub const QUIET: Self = Self {
        reminds: false,
        busy: false,
    };
}

/// How remote calendars are kept in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncPolicy {
    /// What becomes of private events.
    pub import_private: ImportPrivate,
    /// Whether events that the remote made of letters become notes.
    pub import_from_mail: bool,
    /// Whether events that say that their owner is away become notes.
    pub import_absence: bool,
    /// What a title edit does to a recurring event.
    pub recurring_note_edit: RecurringNoteEdit,
    /// What happens to meetings with guests.
    pub write_meetings: WriteMeetings,
    /// Deletions in `guard_minutes` and one direction that need no confirmation.
    pub guard_deletions_max: usize,
    /// Per cent of a subscription's links that may be deleted so.
    pub guard_percent_max: usize,
    /// The per cent count only from so many links on.
    pub guard_links_min: usize,
    /// Minutes over which deletions and write-backs are counted.
    pub guard_minutes: u32,
    /// Write-backs of one item in these minutes before it is frozen.
    pub write_backs_max: usize,
    /// Tries of one write before it is put to the dead letters, when the remote answers but does not do it.
    pub attempts_max: u32,
    /// What the events of tasks, stages and projects do in a calendar.
    pub work_presence: Presence,
    /// The same of meetings.
    pub meeting_presence: Presence,
    /// The same of notes.
    pub note_presence: Presence,
}

impl SyncPolicy {
    /// Whether an event that is marked so is left alone.
    pub fn leaves_out(&self, skip: Skip) -> bool {
        match skip {
            Skip::Declined | Skip::Cancelled | Skip::Special => true,
            Skip::FromMail => !self.import_from_mail,
            Skip::Absence => !self.import_absence,
        }
    }

    /// What a new event of an object does in its person's calendar.
    pub fn presence(&self, kind: Kind) -> Presence {
        match kind {
            Kind::Task | Kind::Stage | Kind::Project => self.work_presence,
            Kind::Meeting => self.meeting_presence,
            Kind::Note => self.note_presence,
        }
    }
}

impl Default for SyncPolicy {
    fn default() -> Self {
        Self {
            import_private: ImportPrivate::Busy,
            import_from_mail: true,
            import_absence: true,
            recurring_note_edit: RecurringNoteEdit::DropRecurrence,
            write_meetings: WriteMeetings::Silent,
            guard_deletions_max: 50,
            guard_percent_max: 20,
            guard_links_min: 25,
            guard_minutes: 10,
            write_backs_max: 3,
            attempts_max: 12,
            work_presence: Presence::QUIET,
            meeting_presence: Presence::LOUD,
            note_presence: Presence::LOUD,
        }
    }
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
    /// How remote calendars are kept in step.
    pub sync: SyncPolicy,
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
            sync: SyncPolicy::default(),
        }
    }
}
