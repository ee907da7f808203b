//! The bridge as a running program, driven from outside: over HTTP, by clients that we did not write, and by `kill -9`.
//!
//! One binary, so that the library is linked once. Run it by `tests/run`, which brings what it needs beyond cargo.

mod admin;
#[path = "../standins/advanta/mod.rs"]
mod advanta_standin;
mod authority;
mod clients;
mod crash;
mod discovery;
mod durable;
mod feed;
mod fuzz;
mod fuzz_work;
mod google;
#[path = "../standins/google/mod.rs"]
mod google_standin;
mod harness;
mod imports;
mod in_process;
mod known_clients;
mod reading;
mod refusals;
mod sign_ins;
mod sockets;
mod stalls;
mod standin_advanta;
mod standin_google;
mod storage;
mod tls;
mod together;
mod writing;
