//! Work on people's texts beside the threads that serve everybody.
//!
//! Start at [`Bridge::aside`].

use super::Bridge;
use super::edit::EditError;
use crate::ical::{Panicked, guarded};
use crate::model::UserId;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::task::JoinError;

/// People whose turns are remembered before idle ones are forgotten.
const TURNS_MAX: usize = 1_000;

/// Whose turn it is to have large texts and large queries looked into: one at a time for each person, so that nobody's take
/// all cores.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<UserId, Arc<AsyncMutex<()>>>>);

/// A person's turn, until it is dropped.
pub type Turn = OwnedMutexGuard<()>;

impl Turns {
    async fn of(&self, user: &UserId) -> Turn {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if turns.len() >= TURNS_MAX {
                turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            Arc::clone(turns.entry(user.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

impl Bridge {
    /// Waits for a person's turn to have something large looked into.
    pub async fn turn(&self, user: &UserId) -> Turn {
        self.turns.of(user).await
    }

    /// Does work on a person's text. Of a small text at once; else on a thread for blocking work, in this person's turn, so
    /// that nobody else waits for it. A panic is a refusal of that text.
    pub(super) async fn aside<T: Send + 'static>(
        &self,
        who: &UserId,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EditError> {
        if bytes <= self.limits.text_bytes_at_once_max {
            return guarded(work).map_err(EditError::from);
        }
        let turn = self.turn(who).await;
        let work = move || {
            let _turn = turn;
            guarded(work)
        };
        // Cut off only when the process ends.
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| EditError::Busy)?.map_err(EditError::from)
    }
}

/// Runs one item's share of some work; a panic ends that item alone.
pub(super) async fn guarded_item<T>(item: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut item = pin!(item);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| item.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

/// How a task ended that did not end by itself. The error's own words would repeat what the panic said, which may be a
/// person's text.
pub fn how_it_ended(error: &JoinError) -> &'static str {
    if error.is_panic() {
        "it panicked"
    } else {
        "it was cut off"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_of_one_item_ends_that_item() {
        assert_eq!(guarded_item(async { 1 }).await, Ok(1));
        let late = async {
            tokio::task::yield_now().await;
            panic!("Anna's meeting")
        };
        assert_eq!(guarded_item::<()>(late).await, Err(Panicked));
    }

    #[tokio::test]
    async fn what_a_panic_said_is_not_repeated() {
        let text = "Anna's meeting".to_owned();
        let ended = tokio::spawn(async move { panic!("{text}") }).await;
        assert_eq!(how_it_ended(&ended.unwrap_err()), "it panicked");
    }
}
