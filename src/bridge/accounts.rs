//! Who is asking: app passwords, checked slowly once and quickly afterwards.
//!
//! argon2id costs tens of milliseconds by design; a polling client would pay it at every request. A password that was
//! right is therefore remembered for a short while under a keyed hash (the key lives in this process only). Whoever is
//! deactivated, or whose password is revoked, is forgotten at once.

use crate::model::{AppPassword, AppPasswordId, Timestamp, User, UserId};
use crate::ports::{Clock, Store, StoreError};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Limits of checking passwords.
#[derive(Clone, Copy, Debug)]
pub struct AccountLimits {
    /// How long a right password is believed without argon2.
    pub remember: Duration,
    /// How many right passwords are remembered.
    pub remembered_max: usize,
    /// Wrong passwords per account and address before throttling.
    pub failures_max: u32,
    /// Wrong passwords per address, whatever the account, before throttling.
    pub failures_per_address_max: u32,
    /// For how long failures count.
    pub failures_window: Duration,
    /// argon2 runs at the same time: each takes a core and 19 MiB.
    pub checks_at_once: usize,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self {
            remember: Duration::from_secs(300),
            remembered_max: 10_000,
            failures_max: 10,
            failures_per_address_max: 50,
            failures_window: Duration::from_secs(900),
            checks_at_once: 2,
        }
    }
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
    /// Too many wrong passwords.
    #[error("too many wrong passwords; try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// When the next try counts again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks app passwords.
pub struct Accounts {
    limits: AccountLimits,
    key: [u8; 32],
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
    failures: Mutex<HashMap<Suspect, Failures>>,
    checks: Arc<Semaphore>,
    /// Counts what was forgotten on purpose.
    generation: AtomicU64,
}

enum Recalled {
    /// It was right a short while ago.
    Fresh(Session),
    /// It was right once.
    Stale,
    /// Never seen right.
    Unknown,
}

struct Remembered {
    session: Session,
    until: Timestamp,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Suspect {
    /// A login, by its keyed hash: what strangers type may be long.
    Account([u8; 32], IpAddr),
    Address(IpAddr),
}

struct Failures {
    count: u32,
    since: Timestamp,
    /// Tries that are being checked.
    under_way: u32,
}

impl Failures {
    fn since(now: Timestamp) -> Self {
        Self {
            count: 0,
            since: now,
            under_way: 0,
        }
    }
}

/// A try that is being checked; counted until it is dropped.
struct Attempt<'a> {
    accounts: &'a Accounts,
    suspects: Vec<Suspect>,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut failures = lock(&self.accounts.failures);
        for suspect in &self.suspects {
            let Some(each) = failures.get_mut(suspect) else {
                continue;
            };
            each.under_way = each.under_way.saturating_sub(1);
            if each.under_way == 0 && each.count == 0 {
                failures.remove(suspect);
            }
        }
    }
}

/// Hashes that are checked at least, however few app passwords a person has, or if there is no such person.
const CHECKS_MIN: usize = 3;
/// Verified when a login does not exist, so that the time taken does not tell. Made once in a process: it costs as much as a check.
static DECOY: LazyLock<String> = LazyLock::new(|| hash_secret("decoy").unwrap_or_default());
/// Who may be remembered or suspected at most; beyond it, the expired are swept, then the map is emptied.
const SUSPECTS_MAX: usize = 100_000;

impl Accounts {
    /// `key` is fresh randomness of this process.
    pub fn new(limits: AccountLimits, key: [u8; 32]) -> Self {
        Self {
            limits,
            key,
            remembered: Mutex::default(),
            failures: Mutex::default(),
            generation: AtomicU64::new(0),
            checks: Arc::new(Semaphore::new(limits.checks_at_once.max(1))),
        }
    }

    /// Lets a person in or says why not. `address` is where the request came from.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn authenticate(
        &self,
        store: &Arc<dyn Store>,
        clock: &dyn Clock,
        login: &str,
        secret: &str,
        address: IpAddr,
    ) -> Result<Session, AuthError> {
        let now = clock.now();
        let tag = self.tag(login, secret);
        // Who was in before is checked again when it is time, but never locked out by what others try under their name
        // or address.
        let known = match self.recall(&tag, now) {
            Recalled::Fresh(session) => return Ok(session),
            Recalled::Stale => true,
            Recalled::Unknown => false,
        };
        let suspects = self.suspects(login, address);
        let _attempt = if known {
            None
        } else {
            Some(self.attempt(&suspects, now)?)
        };
        let generation = self.generation.load(Ordering::SeqCst);
        match self.check(store, login, secret).await? {
            Some(session) => {
                // A password that was revoked while it was checked is not remembered.
                if self.generation.load(Ordering::SeqCst) == generation {
                    self.remember(tag, session.clone(), now);
                }
                Ok(session)
            }
            None => {
                lock(&self.remembered).remove(&tag);
                self.failed(&suspects, now);
                Err(AuthError::Denied)
            }
        }
    }

    /// Forgets what is remembered of a person: after a revocation or deactivation.
    pub fn forget(&self, user: &UserId) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        lock(&self.remembered).retain(|_, each| each.session.user.id != *user);
    }

    fn tag(&self, login: &str, secret: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(login.len() as u64).to_le_bytes());
        hasher.update(login.as_bytes());
        hasher.update(secret.as_bytes());
        *hasher.finalize().as_bytes()
    }

    fn recall(&self, tag: &[u8; 32], now: Timestamp) -> Recalled {
        match lock(&self.remembered).get(tag) {
            Some(each) if each.until > now => Recalled::Fresh(each.session.clone()),
            Some(_) => Recalled::Stale,
            None => Recalled::Unknown,
        }
    }

    fn remember(&self, tag: [u8; 32], session: Session, now: Timestamp) {
        let mut remembered = lock(&self.remembered);
        if remembered.len() >= self.limits.remembered_max {
            remembered.retain(|_, each| each.until > now);
        }
        if remembered.len() >= self.limits.remembered_max {
            remembered.clear();
        }
        remembered.insert(
            tag,
            Remembered {
                session,
                until: now + self.limits.remember,
            },
        );
    }

    fn suspects(&self, login: &str, address: IpAddr) -> [(Suspect, u32); 2] {
        [
            (
                Suspect::Account(self.tag(login, ""), address),
                self.limits.failures_max,
            ),
            (
                Suspect::Address(address),
                self.limits.failures_per_address_max,
            ),
        ]
    }

    /// Takes a place among the tries of these suspects. What is being tried counts as well, or a thousand guesses at once
    /// would all pass before the first has failed.
    fn attempt(
        &self,
        suspects: &[(Suspect, u32)],
        now: Timestamp,
    ) -> Result<Attempt<'_>, AuthError> {
        let mut failures = lock(&self.failures);
        for (suspect, failures_max) in suspects {
            let Some(known) = failures.get(suspect) else {
                continue;
            };
            let left = (known.since + self.limits.failures_window) - now;
            let count = if left > chrono::Duration::zero() {
                known.count
            } else {
                0
            };
            if count >= *failures_max {
                let retry_after = left.to_std().unwrap_or(self.limits.failures_window);
                return Err(AuthError::Throttled { retry_after });
            }
            if count + known.under_way >= *failures_max {
                return Err(AuthError::Throttled {
                    retry_after: Duration::from_secs(1),
                });
            }
        }
        self.make_room(&mut failures, now);
        for (suspect, _) in suspects {
            failures
                .entry(suspect.clone())
                .or_insert_with(|| Failures::since(now))
                .under_way += 1;
        }
        Ok(Attempt {
            accounts: self,
            suspects: suspects
                .iter()
                .map(|(suspect, _)| suspect.clone())
                .collect(),
        })
    }

    fn failed(&self, suspects: &[(Suspect, u32)], now: Timestamp) {
        let mut failures = lock(&self.failures);
        for (suspect, _) in suspects {
            let each = failures
                .entry(suspect.clone())
                .or_insert_with(|| Failures::since(now));
            if each.since + self.limits.failures_window <= now {
                (each.count, each.since) = (0, now);
            }
            each.count += 1;
        }
    }

    fn make_room(&self, failures: &mut HashMap<Suspect, Failures>, now: Timestamp) {
        let window = self.limits.failures_window;
        if failures.len() >= SUSPECTS_MAX {
            failures.retain(|_, each| each.under_way > 0 || each.since + window > now);
        }
        if failures.len() >= SUSPECTS_MAX {
            failures.retain(|_, each| each.under_way > 0);
        }
    }

    async fn check(
        &self,
        store: &Arc<dyn Store>,
        login: &str,
        secret: &str,
    ) -> Result<Option<Session>, StoreError> {
        let user = store.user_by_login(login).await?.filter(|user| user.active);
        let passwords = match &user {
            Some(user) => store.app_passwords(&user.id).await?,
            None => vec![],
        };
        let alive: Vec<AppPassword> = passwords
            .into_iter()
            .filter(|each| each.revoked.is_none())
            .collect();
        let found = self.verify(alive, secret.to_owned()).await;
        Ok(user.zip(found).map(|(user, app_password)| Session {
            user: Arc::new(user),
            app_password,
        }))
    }

    /// Tries the secret against each hash, off the async threads and at most `checks_at_once` at a time.
    async fn verify(&self, passwords: Vec<AppPassword>, secret: String) -> Option<AppPasswordId> {
        let permit = Arc::clone(&self.checks).acquire_owned().await.ok()?;
        let work = move || {
            // Held by the work, not by the request: a client that hangs up frees no core.
            let _permit = permit;
            let right = |each: &&AppPassword| verify_secret(&each.hash, &secret);
            let found = passwords.iter().find(right).map(|each| each.id);
            if found.is_none() {
                // As many checks for a login that does not exist as for one with a few devices: the time must not tell.
                for _ in passwords.len()..CHECKS_MIN {
                    verify_secret(&DECOY, &secret);
                }
            }
            found
        };
        tokio::task::spawn_blocking(work).await.ok().flatten()
    }
}

/// argon2id in PHC string form with a random salt, library defaults (19 MiB, 2 passes).
///
/// # Errors
/// The operating system gave no randomness, or the secret is longer than argon2 takes.
pub fn hash_secret(secret: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default()
        .hash_password(secret.as_bytes())?
        .to_string())
}

fn verify_secret(hash: &str, secret: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(secret.as_bytes(), &parsed)
            .is_ok()
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    fn accounts() -> Accounts {
        let limits = AccountLimits {
            failures_max: 3,
            failures_per_address_max: 5,
            ..AccountLimits::default()
        };
        Accounts::new(limits, [7; 32])
    }

    fn minute(minute: u32) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 12, 1, 9, minute, 0).unwrap()
    }

    /// Seconds to wait, if a try is not let through.
    fn wait(accounts: &Accounts, login: &str, now: Timestamp) -> Option<u64> {
        let suspects = accounts.suspects(login, IpAddr::from([192, 0, 2, 1]));
        match accounts.attempt(&suspects, now) {
            Err(AuthError::Throttled { retry_after }) => Some(retry_after.as_secs()),
            Ok(_) | Err(_) => None,
        }
    }

    fn fail(accounts: &Accounts, login: &str, now: Timestamp) {
        accounts.failed(&accounts.suspects(login, IpAddr::from([192, 0, 2, 1])), now);
    }

    #[test]
    fn wrong_passwords_count_by_account_and_by_address_until_the_window_ends() {
        let accounts = accounts();
        for _ in 0..3 {
            assert_eq!(wait(&accounts, "anna", minute(0)), None);
            fail(&accounts, "anna", minute(0));
        }
        assert_eq!(wait(&accounts, "anna", minute(5)), Some(600));
        assert_eq!(wait(&accounts, "boris", minute(5)), None);
        fail(&accounts, "boris", minute(5));
        fail(&accounts, "boris", minute(5));
        assert_eq!(wait(&accounts, "vera", minute(5)), Some(600));
        assert_eq!(wait(&accounts, "anna", minute(15)), None);
    }

    #[test]
    fn guesses_at_the_same_time_do_not_all_pass() {
        let accounts = accounts();
        let suspects = accounts.suspects("anna", IpAddr::from([192, 0, 2, 1]));
        let tries: Vec<_> = (0..5)
            .map(|_| accounts.attempt(&suspects, minute(0)))
            .collect();
        let let_through = tries.iter().filter(|each| each.is_ok()).count();
        assert_eq!(let_through, 3);
        assert_eq!(wait(&accounts, "anna", minute(0)), Some(1));
        drop(tries);
        assert_eq!(wait(&accounts, "anna", minute(0)), None);
    }
}
