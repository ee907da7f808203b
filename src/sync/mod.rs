//! The planner: what is seen on both sides, and what was seen before, to the one thing that is to be done next.
//!
//! Pure: no I/O, no clock, no randomness. Start at [`plan`]: one match that shows every case. Whoever carries an [`Action`] out looks
//! at the pair again afterwards, until there is nothing to do.
//!
//! | Start at | for |
//! |---|---|
//! | [`plan`] | a pair (or one side without its other) → the next [`Action`] |
//! | [`View`] | everything that the decision rests on |
//! | [`normal`] | an event → the fields that are compared |
//! | [`settled`] | a write of which nobody knows whether it was done → what is seen of it |
//! | [`guard`] | when deletions wait for a person, and when an item is frozen |

mod action;
mod deleted;
pub mod guard;
mod legs;
mod normal;
mod pair;
mod plan;
pub mod planted;
mod record;
pub mod series;
mod settle;
mod tell;
mod unlinked;
mod view;
pub mod window;

#[cfg(test)]
mod tests;

pub use action::{Action, Conclusion, Deletion, EditDeed, Edited, RemoteEdit};
pub use normal::{BUSY, Normal, normal};
pub use plan::plan;
pub use record::{
    Importing, adopted, answered, declined, doomed, exported, imported, intended, moved, parted,
    recognised, recreated, succeeded, written,
};
pub use settle::{Settled, settled};
pub use view::{Mark, Ours, Standing, Theirs, View};
