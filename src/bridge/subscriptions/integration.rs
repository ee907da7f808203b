//! Google **or** Exchange: an installation has one of them at most.

use super::SubscriptionError;
use super::rows::ROWS_AT_ONCE;
use crate::bridge::Bridge;
use crate::model::{Integration, PauseReason, Subscription, SubscriptionState};
use crate::ports::StoreError;

impl Bridge {
    /// Brings the subscriptions in line with the integration that is enabled: those of none are paused, those of the enabled one that were
    /// paused so go on. To be called at the start and when the setting changes. Returns how many changed.
    ///
    /// # Errors
    /// People are subscribed to the other integration; nothing was changed then.
    pub async fn check_integration(
        &self,
        enabled: Option<Integration>,
    ) -> Result<u64, SubscriptionError> {
        if let Some(enabled) = enabled {
            self.check_other_integrations(enabled).await?;
        }
        let mut changed = 0;
        for row in self.subscriptions_that(|row| row.state.is_live()).await? {
            changed += u64::from(self.bring_in_line(&row, enabled).await?);
        }
        Ok(changed)
    }

    async fn bring_in_line(
        &self,
        row: &Subscription,
        enabled: Option<Integration>,
    ) -> Result<bool, SubscriptionError> {
        let on = enabled == Some(row.integration());
        let done = match (&row.state, on) {
            (SubscriptionState::Active, false) => {
                let why = PauseReason::IntegrationOff;
                self.pause_subscription(&row.id, why).await
            }
            (SubscriptionState::Paused(PauseReason::IntegrationOff), true) => {
                self.resume(&row.id, PauseReason::IntegrationOff).await
            }
            _ => return Ok(false),
        };
        match done {
            Ok(_) => Ok(true),
            // Somebody else decided about it meanwhile.
            Err(SubscriptionError::WrongState(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether nobody is subscribed to another integration than this one.
    pub(in crate::bridge) async fn check_other_integrations(
        &self,
        wanted: Integration,
    ) -> Result<(), SubscriptionError> {
        let others = self
            .subscriptions_that(|row| row.state.is_live() && row.integration() != wanted)
            .await?;
        match others.first() {
            Some(other) => Err(SubscriptionError::OtherIntegration(
                other.integration(),
                others.len() as u64,
            )),
            None => Ok(()),
        }
    }

    /// All subscriptions of which something holds, read page by page.
    pub(in crate::bridge) async fn subscriptions_that(
        &self,
        holds: impl Fn(&Subscription) -> bool,
    ) -> Result<Vec<Subscription>, StoreError> {
        let mut found = vec![];
        let mut after = None;
        loop {
            let page = self
                .store
                .subscriptions(after.as_ref(), ROWS_AT_ONCE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = Some(last.id.clone());
            found.extend(page.into_iter().filter(&holds));
        }
    }
}
