//! A write that the bridge owes ADVANTA.

use super::{
    CommandId, Fields, JournalId, Kind, Moment, Object, ObjectId, Origin, Overlay, Planned,
    ResourceName, Settings, Timestamp, UserId,
};
use std::sync::Arc;

/// New values of some fields; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New title.
    pub title: Option<String>,
    /// New planned start.
    pub start: Option<Moment>,
    /// New planned end; a day is the last one, inclusive.
    pub end: Option<Moment>,
    /// New description.
    pub description: Option<String>,
    /// New location.
    pub location: Option<String>,
}

impl Changes {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Lays the new values over an object.
    pub fn apply(&self, object: &mut Object, settings: &Settings) {
        if let Some(title) = &self.title {
            object.title.clone_from(title);
        }
        if let Some(start) = self.start {
            object.planned.start = Some(Planned::start_of(start, settings));
        }
        if let Some(end) = self.end {
            object.planned.end = Some(Planned::end_of(end, settings));
        }
        if let Some(description) = &self.description {
            object.description.clone_from(description);
        }
        if let Some(location) = &self.location {
            object.location.clone_from(location);
        }
    }
}

/// A new object that a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The id under which the bridge knows it; ADVANTA gets it as `externalId`, so a repeated create makes one object.
    pub id: ObjectId,
    /// Its kind; from a calendar always a note.
    pub kind: Kind,
    /// Who makes it.
    pub author: UserId,
    /// Its fields.
    pub fields: Fields,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Make a new object.
    Create(Draft),
    /// Change some fields.
    Change(Changes),
    /// Delete it.
    Delete(Withdrawn),
}

/// What the author's calendar held of an object that they deleted: if the deletion is refused, it comes back just so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// Last segment of its href.
    pub name: ResourceName,
    /// UID of its components.
    pub uid: String,
    /// The iCalendar text.
    pub body: Arc<str>,
    /// Set when the body held a client's own text.
    pub overlay: Option<Overlay>,
}

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandState {
    /// To be tried when due.
    Waiting,
    /// Cannot succeed; blocks its object until an administrator retries or drops it.
    Dead,
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Order of writing; the store gives it.
    pub id: CommandId,
    /// The object.
    pub object: ObjectId,
    /// Whose edit it is.
    pub author: UserId,
    /// Where it came from.
    pub origin: Origin,
    /// What to do.
    pub deed: Deed,
    /// How often it was tried.
    pub attempts: u32,
    /// How often in a row ADVANTA said that it came from an old state.
    pub stale: u32,
    /// Not before.
    pub due: Timestamp,
    /// Waiting or dead.
    pub state: CommandState,
    /// The journal row that says what became of it.
    pub journal: JournalId,
}
