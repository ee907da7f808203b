//! What was made is kept, and when each edition was first seen.

use super::build::Built;
use crate::model::{Timestamp, UserId};
use chrono::{DateTime, Duration, SubsecRound as _};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Mutex as Turn;

/// Made feeds by owner, bounded in number and bytes.
pub struct Shelf {
    places: Mutex<Places>,
    owners_max: usize,
    bytes_max: usize,
}

struct Places {
    by_owner: HashMap<UserId, Place>,
    /// Counts uses, so that the least recently used is known.
    uses: u64,
    bytes: usize,
    /// No date up to this is given out again: it may be of an edition that is forgotten.
    forgotten: Timestamp,
}

struct Place {
    edition: String,
    since: Timestamp,
    built: Option<Built>,
    used: u64,
    turn: Arc<Turn<()>>,
}

impl Place {
    fn bytes(&self) -> usize {
        self.built.as_ref().map_or(0, |built| built.gzip.len())
    }
}

impl Shelf {
    /// An empty one.
    pub fn new(owners_max: usize, bytes_max: usize) -> Self {
        Self {
            places: Mutex::new(Places {
                by_owner: HashMap::new(),
                uses: 0,
                bytes: 0,
                forgotten: DateTime::UNIX_EPOCH,
            }),
            owners_max: owners_max.max(1),
            bytes_max,
        }
    }

    /// When an edition was first seen, in whole seconds; it is noted as the present one.
    ///
    /// No two editions of a feed have the same date, even within one second: a date is never before one that was given
    /// out, and begins a second in the past so that it is not in the future when the next edition follows at once.
    pub fn since(&self, owner: &UserId, edition: &str, now: Timestamp) -> Timestamp {
        let mut places = self.lock();
        places.uses += 1;
        let used = places.uses;
        let before = match places.by_owner.get_mut(owner) {
            Some(place) if place.edition == edition => {
                place.used = used;
                return place.since;
            }
            Some(place) => place.since,
            None => places.forgotten,
        };
        let second = Duration::seconds(1);
        let since = (now.trunc_subsecs(0) - second).max(before + second);
        let place = Place {
            edition: edition.to_owned(),
            since,
            built: None,
            used,
            turn: Arc::default(),
        };
        places.put(owner, place);
        places.shrink(self.owners_max);
        since
    }

    /// An edition that was made, if it is still here.
    pub fn built(&self, owner: &UserId, edition: &str) -> Option<Built> {
        let places = self.lock();
        let place = places.by_owner.get(owner)?;
        (place.edition == edition).then(|| place.built.clone())?
    }

    /// Where those wait who want the same feed made.
    pub fn turn(&self, owner: &UserId) -> Arc<Turn<()>> {
        let places = self.lock();
        let place = places.by_owner.get(owner);
        place.map_or_else(Arc::default, |place| Arc::clone(&place.turn))
    }

    /// Keeps what was made, unless it is an old edition by now.
    pub fn keep(&self, owner: &UserId, edition: &str, built: Built) {
        let mut places = self.lock();
        let Some(place) = places.by_owner.get_mut(owner) else {
            return;
        };
        if place.edition != edition {
            return;
        }
        let before = place.bytes();
        place.built = Some(built);
        let after = place.bytes();
        places.bytes = places.bytes - before + after;
        places.lighten(self.bytes_max);
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        // Nothing panics while holding it.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn put(&mut self, owner: &UserId, place: Place) {
        if let Some(old) = self.by_owner.insert(owner.clone(), place) {
            self.bytes -= old.bytes();
        }
    }

    fn shrink(&mut self, owners_max: usize) {
        while self.by_owner.len() > owners_max {
            let oldest = self.by_owner.iter().min_by_key(|(_, place)| place.used);
            let Some(owner) = oldest.map(|(owner, _)| owner.clone()) else {
                return;
            };
            if let Some(place) = self.by_owner.remove(&owner) {
                self.bytes -= place.bytes();
                self.forgotten = self.forgotten.max(place.since);
            }
        }
    }

    fn lighten(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let heavy = self
                .by_owner
                .values_mut()
                .filter(|place| place.built.is_some());
            let Some(place) = heavy.min_by_key(|place| place.used) else {
                return;
            };
            self.bytes -= place.bytes();
            place.built = None;
        }
    }
}
