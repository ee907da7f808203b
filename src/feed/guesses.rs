//! Secrets that nobody has: how many one address may try.

use crate::model::{Digest, Timestamp};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bounds of guessing.
#[derive(Clone, Copy, Debug)]
pub struct GuessLimits {
    /// Wrong secrets from one address before it is throttled. Programs that go on asking for a revoked address count as
    /// well, and many people can be behind one address.
    pub wrong_max: u32,
    /// For how long they count.
    pub window: Duration,
    /// Addresses that are remembered; beyond it the expired are swept, then all.
    pub addresses_max: usize,
    /// Right secrets that are remembered, by digest; beyond it all are forgotten. They are not throttled.
    pub right_max: usize,
}

impl Default for GuessLimits {
    fn default() -> Self {
        Self {
            wrong_max: 100,
            window: Duration::from_secs(900),
            addresses_max: 100_000,
            right_max: 100_000,
        }
    }
}

/// Counts wrong secrets by address.
pub struct Guesses {
    limits: GuessLimits,
    wrong: Mutex<HashMap<IpAddr, Wrong>>,
    right: Mutex<HashSet<Digest>>,
}

struct Wrong {
    count: u32,
    since: Timestamp,
}

impl Guesses {
    /// Nobody has tried anything.
    pub fn new(limits: GuessLimits) -> Self {
        Self {
            limits,
            wrong: Mutex::default(),
            right: Mutex::default(),
        }
    }

    /// Whether a secret was right when it was last tried.
    pub fn was_right(&self, digest: Digest) -> bool {
        lock(&self.right).contains(&digest)
    }

    /// Lets an address try a secret. The try counts as wrong until it is [`excused`](Self::excuse), or a thousand at once
    /// would all pass before the first was found wrong.
    ///
    /// # Errors
    /// How long the address must wait.
    pub fn attempt(&self, address: IpAddr, now: Timestamp) -> Result<(), Duration> {
        let window = self.limits.window;
        let mut wrong = lock(&self.wrong);
        if wrong.len() >= self.limits.addresses_max {
            wrong.retain(|_, each| each.since + window > now);
        }
        if wrong.len() >= self.limits.addresses_max {
            wrong.clear();
        }
        let fresh = || Wrong {
            count: 0,
            since: now,
        };
        let each = wrong.entry(address).or_insert_with(fresh);
        if each.since + window <= now {
            *each = fresh();
        }
        if each.count >= self.limits.wrong_max {
            let left = (each.since + window - now).to_std();
            return Err(left.map_or(window, |left| left.min(window)));
        }
        each.count += 1;
        Ok(())
    }

    /// The secret was somebody's.
    pub fn right(&self, digest: Digest) {
        let mut right = lock(&self.right);
        if right.len() >= self.limits.right_max {
            right.clear();
        }
        right.insert(digest);
    }

    /// The secret is nobody's, or nobody's any more.
    pub fn wrong(&self, digest: Digest) {
        lock(&self.right).remove(&digest);
    }

    /// A try of this address was not wrong.
    pub fn excuse(&self, address: IpAddr) {
        let mut wrong = lock(&self.wrong);
        if let Some(each) = wrong.get_mut(&address) {
            each.count = each.count.saturating_sub(1);
            if each.count == 0 {
                wrong.remove(&address);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever is in there is whole: nothing panics while holding it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
