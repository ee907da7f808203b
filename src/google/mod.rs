//! Google Calendar, API v3.

mod options;

pub use options::{Addresses, GoogleOptions};
