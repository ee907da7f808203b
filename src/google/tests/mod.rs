//! Google, call by call: whole JSON in and whole events out, whole requests out, and a calendar over HTTP on this machine.

mod any_bytes;
mod batches;
mod events;
mod failures;
mod over_http;
mod requests;
mod samples;
mod server;
