//! How a subscription begins, and how it comes back when the remote did not let us in any more.

use super::SubscriptionError;
use crate::bridge::Bridge;
use crate::model::{
    CalendarRef, LeftOut, RemoteKind, Subscription, SubscriptionId, SubscriptionState, User, UserId,
};
use crate::ports::{Expect, Write};
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::fmt;

/// What a person, or an administrator for them, asks for.
#[derive(Clone)]
pub struct SubscribeOrder {
    /// Whose subscription.
    pub user: UserId,
    /// Which kind of remote.
    pub remote: RemoteKind,
    /// Which calendar there.
    pub calendar: CalendarRef,
    /// What lets us in there; it is encrypted before it is stored.
    pub secret: Vec<u8>,
    /// Nothing before this day begins to be linked.
    pub start: NaiveDate,
    /// Where that day begins; `None`: the person's own zone, else the installation's.
    pub zone: Option<Tz>,
    /// What is not exported.
    pub left_out: LeftOut,
    /// Events of an earlier life are linked again instead of being imported.
    pub recognise: bool,
}

impl fmt::Debug for SubscribeOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscribeOrder")
            .field("user", &self.user)
            .field("remote", &self.remote)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl Bridge {
    /// Subscribes a person to a remote calendar. Their row keeps its identity, and its epoch grows: whatever an earlier life wrote is
    /// told apart for ever.
    ///
    /// # Errors
    /// See [`SubscriptionError`]: they are subscribed already, the calendar or the installation is taken, the secret cannot be kept.
    pub async fn subscribe(
        &self,
        order: SubscribeOrder,
    ) -> Result<Subscription, SubscriptionError> {
        self.subscribe_with(order, vec![], vec![]).await
    }

    /// The same, with what has to hold and what is to be written in the same commit.
    pub(in crate::bridge) async fn subscribe_with(
        &self,
        order: SubscribeOrder,
        mut expects: Vec<Expect>,
        mut writes: Vec<Write>,
    ) -> Result<Subscription, SubscriptionError> {
        let user = self.active_user(&order.user).await?;
        let earlier = self.store.subscription_of(&user.id).await?;
        self.check_free(&order, earlier.as_ref()).await?;
        let (row, expect) = self.new_life(order, &user, earlier)?;
        expects.push(expect);
        writes.push(Write::Subscription(row.clone()));
        self.store.commit(expects, writes).await?;
        // Whoever deactivated the person at this moment may not have seen the subscription: one of us two sees the other.
        if !self.is_active(&user.id).await? {
            self.deactivate_subscription(&user.id).await?;
            return Err(SubscriptionError::Deactivated);
        }
        tracing::info!(subscription.id = %row.id, user.id = %row.user, "subscribed a person to {}, life {}", row.remote.word(), row.epoch);
        self.wake_sync(&row.id);
        Ok(row)
    }

    /// Gives a subscription that is not active a new secret: it goes on with all its links, after everything was compared.
    ///
    /// # Errors
    /// The person is deactivated, the subscription is not inactive, or the secret cannot be kept.
    pub async fn reconnect_subscription(
        &self,
        id: &SubscriptionId,
        secret: Vec<u8>,
    ) -> Result<Subscription, SubscriptionError> {
        let stands = self.stored_subscription(id).await?;
        self.active_user(&stands.user).await?;
        let sealed = self.vault.seal(&stands.secret_place(), &secret)?;
        let now = self.clock.now();
        // Whether channels outlive the consent that they were made with is not known.
        self.forget_channels(std::slice::from_ref(&stands)).await?;
        let row = self
            .rewrite_subscription(id, |row| {
                if !matches!(row.state, SubscriptionState::Inactive(_)) {
                    return Err(SubscriptionError::WrongState(row.state.clone()));
                }
                row.state = SubscriptionState::Active;
                row.secret = Some(sealed.clone());
                row.compare_again(now);
                Ok(true)
            })
            .await?;
        if !self.is_active(&row.user).await? {
            self.deactivate_subscription(&row.user).await?;
            return Err(SubscriptionError::Deactivated);
        }
        tracing::info!(subscription.id = %row.id, "connected a subscription again");
        self.wake_sync(&row.id);
        Ok(row)
    }

    pub(in crate::bridge) async fn active_user(
        &self,
        id: &UserId,
    ) -> Result<User, SubscriptionError> {
        let user = self.store.user(id).await?;
        let user = user.ok_or_else(|| SubscriptionError::NoSuchUser(id.clone()))?;
        if user.active {
            Ok(user)
        } else {
            Err(SubscriptionError::Deactivated)
        }
    }

    async fn is_active(&self, id: &UserId) -> Result<bool, SubscriptionError> {
        let user = self.store.user(id).await?;
        Ok(user.is_some_and(|user| user.active))
    }

    /// Whether person, calendar and installation are free for an order. The store checks person and calendar once more with the write.
    async fn check_free(
        &self,
        order: &SubscribeOrder,
        earlier: Option<&Subscription>,
    ) -> Result<(), SubscriptionError> {
        let wanted = order.remote.integration();
        match earlier {
            Some(row) if row.state.is_live() && row.integration() == wanted => {
                return Err(SubscriptionError::AlreadySubscribed(row.id.clone()));
            }
            Some(row) if row.state == SubscriptionState::Ending => {
                return Err(SubscriptionError::WrongState(row.state.clone()));
            }
            Some(_) | None => {}
        }
        self.check_other_integrations(wanted).await?;
        let calendar = &order.calendar.id;
        let holder = self
            .store
            .subscription_of_calendar(order.remote, calendar)
            .await?;
        match holder {
            Some(_) => Err(SubscriptionError::CalendarTaken),
            None => Ok(()),
        }
    }

    fn new_life(
        &self,
        order: SubscribeOrder,
        user: &User,
        earlier: Option<Subscription>,
    ) -> Result<(Subscription, Expect), SubscriptionError> {
        let now = self.clock.now();
        let fresh = || SubscriptionId::new(self.ids.uuid().to_string());
        let (id, epoch, step) = match &earlier {
            Some(row) => (row.id.clone(), row.epoch, Some(row.step)),
            None => (fresh(), 0, None),
        };
        let mut row = Subscription {
            id: id.clone(),
            user: order.user,
            epoch: epoch.saturating_add(1),
            step: step.map_or(0, |step| step.saturating_add(1)),
            remote: order.remote,
            calendar: order.calendar,
            state: SubscriptionState::Active,
            start: order.start,
            zone: order.zone.or(user.zone).unwrap_or(self.settings.zone),
            left_out: order.left_out,
            recognise: order.recognise,
            cursor: None,
            full: true,
            secret: None,
            due: now,
            failures: 0,
            synced: None,
            last_error: None,
            obstacle: None,
            unread: vec![],
            left_behind: 0,
            deletions: vec![],
            since: now,
        };
        row.secret = Some(self.vault.seal(&row.secret_place(), &order.secret)?);
        Ok((row, Expect::Subscription(id, step)))
    }
}
