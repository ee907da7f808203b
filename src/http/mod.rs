//! Tools for HTTP bodies: taking one within bounds, and one budget of bytes over all that are under way.
//!
//! Start at [`take`]. What a body means, and which status an answer has, is decided elsewhere.

mod body;
mod budget;

pub use body::{Bounds, Taken, Unread, discard, take};
pub use budget::{Budget, Holder, OverBudget, Reservation};
