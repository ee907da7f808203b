//! Faults planted on purpose, to show that the simulation finds them. Only builds with debug assertions know them; a release has none.

use std::fmt;

/// A fault that somebody could have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One base for both sides: what the remote made of a value is taken for an edit.
    OneBase,
    /// A refused edit is not written back.
    NoWriteBack,
    /// An event that a listing does not show counts as deleted, without asking for it.
    AbsentIsDeleted,
    /// A copy of one of our events is linked instead of being imported.
    CopyIsOurs,
    /// After a crash a create is tried again without looking for the first one.
    CreateAgain,
    /// Events that another person's subscription made are imported.
    ColleagueIsImported,
    /// The cursor is kept before what was listed is acted on.
    CursorFirst,
    /// The mass-delete guard counts nothing.
    NoGuard,
    /// A deleted task is forgotten instead of being created again.
    DeletionIsBelieved,
    /// A command is sent without being judged once more.
    NotJudgedAgain,
    /// A look is taken away though somebody looked again meanwhile.
    LooksLost,
    /// A conflict is won by the remote.
    RemoteWins,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 12] = [
        Self::OneBase,
        Self::NoWriteBack,
        Self::AbsentIsDeleted,
        Self::CopyIsOurs,
        Self::CreateAgain,
        Self::ColleagueIsImported,
        Self::CursorFirst,
        Self::NoGuard,
        Self::DeletionIsBelieved,
        Self::NotJudgedAgain,
        Self::LooksLost,
        Self::RemoteWins,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(debug_assertions)]
mod switch {
    use super::Fault;
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// Plants a fault in this thread, or takes it out.
    pub fn plant(fault: Option<Fault>) {
        PLANTED.set(fault);
    }

    /// Whether a fault is planted.
    pub fn is(fault: Fault) -> bool {
        PLANTED.get() == Some(fault)
    }
}

#[cfg(debug_assertions)]
pub use switch::{is, plant};

/// Whether a fault is planted: never in a release.
#[cfg(not(debug_assertions))]
pub const fn is(_: Fault) -> bool {
    false
}
