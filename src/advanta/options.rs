//! Every limit of the contract, by name.

use std::time::Duration;

/// The limits of calls and hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long one call may take, from connecting to the last byte of the answer.
    pub call_timeout: Duration,
    /// The longest answer that is read.
    pub answer_bytes_max: usize,
    /// How many items one page of changes is asked for, 1 to 10 000.
    pub page_items: u32,
    /// How long to wait when ADVANTA says "too fast" but not how long.
    pub retry_after_default: Duration,
    /// The longest wait that ADVANTA may ask for.
    pub retry_after_max: Duration,
    /// Whether calls may go over plain HTTP to another machine. To this machine they always may.
    pub plain_http: bool,
    /// When calls are no longer tried.
    pub breaker: BreakerOptions,
    /// How far the time of a hook may be from ours, before or after.
    pub hook_tolerance: Duration,
    /// How many items one hook may hold in all its lists.
    pub hook_items_max: usize,
    /// What is taken of objects and people.
    pub bounds: Bounds,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(30),
            answer_bytes_max: 64 << 20,
            page_items: 500,
            retry_after_default: Duration::from_secs(30),
            retry_after_max: Duration::from_secs(3600),
            plain_http: false,
            breaker: BreakerOptions::default(),
            hook_tolerance: Duration::from_secs(5 * 60),
            hook_items_max: 1000,
            bounds: Bounds::default(),
        }
    }
}

/// When calls are no longer tried, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerOptions {
    /// So many failures in a row stop the calls; at least one.
    pub failures: u32,
    /// The first wait: between half of it and the whole, counted in whole seconds, so that one second is no wait.
    pub wait_base: Duration,
    /// Waits double after each failed attempt until they reach this. Counted in whole seconds.
    pub wait_max: Duration,
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self {
            failures: 5,
            wait_base: Duration::from_secs(2),
            wait_max: Duration::from_secs(60),
        }
    }
}

/// What is taken of objects and people. An item beyond one of these is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The longest title, of an object and of its parent.
    pub title_bytes_max: usize,
    /// The longest description.
    pub description_bytes_max: usize,
    /// The longest location.
    pub location_bytes_max: usize,
    /// The longest address of a card.
    pub card_bytes_max: usize,
    /// How many people one object may have.
    pub participants_max: usize,
    /// The longest name of a person.
    pub name_bytes_max: usize,
    /// The longest login.
    pub login_bytes_max: usize,
    /// The longest e-mail address.
    pub email_bytes_max: usize,
    /// The longest cursor.
    pub cursor_bytes_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            title_bytes_max: 4096,
            description_bytes_max: 256 << 10,
            location_bytes_max: 4096,
            card_bytes_max: 2048,
            participants_max: 1000,
            name_bytes_max: 1024,
            login_bytes_max: 256,
            email_bytes_max: 320,
            cursor_bytes_max: 2048,
        }
    }
}
