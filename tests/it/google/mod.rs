//! Google, end to end: the bridge as a program of its own between a Google and an ADVANTA that share no code with it, a CalDAV client that
//! watches the same objects, and a person at a browser. The stand-in for Google fails each test in which it is asked anything that its
//! discovery document or our promises forbid.

mod browser;
mod counts;
mod crashes;
mod exports;
mod gone;
mod lengths;
mod network;
mod office;
mod reading;
mod series;
mod troubles;
mod vendor_page;

use crate::google_standin::manners::{self, Manners};

/// A row of the table of manners.
pub fn row(name: &str) -> Manners {
    let mut rows = manners::ALL.into_iter();
    rows.find(|row| row.name == name).expect("a row")
}

/// Google with pages as long as we ask for.
pub fn google() -> Manners {
    Manners {
        page: 2500,
        ..row("google")
    }
}
