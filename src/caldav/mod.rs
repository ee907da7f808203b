//! CalDAV (RFC 4791) over WebDAV (RFC 4918).

pub mod elements;
