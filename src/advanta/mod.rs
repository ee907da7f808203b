//! ADVANTA's side: the contract that the bridge speaks with it, and the demonstration installation.
//!
//! `docs/advanta-openapi.yaml` is the contract in the words of its integrators; a test keeps the code to it. Start at
//! [`Contract`] (what the bridge asks of ADVANTA) and [`HookReader`] (what ADVANTA posts to the bridge). Every call is
//! built and parsed by plain functions (`requests`), JSON and model meet in `map`, one driver (`client`) sends.

mod base;
mod breaker;
mod client;
mod contract;
pub mod demo;
mod failure;
mod flaw;
mod hook;
mod map;
mod options;
mod requests;
mod secret;
mod values;
mod wire;

pub use base::{Base, InvalidBase};
pub use client::{Access, ClientError};
pub use contract::Contract;
pub use hook::{HookReader, InvalidSecret};
pub use options::{Bounds, BreakerOptions, Options};
pub use secret::Secret;

#[cfg(test)]
mod tests;
