//! Changing a subscription's row and its links while the worker writes them too.

use super::SubscriptionError;
use crate::bridge::Bridge;
use crate::model::{Link, Subscription, SubscriptionId};
use crate::ports::{CommitError, Expect, Write};

/// Links, looks or subscriptions that are read, and links that are written, together.
pub(in crate::bridge) const ROWS_AT_ONCE: usize = 256;

/// What is to become of a link.
pub(super) enum Fate {
    /// It stays as it is.
    Stays,
    /// It is written so, and its object looked at.
    Becomes(Box<Link>),
    /// It goes, and its object is looked at.
    Goes,
}

impl Bridge {
    /// The subscription of this identity.
    pub(super) async fn stored_subscription(
        &self,
        id: &SubscriptionId,
    ) -> Result<Subscription, SubscriptionError> {
        let stored = self.store.subscription(id).await?;
        stored.ok_or(SubscriptionError::NotThere)
    }

    /// Changes a row as it stands; decided again while others write it. `change` says whether there is anything to write.
    pub(super) async fn rewrite_subscription(
        &self,
        id: &SubscriptionId,
        change: impl Fn(&mut Subscription) -> Result<bool, SubscriptionError>,
    ) -> Result<Subscription, SubscriptionError> {
        for _ in 0..self.limits.retries_max {
            let mut row = self.stored_subscription(id).await?;
            let expect = Expect::Subscription(id.clone(), Some(row.step));
            if !change(&mut row)? {
                return Ok(row);
            }
            row.step = row.step.saturating_add(1);
            let write = Write::Subscription(row.clone());
            match self.store.commit(vec![expect], vec![write]).await {
                Ok(_) => return Ok(row),
                Err(CommitError::Expectation(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(SubscriptionError::Busy)
    }

    /// Decides of every link what is to become of it, a page a commit. Returns how many did not stay.
    pub(super) async fn rewrite_links(
        &self,
        id: &SubscriptionId,
        fate: impl Fn(&Link) -> Fate,
    ) -> Result<u64, SubscriptionError> {
        let (mut changed, mut after, mut races) = (0, None, 0);
        loop {
            let page = self.store.links(id, after, ROWS_AT_ONCE).await?;
            let Some(last) = page.last().map(|link| link.object) else {
                return Ok(changed);
            };
            match self.rewrite_page(&page, &fate).await {
                Ok(done) => {
                    changed += done;
                    after = Some(last);
                }
                // The worker wrote one of them meanwhile: the page is decided again.
                Err(CommitError::Expectation(_)) if races < self.limits.retries_max => races += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn rewrite_page(
        &self,
        page: &[Link],
        fate: impl Fn(&Link) -> Fate,
    ) -> Result<u64, CommitError> {
        let (mut expects, mut writes, mut changed) = (vec![], vec![], 0);
        for link in page {
            let write = match fate(link) {
                Fate::Stays => continue,
                Fate::Becomes(mut next) => {
                    next.step = link.step.saturating_add(1);
                    Write::Link(*next)
                }
                Fate::Goes => Write::RemoveLink(link.id),
            };
            changed += 1;
            expects.push(Expect::Link(link.id, Some(link.step)));
            writes.push(write);
            writes.push(Write::Look(link.subscription.clone(), link.object));
        }
        if changed > 0 {
            self.store.commit(expects, writes).await?;
        }
        Ok(changed)
    }
}
