//! Who is asking: app passwords, checked slowly once and quickly afterwards.
//!
//! argon2id costs tens of milliseconds by design; a polling client would pay it at every request. A password that was
//! right is therefore remembered for a short while under a keyed hash (the key lives in this process only), together with
//! the moment of the last change to the account, so that a revoked password or a deactivated person is out at once.

use crate::model::{AppPassword, AppPasswordId, Timestamp, User, UserId};
use crate::ports::{Clock, Store, StoreError};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// Verified when a login does not exist, so that the time taken does not tell.
    decoy: String,
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
    Account(String, IpAddr),
    Address(IpAddr),
}

struct Failures {
    count: u32,
    since: Timestamp,
}

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
            checks: Arc::new(Semaphore::new(limits.checks_at_once.max(1))),
            decoy: hash_secret("decoy").unwrap_or_default(),
        }
    }

    /// Lets a person in or says why not. `address` is where the request came from.
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
        match self.recall(&tag, now) {
            Recalled::Fresh(session) => return Ok(session),
            // Who was in before is checked again, but never locked out by what others try under their name or address.
            Recalled::Stale => {}
            Recalled::Unknown => self.throttle(login, address, now)?,
        }
        match self.check(store, login, secret).await? {
            Some(session) => {
                self.remember(tag, session.clone(), now);
                Ok(session)
            }
            None => {
                lock(&self.remembered).remove(&tag);
                self.failed(login, address, now);
                Err(AuthError::Denied)
            }
        }
    }

    /// Forgets what is remembered of a person: after a revocation or deactivation.
    pub fn forget(&self, user: &UserId) {
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

    fn throttle(&self, login: &str, address: IpAddr, now: Timestamp) -> Result<(), AuthError> {
        let failures = lock(&self.failures);
        let suspects = [
            (
                Suspect::Account(login.to_owned(), address),
                self.limits.failures_max,
            ),
            (
                Suspect::Address(address),
                self.limits.failures_per_address_max,
            ),
        ];
        for (suspect, failures_max) in suspects {
            let Some(known) = failures.get(&suspect) else {
                continue;
            };
            let left = (known.since + self.limits.failures_window) - now;
            if known.count >= failures_max && left > chrono::Duration::zero() {
                return Err(AuthError::Throttled {
                    retry_after: left.to_std().unwrap_or(self.limits.failures_window),
                });
            }
        }
        Ok(())
    }

    fn failed(&self, login: &str, address: IpAddr, now: Timestamp) {
        let mut failures = lock(&self.failures);
        if failures.len() >= SUSPECTS_MAX {
            let window = self.limits.failures_window;
            failures.retain(|_, each| each.since + window > now);
        }
        if failures.len() >= SUSPECTS_MAX {
            failures.clear();
        }
        for suspect in [
            Suspect::Account(login.to_owned(), address),
            Suspect::Address(address),
        ] {
            let each = failures.entry(suspect).or_insert(Failures {
                count: 0,
                since: now,
            });
            if each.since + self.limits.failures_window <= now {
                *each = Failures {
                    count: 0,
                    since: now,
                };
            }
            each.count += 1;
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
        let decoy = self.decoy.clone();
        let work = move || {
            // Held by the work, not by the request: a client that hangs up frees no core.
            let _permit = permit;
            if passwords.is_empty() {
                verify_secret(&decoy, &secret);
                return None;
            }
            passwords
                .iter()
                .find(|each| verify_secret(&each.hash, &secret))
                .map(|each| each.id)
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
