//! OAuth over HTTP on this machine: whole forms out, and each kind of answer in.

mod consent;
mod credentials;
mod delegated;
mod redeem;
mod refresh;
mod revoke;
mod samples;
mod secrets;
mod server;
mod tokens;
