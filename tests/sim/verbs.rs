//! Everything that can happen, one row each: how likely, and what its arguments are.

use Arg::{Any, How, Which, Who};

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    // People at their remote calendars: who, which event, …
    EventMade,
    EventTitle,
    EventText,
    EventMoved,
    EventDeleted,
    ManyDeleted,
    EventCopied,
    EventCopiedToColleague,
    EventRestored,
    EventSeries,
    EventSplit,
    EventException,
    EventDeclined,
    EventPrivate,
    EventLocked,
    EventFolder,
    EventBack,
    EventVersion,
    // People in ADVANTA.
    ObjectMade,
    ObjectTitle,
    ObjectText,
    ObjectMoved,
    ObjectStatus,
    ObjectRights,
    ObjectPeople,
    ObjectDateless,
    ObjectDeleted,
    // Hooks under way.
    HookComes,
    HookLost,
    HookTwice,
    // CalDAV clients.
    ClientMakes,
    ClientTitle,
    ClientMoves,
    ClientDeletes,
    // The bridge at work.
    Round,
    OursOnly,
    Together,
    Outbox,
    Reconcile,
    DryRun,
    FromDate,
    // A subscription's life.
    Subscribe,
    Unsubscribe,
    Pause,
    Resume,
    Reconnect,
    Answer,
    // What goes wrong.
    RemoteFault,
    AdvantaFault,
    CursorDies,
    TokenDies,
    Crash,
    Meanwhile,
    Time,
}

/// A row of [`TABLE`].
pub struct Row {
    pub verb: Verb,
    /// What a printed scenario calls it.
    pub name: &'static str,
    /// How likely it is among all others.
    pub weight: u32,
    /// What its arguments are.
    pub args: &'static [Arg],
}

/// What an argument is, and below what it stays.
#[derive(Clone, Copy, Debug)]
pub enum Arg {
    /// One of the two people.
    Who,
    /// The n-th of what is there, round and round.
    Which(u32),
    /// One way of doing it.
    How(u32),
    /// A number of calls, or of minutes.
    Any(u32),
}

impl Arg {
    /// Below what it stays.
    pub fn sides(self) -> u32 {
        match self {
            Self::Who => 2,
            Self::Which(sides) | Self::How(sides) | Self::Any(sides) => sides,
        }
    }
}

const fn row(verb: Verb, name: &'static str, weight: u32, args: &'static [Arg]) -> Row {
    Row {
        verb,
        name,
        weight,
        args,
    }
}

/// The first argument of whatever a person does is who: one of two.
pub const TABLE: [Row; 54] = [
    row(Verb::Round, "round", 26, &[Who]),
    row(Verb::EventMade, "event made", 7, &[Who, How(14), How(6)]),
    row(Verb::EventTitle, "event title", 8, &[Who, Which(12)]),
    row(Verb::EventText, "event text", 5, &[Who, Which(12), How(3)]),
    row(
        Verb::EventMoved,
        "event moved",
        8,
        &[Who, Which(12), How(9)],
    ),
    row(Verb::EventDeleted, "event deleted", 5, &[Who, Which(12)]),
    row(Verb::ManyDeleted, "many deleted", 2, &[Who, How(3)]),
    row(Verb::EventCopied, "event copied", 2, &[Who, Which(12)]),
    row(
        Verb::EventCopiedToColleague,
        "event copied to colleague",
        1,
        &[Who, Which(12)],
    ),
    row(Verb::EventRestored, "event restored", 2, &[Who, Which(4)]),
    row(
        Verb::EventSeries,
        "event series",
        2,
        &[Who, Which(12), How(3)],
    ),
    row(Verb::EventSplit, "event split", 1, &[Who, Which(12)]),
    row(
        Verb::EventException,
        "event exception",
        3,
        &[Who, Which(12), How(4)],
    ),
    row(Verb::EventDeclined, "event declined", 1, &[Who, Which(12)]),
    row(Verb::EventPrivate, "event private", 1, &[Who, Which(12)]),
    row(Verb::EventLocked, "event locked", 1, &[Who, Which(12)]),
    row(Verb::EventFolder, "event to folder", 1, &[Who, Which(12)]),
    row(Verb::EventBack, "event back", 2, &[Who, Which(4)]),
    row(Verb::EventVersion, "event version", 2, &[Who, Which(12)]),
    row(Verb::ObjectMade, "object made", 4, &[Who, How(6), How(6)]),
    row(Verb::ObjectTitle, "object title", 6, &[Who, Which(12)]),
    row(
        Verb::ObjectText,
        "object text",
        3,
        &[Who, Which(12), How(3)],
    ),
    row(
        Verb::ObjectMoved,
        "object moved",
        6,
        &[Who, Which(12), How(9)],
    ),
    row(
        Verb::ObjectStatus,
        "object status",
        3,
        &[Who, Which(12), How(4)],
    ),
    row(
        Verb::ObjectRights,
        "object rights",
        3,
        &[Who, Which(12), How(4)],
    ),
    row(Verb::ObjectPeople, "object people", 2, &[Who, Which(12)]),
    row(
        Verb::ObjectDateless,
        "object dateless",
        1,
        &[Who, Which(12)],
    ),
    row(Verb::ObjectDeleted, "object deleted", 3, &[Who, Which(12)]),
    row(Verb::HookComes, "hook comes", 14, &[Which(8)]),
    row(Verb::HookLost, "hook lost", 2, &[Which(8)]),
    row(Verb::HookTwice, "hook twice", 2, &[Which(8)]),
    row(Verb::ClientMakes, "client makes", 3, &[Who, How(6)]),
    row(Verb::ClientTitle, "client title", 5, &[Who, Which(12)]),
    row(
        Verb::ClientMoves,
        "client moves",
        4,
        &[Who, Which(12), How(3)],
    ),
    row(Verb::ClientDeletes, "client deletes", 2, &[Who, Which(12)]),
    row(Verb::OursOnly, "ours only", 5, &[Who]),
    row(Verb::Together, "together", 5, &[Who, Which(12)]),
    row(Verb::Outbox, "outbox", 9, &[]),
    row(Verb::Reconcile, "reconcile", 2, &[How(2)]),
    row(Verb::DryRun, "dry run", 2, &[Who, How(2)]),
    row(Verb::FromDate, "from date", 2, &[Who, How(4)]),
    row(Verb::Subscribe, "subscribe", 2, &[Who, How(2)]),
    row(Verb::Unsubscribe, "unsubscribe", 1, &[Who, How(2)]),
    row(Verb::Pause, "pause", 1, &[Who]),
    row(Verb::Resume, "resume", 2, &[Who]),
    row(Verb::Reconnect, "reconnect", 2, &[Who]),
    row(Verb::Answer, "answer", 1, &[Who, How(2), How(2)]),
    row(Verb::RemoteFault, "remote fault", 7, &[Who, How(5)]),
    row(Verb::AdvantaFault, "advanta fault", 4, &[How(5)]),
    row(Verb::CursorDies, "cursor dies", 2, &[Who]),
    row(Verb::TokenDies, "token dies", 1, &[Who]),
    row(Verb::Crash, "crash", 6, &[Any(30), How(2)]),
    row(
        Verb::Meanwhile,
        "meanwhile",
        7,
        &[Any(12), How(12), Who, Which(12), How(9)],
    ),
    row(Verb::Time, "time", 7, &[Any(40)]),
];

/// What can happen while the bridge is in the middle of something, by the second argument of "meanwhile".
pub const MEANWHILE: [Verb; 12] = [
    Verb::EventTitle,
    Verb::EventMoved,
    Verb::EventDeleted,
    Verb::EventMade,
    Verb::EventVersion,
    Verb::ObjectTitle,
    Verb::ObjectMoved,
    Verb::ObjectStatus,
    Verb::ObjectRights,
    Verb::ObjectDeleted,
    Verb::ObjectPeople,
    Verb::CursorDies,
];

impl Verb {
    /// Its row of the table.
    pub fn row(self) -> &'static Row {
        TABLE
            .iter()
            .find(|row| row.verb == self)
            .unwrap_or(&TABLE[0])
    }
}
