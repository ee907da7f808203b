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
    /// A removal of exports that broke off goes on, though the subscription does too.
    RemovalGoesOn,
    /// What an event is owed is forgotten when its person loses sight of the note.
    PartedOwesNothing,
    /// When an event is not private any more, an edit in ADVANTA counts as told.
    UnmaskedIsTold,
    /// A change of dates is judged by those that an earlier change is about to replace, and the remote is not told that it is refused.
    RefusedBehindAnother,
    /// When a series ends, the date of its note is not compared with what is left of it.
    SeriesEndsUnseen,
    /// A notice about an object that is not in the mirror is believed.
    OldNewsIsBelieved,
    /// What was seen of an event is taken for what its object's present one says.
    SeenOfAnother,
    /// An event is made anew because of a schedule that it has no more.
    ReplacedForNothing,
    /// An earlier event of an object that comes back is taken for the one that was there last.
    EarlierIsMoved,
}

impl Fault {
    /// Faults that some seed in a hundred finds.
    pub const COMMON: [Self; 12] = [
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

    /// Faults that there were, and that hardly a seed in a thousand finds: a scenario that was kept finds each.
    pub const RARE: [Self; 9] = [
        Self::RemovalGoesOn,
        Self::PartedOwesNothing,
        Self::UnmaskedIsTold,
        Self::RefusedBehindAnother,
        Self::SeriesEndsUnseen,
        Self::OldNewsIsBelieved,
        Self::SeenOfAnother,
        Self::ReplacedForNothing,
        Self::EarlierIsMoved,
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
        /// A bit for each.
        static PLANTED: Cell<u64> = const { Cell::new(0) };
    }

    /// Plants these faults in this thread, and takes all others out.
    pub fn plant(faults: &[Fault]) {
        PLANTED.set(faults.iter().fold(0, |all, each| all | 1 << *each as u64));
    }

    /// Whether a fault is planted.
    pub fn is(fault: Fault) -> bool {
        PLANTED.get() & 1 << fault as u64 != 0
    }
}

#[cfg(debug_assertions)]
pub use switch::{is, plant};

/// Whether a fault is planted: never in a release.
#[cfg(not(debug_assertions))]
pub const fn is(_: Fault) -> bool {
    false
}
