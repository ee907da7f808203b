//! What ADVANTA tells of its own accord.

use super::{Object, ObjectId, Person, Revision, UserId};

/// One thing that a hook or a listing says. Order and repetition do not matter: the revision decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The object as it stood at its revision.
    Object(Object),
    /// The object went, by a change of this revision.
    Removed {
        /// Which object.
        id: ObjectId,
        /// ADVANTA's count at its deletion, above every earlier one.
        revision: Revision,
    },
    /// Something about the object changed: read it.
    Look(ObjectId),
    /// The person as they stood at their revision.
    Person(Person),
    /// Something about the person changed: read them.
    LookPerson(UserId),
}

/// ADVANTA's bookmark in its list of changes, opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);
