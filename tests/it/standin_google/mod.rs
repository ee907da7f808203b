//! The stand-in for Google does what it says: clients that we did not write drive it, a plain client drives each switch, and
//! what is forbidden is caught.

mod caller;
mod clients;

use crate::google_standin::manners::{self, Manners};

const ANNA: &str = "anna@example.com";

/// The row of the table that is Google's own.
fn google() -> &'static Manners {
    &manners::ALL[0]
}
