//! People as ADVANTA tells of them, and the users that they are here.
//!
//! A person's identity is ADVANTA's GUID. Somebody whom an administrator made before is recognised once, by e-mail, and
//! keeps the identity that their clients know; from then on the two identities are translated at the border.

use super::Bridge;
use super::accounts::is_email;
use super::edit::EditError;
use super::fan_out::{Plan, Reach};
use crate::model::{CollectionId, Object, Person, Revision, Subscription, User, UserId, folded};
use crate::ports::{CommitError, Expect, StoreError, Timer, TimerKind, Write};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// How long nothing under way can still know the old name of a person.
const RENAME_AGAIN: Duration = Duration::from_secs(120);

/// Users whose identity here is not the one in ADVANTA: few, and kept in memory.
#[derive(Default)]
pub(super) struct Names {
    inside: RwLock<Pairs>,
}

#[derive(Default)]
struct Pairs {
    ours: HashMap<UserId, UserId>,
    theirs: HashMap<UserId, UserId>,
}

impl Names {
    fn pair(&self, user: &User) {
        let Some(theirs) = user.advanta.as_ref().filter(|theirs| **theirs != user.id) else {
            return;
        };
        let mut pairs = self.inside.write().unwrap_or_else(PoisonError::into_inner);
        pairs.ours.insert(theirs.clone(), user.id.clone());
        pairs.theirs.insert(user.id.clone(), theirs.clone());
    }

    /// Who this person of ADVANTA is here.
    pub(super) fn ours(&self, person: &UserId) -> UserId {
        let pairs = self.inside.read().unwrap_or_else(PoisonError::into_inner);
        pairs.ours.get(person).unwrap_or(person).clone()
    }

    /// Who this user is in ADVANTA.
    pub(super) fn theirs(&self, user: &UserId) -> UserId {
        let pairs = self.inside.read().unwrap_or_else(PoisonError::into_inner);
        pairs.theirs.get(user).unwrap_or(user).clone()
    }

    /// The object with everybody under the identity that they have here.
    pub(super) fn localized(&self, mut object: Object) -> Object {
        let none = {
            let pairs = self.inside.read().unwrap_or_else(PoisonError::into_inner);
            pairs.ours.is_empty()
        };
        if none {
            return object;
        }
        object.owner = object.owner.map(|person| self.ours(&person));
        object.responsible = object.responsible.map(|person| self.ours(&person));
        object.participants = std::mem::take(&mut object.participants)
            .into_iter()
            .map(|(person, rights)| (self.ours(&person), rights))
            .collect();
        object
    }
}

impl Bridge {
    /// Reads which users ADVANTA knows under another identity. To be called once, before anything is observed.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn recall_people(&self) -> Result<(), StoreError> {
        for user in self.store.users().await? {
            self.names.pair(&user);
        }
        Ok(())
    }

    /// Takes what ADVANTA tells of a person. Old news change nothing. Returns whether it was news.
    ///
    /// Whoever is deactivated loses every app password and feed in the same commit, and their subscription is not active any more.
    ///
    /// # Errors
    /// The store failed, or others kept writing the same person.
    pub async fn observe_person(&self, person: &Person) -> Result<bool, EditError> {
        for _ in 0..self.limits.retries_max {
            let Some(taken) = self.plan_person(person).await? else {
                return Ok(false);
            };
            match self
                .store
                .commit(taken.plan.expects, taken.plan.writes)
                .await
            {
                Ok(_) => {
                    self.names.pair(&taken.user);
                    self.accounts.changed();
                    if let Some(subscription) = taken.leaving {
                        self.leave_remote(subscription);
                    }
                    self.wakes.timers.notify_one();
                    return Ok(true);
                }
                Err(CommitError::Store(error)) => return Err(error.into()),
                // Somebody wrote the same person, or took the login, meanwhile.
                Err(_) => {}
            }
        }
        Err(EditError::Busy)
    }

    async fn plan_person(&self, person: &Person) -> Result<Option<Taken>, StoreError> {
        let known = match self.store.user_by_advanta(&person.id).await? {
            Some(user) => Some(user),
            None => self.store.user(&person.id).await?,
        };
        let mut plan = Plan::default();
        let (mut user, new) = match known {
            Some(user) if user.revision >= person.revision => return Ok(None),
            Some(user) => {
                plan.expects
                    .push(Expect::User(user.id.clone(), Some(user.revision)));
                (user, false)
            }
            None => match self.recognised(person).await? {
                Some(user) => {
                    tracing::info!(
                        "person {} of ADVANTA is recognised as user {} by e-mail",
                        person.id,
                        user.id
                    );
                    plan.expects
                        .push(Expect::User(user.id.clone(), Some(user.revision)));
                    // A second time for what another task was writing under the old name at this moment.
                    for due in [self.clock.now(), self.clock.now() + RENAME_AGAIN] {
                        let (from, to) = (person.id.clone(), user.id.clone());
                        let kind = TimerKind::Rename { from, to };
                        plan.writes.push(Write::Timer(Timer { due, kind }));
                    }
                    (user, false)
                }
                None => {
                    plan.expects.push(Expect::User(person.id.clone(), None));
                    (stranger(person), true)
                }
            },
        };
        user.advanta = Some(person.id.clone());
        user.revision = person.revision;
        user.name.clone_from(&person.name);
        user.email = email_of(person).or(user.email);
        user.language = person.language.unwrap_or(user.language);
        user.zone = person.zone.or(user.zone);
        user.active = person.active && !user.kept_out;
        user.login = self.login_for(person, &user, new).await?;
        let mut leaving = None;
        if !user.active {
            plan.writes.extend(self.revocations(&user.id).await?);
            if let Some(deactivation) = self.deactivation(&user.id).await? {
                plan.expects.push(deactivation.expect);
                plan.writes.push(deactivation.write);
                leaving = Some(deactivation.leaving);
            }
        }
        plan.writes.push(Write::User(user.clone()));
        Ok(Some(Taken {
            user,
            plan,
            leaving,
        }))
    }

    /// The one user of this e-mail whom ADVANTA has not named yet.
    async fn recognised(&self, person: &Person) -> Result<Option<User>, StoreError> {
        let Some(email) = &email_of(person) else {
            return Ok(None);
        };
        let mut same = self.store.users_by_email(email).await?;
        same.retain(|user| user.advanta.is_none() && user.active);
        match same.len() {
            1 => Ok(same.pop()),
            0 => Ok(None),
            several => {
                tracing::warn!(
                    "{several} users have the e-mail of person {}: none of them is recognised",
                    person.id
                );
                Ok(None)
            }
        }
    }

    /// What a person types as user name: what ADVANTA says, else what they have, else their e-mail, if nobody else has it.
    async fn login_for(
        &self,
        person: &Person,
        user: &User,
        new: bool,
    ) -> Result<String, StoreError> {
        let own = (!new).then(|| user.login.clone());
        // Somebody known before keeps the user name that their devices send.
        let wishes = match user.id == person.id {
            true => [person.login.clone(), own, email_of(person)],
            false => [own, person.login.clone(), email_of(person)],
        };
        for wish in wishes.into_iter().flatten() {
            // A colon ends the user name in HTTP Basic (RFC 7617 §2).
            let wish = wish.trim();
            if wish.is_empty() || wish.contains(':') {
                continue;
            }
            // Two who have had it since case counted keep it; nobody new gets it in another case.
            let had = !new && folded(wish) == folded(&user.login);
            let holders = self.store.users_by_login(wish).await?;
            if had || holders.iter().all(|holder| holder.id == user.id) {
                return Ok(wish.to_owned());
            }
            tracing::warn!(
                "the user name that person {} is to have is another's",
                person.id
            );
        }
        Ok(user.id.to_string())
    }

    /// Ends every app password and feed of a person.
    pub(super) async fn revocations(&self, user: &UserId) -> Result<Vec<Write>, StoreError> {
        let now = self.clock.now();
        let mut writes = vec![];
        for mut password in self.store.app_passwords(user).await? {
            if password.revoked.is_none() {
                password.revoked = Some(now);
                writes.push(Write::AppPassword(password));
            }
        }
        for mut feed in self.store.feeds(user).await? {
            if feed.revoked.is_none() {
                feed.revoked = Some(now);
                writes.push(Write::Feed(feed));
            }
        }
        Ok(writes)
    }

    /// Gives what is kept under ADVANTA's identity of a person to the user that they turned out to be. Returns whether
    /// nothing is left to do.
    pub(super) async fn rename(&self, from: &UserId, to: &UserId) -> Result<bool, StoreError> {
        if let Some(user) = self.store.user(to).await? {
            self.names.pair(&user);
        }
        let old = CollectionId::events(from);
        let members = self.store.members(&old).await?;
        for member in members.iter().take(self.limits.fan_out_max.max(1)) {
            let mirror = self.store.object(member.object).await?;
            let revision = mirror.as_ref().map(|object| object.revision);
            let object = mirror.map(|object| self.names.localized(object));
            let mut plan = self
                .fan_out(member.object, object.as_ref(), Reach::EVERYONE)
                .await?;
            plan.expects.push(Expect::Object(member.object, revision));
            plan.writes.extend(object.map(Write::Object));
            // Of other failures nothing is lost: the next round looks again.
            if let Err(CommitError::Store(error)) =
                self.store.commit(plan.expects, plan.writes).await
            {
                return Err(error);
            }
        }
        Ok(members.len() <= self.limits.fan_out_max.max(1)
            && self.store.members(&old).await?.is_empty())
    }
}

/// A person as they are to be stored.
struct Taken {
    user: User,
    plan: Plan,
    /// Their subscription as it was before it was deactivated.
    leaving: Option<Subscription>,
}

/// The e-mail of a person; none if what ADVANTA says can be no address: nobody could be recognised or sign in by it.
fn email_of(person: &Person) -> Option<String> {
    let email = person.email.as_deref()?.trim();
    if is_email(email) {
        return Some(email.to_owned());
    }
    tracing::warn!("the e-mail of person {} is none and is left out", person.id);
    None
}

/// Somebody who was not known here at all.
fn stranger(person: &Person) -> User {
    User {
        id: person.id.clone(),
        login: String::new(),
        name: String::new(),
        email: None,
        language: person.language.unwrap_or_default(),
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    }
}
