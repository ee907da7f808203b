//! Objects and overlays to iCalendar text and back (RFC 5545). Keeps what it does not know.
//!
//! | Start at | for |
//! |---|---|
//! | [`read`] | a client's text → [`Incoming`]: its fields, its [`Schedule`], or why it is [`Rejected`] |
//! | [`render`] | an object → text, for a person who has nothing of their own on it |
//! | [`patch`] | a changed field → the client's text with that field changed and nothing else |
//! | [`Document`] | the text as a tree that is written back byte for byte |
//! | [`split::split`] | a file of many events → one text for each |
//! | [`join::Joined`] | many texts → one calendar |
//! | [`facts`] | an exported text → what it says of its object |
//! | [`Schedule`] | which occurrences lie in a time range |

mod content_line;
mod document;
mod export;
mod facts;
mod fuzz;
mod graft;
mod guard;
mod limits;
mod lines;
mod noise;
mod ours;
mod parse;
mod patch;
mod pattern;
mod read;
mod recurrence;
mod render;
mod schedule;
mod series;
mod steps;
mod timing;
mod vtimezone;
mod windows_zones;
mod work;
mod zone;

#[cfg(test)]
mod tests;

pub mod join;
pub mod split;
pub mod text;
pub mod value;

pub use content_line::{Parameter, Property};
pub use document::{Component, Document, Item};
pub use export::{Exported, put_export};
pub use facts::{Facts, Told, facts};
pub use fuzz::{fuzz_ics, fuzz_split, fuzz_work};
pub use graft::put_schedule;
pub use guard::{Panicked, guarded};
pub use limits::{Invalid, Limits, Precondition, Rejected, WORK_UNITS_CEILING};
pub use noise::{same_but_noise, same_events};
pub use ours::{Ours, View, id_of_uid, ours_of, put_ours, strip_ours, uid_of};
pub use patch::{Patch, patch};
pub use read::{
    FIRST_YEAR, Incoming, LAST_YEAR, is_showable, read, read_document, read_within,
    read_without_ends,
};
pub use render::{PRODID, RENDERING, Rendered, render};
pub use schedule::{Occurrence, Schedule, TooMany};
pub use timing::{Edge, Length, Timing, When};
pub use work::Budget;
pub use zone::{Zone, Zones, iana_zone};
