//! The bridge inside the test, with the time held: how real calendar clients end up after a refused edit.
//!
//! No process, no socket, no sleep: [`world::World`] joins a bridge over a store in memory and a clock that the test
//! moves; the clients of [`clients`] hold their own copies and speak CalDAV to it. [`restore`] and [`strict`] let each
//! of them meet a refusal, [`manners`] shows that they would notice a worse server, and [`scenarios`] runs the readable
//! scripts of `fixtures/scenarios/clients`, [`sync`] those of `fixtures/scenarios/sync`.

#![expect(
    clippy::unwrap_used,
    reason = "a step that fails ends its test, and the line says which"
)]

mod clients;
pub mod http;
mod ics;
mod manners;
mod restore;
mod scenarios;
mod servings;
mod strict;
pub mod subscriptions;
mod sync;
mod web;
pub mod world;
