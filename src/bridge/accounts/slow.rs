//! Passwords that take argon2: those that people choose, and app passwords that were hashed before digests were kept.
//!
//! Each check takes a core for tens of milliseconds and 19 MiB, so they wait for their turn here, where nobody else waits. A name that does not
//! exist takes as many checks as one that does. Without any such password in the store nothing is ever checked here.

use super::turns::{Turn, Turns};
use super::{AccountLimits, Accounts, AuthError, Credentials, Session, Tag, found, lock, names};
use crate::model::{AppPassword, AppPasswordId, AppPasswordText, PasswordHash, Timestamp, UserId};
use crate::ports::{Clock, Store, StoreError, Write};
use argon2::password_hash::phc;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// Checks that a name takes at most beyond those of its own hashes. Somebody with more devices from before can be told apart from nobody
/// by the time that a wrong password of the old form takes, until each of these devices was here once.
const ROUNDS_MAX: usize = 8;
/// Guesses at one account from one address that may wait, each for the pace of one.
const GUESSES_WAITING_MAX: u32 = 12;
/// When to come again if too many wait.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Verified when there is nobody of a name. Made once in a process: it costs as much as a check.
static DECOY: LazyLock<String> = LazyLock::new(|| match hash_chosen("decoy") {
    Ok(PasswordHash::Chosen(hash)) => hash,
    Ok(_) | Err(_) => String::new(),
});

/// The slow way in.
pub struct Slow {
    remember: Duration,
    remembered_max: usize,
    turns: Turns,
    /// Slow hashes of each person who has any; `None` before they were counted.
    hashes: Mutex<Option<HashMap<UserId, Hashes>>>,
    /// Chosen passwords that were right a short while ago.
    right: Mutex<HashMap<Tag, Right>>,
    /// Passwords that took argon2 to be found wrong.
    wrong: Mutex<HashMap<Tag, Timestamp>>,
    /// Moves on when what was read of the store before may be out of date: such is used once, and not kept.
    generation: AtomicU64,
    checks: AtomicU64,
}

/// How many live slow hashes a person has.
#[derive(Clone, Copy, Default)]
struct Hashes {
    old: usize,
    chosen: usize,
}

struct Right {
    id: AppPasswordId,
    hash: PasswordHash,
    until: Timestamp,
}

impl Slow {
    /// Nobody waits.
    pub fn new(limits: AccountLimits) -> Self {
        Self {
            remember: limits.remember,
            remembered_max: limits.remembered_max.max(1),
            turns: Turns::new(
                limits.checks_at_once,
                limits.waiting_max,
                limits.waiting_per_address_max,
            ),
            hashes: Mutex::default(),
            right: Mutex::default(),
            wrong: Mutex::default(),
            generation: AtomicU64::new(0),
            checks: AtomicU64::new(0),
        }
    }

    /// How often argon2 ran to verify.
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    /// What was wrong is checked again, and hashes are counted anew.
    pub fn forget_wrong(&self) {
        // First: whoever holds a lock before it is taken here is forgotten, whoever holds it later sees that it is too late.
        self.move_on();
        lock(&self.wrong).clear();
        *lock(&self.hashes) = None;
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    fn move_on(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    fn was_wrong(&self, tag: &Tag, now: Timestamp) -> bool {
        lock(&self.wrong).get(tag).is_some_and(|until| *until > now)
    }

    /// `read`: the generation in which the passwords were read that it did not fit.
    fn remember_wrong(&self, tag: Tag, until: Timestamp, now: Timestamp, read: u64) {
        let mut wrong = lock(&self.wrong);
        if self.generation() != read {
            return;
        }
        if wrong.len() >= self.remembered_max {
            wrong.retain(|_, until| *until > now);
        }
        if wrong.len() >= self.remembered_max {
            wrong.clear();
        }
        wrong.insert(tag, until);
    }

    fn remember_right(&self, tag: Tag, password: &AppPassword, now: Timestamp) {
        let mut right = lock(&self.right);
        if right.len() >= self.remembered_max {
            right.retain(|_, each| each.until > now);
        }
        if right.len() >= self.remembered_max {
            right.clear();
        }
        let until = now + self.remember;
        let (id, hash) = (password.id, password.hash.clone());
        right.insert(tag, Right { id, hash, until });
    }

    /// Checks that every wrong password takes: as many as anybody has hashes that it could fit.
    async fn rounds(&self, store: &dyn Store, old: bool) -> Result<usize, StoreError> {
        let counted = lock(&self.hashes).as_ref().map(|all| rounds(all, old));
        if let Some(rounds) = counted {
            return Ok(rounds);
        }
        let read = self.generation();
        let mut all = HashMap::new();
        for user in store.users().await? {
            let hashes = count(&store.app_passwords(&user.id).await?);
            if hashes.old + hashes.chosen > 0 {
                all.insert(user.id, hashes);
            }
        }
        let rounds = rounds(&all, old);
        self.keep(all, read);
        Ok(rounds)
    }

    /// Keeps what was counted, of a store that was read in the generation `read`.
    fn keep(&self, all: HashMap<UserId, Hashes>, read: u64) {
        let mut hashes = lock(&self.hashes);
        if self.generation() == read {
            self.move_on();
            *hashes = Some(all);
        }
    }

    /// One old hash of a person is gone; it was there in the generation `read`. A count of a later one may be without it already.
    fn one_less(&self, user: &UserId, read: u64) {
        let mut hashes = lock(&self.hashes);
        match hashes.as_mut() {
            Some(all) if self.generation() == read => take_old(all, user),
            Some(_) | None => {
                self.move_on();
                *hashes = None;
            }
        }
    }

    /// Tries a secret against each hash, off the async threads; which one it fits. The turn is given back, so that it can last until
    /// what was found is kept.
    async fn verify(
        &self,
        turn: Turn,
        hashes: Vec<String>,
        secret: String,
        rounds: usize,
    ) -> (Option<usize>, Option<Turn>) {
        let work = move || {
            let mut checks = 0;
            let mut fits = |hash: &str| {
                checks += 1;
                verify(hash, &secret)
            };
            let right = hashes.iter().position(|hash| fits(hash));
            if right.is_none() {
                for _ in hashes.len()..rounds {
                    fits(&DECOY);
                }
            }
            // Held by the work as well: a client that hangs up frees no core.
            (right, checks, turn)
        };
        let Ok((right, checks, turn)) = tokio::task::spawn_blocking(work).await else {
            return (None, None);
        };
        self.checks.fetch_add(checks, Ordering::Relaxed);
        (right, Some(turn))
    }
}

impl Accounts {
    /// Whose a password is that no digest fits; `old` when it has the form of an app password of an older version.
    pub(super) async fn check_slowly(
        &self,
        store: &Arc<dyn Store>,
        clock: &dyn Clock,
        typed: Credentials<'_>,
        old: Option<AppPasswordText>,
    ) -> Result<Option<Session>, AuthError> {
        let rounds = self.slow.rounds(store.as_ref(), old.is_some()).await?;
        if rounds == 0 {
            return Ok(None);
        }
        let tag = self.tag(typed.login, typed.secret);
        if let Some(known) = self.recall(store.as_ref(), clock, typed, &tag).await? {
            return Ok(known);
        }
        if old.is_none() {
            self.wait_to_guess(clock.now(), typed).await?;
        }
        let turn = self.slow.turns.turn(typed.address).await;
        let turn = turn.ok_or(AuthError::Busy {
            retry_after: RETRY_AFTER,
        })?;
        // A device asks several times at once: the first of them found out for all.
        if let Some(text) = &old
            && let Some(password) = found(store.as_ref(), text).await?
        {
            return Ok(self.owner(store.as_ref(), typed.login, &password).await?);
        }
        if let Some(known) = self.recall(store.as_ref(), clock, typed, &tag).await? {
            return Ok(known);
        }
        let read = self.slow.generation();
        let (right, _turn) = self
            .verified(store.as_ref(), typed, old.is_some(), (turn, rounds))
            .await?;
        let now = clock.now();
        let Some(password) = right else {
            let until = now + self.limits.failures_window;
            self.slow.remember_wrong(tag, until, now, read);
            return Ok(None);
        };
        match (&password.hash, &old) {
            (PasswordHash::Old(_), Some(text)) => {
                self.replace(store.as_ref(), &password, text, read).await;
            }
            _ => self.slow.remember_right(tag, &password, now),
        }
        Ok(self.owner(store.as_ref(), typed.login, &password).await?)
    }

    /// What is known of these credentials without argon2; what is known to be wrong is `Some(None)`.
    async fn recall(
        &self,
        store: &dyn Store,
        clock: &dyn Clock,
        typed: Credentials<'_>,
        tag: &Tag,
    ) -> Result<Option<Option<Session>>, StoreError> {
        let now = clock.now();
        if self.slow.was_wrong(tag, now) {
            return Ok(Some(None));
        }
        let remembered = match lock(&self.slow.right).get(tag) {
            Some(right) if right.until > now => Some((right.id, right.hash.clone())),
            Some(_) | None => None,
        };
        let Some((id, hash)) = remembered else {
            return Ok(None);
        };
        // What was revoked or replaced meanwhile is remembered in vain.
        match store.app_password(id).await? {
            Some(password) if password.hash == hash => {
                let session = self.owner(store, typed.login, &password).await?;
                Ok(session.map(Some))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Who chooses a password chooses one that can be guessed: after some wrong ones for a name from an address, further ones are checked one
    /// after the other. A right one among them waits, and is not refused.
    async fn wait_to_guess(&self, now: Timestamp, typed: Credentials<'_>) -> Result<(), AuthError> {
        let suspect = self
            .failures
            .account(&self.tag(typed.login, ""), typed.address);
        let pace = (self.limits.guess_pace, GUESSES_WAITING_MAX);
        let wait = self
            .failures
            .guess(&suspect, self.limits.failures_max, pace, now)
            .map_err(|retry_after| AuthError::Busy { retry_after })?;
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// The slow password of the named person that the secret fits.
    async fn verified(
        &self,
        store: &dyn Store,
        typed: Credentials<'_>,
        old: bool,
        (turn, rounds): (Turn, usize),
    ) -> Result<(Option<AppPassword>, Option<Turn>), StoreError> {
        let mut passwords = match names::person(store, typed.login).await? {
            Some(person) => store.app_passwords(&person.id).await?,
            None => vec![],
        };
        passwords.retain(|each| each.revoked.is_none() && slow_hash(each, old).is_some());
        let hashes = passwords.iter().filter_map(|each| slow_hash(each, old));
        let hashes = hashes.map(str::to_owned).collect();
        let secret = typed.secret.to_owned();
        let (right, turn) = self.slow.verify(turn, hashes, secret, rounds).await;
        Ok((right.map(|place| passwords.swap_remove(place)), turn))
    }

    /// The digest takes the place of an old hash. A disk that is full keeps nobody out: the next success tries again.
    async fn replace(
        &self,
        store: &dyn Store,
        password: &AppPassword,
        text: &AppPasswordText,
        read: u64,
    ) {
        let write = Write::Rehash(password.id, text.secret.digest());
        match store.commit(vec![], vec![write]).await {
            Ok(_) => self.slow.one_less(&password.user, read),
            Err(error) => {
                tracing::warn!("app password {} keeps its old hash: {error}", password.id);
            }
        }
    }
}

/// The hash of a password that takes argon2; of the old ones only if the secret can be an old one.
fn slow_hash(password: &AppPassword, old: bool) -> Option<&str> {
    match &password.hash {
        PasswordHash::Digest(_) => None,
        PasswordHash::Old(hash) => old.then_some(hash),
        PasswordHash::Chosen(hash) => Some(hash),
    }
}

fn count(passwords: &[AppPassword]) -> Hashes {
    let mut hashes = Hashes::default();
    for each in passwords.iter().filter(|each| each.revoked.is_none()) {
        match &each.hash {
            PasswordHash::Digest(_) => {}
            PasswordHash::Old(_) => hashes.old += 1,
            PasswordHash::Chosen(_) => hashes.chosen += 1,
        }
    }
    hashes
}

fn take_old(all: &mut HashMap<UserId, Hashes>, user: &UserId) {
    if let Some(hashes) = all.get_mut(user) {
        hashes.old = hashes.old.saturating_sub(1);
        if hashes.old + hashes.chosen == 0 {
            all.remove(user);
        }
    }
}

fn rounds(all: &HashMap<UserId, Hashes>, old: bool) -> usize {
    let of_one = |each: &Hashes| each.chosen + if old { each.old } else { 0 };
    all.values().map(of_one).max().unwrap_or(0).min(ROUNDS_MAX)
}

/// argon2id in PHC string form with a random salt, library defaults (19 MiB, 2 passes).
///
/// # Errors
/// The operating system gave no randomness, or the password is longer than argon2 takes.
pub fn hash_chosen(password: &str) -> Result<PasswordHash, argon2::password_hash::Error> {
    let hash = Argon2::default().hash_password(password.as_bytes())?;
    Ok(PasswordHash::Chosen(hash.to_string()))
}

fn verify(hash: &str, secret: &str) -> bool {
    phc::PasswordHash::new(hash).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(secret.as_bytes(), &parsed)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old_hashes(old: usize) -> HashMap<UserId, Hashes> {
        HashMap::from([(UserId::new("u-anna".to_owned()), Hashes { old, chosen: 0 })])
    }

    fn kept(slow: &Slow) -> Option<usize> {
        lock(&slow.hashes).as_ref().map(|all| rounds(all, true))
    }

    #[test]
    fn a_count_is_not_kept_when_passwords_changed_while_it_was_made() {
        let slow = Slow::new(AccountLimits::default());
        let read = slow.generation();
        slow.forget_wrong();
        slow.keep(HashMap::new(), read);
        assert_eq!(kept(&slow), None);
        slow.keep(old_hashes(2), slow.generation());
        assert_eq!(kept(&slow), Some(2));
    }

    #[test]
    fn a_hash_that_was_replaced_is_taken_off_one_count_once() {
        let (slow, anna) = (
            Slow::new(AccountLimits::default()),
            UserId::new("u-anna".to_owned()),
        );
        slow.keep(old_hashes(2), slow.generation());
        slow.one_less(&anna, slow.generation());
        assert_eq!(kept(&slow), Some(1));
        // Counted anew between the commit and its being taken off: the other hash still has to be found.
        let read = slow.generation();
        slow.forget_wrong();
        slow.keep(old_hashes(1), slow.generation());
        slow.one_less(&anna, read);
        assert_eq!(kept(&slow), None);
    }
}
