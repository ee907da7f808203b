//! What a person or an administrator decides about single links: held deletions, dead letters, frozen items.

use super::SubscriptionError;
use super::pause::freed;
use super::rows::Fate;
use crate::bridge::Bridge;
use crate::model::{Direction, Link, LinkId, SubscriptionId, Trouble};
use crate::ports::{CommitError, Expect, Write};
use crate::sync;

impl Bridge {
    /// Accepts or rejects the deletions of one direction that the mass-delete guard holds; returns how many there were.
    ///
    /// Accepted, they go on without being counted. Rejected, what was deleted is made again: an event for the note or task whose event
    /// was deleted, a new note for the event whose object was deleted.
    ///
    /// # Errors
    /// There is no such subscription, or it is over.
    pub async fn answer_deletions(
        &self,
        id: &SubscriptionId,
        direction: Direction,
        accept: bool,
    ) -> Result<u64, SubscriptionError> {
        let stands = self.stored_subscription(id).await?;
        if !stands.state.is_live() {
            return Err(SubscriptionError::WrongState(stands.state));
        }
        let answered = self
            .rewrite_links(id, |link| match &link.trouble {
                Some(Trouble::Held(held)) if *held == direction => answer(link, direction, accept),
                _ => Fate::Stays,
            })
            .await?;
        if answered > 0 {
            let word = if accept { "accepted" } else { "rejected" };
            tracing::info!(subscription.id = %id, "{word} {answered} held deletions {}", direction.word());
            self.compare_soon(id, !accept).await?;
        }
        Ok(answered)
    }

    /// Lets a dead or frozen link be tried again.
    ///
    /// # Errors
    /// There is no such link, nothing is wrong with it, or its subscription is over.
    pub async fn retry_link(&self, link: LinkId) -> Result<(), SubscriptionError> {
        for _ in 0..self.limits.retries_max {
            let stands = self.store.link(link).await?;
            let stands = stands.ok_or(SubscriptionError::NotThere)?;
            match stands.trouble {
                Some(Trouble::Dead(_) | Trouble::Frozen) => {}
                _ => return Err(SubscriptionError::NotThere),
            }
            let next = Link {
                step: stands.step.saturating_add(1),
                ..freed(&stands)
            };
            let id = stands.subscription;
            let expects = vec![Expect::Link(link, Some(stands.step))];
            let look = Write::Look(id.clone(), stands.object);
            match self
                .store
                .commit(expects, vec![Write::Link(next), look])
                .await
            {
                Ok(_) => {
                    tracing::info!(subscription.id = %id, link.id = %link, "an item is tried again");
                    return self.compare_soon(&id, true).await;
                }
                Err(CommitError::Expectation(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(SubscriptionError::Busy)
    }

    /// Has the worker look; `full`: at everything, because only a comparison shows what their side of an item is now.
    async fn compare_soon(&self, id: &SubscriptionId, full: bool) -> Result<(), SubscriptionError> {
        let now = self.clock.now();
        let done = self
            .rewrite_subscription(id, |row| {
                if !row.state.is_live() {
                    return Err(SubscriptionError::WrongState(row.state.clone()));
                }
                row.due = now;
                row.full |= full;
                Ok(true)
            })
            .await;
        self.wake_sync(id);
        done.map(|_| ())
    }
}

fn answer(link: &Link, direction: Direction, accept: bool) -> Fate {
    if accept {
        return Fate::Becomes(Box::new(Link {
            trouble: Some(Trouble::Accepted(direction)),
            ..link.clone()
        }));
    }
    match direction {
        Direction::ToAdvanta => Fate::Becomes(Box::new(sync::recreated(link))),
        // The event is to be imported as a new note, so nothing may remember that it belonged to the old one.
        Direction::ToRemote => Fate::Goes,
    }
}
