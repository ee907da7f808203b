//! What became of every edit.

use super::{AppPasswordId, JournalId, ObjectId, SubscriptionId, Timestamp, UserId};

/// One field of an edit, or the edit of a whole object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Title.
    Title,
    /// Start.
    Start,
    /// End.
    End,
    /// Description.
    Description,
    /// Location.
    Location,
    /// The schedule of a series.
    Recurrence,
    /// What only the person's own calendar holds: alarms, colour, attendees, unknown properties.
    Overlay,
    /// The object as such, when it is made or deleted.
    Existence,
}

impl Field {
    /// The word for it in data and in the refusal element.
    pub fn word(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Start => "start",
            Self::End => "end",
            Self::Description => "description",
            Self::Location => "location",
            Self::Recurrence => "recurrence",
            Self::Overlay => "overlay",
            Self::Existence => "existence",
        }
    }
}

/// Why the rules refuse a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// An actual start date is set, or the status says that work began.
    ActualStart,
    /// An actual end date is set, or the status says that work ended.
    ActualEnd,
    /// The person may not edit planned dates.
    NoRightToDates,
    /// The person may not edit the title.
    NoRightToTitle,
    /// The person may not edit description and location.
    NoRightToText,
    /// The person may not delete it.
    NoRightToDelete,
    /// Only notes are ever deleted from a calendar.
    NotDeletable,
    /// ADVANTA has no recurrence for this kind.
    NoRecurrence,
    /// The kept date and the new one are of different kind (day and time).
    MixedDates,
    /// The end would come before the start.
    EndBeforeStart,
    /// `rules.on_drag = "whole"`: a shift is refused as one.
    WholeDrag,
    /// An empty title.
    EmptyTitle,
    /// ADVANTA refused or silently did not store it.
    Authority,
    /// The remote calendar does not let this event be written.
    NotWritable,
}

impl Reason {
    /// The word for it in data and in the refusal element.
    pub fn word(self) -> &'static str {
        match self {
            Self::ActualStart => "actual-start",
            Self::ActualEnd => "actual-end",
            Self::NoRightToDates => "no-right-to-dates",
            Self::NoRightToTitle => "no-right-to-title",
            Self::NoRightToText => "no-right-to-text",
            Self::NoRightToDelete => "no-right-to-delete",
            Self::NotDeletable => "not-deletable",
            Self::NoRecurrence => "no-recurrence",
            Self::MixedDates => "mixed-dates",
            Self::EndBeforeStart => "end-before-start",
            Self::WholeDrag => "whole-drag",
            Self::EmptyTitle => "empty-title",
            Self::Authority => "authority",
            Self::NotWritable => "not-writable",
        }
    }
}

/// What became of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is in ADVANTA (or, for the overlay, in the person's calendar).
    Applied,
    /// It waits in the outbox.
    Pending,
    /// Somebody changed the same field meanwhile, and theirs stands.
    Superseded,
    /// The rules or ADVANTA said no.
    Refused(Reason),
}

/// One field of one edit and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOutcome {
    /// Which field.
    pub field: Field,
    /// What became of it.
    pub outcome: Outcome,
    /// The value that the person wanted, shortened.
    pub attempted: String,
    /// The value that stands.
    pub kept: String,
}

/// What was done to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A new one.
    Create,
    /// A change.
    Change,
    /// A deletion.
    Delete,
}

/// Where an edit came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A CalDAV client.
    CalDav {
        /// The device's password.
        app_password: AppPasswordId,
        /// Its User-Agent, shortened.
        client: String,
    },
    /// An administrator's ICS import.
    Import,
    /// A remote calendar.
    Remote(SubscriptionId),
    /// ADVANTA itself.
    Advanta,
}

/// One edit and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// Order of writing; the store gives it.
    pub id: JournalId,
    /// When it was first done.
    pub at: Timestamp,
    /// When it was last repeated.
    pub last_at: Timestamp,
    /// How often, at least 1.
    pub count: u32,
    /// Who.
    pub who: UserId,
    /// From where.
    pub origin: Origin,
    /// The object.
    pub object: ObjectId,
    /// What the object was called in this person's calendar then; empty in rows of older programs. It may be gone by now.
    pub title: String,
    /// What was done.
    pub action: Action,
    /// Each field.
    pub outcomes: Vec<FieldOutcome>,
    /// The whole text of a create that was refused in the end, for its owner to download.
    pub kept_text: Option<String>,
}

impl JournalRow {
    /// Whether any field of it does not stand: refused, or lost against another change.
    pub fn is_lost(&self) -> bool {
        self.outcomes.iter().any(|each| match each.outcome {
            Outcome::Refused(_) | Outcome::Superseded => true,
            Outcome::Applied | Outcome::Pending => false,
        })
    }

    /// Whether any field was refused.
    pub fn is_refusal(&self) -> bool {
        self.outcomes
            .iter()
            .any(|each| matches!(each.outcome, Outcome::Refused(_)))
    }
}
