//! **advanta-bridge**: one process between ADVANTA and people's calendars.
//!
//! The map. Dependencies point inward; a test (`tests/it/imports`) scans the imports and keeps it true.
//!
//! | Ring | Modules |
//! |---|---|
//! | core: pure, no I/O, no async, no clock, no randomness | [`model`], [`diff`], [`rules`], [`ical`], [`sync`] |
//! | middle | [`ports`] (what we ask of the outside), [`bridge`] (the use-cases) |
//! | inbound | [`server`], [`caldav`], [`feed`], [`web`] |
//! | outbound | [`store`], [X |
//! | tools | [`http`], [`xml`] |
//! | wiring | [`app`], [`config`], [`telemetry`], [`cli`] |

pub mod advanta;
pub mod app;
pub mod bridge;
pub mod caldav;
pub mod cli;
pub mod config;
pub mod diff;
pub mod feed;
pub mod google;
pub mod http;
pub mod ical;
pub mod model;
pub mod ports;
pub mod rules;
pub mod server;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod vault;
pub mod web;
pub mod xml;
