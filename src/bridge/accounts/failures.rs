//! How many different wrong passwords came for an account and from an address.
//!
//! Counted after a password was found wrong, never before: a try that is under way is no failure, and nothing here keeps a right
//! password out. One old password that a forgotten device goes on sending is one failure.

use super::{SignInDoor, Tag, lock};
use crate::model::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

/// Different wrong passwords of one suspect that are known again. Beyond them the last takes the place of another, which counts as a
/// different one when it comes again.
const TOLD_APART_MAX: usize = 128;

/// Counts wrong passwords.
pub struct Failures {
    suspects_max: usize,
    suspects: Mutex<HashMap<Suspect, Wrong>>,
}

/// Whose failures are counted together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Suspect {
    /// A name, by its keyed hash (what strangers type may be long), at an address.
    Account(u64, IpAddr),
    /// An address at a door.
    Address(SignInDoor, IpAddr),
}

struct Wrong {
    since: Timestamp,
    until: Timestamp,
    /// Short keyed hashes of what was tried.
    tried: Vec<u64>,
    /// Different ones, also beyond those in `tried`: what limits are held against.
    count: u32,
    /// When the next guess at a chosen password has its turn.
    next_guess: Timestamp,
}

/// One more wrong password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Whether the very same was wrong before.
    pub again: bool,
    /// Different ones within the window.
    pub count: u32,
    /// Until the window ends.
    left: Duration,
}

impl Counted {
    /// How long to wait, when these are more than so many.
    pub fn wait_beyond(self, wrong_max: u32) -> Option<Duration> {
        (self.count > wrong_max).then_some(self.left)
    }
}

impl Failures {
    /// Nobody has tried anything.
    pub fn new(suspects_max: usize) -> Self {
        Self {
            suspects_max: suspects_max.max(1),
            suspects: Mutex::default(),
        }
    }

    /// The suspect that a name at an address is.
    pub fn account(&self, name: &Tag, address: IpAddr) -> Suspect {
        Suspect::Account(short(name), address)
    }

    /// The suspect that an address is.
    pub fn address(&self, door: SignInDoor, address: IpAddr) -> Suspect {
        Suspect::Address(door, address)
    }

    /// Counts a wrong password.
    pub fn wrong(
        &self,
        suspect: Suspect,
        tried: &Tag,
        window: Duration,
        now: Timestamp,
    ) -> Counted {
        let mut suspects = lock(&self.suspects);
        if suspects.len() >= self.suspects_max && !suspects.contains_key(&suspect) {
            suspects.retain(|_, each| each.until > now);
            if suspects.len() >= self.suspects_max {
                suspects.clear();
            }
        }
        let each = suspects
            .entry(suspect)
            .or_insert_with(|| Wrong::since(now, window));
        // The clock may have been set back.
        if each.until <= now || each.since > now {
            *each = Wrong::since(now, window);
        }
        let tried = short(tried);
        let again = each.tried.contains(&tried);
        if !again {
            if each.tried.len() >= TOLD_APART_MAX {
                each.tried.swap_remove(0);
            }
            each.tried.push(tried);
            each.count = each.count.saturating_add(1);
        }
        Counted {
            again,
            count: each.count,
            left: (each.until - now).to_std().unwrap_or_default(),
        }
    }

    /// How long the next guess at a chosen password of this suspect has to wait: not at all before there were `wrong_max` wrong ones, then
    /// one guess after the other.
    ///
    /// # Errors
    /// It would have to wait for more than `waiting_max` others: for so long. It takes no turn, so it puts off nobody.
    pub fn guess(
        &self,
        suspect: &Suspect,
        wrong_max: u32,
        (pace, waiting_max): (Duration, u32),
        now: Timestamp,
    ) -> Result<Duration, Duration> {
        let mut suspects = lock(&self.suspects);
        let Some(each) = suspects.get_mut(suspect) else {
            return Ok(Duration::ZERO);
        };
        if each.until <= now || each.count < wrong_max {
            return Ok(Duration::ZERO);
        }
        let turn = each.next_guess.max(now);
        let wait = (turn - now).to_std().unwrap_or_default();
        if wait > pace * waiting_max {
            return Err(wait);
        }
        each.next_guess = turn + pace;
        Ok(wait)
    }
}

impl Wrong {
    fn since(now: Timestamp, window: Duration) -> Self {
        Self {
            since: now,
            until: now + window,
            tried: Vec::new(),
            count: 0,
            next_guess: now,
        }
    }
}

fn short(tag: &Tag) -> u64 {
    tag.first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const WINDOW: Duration = Duration::from_secs(900);
    /// One guess in five seconds; twelve wait.
    const PACE: (Duration, u32) = (Duration::from_secs(5), 12);

    fn minute(minute: u32) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 12, 1, 9, minute, 0).unwrap()
    }

    /// (again, how many, seconds to wait beyond two) of a wrong password from an address.
    fn wrong(failures: &Failures, tried: u8, now: Timestamp) -> (bool, u32, Option<u64>) {
        let suspect = failures.address(SignInDoor::CalDav, ADDRESS);
        let counted = failures.wrong(suspect, &[tried; 32], WINDOW, now);
        let wait = counted.wait_beyond(2).map(|wait| wait.as_secs());
        (counted.again, counted.count, wait)
    }

    #[test]
    fn one_old_password_is_one_failure_however_often_it_is_sent() {
        let failures = Failures::new(10);
        assert_eq!(wrong(&failures, 1, minute(0)), (false, 1, None));
        for _ in 0..1_000 {
            assert_eq!(wrong(&failures, 1, minute(1)), (true, 1, None));
        }
        assert_eq!(wrong(&failures, 2, minute(1)), (false, 2, None));
        assert_eq!(wrong(&failures, 3, minute(5)), (false, 3, Some(600)));
        assert_eq!(wrong(&failures, 1, minute(15)), (false, 1, None));
    }

    #[test]
    fn no_more_suspects_are_remembered_than_there_is_room_for() {
        let failures = Failures::new(2);
        for last in 1..=5 {
            let suspect = failures.address(SignInDoor::Feed, IpAddr::from([192, 0, 2, last]));
            failures.wrong(suspect, &[0; 32], WINDOW, minute(0));
            assert!(lock(&failures.suspects).len() <= 2);
        }
        for tried in 0..=255 {
            wrong(&failures, tried, minute(0));
        }
        let suspects = lock(&failures.suspects);
        let kept = suspects.values().map(|each| each.tried.len()).max();
        assert_eq!(kept, Some(TOLD_APART_MAX));
    }

    #[test]
    fn a_limit_above_what_is_told_apart_is_a_limit() {
        let failures = Failures::new(10);
        let anna = failures.account(&[7; 32], ADDRESS);
        let limit = 200;
        let guess = || {
            let wait = failures.guess(&anna, limit, PACE, minute(0));
            wait.unwrap().as_secs()
        };
        for n in 1..=limit {
            assert_eq!([guess(), guess()], [0, 0], "before {n}");
            let tried = [n.to_le_bytes(); 8].concat().try_into().unwrap();
            let counted = failures.wrong(anna.clone(), &tried, WINDOW, minute(0));
            assert_eq!((counted.count, counted.wait_beyond(limit)), (n, None));
        }
        assert_eq!([guess(), guess()], [0, 5]);
        let counted = failures.wrong(anna.clone(), &[255; 32], WINDOW, minute(0));
        assert_eq!(counted.wait_beyond(limit), Some(WINDOW));
        let same = failures.wrong(anna, &[255; 32], WINDOW, minute(0));
        assert_eq!((same.again, same.count), (true, limit + 1));
    }

    #[test]
    fn guesses_at_one_account_from_one_address_come_one_after_the_other() {
        let failures = Failures::new(10);
        let anna = failures.account(&[7; 32], ADDRESS);
        let wait = |now| failures.guess(&anna, 2, PACE, now).unwrap().as_secs();
        for tried in 1..=2 {
            assert_eq!(wait(minute(0)), 0);
            failures.wrong(anna.clone(), &[tried; 32], WINDOW, minute(0));
        }
        assert_eq!([0; 3].map(|_: u8| wait(minute(0))), [0, 5, 10]);
        assert_eq!(wait(minute(1)), 0);
        let elsewhere = failures.account(&[7; 32], IpAddr::from([192, 0, 2, 9]));
        assert_eq!(
            failures.guess(&elsewhere, 2, PACE, minute(0)),
            Ok(Duration::ZERO)
        );
    }

    #[test]
    fn a_guess_that_is_turned_away_puts_off_nobody() {
        let failures = Failures::new(10);
        let anna = failures.account(&[7; 32], ADDRESS);
        failures.wrong(anna.clone(), &[1; 32], WINDOW, minute(0));
        let guess = |now| failures.guess(&anna, 1, PACE, now);
        let waits = [0; 200].map(|_: u8| guess(minute(0)).map_err(|wait| wait.as_secs()));
        assert_eq!(waits[12], Ok(Duration::from_secs(60)));
        assert_eq!(waits[13..], [Err(65); 187]);
        // A minute later twelve of them had their turn.
        assert_eq!(guess(minute(1)), Ok(Duration::from_secs(5)));
    }
}
