//! What is said of a part of a file that cannot be an item.

/// A part of a file that cannot be an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Broken {
    /// Physical line of the file, from 1.
    pub line: usize,
    /// What is wrong with it. Never content of the file.
    pub why: Why,
}

/// Why a part of a file cannot be an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A component that is whole, but of a kind that is not held: its name.
    #[error("{0} is not an event")]
    NotAnEvent(&'static str),
    /// An event without a UID, or with an empty one.
    #[error("VEVENT has no UID")]
    NoUid,
    /// An event without RECURRENCE-ID whose UID an earlier one of them has.
    #[error("an earlier VEVENT has the same UID")]
    SecondMaster,
    /// A component that another one ends or begins in.
    #[error("a component does not end")]
    Unfinished,
    /// A component that the end of the file cuts off.
    #[error("the file ends before the component does")]
    CutOff,
    /// An END to which there is no BEGIN.
    #[error("an END does not match a BEGIN")]
    StrayEnd,
    /// A file without any calendar, and without anything else.
    #[error("the file is empty")]
    Empty,
    /// Text outside of any calendar.
    #[error("the text stands outside of a VCALENDAR")]
    Outside,
    /// A component with text in another encoding.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A component with a line longer than [`line_bytes_max`](super::SplitLimits::line_bytes_max).
    #[error("a line is too long")]
    LineTooLong,
    /// Longer than [`item_bytes_max`](super::SplitLimits::item_bytes_max).
    #[error("the event is too long")]
    ItemTooLong,
    /// Components nested deeper than [`depth_max`](super::SplitLimits::depth_max).
    #[error("components are nested too deeply")]
    TooDeep,
    /// More than [`components_max`](super::SplitLimits::components_max): the rest of the file was not looked at.
    #[error("there are too many components, and the rest was not read")]
    TooMany,
    /// Its components stand in several calendars that define one time zone differently.
    #[error("a time zone of the event has two definitions")]
    TwoZones,
    /// Its calendar is of another version or scale, or a message about events.
    #[error("{0}")]
    Calendar(Foreign),
}

/// What makes a calendar one whose events cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    /// VERSION is not 2.0.
    #[error("the VERSION of its VCALENDAR is not 2.0")]
    Version,
    /// CALSCALE is not GREGORIAN.
    #[error("the CALSCALE of its VCALENDAR is not GREGORIAN")]
    Scale,
    /// METHOD of a message that takes an event away or answers an invitation (RFC 5546 §1.4).
    #[error("its VCALENDAR is an answer or a cancellation by its METHOD")]
    Message,
}
