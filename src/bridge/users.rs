//! What an administrator does with people: let them in, keep them out, give and take passwords and feeds.

use super::Bridge;
use super::accounts::is_email;
use crate::model::{
    AppPassword, AppPasswordId, AppPasswordText, Digest, Feed, FeedId, GeneratedSecret, Language,
    PasswordHash, Revision, User, UserId,
};
use crate::ports::{CommitError, Expect, StoreError, Write};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Characters of a login, a name, an e-mail or a label.
const WORDS_CHARS_MAX: usize = 200;

/// Somebody to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// What they type as user name.
    pub login: String,
    /// Shown name.
    pub name: String,
    /// E-mail; ADVANTA's person of this e-mail is recognised as them, once.
    pub email: Option<String>,
    /// Language of words shown to them.
    pub language: Language,
}

/// Why something about a person was not done.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Nobody of this name.
    #[error("there is no such person, password or feed")]
    Missing,
    /// Somebody else has the login.
    #[error("the user name is another person's")]
    LoginTaken,
    /// A text is empty, too long or holds what it may not.
    #[error("{field}: {why}")]
    Invalid {
        /// Which text.
        field: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Somebody else wrote the same person meanwhile.
    #[error("somebody else writes the same person; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for UserError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::LoginTaken(_) => Self::LoginTaken,
            CommitError::Store(error) => Self::Store(error),
            CommitError::Expectation(_)
            | CommitError::UidTaken { .. }
            | CommitError::LinkTaken(_)
            | CommitError::QuotaExceeded
            | CommitError::SubscriptionTaken(_)
            | CommitError::CalendarTaken(_) => Self::Busy,
        }
    }
}

/// Something secret that is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<Id> {
    /// Under which it is listed and revoked.
    pub id: Id,
    /// The secret itself.
    pub secret: String,
}

impl Bridge {
    /// Adds a person whom ADVANTA did not tell of.
    ///
    /// # Errors
    /// A text is not what it may be, or the login is taken.
    pub async fn add_user(&self, new: NewUser) -> Result<User, UserError> {
        words("name", &new.name)?;
        words("login", &new.login)?;
        if new.login.contains(':') {
            let why = "a user name has no colon (HTTP Basic, RFC 7617)";
            return Err(UserError::Invalid {
                field: "login",
                why,
            });
        }
        let email = new.email.as_deref().map(str::trim);
        if let Some(email) = email {
            words("email", email)?;
            if !is_email(email) {
                let (field, why) = ("email", "it is no address such as anna@example.com");
                return Err(UserError::Invalid { field, why });
            }
        }
        let user = User {
            id: UserId::new(self.ids.uuid().to_string()),
            login: new.login.trim().to_owned(),
            name: new.name,
            email: email.map(str::to_owned),
            language: new.language,
            zone: None,
            active: true,
            kept_out: false,
            advanta: None,
            revision: Revision(0),
        };
        self.store
            .commit(
                vec![Expect::User(user.id.clone(), None)],
                vec![Write::User(user.clone())],
            )
            .await?;
        self.accounts.changed();
        Ok(user)
    }

    /// Keeps a person out for good, whatever ADVANTA says of them later: every app password and feed of theirs is dead at once, and their
    /// subscription is not active any more. Returns how many passwords and feeds that were.
    ///
    /// # Errors
    /// There is no such person.
    pub async fn deactivate_user(&self, id: &UserId) -> Result<usize, UserError> {
        for _ in 0..self.limits.retries_max {
            match self.deactivate_once(id).await {
                // The worker wrote the subscription, or ADVANTA told of the person, meanwhile.
                Err(UserError::Busy) => {}
                done => return done,
            }
        }
        Err(UserError::Busy)
    }

    async fn deactivate_once(&self, id: &UserId) -> Result<usize, UserError> {
        let mut user = self.store.user(id).await?.ok_or(UserError::Missing)?;
        let mut expects = vec![Expect::User(user.id.clone(), Some(user.revision))];
        user.active = false;
        user.kept_out = true;
        let mut writes = self.revocations(id).await?;
        let dead = writes.len();
        writes.push(Write::User(user));
        let mut leaving = None;
        if let Some(deactivation) = self.deactivation(id).await? {
            expects.push(deactivation.expect);
            writes.push(deactivation.write);
            leaving = Some(deactivation.leaving);
        }
        self.store.commit(expects, writes).await?;
        if let Some(subscription) = leaving {
            self.leave_remote(subscription);
        }
        Ok(dead)
    }

    /// Gives a person's device a password.
    ///
    /// # Errors
    /// There is no such person, or the label is not what it may be.
    pub async fn add_app_password(
        &self,
        id: &UserId,
        label: &str,
    ) -> Result<Secret<AppPasswordId>, UserError> {
        words("label", label)?;
        let user = self.store.user(id).await?.ok_or(UserError::Missing)?;
        check_active(&user)?;
        let (given, secret) = self.drawn();
        let password = AppPassword {
            id: given,
            user: user.id.clone(),
            label: label.to_owned(),
            hash: PasswordHash::Digest(secret.digest()),
            created: self.clock.now(),
            revoked: None,
        };
        self.store
            .commit(
                vec![Expect::User(user.id, Some(user.revision))],
                vec![Write::AppPassword(password)],
            )
            .await?;
        Ok(Secret {
            id: given,
            secret: AppPasswordText::write(given, &secret),
        })
    }

    /// Takes a device's password back, at once.
    ///
    /// # Errors
    /// There is no such password.
    pub async fn revoke_app_password(&self, id: AppPasswordId) -> Result<(), UserError> {
        let found = self.store.app_password(id).await?;
        let mut password = found.ok_or(UserError::Missing)?;
        password.revoked.get_or_insert(self.clock.now());
        self.store
            .commit(vec![], vec![Write::AppPassword(password)])
            .await?;
        Ok(())
    }

    /// Makes a secret address of a person's calendar. `rotate`: every earlier one is dead in the same commit.
    ///
    /// # Errors
    /// There is no such person.
    pub async fn add_feed(&self, id: &UserId, rotate: bool) -> Result<Secret<FeedId>, UserError> {
        let user = self.store.user(id).await?.ok_or(UserError::Missing)?;
        check_active(&user)?;
        let secret = self.secret();
        let now = self.clock.now();
        let feed = Feed {
            id: FeedId(self.ids.uuid()),
            user: user.id.clone(),
            digest: Digest::of(&secret),
            created: now,
            revoked: None,
        };
        let made = feed.id;
        let mut writes = vec![Write::Feed(feed)];
        if rotate {
            let alive = self.store.feeds(id).await?;
            let alive = alive.into_iter().filter(|feed| feed.revoked.is_none());
            writes.extend(alive.map(|feed| {
                Write::Feed(Feed {
                    revoked: Some(now),
                    ..feed
                })
            }));
        }
        self.store
            .commit(vec![Expect::User(user.id, Some(user.revision))], writes)
            .await?;
        Ok(Secret { id: made, secret })
    }

    /// Takes a secret address back, at once.
    ///
    /// # Errors
    /// This person has no such feed.
    pub async fn revoke_feed(&self, user: &UserId, id: FeedId) -> Result<(), UserError> {
        let feeds = self.store.feeds(user).await?;
        let found = feeds.into_iter().find(|feed| feed.id == id);
        let mut feed = found.ok_or(UserError::Missing)?;
        feed.revoked.get_or_insert(self.clock.now());
        self.store.commit(vec![], vec![Write::Feed(feed)]).await?;
        Ok(())
    }

    /// Whose calendar is at a secret address; nobody's when it was revoked or its owner may not come in any more.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn feed_owner(&self, secret: &str) -> Result<Option<User>, StoreError> {
        // Found by a digest, so the time taken says nothing of how much of a guess was right.
        let found = self.store.feed_by_digest(Digest::of(secret)).await?;
        // Nor does it say whether there was such a feed once: somebody is looked up in any case.
        let nobody = || UserId::new("");
        let named = found.as_ref().map_or_else(nobody, |feed| feed.user.clone());
        let owner = self.store.user(&named).await?;
        let alive = found.is_some_and(|feed| feed.revoked.is_none());
        Ok(owner.filter(|user| alive && user.active))
    }

    /// A new app password: its identity and its secret.
    fn drawn(&self) -> (AppPasswordId, GeneratedSecret) {
        let secret = GeneratedSecret::drawn(self.ids.secret());
        (AppPasswordId(self.ids.uuid()), secret)
    }

    /// 160 random bits as 27 characters that an address can hold.
    fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.ids.secret())
    }
}

/// Who is out gets no key that would open the door on the day they are back.
fn check_active(user: &User) -> Result<(), UserError> {
    if user.active {
        return Ok(());
    }
    let (field, why) = ("user", "the person is deactivated");
    Err(UserError::Invalid { field, why })
}

/// A text that a person typed.
fn words(field: &'static str, text: &str) -> Result<(), UserError> {
    let why = if text.trim().is_empty() {
        "it is empty"
    } else if text.chars().count() > WORDS_CHARS_MAX {
        "it is longer than 200 characters"
    } else if text.chars().any(char::is_control) {
        "it holds a control character"
    } else {
        return Ok(());
    };
    Err(UserError::Invalid { field, why })
}
