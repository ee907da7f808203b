//! The body of a REPORT (RFC 3253 §3.6): its root element says which.

use super::body::BodyError;
use super::{CalendarMultiget, CalendarQuery, SyncCollection};
use crate::xml::{self, Limits, Name, Namespace};

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// RFC 4791 §7.8.
    CalendarQuery(CalendarQuery),
    /// RFC 4791 §7.9.
    CalendarMultiget(CalendarMultiget),
    /// RFC 6578 §3.2.
    SyncCollection(SyncCollection),
    /// Any other; the answer is [`super::Precondition::SupportedReport`].
    Unsupported(Name),
}

impl Report {
    /// Reads the body of a REPORT.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyError> {
        let root = xml::parse(bytes, &Limits::BODY)?;
        match (&root.name.ns, &*root.name.local) {
            (Namespace::CalDav, "calendar-query") => {
                CalendarQuery::of(&root).map(Self::CalendarQuery)
            }
            (Namespace::CalDav, "calendar-multiget") => {
                CalendarMultiget::of(&root).map(Self::CalendarMultiget)
            }
            (Namespace::Dav, "sync-collection") => {
                SyncCollection::of(&root).map(Self::SyncCollection)
            }
            _ => Ok(Self::Unsupported(root.name)),
        }
    }
}
