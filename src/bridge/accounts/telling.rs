//! Failed sign-ins in the log: one stable line each, which fail2ban can match (`docs/fail2ban`), and a sum when there are many.
//!
//! `failed sign-in from 203.0.113.7 at caldav as "anna"`, and `failed sign-in again from …` when the very same password was wrong before.
//! Nothing secret is told. A password is never; a name is told when somebody has it, or when it looks like nothing but a name: people type
//! their password into the wrong field.

use super::{AccountLimits, AppPasswordText, Credentials, SignInDoor, lock, names};
use crate::model::Timestamp;
use crate::ports::{Store, StoreError};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Characters of a name that are told.
const NAME_CHARS_MAX: usize = 64;
/// Characters of a name that nobody has, to be told at all.
const UNKNOWN_CHARS_MAX: usize = 32;
/// Addresses that a sum tells apart.
const ADDRESSES_MAX: usize = 10_000;

/// How many signed in, and how many could not, since the process began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInCounts {
    /// Right passwords of people.
    pub right: u64,
    /// What was wrong, by door.
    pub wrong: Vec<(SignInDoor, u64)>,
    /// Of these, what had been wrong before.
    pub again: u64,
    /// Runs of argon2.
    pub slow_checks: u64,
}

impl SignInCounts {
    /// What was wrong at all doors.
    pub fn failed(&self) -> u64 {
        self.wrong.iter().map(|(_, count)| count).sum()
    }
}

/// Tells and counts.
pub struct Telling {
    told_max: u32,
    told_per_address_max: u32,
    window: Duration,
    recent: Mutex<Recent>,
    right: AtomicU64,
    wrong: [AtomicU64; SignInDoor::ALL.len()],
    again: AtomicU64,
}

/// What was told, and what was not, since a window began.
#[derive(Default)]
struct Recent {
    since: Option<Timestamp>,
    told: u32,
    by_address: HashMap<IpAddr, u32>,
    untold: u64,
    untold_from: HashSet<IpAddr>,
}

impl Telling {
    /// Nothing happened.
    pub fn new(limits: AccountLimits) -> Self {
        Self {
            told_max: limits.told_max,
            told_per_address_max: limits.told_per_address_max,
            window: limits.told_window,
            recent: Mutex::default(),
            right: AtomicU64::new(0),
            wrong: [const { AtomicU64::new(0) }; SignInDoor::ALL.len()],
            again: AtomicU64::new(0),
        }
    }

    /// Somebody signed in.
    pub fn count_right(&self) {
        self.right.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn counts(&self, slow_checks: u64) -> SignInCounts {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let wrong = SignInDoor::ALL.into_iter().zip(self.wrong.iter().map(load));
        SignInCounts {
            right: load(&self.right),
            wrong: wrong.collect(),
            again: load(&self.again),
            slow_checks,
        }
    }

    /// Tells of something wrong that came without a name.
    pub fn tell(&self, now: Timestamp, door: SignInDoor, address: IpAddr, again: bool) {
        if self.count(now, door, address, again) {
            tracing::warn!("{}", line(door, address, again, None));
        }
    }

    /// Tells of a wrong password. Whether there is such a name is looked up beside the request: its answer takes as long either way.
    pub fn tell_of_person(
        &self,
        store: &Arc<dyn Store>,
        now: Timestamp,
        typed: Credentials<'_>,
        again: bool,
    ) {
        let Credentials { door, address, .. } = typed;
        if !self.count(now, door, address, again) {
            return;
        }
        let store = Arc::clone(store);
        let (login, secret) = (typed.login.to_owned(), typed.secret.to_owned());
        tokio::spawn(async move {
            let shown = shown(store.as_ref(), &login, &secret).await;
            let shown = shown.unwrap_or_else(|_| "a name that cannot be looked up".to_owned());
            tracing::warn!("{}", line(door, address, again, Some(&shown)));
        });
    }

    /// Counts a failure; whether it is to be told by itself.
    fn count(&self, now: Timestamp, door: SignInDoor, address: IpAddr, again: bool) -> bool {
        let place = SignInDoor::ALL.iter().position(|each| *each == door);
        if let Some(count) = place.and_then(|place| self.wrong.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.again.fetch_add(u64::from(again), Ordering::Relaxed);
        self.tell_sum(now);
        let mut recent = lock(&self.recent);
        recent.since.get_or_insert(now);
        let told_max = self.told_max;
        if recent.told < told_max {
            let of_address = recent.by_address.entry(address).or_default();
            if *of_address < self.told_per_address_max {
                *of_address += 1;
                recent.told += 1;
                return true;
            }
        }
        recent.untold += 1;
        if recent.untold_from.len() < ADDRESSES_MAX {
            recent.untold_from.insert(address);
        }
        false
    }

    /// Tells the sum of a window that is over.
    pub fn tell_sum(&self, now: Timestamp) {
        let mut recent = lock(&self.recent);
        let Some(since) = recent.since else {
            return;
        };
        // The clock may have been set back.
        if since <= now && now < since + self.window {
            return;
        }
        let over = std::mem::take(&mut *recent);
        drop(recent);
        if over.untold > 0 {
            let (count, addresses) = (over.untold, over.untold_from.len());
            let more = if addresses >= ADDRESSES_MAX {
                " or more"
            } else {
                ""
            };
            tracing::warn!(
                "failed sign-ins that were not told one by one: {count} from {addresses}{more} addresses"
            );
        }
    }
}

/// The line. What a stranger chose stands last.
fn line(door: SignInDoor, address: IpAddr, again: bool, name: Option<&str>) -> String {
    let again = if again { "again " } else { "" };
    let from = Sender(address);
    let door = door.word();
    match name {
        Some(name) => format!("failed sign-in {again}from {from} at {door} as {name}"),
        None => format!("failed sign-in {again}from {from} at {door}"),
    }
}

/// An address as it is told: an IPv6 host is its /64.
struct Sender(IpAddr);

impl std::fmt::Display for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            IpAddr::V6(address) if address.to_bits() & u128::from(u64::MAX) == 0 => {
                write!(f, "{address}/64")
            }
            address => write!(f, "{address}"),
        }
    }
}

/// What is told of a typed name.
async fn shown(store: &dyn Store, login: &str, secret: &str) -> Result<String, StoreError> {
    let name = login.trim();
    let nobodys = !is_somebodys(store, name).await?;
    // Who typed a name into the field for passwords typed the password into the other one.
    if nobodys && (!is_plain(name, secret) || is_somebodys(store, secret).await?) {
        let characters = name.chars().count();
        return Ok(format!("an unknown name of {characters} characters"));
    }
    let mut told: String = name.chars().take(NAME_CHARS_MAX).collect();
    if told.len() < name.len() {
        told.push('…');
    }
    Ok(format!("\"{}\"", told.escape_debug()))
}

async fn is_somebodys(store: &dyn Store, name: &str) -> Result<bool, StoreError> {
    Ok(!store.users_by_login(name).await?.is_empty()
        || (names::is_email(name.trim()) && !store.users_by_email(name).await?.is_empty()))
}

/// Whether a text that nobody has as a name is one nevertheless, and no password: letters with dots, hyphens and underscores between, or an
/// e-mail address.
fn is_plain(name: &str, secret: &str) -> bool {
    if name.chars().count() > UNKNOWN_CHARS_MAX || name == secret.trim() {
        return false;
    }
    let between = |c: char| matches!(c, '.' | '-' | '_');
    if name.chars().all(|c| c.is_alphabetic() || between(c)) {
        return AppPasswordText::read(name).is_none();
    }
    let of_email = |c: char| c.is_alphanumeric() || between(c) || matches!(c, '@' | '+');
    let domain = name.rsplit_once('@').map(|(_, domain)| domain);
    names::is_email(name)
        && name.chars().all(of_email)
        && domain.is_some_and(|domain| domain.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};

    fn second(second: i64) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 12, 1, 9, 0, 0).unwrap() + chrono::Duration::seconds(second)
    }

    #[test]
    fn many_are_told_as_a_sum_and_all_are_counted() {
        let limits = AccountLimits {
            told_max: 5,
            told_per_address_max: 2,
            ..AccountLimits::default()
        };
        let telling = Telling::new(limits);
        let told = |last: u8, at: i64| {
            let address = IpAddr::from([192, 0, 2, last]);
            telling.count(second(at), SignInDoor::Feed, address, last == 9)
        };
        assert_eq!(
            [1, 1, 1, 2, 2, 2, 3, 4, 9].map(|last| told(last, 0)),
            [true, true, false, true, true, false, true, false, false]
        );
        {
            let recent = lock(&telling.recent);
            assert_eq!((recent.untold, recent.untold_from.len()), (4, 4));
        }
        assert!(!told(4, 59) && told(4, 60));
        assert_eq!(lock(&telling.recent).untold, 0);
        let counts = telling.counts(0);
        assert_eq!((counts.failed(), counts.again), (11, 1));
        assert_eq!(counts.wrong[2], (SignInDoor::Feed, 11));
    }

    #[test]
    fn a_line_says_again_address_and_door_before_what_a_stranger_chose() {
        let v4 = IpAddr::from([203, 0, 113, 7]);
        let v6: IpAddr = "2001:db8:1:2::".parse().unwrap();
        for (line, expected) in [
            (
                line(SignInDoor::CalDav, v4, false, Some("\"anna\"")),
                "failed sign-in from 203.0.113.7 at caldav as \"anna\"",
            ),
            (
                line(SignInDoor::Hooks, v6, true, None),
                "failed sign-in again from 2001:db8:1:2::/64 at hooks",
            ),
        ] {
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn only_what_is_a_name_and_no_password_is_plain() {
        for name in [
            "root",
            "anna.petrova",
            "Анна-Мария",
            "a.b+c@example.com",
            "",
        ] {
            assert!(is_plain(name, "x"), "{name}");
        }
        for other in [
            "Summer2026",
            "correct horse battery staple",
            "a@b",
            "x\"y",
            "anna\u{202e}",
            "abcdefghijklmnopqrstuvwxyzabcdefg",
            "AAECAwQFBgcICQoLDAdODxAREhM",
            "same",
        ] {
            assert!(!is_plain(other, "same"), "{other}");
        }
    }
}
