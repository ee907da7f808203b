//! One budget of bytes over all bodies under way, shared fairly among those who send them.
//!
//! Bytes are counted as they arrive. When there are none left, whoever holds the most gives up the body that has been arriving
//! longest, so that neither many bodies nor slow ones keep others out. A body that is there as a whole is being worked on and
//! keeps its bytes until it is answered.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a body waits for bytes that others give up or give back.
const WAIT: Duration = Duration::from_secs(1);

/// Who sends bodies, as far as that is known: shares are counted by it.
pub type Holder = Arc<str>;

/// There are no bytes left, and nobody holds more than the one who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many bytes of bodies are under way")]
pub struct OverBudget;

/// A number of bytes that bodies under way may hold together.
pub struct Budget {
    bytes_max: usize,
    /// Of these, for one holder.
    share_max: usize,
    ledger: Mutex<Ledger>,
    given_back: Notify,
}

#[derive(Default)]
struct Ledger {
    next: u64,
    bytes: usize,
    /// In the order in which they began.
    bodies: BTreeMap<u64, Row>,
    holders: HashMap<Holder, usize>,
}

struct Row {
    holder: Holder,
    bytes: usize,
    arriving: bool,
    /// It was asked to give up: its bytes are on their way back.
    leaving: bool,
    give_up: Arc<Notify>,
}

impl Budget {
    /// So many bytes together, all of which one holder may have.
    pub fn new(bytes_max: usize) -> Arc<Self> {
        Self::shared(bytes_max, bytes_max)
    }

    /// So many bytes together, and so many of one holder, those included that are there and being worked on.
    pub fn shared(bytes_max: usize, share_max: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes_max,
            share_max,
            ledger: Mutex::default(),
            given_back: Notify::new(),
        })
    }

    /// Begins to count a body of this holder.
    pub fn open(self: &Arc<Self>, holder: Holder) -> Reservation {
        let give_up = Arc::new(Notify::new());
        let mut ledger = self.ledger();
        let id = ledger.next;
        ledger.next += 1;
        let row = Row {
            holder,
            bytes: 0,
            arriving: true,
            leaving: false,
            give_up: Arc::clone(&give_up),
        };
        ledger.bodies.insert(id, row);
        Reservation {
            budget: Arc::clone(self),
            id,
            give_up,
        }
    }

    /// Bytes that are counted now.
    pub fn held(&self) -> usize {
        self.ledger().bytes
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Counts more bytes of a body, if there are any.
    fn grow(&mut self, id: u64, bytes: usize, budget: &Budget) -> bool {
        let free = budget.bytes_max.saturating_sub(self.bytes) >= bytes;
        let free = free && self.held_with(id) + bytes <= budget.share_max;
        if free && let Some(row) = self.bodies.get_mut(&id) {
            row.bytes += bytes;
            self.bytes += bytes;
            *self.holders.entry(Arc::clone(&row.holder)).or_default() += bytes;
        }
        free
    }

    /// What the holder of a body holds in all.
    fn held_with(&self, id: u64) -> usize {
        let row = self.bodies.get(&id);
        let held = row.and_then(|row| self.holders.get(&row.holder));
        held.copied().unwrap_or(0)
    }

    /// Has a body given up for the sake of this one, unless enough is on its way back already. One whose holder has their whole
    /// share can only take the place of another one of that holder.
    fn make_room(&mut self, id: u64, bytes: usize, budget: &Budget) -> bool {
        let Some(asking) = self.bodies.get(&id).map(|row| Arc::clone(&row.holder)) else {
            return false;
        };
        let held = |holder: &Holder| self.holders.get(holder).copied().unwrap_or(0);
        let share = held(&asking) + bytes;
        let own_only = share > budget.share_max;
        let leaving = self.bodies.values();
        let leaving = leaving.filter(|row| row.leaving && (!own_only || row.holder == asking));
        let leaving: usize = leaving.map(|row| row.bytes).sum();
        let lacks = match own_only {
            true => share - budget.share_max,
            false => (self.bytes + bytes).saturating_sub(budget.bytes_max),
        };
        if leaving >= lacks {
            return true;
        }
        let rows = self.bodies.iter();
        let others = rows.filter(|(other, row)| {
            let more = row.holder == asking || (!own_only && held(&row.holder) > share);
            **other != id && row.arriving && row.bytes > 0 && more
        });
        // Of the rows of one holder the first one, which is the oldest.
        let victim = others.fold(None, |best: Option<(usize, u64)>, (other, row)| {
            let bytes = held(&row.holder);
            match best {
                Some((most, _)) if most >= bytes => best,
                Some(_) | None => Some((bytes, *other)),
            }
        });
        let Some((_, victim)) = victim else {
            return false;
        };
        if let Some(row) = self.bodies.get_mut(&victim) {
            // Asked once: its bytes count until it is gone.
            row.arriving = false;
            row.leaving = true;
            row.give_up.notify_one();
        }
        true
    }

    fn close(&mut self, id: u64) {
        let Some(row) = self.bodies.remove(&id) else {
            return;
        };
        self.bytes -= row.bytes;
        if let Some(held) = self.holders.get_mut(&row.holder) {
            *held -= row.bytes;
            if *held == 0 {
                self.holders.remove(&row.holder);
            }
        }
    }
}

/// The bytes of one body; given back when dropped.
pub struct Reservation {
    budget: Arc<Budget>,
    id: u64,
    give_up: Arc<Notify>,
}

impl Reservation {
    /// Counts more bytes, for which another body may have to be given up.
    ///
    /// # Errors
    /// There are none left.
    pub async fn grow(&mut self, bytes: usize) -> Result<(), OverBudget> {
        let until = Instant::now() + WAIT;
        loop {
            // Heard from here on: what is given back in between is not missed.
            let given_back = self.budget.given_back.notified();
            tokio::pin!(given_back);
            given_back.as_mut().enable();
            {
                let mut ledger = self.budget.ledger();
                if ledger.grow(self.id, bytes, &self.budget) {
                    return Ok(());
                }
                ledger.make_room(self.id, bytes, &self.budget);
            }
            tokio::select! {
                () = given_back => {}
                // Others need its bytes more.
                () = self.give_up.notified() => return Err(OverBudget),
                () = tokio::time::sleep_until(until) => return Err(OverBudget),
            }
        }
    }

    /// Notes that the body is there as a whole: from here on it is not given up.
    pub fn arrived(&self) {
        if let Some(row) = self.budget.ledger().bodies.get_mut(&self.id) {
            row.arriving = false;
        }
    }

    /// Ready when the body is to be given up for another one.
    pub async fn given_up(&self) {
        self.give_up.notified().await;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.ledger().close(self.id);
        self.budget.given_back.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn holder(name: &str) -> Holder {
        name.into()
    }

    async fn held(budget: &Arc<Budget>, name: &str, bytes: usize) -> Reservation {
        let mut body = budget.open(holder(name));
        body.grow(bytes).await.unwrap();
        body
    }

    fn has_to_go(body: &Reservation) -> bool {
        body.given_up().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_holds_most_gives_up_the_oldest_that_still_arrives() {
        let budget = Budget::new(100);
        let whole = held(&budget, "greedy", 20).await;
        whole.arrived();
        let slow = held(&budget, "greedy", 1).await;
        let quick = held(&budget, "greedy", 59).await;
        let other = held(&budget, "modest", 20).await;
        let mut asking = budget.open(holder("newcomer"));
        let grown = tokio::join!(asking.grow(10), async {
            // The first is too little, so the next one goes too.
            slow.given_up().await;
            drop(slow);
            quick.given_up().await;
            drop(quick);
        });
        assert_eq!(grown.0, Ok(()));
        assert!(!has_to_go(&whole) && !has_to_go(&other));
        assert_eq!(budget.held(), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_gives_up_for_one_who_would_hold_more() {
        let budget = Budget::new(100);
        let one = held(&budget, "one", 50).await;
        let other = held(&budget, "other", 50).await;
        let mut asking = budget.open(holder("third"));
        assert_eq!(asking.grow(60).await, Err(OverBudget));
        assert!(!has_to_go(&one) && !has_to_go(&other));
        drop(one);
        assert_eq!(asking.grow(50).await, Ok(()));
        assert_eq!(asking.grow(1).await, Err(OverBudget));
    }

    #[tokio::test(start_paused = true)]
    async fn among_one_holders_bodies_the_older_gives_way() {
        let budget = Budget::new(100);
        let old = held(&budget, "one", 60).await;
        let mut new = budget.open(holder("one"));
        let grown = tokio::join!(new.grow(60), async {
            old.given_up().await;
            drop(old);
        });
        assert_eq!(grown.0, Ok(()));
        drop(new);
        assert_eq!(budget.held(), 0);
        assert!(budget.ledger().holders.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_one_holder_has_worked_on_leaves_room_for_others() {
        let budget = Budget::shared(100, 25);
        let worked_on = held(&budget, "greedy", 25).await;
        worked_on.arrived();
        let mut more = budget.open(holder("greedy"));
        assert_eq!(more.grow(1).await, Err(OverBudget));
        let other = held(&budget, "modest", 25).await;
        assert!(!has_to_go(&other));
        drop(worked_on);
        assert_eq!(more.grow(1).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_body_gives_up_while_enough_is_on_its_way_back() {
        let budget = Budget::new(100);
        let old = held(&budget, "greedy", 40).await;
        let next = held(&budget, "greedy", 40).await;
        let small = held(&budget, "small", 20).await;
        let mut asking = budget.open(holder("newcomer"));
        let grown = tokio::join!(asking.grow(30), async {
            old.given_up().await;
            // Something small ends before the first is gone.
            drop(small);
            tokio::task::yield_now().await;
            drop(old);
        });
        assert_eq!(grown.0, Ok(()));
        assert!(!has_to_go(&next));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_larger_than_all_is_over_budget() {
        let budget = Budget::new(100);
        let mut body = budget.open(holder("one"));
        assert_eq!(body.grow(101).await, Err(OverBudget));
    }
}
