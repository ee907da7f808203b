//! Objects and overlays to iCalendar text and back (RFC 5545). Keeps what it does not know.
