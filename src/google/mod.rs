//! Google Calendar, API v3.
//!
//! `wire` is what Google says, `map` turns it into the core's words, `requests` and `batch` build calls and read answers without sockets,
//! `client` sends them, `remote` and `writes` are the port. Facts come from the discovery document `calendar:v3`.

mod batch;
mod bearer;
mod body;
mod client;
mod failure;
mod map;
mod offers;
mod options;
mod quota;
mod remote;
mod remotes;
mod requests;
mod times;
mod transport;
mod wire;
mod writes;

#[cfg(test)]
mod tests;

pub use options::{Addresses, GoogleOptions};
pub use remotes::GoogleRemotes;
pub use transport::TransportError;
