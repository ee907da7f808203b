//! Stopping a subscription for a while.

use super::SubscriptionError;
use super::rows::Fate;
use crate::bridge::Bridge;
use crate::model::{
    InactiveReason, Integration, Link, PauseReason, Subscription, SubscriptionId,
    SubscriptionState, Trouble,
};

impl Bridge {
    /// Stops a subscription: nothing is read or written until it is resumed. Its links stay.
    ///
    /// # Errors
    /// It is neither active nor paused for the same reason.
    pub async fn pause_subscription(
        &self,
        id: &SubscriptionId,
        why: PauseReason,
    ) -> Result<Subscription, SubscriptionError> {
        let row = self
            .rewrite_subscription(id, |row| match &row.state {
                SubscriptionState::Active => {
                    row.state = SubscriptionState::Paused(why);
                    Ok(true)
                }
                SubscriptionState::Paused(already) if *already == why => Ok(false),
                other => Err(SubscriptionError::WrongState(other.clone())),
            })
            .await?;
        tracing::info!(subscription.id = %row.id, "paused a subscription: {why:?}");
        Ok(row)
    }

    /// Lets a paused subscription go on after everything was compared. Frozen items are tried again, also in one that was not paused. One
    /// that is inactive may try as long as it holds what let it in: whether that still does, only the remote says.
    ///
    /// # Errors
    /// It is over, its person is deactivated, it holds nothing to come in with, or its integration is switched off.
    pub async fn resume_subscription(
        &self,
        id: &SubscriptionId,
    ) -> Result<Subscription, SubscriptionError> {
        let stands = self.stored_subscription(id).await?;
        match stands.state {
            SubscriptionState::Active | SubscriptionState::Paused(PauseReason::Asked) => {
                self.resume(id, PauseReason::Asked).await
            }
            SubscriptionState::Inactive(_) if may_try(&stands) => {
                self.active_user(&stands.user).await?;
                let settings = self.store.google_settings().await?;
                let off = settings.is_some_and(|settings| !settings.enabled);
                if off && stands.integration() == Integration::Google {
                    let off = SubscriptionState::Paused(PauseReason::IntegrationOff);
                    return Err(SubscriptionError::WrongState(off));
                }
                self.resume(id, PauseReason::Asked).await
            }
            other => Err(SubscriptionError::WrongState(other)),
        }
    }

    /// The same for one that was paused for this reason.
    pub(super) async fn resume(
        &self,
        id: &SubscriptionId,
        paused: PauseReason,
    ) -> Result<Subscription, SubscriptionError> {
        // First what is frozen: whoever finds the subscription active finds nothing frozen in it.
        let thawed = self.rewrite_links(id, thaw).await?;
        let now = self.clock.now();
        let row = self
            .rewrite_subscription(id, |row| {
                let may = match &row.state {
                    SubscriptionState::Active => true,
                    SubscriptionState::Paused(why) => *why == paused,
                    SubscriptionState::Inactive(_) => paused == PauseReason::Asked && may_try(row),
                    SubscriptionState::Ending | SubscriptionState::Ended => false,
                };
                if !may {
                    return Err(SubscriptionError::WrongState(row.state.clone()));
                }
                row.state = SubscriptionState::Active;
                row.compare_again(now);
                Ok(true)
            })
            .await?;
        tracing::info!(subscription.id = %row.id, "resumed a subscription: {thawed} frozen items are tried again");
        self.wake_sync(&row.id);
        Ok(row)
    }
}

/// Whether an inactive subscription may simply try again.
pub fn may_try(row: &Subscription) -> bool {
    let why = matches!(
        row.state,
        SubscriptionState::Inactive(InactiveReason::Denied | InactiveReason::CalendarGone)
    );
    why && row.secret.is_some()
}

fn thaw(link: &Link) -> Fate {
    match link.trouble {
        Some(Trouble::Frozen) => Fate::Becomes(Box::new(freed(link))),
        _ => Fate::Stays,
    }
}

/// A link that is tried again at once, and whose write-backs are counted from the start.
pub(super) fn freed(link: &Link) -> Link {
    Link {
        trouble: None,
        write_backs: vec![],
        ..link.clone()
    }
}
