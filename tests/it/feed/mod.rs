//! Calendars at secret addresses, as programs that take a calendar by URL fetch them.

#![expect(
    clippy::unwrap_used,
    reason = "a step that fails ends its test, and the line says which"
)]

mod bounds;
mod content;
mod readers;
mod secrets;
mod subscriber;
mod versions;
