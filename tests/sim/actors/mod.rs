//! Everybody outside the bridge: people at their remote calendars, people in ADVANTA, people's calendar clients.
//!
//! What [`Outside::act`] does needs no bridge, so it can also happen in the middle of one of the bridge's calls.

mod advanta;
pub use advanta::made;
pub mod client;
mod remote;

use crate::advanta::Inside;
use crate::remote::Calendars;
use crate::scenario::Step;
use advanta_bridge::model::ObjectId;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// The two people of every scenario, each with a calendar of their name.
pub const PEOPLE: [&str; 2] = ["anna", "boris"];

/// What people's CalDAV clients did.
#[derive(Default)]
pub struct Clients {
    pub deleted: BTreeSet<ObjectId>,
    pub typed: BTreeSet<String>,
}

/// The world without the bridge.
#[derive(Clone)]
pub struct Outside {
    pub calendars: Calendars,
    pub advanta: Arc<Mutex<Inside>>,
    pub zone: Tz,
    /// Objects that a client asked to delete, and texts that clients typed.
    pub clients: Arc<Mutex<Clients>>,
    /// There is no ADVANTA.
    pub own: bool,
}

impl Outside {
    /// Does what a step says, with a word that nobody used before. What was done; `None`: there was nothing to do it to.
    pub fn act(&self, step: &Step, word: &str) -> Option<String> {
        let who = PEOPLE[step.arg(0) as usize % PEOPLE.len()];
        if let Some(done) = advanta::act(self, who, step, word) {
            return done;
        }
        remote::act(self, who, step, word)
    }
}
