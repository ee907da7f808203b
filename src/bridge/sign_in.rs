//! Signing in, at every door.

use super::Bridge;
use super::accounts::{AuthError, Credentials, Session, SignInCounts, SignInDoor, WrongSecret};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

impl Bridge {
    /// Lets a person in or says why not.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn authenticate(&self, typed: Credentials<'_>) -> Result<Session, AuthError> {
        self.accounts
            .authenticate(&self.store, self.clock.as_ref(), typed)
            .await
    }

    /// Counts and tells a secret that nobody has. Returns how long its sender is to wait, when there were too many.
    pub fn wrong_secret(&self, wrong: WrongSecret<'_>) -> Option<Duration> {
        self.accounts.wrong_secret(self.clock.now(), wrong)
    }

    /// The same with the bounds that hold for passwords.
    pub fn wrong_token(&self, secret: &str, address: IpAddr, door: SignInDoor) -> Option<Duration> {
        let (wrong_max, window) = self.accounts.bound();
        self.wrong_secret(WrongSecret {
            secret,
            address,
            door,
            wrong_max,
            window,
        })
    }

    /// How many signed in, and how many could not, since the process began.
    pub fn sign_ins(&self) -> SignInCounts {
        self.accounts.counts()
    }

    /// Tells in time what was not told line by line, for as long as it is polled.
    pub async fn run_telling(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.limits.accounts.told_window).await;
            self.accounts.tell_sum(self.clock.now());
        }
    }
}
