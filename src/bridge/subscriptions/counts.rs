//! How many links a subscription has, and what is wrong with some of them.

use super::rows::ROWS_AT_ONCE;
use crate::bridge::Bridge;
use crate::model::{Born, Direction, Link, ObjectId, SubscriptionId, Trouble};
use crate::ports::StoreError;

/// Links of a subscription, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// All of them.
    pub links: u64,
    /// Objects that got an event.
    pub exported: u64,
    /// Events that became a note.
    pub imported: u64,
    /// Of all: wait for their next try.
    pub waits: u64,
    /// Cannot succeed.
    pub dead: u64,
    /// Are frozen: somebody else keeps writing them.
    pub frozen: u64,
    /// Deletions in ADVANTA that wait to be accepted.
    pub held_to_advanta: u64,
    /// Deletions in the remote calendar that wait to be accepted.
    pub held_to_remote: u64,
}

impl LinkCounts {
    fn count(&mut self, link: &Link) {
        self.links += 1;
        match link.born {
            Born::Exported => self.exported += 1,
            Born::Imported => self.imported += 1,
        }
        match &link.trouble {
            Some(Trouble::Waits { .. }) => self.waits += 1,
            Some(Trouble::Dead(_)) => self.dead += 1,
            Some(Trouble::Frozen) => self.frozen += 1,
            Some(Trouble::Held(Direction::ToAdvanta)) => self.held_to_advanta += 1,
            Some(Trouble::Held(Direction::ToRemote)) => self.held_to_remote += 1,
            Some(Trouble::Accepted(_)) | None => {}
        }
    }
}

impl Bridge {
    /// Counts the links of a subscription.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn link_counts(&self, id: &SubscriptionId) -> Result<LinkCounts, StoreError> {
        let (mut counts, mut after) = (LinkCounts::default(), None);
        loop {
            let page = self.store.links(id, after, ROWS_AT_ONCE).await?;
            page.iter().for_each(|link| counts.count(link));
            let Some(last) = page.last() else {
                return Ok(counts);
            };
            after = Some(last.object);
        }
    }

    /// Links with which something is wrong, after `after` in order of objects, at most `links_max`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn troubled_links(
        &self,
        id: &SubscriptionId,
        mut after: Option<ObjectId>,
        links_max: usize,
    ) -> Result<Vec<Link>, StoreError> {
        let mut troubled = vec![];
        loop {
            let page = self.store.links(id, after, ROWS_AT_ONCE).await?;
            after = page.last().map(|link| link.object);
            troubled.extend(page.into_iter().filter(|link| link.trouble.is_some()));
            if after.is_none() || troubled.len() >= links_max {
                troubled.truncate(links_max);
                return Ok(troubled);
            }
        }
    }
}
