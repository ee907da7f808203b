//! Taking leave of a remote: it tells us nothing more, and gets back what let us in. As far as it listens: nobody waits for it.

use super::rows::ROWS_AT_ONCE;
use crate::bridge::Bridge;
use crate::bridge::sync::{answer, unwatch_all};
use crate::model::{
    InactiveReason, RemoteKind, Subscription, SubscriptionId, SubscriptionState, UserId,
};
use crate::ports::{Expect, RemoteError, Remotes, Store, StoreError, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// Farewells that are being said beside other work. Each is bounded in time.
#[derive(Default)]
pub(in crate::bridge) struct Farewells(Mutex<JoinSet<()>>);

impl Farewells {
    pub(in crate::bridge) fn say(&self, farewell: impl Future<Output = ()> + Send + 'static) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that are over are forgotten here: nobody else asks for them.
        while said.try_join_next().is_some() {}
        said.spawn(farewell);
    }

    /// Waits for those that are being said.
    pub(in crate::bridge) async fn wait(&self) {
        let said = {
            let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *said)
        };
        said.join_all().await;
    }
}

/// What a commit that deactivates a person needs for their subscription.
pub(in crate::bridge) struct Deactivation {
    /// The row is still as it was read.
    pub(in crate::bridge) expect: Expect,
    /// It is not active any more, and holds no secret.
    pub(in crate::bridge) write: Write,
    /// The row with its secret, to take leave with.
    pub(in crate::bridge) leaving: Subscription,
}

impl Bridge {
    /// What is to be written of a person's subscription when they are deactivated; nothing when they have none that lives.
    pub(in crate::bridge) async fn deactivation(
        &self,
        user: &UserId,
    ) -> Result<Option<Deactivation>, StoreError> {
        let stored = self.store.subscription_of(user).await?;
        let over = SubscriptionState::Inactive(InactiveReason::Deactivated);
        let Some(leaving) = stored.filter(|row| row.state.is_live() && row.state != over) else {
            return Ok(None);
        };
        let row = Subscription {
            state: over,
            secret: None,
            step: leaving.step.saturating_add(1),
            ..leaving.clone()
        };
        Ok(Some(Deactivation {
            expect: Expect::Subscription(row.id.clone(), Some(leaving.step)),
            write: Write::Subscription(row),
            leaving,
        }))
    }

    /// Deactivates the subscription of a person who is deactivated already.
    pub(super) async fn deactivate_subscription(
        &self,
        user: &UserId,
    ) -> Result<(), super::SubscriptionError> {
        for _ in 0..self.limits.retries_max {
            let Some(deactivation) = self.deactivation(user).await? else {
                return Ok(());
            };
            let (expect, write) = (deactivation.expect, deactivation.write);
            match self.store.commit(vec![expect], vec![write]).await {
                Ok(_) => {
                    self.leave_remote(deactivation.leaving);
                    return Ok(());
                }
                Err(crate::ports::CommitError::Expectation(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(super::SubscriptionError::Busy)
    }

    /// Takes leave of a remote beside other work. The subscription is as it was when it still held its secret.
    pub(in crate::bridge) fn leave_remote(&self, subscription: Subscription) {
        let (store, remotes) = (Arc::clone(&self.store), Arc::clone(&self.remotes));
        let call_timeout = self.limits.sync.call_timeout;
        self.farewells.say(async move {
            take_leave(
                store.as_ref(),
                remotes.as_ref(),
                &subscription,
                call_timeout,
            )
            .await;
        });
    }
}

/// Asks the remote to tell us nothing more, and gives back what let us in.
pub(super) async fn take_leave(
    store: &dyn Store,
    remotes: &dyn Remotes,
    subscription: &Subscription,
    call_timeout: Duration,
) {
    let farewell = async {
        let remote = answer(call_timeout, remotes.open(subscription)).await?;
        // A channel that cannot be stopped runs out by itself; the right to come in is given back all the same.
        let unwatching = unwatch_all(store, remote.as_ref(), subscription, call_timeout);
        let unwatched = answer(call_timeout, unwatching).await;
        let account = (subscription.remote, subscription.calendar.account.as_str());
        let goes_on = match store.subscription(&subscription.id).await {
            // They came back meanwhile, by another consent.
            Ok(Some(row)) if row.state == SubscriptionState::Active => Ok(true),
            Ok(_) => others_use(store, account, Some(&subscription.id)).await,
            Err(error) => Err(error),
        };
        match goes_on {
            // The remote would shut them out with us.
            Ok(true) => tracing::info!(
                subscription.id = %subscription.id,
                "the consent is not given back: others go on with the same account"
            ),
            Ok(false) => answer(call_timeout, remote.revoke()).await?,
            Err(error) => tracing::error!("the consent is not given back: {error}"),
        }
        unwatched
    };
    let said: Result<(), RemoteError> = farewell.await;
    let id = &subscription.id;
    match said {
        Ok(()) => tracing::info!(subscription.id = %id, "took leave of a remote calendar"),
        Err(error) => {
            tracing::warn!(subscription.id = %id, "a remote calendar may still know us: {error}");
        }
    }
}

/// Whether another subscription comes in by the same account. Giving back one consent ends all that an account gave to one client
/// (Google: "the token's associated grant").
pub(in crate::bridge) async fn others_use(
    store: &dyn Store,
    (remote, account): (RemoteKind, &str),
    but: Option<&SubscriptionId>,
) -> Result<bool, StoreError> {
    let mut after: Option<SubscriptionId> = None;
    loop {
        let page = store.subscriptions(after.as_ref(), ROWS_AT_ONCE).await?;
        let Some(last) = page.last() else {
            return Ok(false);
        };
        let uses = |row: &Subscription| {
            row.state.is_live()
                && row.secret.is_some()
                && Some(&row.id) != but
                && row.remote == remote
                // Of an account that is not known, anybody's may be meant.
                && (account.is_empty() || row.calendar.account == account)
        };
        if page.iter().any(uses) {
            return Ok(true);
        }
        after = Some(last.id.clone());
    }
}
