//! The contract, call by call. Fixtures lie in `fixtures/advanta/`.

mod answers;
mod any_bytes;
mod calls;
mod client;
mod document;
mod hooks;
mod openapi;
mod samples;
mod server;
mod texts;
mod tls;
