//! `[accounts]`: signing in.

use super::set;
use crate::bridge::accounts::AccountLimits;
use serde::Deserialize;
use std::time::Duration;

/// `[accounts]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// Seconds for which a right password that a person chose is believed without argon2.
    pub remember_secs: Option<u64>,
    /// Different wrong passwords per account and address before they are answered as too many.
    pub failures_max: Option<u32>,
    /// Different wrong passwords per address before they are answered as too many.
    pub failures_per_address_max: Option<u32>,
    /// Seconds for which failures count.
    pub failures_window_secs: Option<u64>,
    /// Accounts and addresses whose failures are remembered.
    pub suspects_max: Option<usize>,
    /// argon2 runs at the same time.
    pub argon2_at_once: Option<usize>,
    /// Requests that may wait for argon2.
    pub argon2_waiting_max: Option<usize>,
    /// Of these from one address.
    pub argon2_waiting_per_address_max: Option<usize>,
    /// Seconds between two guesses at one chosen password from one address.
    pub guess_pace_secs: Option<u64>,
    /// Failed sign-ins told line by line in `told_window_secs`.
    pub told_max: Option<u32>,
    /// Of these from one address.
    pub told_per_address_max: Option<u32>,
    /// Seconds for which these count.
    pub told_window_secs: Option<u64>,
}

impl Accounts {
    /// Its times, for the check that none is beyond all sense.
    pub(super) fn seconds(&self) -> [(&'static str, Option<u64>); 4] {
        [
            ("accounts.remember_secs", self.remember_secs),
            ("accounts.failures_window_secs", self.failures_window_secs),
            ("accounts.guess_pace_secs", self.guess_pace_secs),
            ("accounts.told_window_secs", self.told_window_secs),
        ]
    }

    /// Its sizes, for the check that none is zero.
    pub(super) fn sizes(&self) -> [(&'static str, Option<u64>); 5] {
        let wide = |value: Option<usize>| value.map(|value| value as u64);
        [
            ("accounts.suspects_max", wide(self.suspects_max)),
            ("accounts.argon2_at_once", wide(self.argon2_at_once)),
            ("accounts.argon2_waiting_max", wide(self.argon2_waiting_max)),
            (
                "accounts.argon2_waiting_per_address_max",
                wide(self.argon2_waiting_per_address_max),
            ),
            ("accounts.told_window_secs", self.told_window_secs),
        ]
    }

    /// Limits of signing in.
    pub fn limits(&self) -> AccountLimits {
        let mut limits = AccountLimits::default();
        let secs = |value: Option<u64>| value.map(Duration::from_secs);
        set(&mut limits.remember, secs(self.remember_secs));
        set(&mut limits.failures_max, self.failures_max);
        set(
            &mut limits.failures_per_address_max,
            self.failures_per_address_max,
        );
        set(&mut limits.failures_window, secs(self.failures_window_secs));
        set(&mut limits.suspects_max, self.suspects_max);
        set(&mut limits.checks_at_once, self.argon2_at_once);
        set(&mut limits.waiting_max, self.argon2_waiting_max);
        set(
            &mut limits.waiting_per_address_max,
            self.argon2_waiting_per_address_max,
        );
        set(&mut limits.guess_pace, secs(self.guess_pace_secs));
        set(&mut limits.told_max, self.told_max);
        set(&mut limits.told_per_address_max, self.told_per_address_max);
        set(&mut limits.told_window, secs(self.told_window_secs));
        limits
    }
}
