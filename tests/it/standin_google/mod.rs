//! The stand-in for Google does what it says: clients that we did not write drive it, a plain client drives each switch, and
//! what is forbidden is caught.

mod caller;
mod caught;
mod clients;
mod listings;
mod oauth;
mod people;
mod push;
mod troubles;
mod writes;

use crate::google_standin::manners::{self, Manners};
use caller::Caller;
use serde_json::{Value, json};

const ANNA: &str = "anna@example.com";
/// The events of whoever asks.
const EVENTS: &str = "calendars/primary/events";
/// What each write of the bridge says.
const QUIET: &str = "sendUpdates=none";

/// The row of the table that is Google's own.
fn google() -> Manners {
    let mut rows = manners::ALL.into_iter();
    rows.find(|row| row.name == "google").expect("Google's row")
}

/// The same with long pages and nothing strange.
fn plain() -> Manners {
    Manners {
        page: 2500,
        empty_first_page: false,
        ..google()
    }
}

/// An hour from nine in Moscow on a day of December.
fn timed(title: &str, day: u32) -> Value {
    json!({
        "summary": title,
        "start": { "dateTime": format!("2026-12-{day:02}T09:00:00+03:00") },
        "end": { "dateTime": format!("2026-12-{day:02}T10:00:00+03:00") },
    })
}

/// A listing of one page has so many live events.
fn of_type(caller: &Caller, query: &str, expected: usize) {
    let (status, page) = caller.get(&format!("{EVENTS}?{query}"));
    let items = page["items"].as_array().into_iter().flatten();
    let live = items.filter(|event| event["status"] != "cancelled");
    assert_eq!((status, live.count()), (200, expected), "{query}");
}
