//! How a subscription ends. Events and notes stay, unless the exported events are to go.

use super::SubscriptionError;
use super::farewell::take_leave;
use super::rows::ROWS_AT_ONCE;
use crate::bridge::Bridge;
use crate::model::{CalendarRef, Subscription, SubscriptionId, SubscriptionState};
use crate::ports::Write;

/// How a subscription is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnsubscribeAsk {
    /// Nothing is done, only counted.
    pub dry_run: bool,
    /// The events that were made for ADVANTA's objects are deleted first.
    pub remove_exported: bool,
}

/// What the end of a subscription was about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsubscribed {
    /// Links that there were.
    pub links: u64,
    /// Of these, objects that got an event.
    pub exported: u64,
    /// And events that became a note.
    pub imported: u64,
    /// Exported events that are gone now; of a dry run, that would be deleted.
    pub removed: u64,
}

impl Bridge {
    /// Ends a subscription: all links go, the remote tells us nothing more and takes its consent back as far as it listens, the secret
    /// is erased. Nobody's events or notes are touched, unless `remove_exported` asks for it.
    ///
    /// A crash in the middle is made up for by [`Bridge::finish_endings`]; one while exported events are deleted leaves the subscription
    /// paused, to be asked again.
    ///
    /// # Errors
    /// It is over already; of `remove_exported`: the remote does not let us in.
    pub async fn unsubscribe(
        &self,
        id: &SubscriptionId,
        ask: UnsubscribeAsk,
    ) -> Result<Unsubscribed, SubscriptionError> {
        let stands = self.stored_subscription(id).await?;
        if stands.state == SubscriptionState::Ended {
            return Err(SubscriptionError::WrongState(stands.state));
        }
        let counts = self.link_counts(id).await?;
        let mut told = Unsubscribed {
            links: counts.links,
            exported: counts.exported,
            imported: counts.imported,
            removed: 0,
        };
        if ask.dry_run {
            told.removed = if ask.remove_exported {
                told.exported
            } else {
                0
            };
            return Ok(told);
        }
        // Until it is over, nobody else ends it.
        let Some(_ending) = self.syncing.claim_ending(id) else {
            return Err(SubscriptionError::Busy);
        };
        if ask.remove_exported && stands.state.is_live() {
            told.removed = self.remove_exported(&stands).await?;
        }
        let ending = self
            .rewrite_subscription(id, |row| match row.state {
                SubscriptionState::Ending => Ok(false),
                SubscriptionState::Ended => Err(SubscriptionError::WrongState(row.state.clone())),
                _ => {
                    row.state = SubscriptionState::Ending;
                    row.left_behind = told.links.saturating_sub(told.removed);
                    Ok(true)
                }
            })
            .await?;
        self.finish_ending(&ending).await?;
        Ok(told)
    }

    /// Carries on the endings that a crash or a failure broke off; returns how many that were. To be called at the start, and now and then.
    ///
    /// # Errors
    /// The store failed.
    pub async fn finish_endings(&self) -> Result<u64, SubscriptionError> {
        let ending = self
            .subscriptions_that(|row| row.state == SubscriptionState::Ending)
            .await?;
        let mut finished = 0;
        for listed in &ending {
            // Whoever asked for it may be at it right now.
            let Some(_ending) = self.syncing.claim_ending(&listed.id) else {
                continue;
            };
            // It may be over since, and its person subscribed again.
            let row = self.stored_subscription(&listed.id).await?;
            if row.state != SubscriptionState::Ending || row.epoch != listed.epoch {
                continue;
            }
            match self.finish_ending(&row).await {
                Ok(()) => finished += 1,
                Err(error) => {
                    tracing::error!(subscription.id = %row.id, "a subscription that is being ended is tried again later: {error}");
                }
            }
        }
        Ok(finished)
    }

    async fn finish_ending(&self, ending: &Subscription) -> Result<(), SubscriptionError> {
        let links = self.remove_links(&ending.id).await?;
        self.remove_looks(&ending.id).await?;
        let (store, remotes) = (self.store.as_ref(), self.remotes.as_ref());
        take_leave(store, remotes, ending, self.limits.sync.call_timeout).await;
        self.rewrite_subscription(&ending.id, |row| match row.state {
            SubscriptionState::Ending => {
                bury(row);
                Ok(true)
            }
            // Another call of the same was quicker.
            _ => Ok(false),
        })
        .await?;
        tracing::info!(subscription.id = %ending.id, "ended a subscription with {links} links");
        Ok(())
    }

    /// Removes all links; nobody writes them any more, because the subscription is not active.
    async fn remove_links(&self, id: &SubscriptionId) -> Result<u64, SubscriptionError> {
        let mut removed = 0;
        loop {
            let page = self.store.links(id, None, ROWS_AT_ONCE).await?;
            if page.is_empty() {
                return Ok(removed);
            }
            removed += page.len() as u64;
            let writes = page.iter().map(|link| Write::RemoveLink(link.id));
            self.store.commit(vec![], writes.collect()).await?;
        }
    }

    async fn remove_looks(&self, id: &SubscriptionId) -> Result<(), SubscriptionError> {
        loop {
            let page = self.store.looks(id, None, ROWS_AT_ONCE).await?;
            if page.is_empty() {
                return Ok(());
            }
            let done = |(object, mark)| Write::Looked(id.clone(), object, mark);
            let writes = page.into_iter().map(done).collect();
            self.store.commit(vec![], writes).await?;
        }
    }
}

/// Only identity and epoch are kept, to recognise the events.
fn bury(row: &mut Subscription) {
    row.state = SubscriptionState::Ended;
    row.secret = None;
    row.cursor = None;
    row.last_error = None;
    row.deletions.clear();
    row.unread.clear();
    row.obstacle = None;
    row.calendar = CalendarRef {
        id: String::new(),
        name: String::new(),
        account: String::new(),
    };
}
