//! When deletions wait for a person, and when an item is frozen.

use super::planted::{self, Fault};
use crate::model::{Direction, SyncPolicy, Timestamp};
use chrono::Duration;

/// The deletions of the last minutes in one direction.
pub fn recent(
    deletions: &[(Timestamp, Direction)],
    direction: Direction,
    now: Timestamp,
    policy: &SyncPolicy,
) -> usize {
    let since = now - minutes(policy);
    deletions
        .iter()
        .filter(|(at, each)| *each == direction && *at > since)
        .count()
}

/// Whether so many more deletions have to wait for a person's word: with the recent ones they are more than a person does in ten
/// minutes, or more than a part of all links.
pub fn holds(recent: usize, more: usize, links: u64, policy: &SyncPolicy) -> bool {
    if more == 0 || planted::is(Fault::NoGuard) {
        return false;
    }
    let all = recent + more;
    // What was deleted is not among the links any more.
    let links = usize::try_from(links)
        .unwrap_or(usize::MAX)
        .saturating_add(recent);
    let many = all > policy.guard_deletions_max;
    let part = links >= policy.guard_links_min
        && all.saturating_mul(100) > links.saturating_mul(policy.guard_percent_max);
    many || part
}

/// The deletions that still count.
pub fn kept(
    deletions: &[(Timestamp, Direction)],
    now: Timestamp,
    policy: &SyncPolicy,
) -> Vec<(Timestamp, Direction)> {
    let since = now - minutes(policy);
    deletions
        .iter()
        .copied()
        .filter(|(at, _)| *at > since)
        .collect()
}

/// Whether one more write-back of an item would be too many: somebody else keeps writing the same thing.
pub fn freezes(write_backs: &[Timestamp], now: Timestamp, policy: &SyncPolicy) -> bool {
    let since = now - minutes(policy);
    write_backs.iter().filter(|at| **at > since).count() >= policy.write_backs_max
}

/// A write-back more.
pub fn counted(write_backs: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    let kept = crate::model::Link::WRITE_BACKS_KEPT.saturating_sub(1);
    let skip = write_backs.len().saturating_sub(kept);
    write_backs
        .iter()
        .copied()
        .skip(skip)
        .chain([now])
        .collect()
}

fn minutes(policy: &SyncPolicy) -> Duration {
    Duration::minutes(i64::from(policy.guard_minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;

    #[test]
    fn more_than_fifty_or_a_fifth_of_many_links_wait() {
        let policy = SyncPolicy::default();
        for (recent, more, links, expected) in [
            (0, 0, 1_000, false),
            (0, 50, 1_000, false),
            (0, 51, 1_000, true),
            (50, 1, 1_000, true),
            (0, 24, 24, false),
            (0, 5, 25, false),
            (0, 6, 25, true),
            // Five are gone already: thirty there were.
            (5, 1, 25, false),
            (5, 2, 25, true),
        ] {
            assert_eq!(
                holds(recent, more, links, &policy),
                expected,
                "{recent} and {more} of {links}"
            );
        }
    }

    #[test]
    fn what_is_ten_minutes_old_does_not_count() {
        let policy = SyncPolicy::default();
        let now = chrono::Utc.with_ymd_and_hms(2026, 12, 1, 9, 0, 0).unwrap();
        let at = |minutes| now - Duration::minutes(minutes);
        let deletions = [
            (at(10), Direction::ToRemote),
            (at(9), Direction::ToRemote),
            (at(1), Direction::ToAdvanta),
        ];
        assert_eq!(recent(&deletions, Direction::ToRemote, now, &policy), 1);
        assert_eq!(kept(&deletions, now, &policy), deletions[1..]);
        assert!(!freezes(&[at(10), at(3), at(2)], now, &policy));
        assert!(freezes(&[at(9), at(3), at(2)], now, &policy));
    }
}
