//! Google, call by call.
