//! Who is asking.
//!
//! An app password is looked up by the digest of its secret: that decides whose it is, and only then is the typed name looked at. So a
//! wrong password costs the same for a name that exists and one that does not, nobody waits for others, and no failure of others
//! can keep a right password out. Start at [`Accounts::authenticate`].
//!
//! Passwords that people choose, and rows that were hashed before digests were kept, take argon2 in a queue of their own (`slow`). What
//! fails is counted (`failures`) and told (`telling`), for every door.

mod failures;
mod names;
mod slow;
mod telling;
mod turns;

pub use names::is_email;
pub use slow::hash_chosen;
pub use telling::SignInCounts;

use crate::model::{AppPassword, AppPasswordId, AppPasswordText, Timestamp, User, folded};
use crate::ports::{Clock, Store, StoreError};
use failures::Failures;
use slow::Slow;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use telling::Telling;

/// Limits of signing in.
#[derive(Clone, Copy, Debug)]
pub struct AccountLimits {
    /// How long a right password that a person chose is believed without argon2.
    pub remember: Duration,
    /// How many of them are remembered, and how many wrong ones that took argon2.
    pub remembered_max: usize,
    /// Different wrong passwords per account and address before they are answered as too many.
    pub failures_max: u32,
    /// Different wrong passwords per address, whatever the account, before they are answered as too many.
    pub failures_per_address_max: u32,
    /// For how long failures count.
    pub failures_window: Duration,
    /// Accounts and addresses whose failures are remembered; beyond it the expired are swept, then all.
    pub suspects_max: usize,
    /// argon2 runs at the same time: each takes a core and 19 MiB.
    pub checks_at_once: usize,
    /// Requests that may wait for argon2.
    pub waiting_max: usize,
    /// Of these from one address.
    pub waiting_per_address_max: usize,
    /// Between two guesses at the chosen password of one account from one address, once there were `failures_max` wrong ones.
    pub guess_pace: Duration,
    /// Failed sign-ins that are told line by line in `told_window`; the others are told as a sum.
    pub told_max: u32,
    /// Of these from one address.
    pub told_per_address_max: u32,
    /// How long these count, and how often a sum is told.
    pub told_window: Duration,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self {
            remember: Duration::from_secs(300),
            remembered_max: 10_000,
            failures_max: 10,
            failures_per_address_max: 50,
            failures_window: Duration::from_secs(900),
            suspects_max: 20_000,
            checks_at_once: 1,
            waiting_max: 1_024,
            waiting_per_address_max: 256,
            guess_pace: Duration::from_secs(5),
            told_max: 100,
            told_per_address_max: 20,
            told_window: Duration::from_secs(60),
        }
    }
}

/// Where a person, an administrator or a service signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInDoor {
    /// CalDAV.
    CalDav,
    /// A person's own pages and data.
    Me,
    /// A calendar at a secret address.
    Feed,
    /// The administrator's API.
    Admin,
    /// ADVANTA's hooks.
    Hooks,
}

impl SignInDoor {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::CalDav, Self::Me, Self::Feed, Self::Admin, Self::Hooks];

    /// Its word in logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::CalDav => "caldav",
            Self::Me => "me",
            Self::Feed => "feed",
            Self::Admin => "admin",
            Self::Hooks => "hooks",
        }
    }
}

/// A name and a password, as they were typed.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// A login or an e-mail.
    pub login: &'a str,
    /// The password.
    pub secret: &'a str,
    /// Where the request came from.
    pub address: IpAddr,
    /// Where it was sent to.
    pub door: SignInDoor,
}

/// Something secret that nobody has, or a signature that is not ours.
#[derive(Clone, Copy)]
pub struct WrongSecret<'a> {
    /// What was tried: one that is tried again counts once.
    pub secret: &'a str,
    /// Where the request came from.
    pub address: IpAddr,
    /// Where it was sent to.
    pub door: SignInDoor,
    /// Different wrong ones of an address before it is told to wait.
    pub wrong_max: u32,
    /// For how long they count.
    pub window: Duration,
}

/// A person at a device, let in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub user: Arc<User>,
    /// With which app password.
    pub app_password: AppPasswordId,
}

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown, wrong, revoked or deactivated: no difference is told.
    #[error("wrong user name or app password")]
    Denied,
    /// Wrong, and so were too many others before.
    #[error("too many wrong passwords; try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// When the next wrong one counts again.
        retry_after: Duration,
    },
    /// Too many wait for argon2; nothing was checked.
    #[error("too many sign-ins wait; try again in {} s", .retry_after.as_secs())]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks passwords, and keeps count of those that are wrong.
pub struct Accounts {
    limits: AccountLimits,
    key: [u8; 32],
    failures: Failures,
    telling: Telling,
    slow: Slow,
}

/// A keyed hash of what was typed: enough to know it again, in this process only.
type Tag = [u8; 32];

impl Accounts {
    /// `key` is fresh randomness of this process.
    pub fn new(limits: AccountLimits, key: [u8; 32]) -> Self {
        Self {
            limits,
            key,
            failures: Failures::new(limits.suspects_max),
            telling: Telling::new(limits),
            slow: Slow::new(limits),
        }
    }

    /// Lets a person in or says why not.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn authenticate(
        &self,
        store: &Arc<dyn Store>,
        clock: &dyn Clock,
        typed: Credentials<'_>,
    ) -> Result<Session, AuthError> {
        let text = AppPasswordText::read(typed.secret);
        if let Some(text) = &text
            && let Some(password) = found(store.as_ref(), text).await?
        {
            return match self.owner(store.as_ref(), typed.login, &password).await? {
                Some(session) => {
                    self.telling.count_right();
                    Ok(session)
                }
                None => Err(self.denied(store, clock.now(), typed)),
            };
        }
        let old = text.filter(AppPasswordText::is_old);
        match self.check_slowly(store, clock, typed, old).await? {
            Some(session) => {
                self.telling.count_right();
                Ok(session)
            }
            None => Err(self.denied(store, clock.now(), typed)),
        }
    }

    /// The owner of an app password, if it is alive and the typed name is one of theirs.
    async fn owner(
        &self,
        store: &dyn Store,
        login: &str,
        password: &AppPassword,
    ) -> Result<Option<Session>, StoreError> {
        if password.revoked.is_some() {
            return Ok(None);
        }
        let named = names::person(store, login).await?;
        let owner = named.filter(|user| user.id == password.user);
        Ok(owner.map(|user| Session {
            user: Arc::new(user),
            app_password: password.id,
        }))
    }

    /// Counts and tells a wrong password of a person.
    fn denied(&self, store: &Arc<dyn Store>, now: Timestamp, typed: Credentials<'_>) -> AuthError {
        let name = self.tag(typed.login.trim(), "");
        let secret = self.tag(typed.login.trim(), typed.secret);
        let window = self.limits.failures_window;
        let of_account = self.failures.account(&name, typed.address);
        let of_account = self.failures.wrong(of_account, &secret, window, now);
        let of_address = self.failures.address(typed.door, typed.address);
        let of_address = self.failures.wrong(of_address, &secret, window, now);
        let again = of_account.again;
        let waits = [
            of_account.wait_beyond(self.limits.failures_max),
            of_address.wait_beyond(self.limits.failures_per_address_max),
        ];
        self.telling.tell_of_person(store, now, typed, again);
        match waits.into_iter().flatten().max() {
            Some(retry_after) => AuthError::Throttled { retry_after },
            None => AuthError::Denied,
        }
    }

    /// Counts and tells a secret that nobody has. Returns how long its sender is to wait, when there were too many.
    pub fn wrong_secret(&self, now: Timestamp, wrong: WrongSecret<'_>) -> Option<Duration> {
        let tag = self.tag(wrong.door.word(), wrong.secret);
        let suspect = self.failures.address(wrong.door, wrong.address);
        let counted = self.failures.wrong(suspect, &tag, wrong.window, now);
        self.telling
            .tell(now, wrong.door, wrong.address, counted.again);
        counted.wait_beyond(wrong.wrong_max)
    }

    /// Different wrong secrets of an address before it is told to wait, and for how long they count, where a door says nothing else.
    pub fn bound(&self) -> (u32, Duration) {
        (
            self.limits.failures_per_address_max,
            self.limits.failures_window,
        )
    }

    /// What a person may sign in with, or under which name, has changed: what was wrong may be right now.
    pub fn changed(&self) {
        self.slow.forget_wrong();
    }

    /// How many signed in, and how many could not.
    pub fn counts(&self) -> SignInCounts {
        self.telling.counts(self.slow.checks())
    }

    /// Tells the sum of what was not told line by line, if it is time.
    pub fn tell_sum(&self, now: Timestamp) {
        self.telling.tell_sum(now);
    }

    fn tag(&self, name: &str, secret: &str) -> Tag {
        let name = folded(name);
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(secret.as_bytes());
        *hasher.finalize().as_bytes()
    }
}

/// The app password of this secret, revoked or not, if the public id is its own as well.
async fn found(
    store: &dyn Store,
    text: &AppPasswordText,
) -> Result<Option<AppPassword>, StoreError> {
    // Found by a digest, so the time taken says nothing of how much of a guess was right.
    let password = store.app_password_by_digest(text.secret.digest()).await?;
    Ok(password.filter(|password| text.names(password.id)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever is in there is whole: nothing panics while holding it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
