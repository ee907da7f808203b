//! The one way for every edit, in process: the real use-cases over a store in memory, a clock that the test
//! sets, and an ADVANTA of the tests' own with rules of its own.
//!
//! Start at [`world::World`]; what ADVANTA can be made to do is in [`fake::FakeAdvanta`].

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod accounted;
mod carried;
pub mod fake;
mod files;
mod pending;
mod standalone;
mod told;
mod world;
