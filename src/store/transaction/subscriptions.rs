//! Subscriptions: one per person, and one live one per calendar.

use super::Transaction;
use crate::model::{Subscription, SubscriptionId, SubscriptionState};
use crate::ports::{CommitError, StoreError};
use crate::store::keys;
use crate::store::kv::{Key, Order, scan};
use crate::store::queries;
use crate::store::tables::Table;

impl Transaction<'_> {
    pub(super) fn put_subscription(&mut self, new: &Subscription) -> Result<(), CommitError> {
        let indexes = subscription_indexes(new)?;
        for (table, key) in &indexes {
            let holder = queries::text_at(&self.view(), *table, key)?;
            if let Some(holder) = holder.filter(|holder| *holder != new.id.as_str()) {
                let holder = SubscriptionId::new(holder);
                return Err(match table {
                    Table::SubscriptionOfCalendar => CommitError::CalendarTaken(holder),
                    _ => CommitError::SubscriptionTaken(holder),
                });
            }
        }
        self.forget_ways_to_subscription(&new.id)?;
        for (_, key) in indexes {
            self.point(key, new.id.as_str());
        }
        self.count(queries::LIVE_SUBSCRIPTIONS, i64::from(new.state.is_live()))?;
        if new.state == SubscriptionState::Ended {
            self.forget_looks(&new.id)?;
        }
        Ok(self.put(keys::subscription(&new.id)?, new)?)
    }

    /// Removes what leads to a subscription as it was.
    fn forget_ways_to_subscription(&mut self, id: &SubscriptionId) -> Result<(), StoreError> {
        let Some(old) = queries::subscription(&self.view(), id)? else {
            return Ok(());
        };
        for (_, key) in subscription_indexes(&old)? {
            self.remove(key);
        }
        self.count(queries::LIVE_SUBSCRIPTIONS, -i64::from(old.state.is_live()))
    }

    /// Nobody looks for a subscription that is over.
    fn forget_looks(&mut self, id: &SubscriptionId) -> Result<(), StoreError> {
        let mut keys = Vec::new();
        let range = keys::looks(id)?.range();
        scan(&self.view(), range, Order::Ascending, |(key, _)| {
            keys.push(key);
            Ok(true)
        })?;
        for key in keys {
            self.remove(key);
        }
        Ok(())
    }
}

/// The index keys of a subscription. Only a live one holds its calendar and is told of changes.
pub fn subscription_indexes(subscription: &Subscription) -> Result<Vec<(Table, Key)>, StoreError> {
    let of = |table| keys::subscription_of(table, &subscription.user);
    let mut indexes = vec![(Table::SubscriptionOf, of(Table::SubscriptionOf)?)];
    if subscription.state.is_live() {
        indexes.push((Table::LiveSubscriptionOf, of(Table::LiveSubscriptionOf)?));
        let calendar = &subscription.calendar.id;
        let by_calendar = keys::subscription_of_calendar(subscription.remote, calendar);
        indexes.push((Table::SubscriptionOfCalendar, by_calendar));
    }
    Ok(indexes)
}
