//! What the tests drive the bridge with: the process, a small DAV client, the answers as data.

mod bridge;
mod dav;
pub mod demo;
mod element;
mod ics;
mod multistatus;
mod random;
pub mod secrets;

pub use bridge::Bridge;
pub use dav::{Answer, Dav};
pub use element::Element;
pub use ics::{with_line, without_restore_mark};
pub use multistatus::{Listing, Multistatus};
pub use random::Random;
