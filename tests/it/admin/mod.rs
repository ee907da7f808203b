//! The administrator's commands, against the running binary: through its socket, over the network, and with no bridge running.

mod codes;
mod goods;
pub mod install;
mod secrets;
mod subscriptions;
mod sync;
mod ways;
mod words;
