//! Request bodies of WebDAV and CalDAV as types, and the error body.
//!
//! Start at [`Propfind`], [`Proppatch`] and [`Report`]: each reads the bytes of a body and gives either a value that
//! needs no further checking or a [`BodyError`]. Elements and attributes of foreign namespaces are ignored (RFC 4918
//! §17); what we should know and cannot follow is refused with its precondition.

mod body;
mod calendar_data;
mod error_body;
mod filter;
mod fuzz;
mod multiget;
mod precondition;
mod prefer;
mod propfind;
mod proppatch;
mod query;
mod report;
mod sync;
mod time_range;

#[cfg(test)]
mod tests;

pub use body::BodyError;
pub use calendar_data::{CalendarData, Chosen, CompSelection, PropSelection, RecurrenceSet};
pub use error_body::{ErrorBody, Refused, write_error_body};
pub use filter::{
    Collation, CompFilter, CompMatch, CompTest, ParamFilter, ParamTest, PropFilter, PropMatch,
    PropTest, Reach, TextMatch, ValueTest,
};
pub use fuzz::fuzz_xml;
pub use multiget::CalendarMultiget;
pub use precondition::{FilterPart, Precondition};
pub use prefer::{Prefer, Return};
pub use propfind::{PropertyName, Propfind};
pub use proppatch::{Instruction, Proppatch};
pub use query::CalendarQuery;
pub use report::Report;
pub use sync::{SyncCollection, SyncLevel};
pub use time_range::{Range, TimeRange};
