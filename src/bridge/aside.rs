//! Work on people's texts beside the threads that serve everybody.
//!
//! Start at [`Aside::on_text`].

use super::edit::EditError;
use super::{Bridge, Limits};
use crate::ical::{Budget, Panicked, guarded};
use crate::model::UserId;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::task::{JoinError, JoinHandle};

/// People whose turns are remembered before idle ones are forgotten.
const TURNS_MAX: usize = 1_000;

/// Decides which work on a text is done at once, and does the rest aside: on threads for blocking work, one turn at a time for
/// each person, so that nobody's texts take all cores.
pub(super) struct Aside {
    turns: Mutex<HashMap<UserId, Arc<AsyncMutex<()>>>>,
    threads: Threads,
    bytes_at_once_max: usize,
    units_at_once_max: u64,
    units_max: u64,
}

/// A person's turn, until it is dropped.
pub type Turn = OwnedMutexGuard<()>;

/// How much work a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) bytes: usize,
    /// Units of work that reading it cost.
    pub(super) units: u64,
}

impl Size {
    /// Of a text whose rules are not worked out.
    pub(super) fn of(text: &str) -> Self {
        Self {
            bytes: text.len(),
            units: 0,
        }
    }

    /// The larger of two.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.max(other.bytes),
            units: self.units.max(other.units),
        }
    }
}

impl Aside {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            turns: Mutex::default(),
            threads: Threads::new(limits.text_threads_max),
            bytes_at_once_max: limits.text_bytes_at_once_max,
            units_at_once_max: limits.text_units_at_once_max,
            units_max: limits.ical.work_units_max,
        }
    }

    /// Reads a person's text. A small one at once, unless that takes more units than are spent so; else aside. Returns with it
    /// what it cost. A panic is a refusal of that text.
    pub(super) async fn on_text<T: Send + 'static>(
        &self,
        who: &UserId,
        text: &[u8],
        work: impl Fn(&[u8], &Budget) -> T + Send + 'static,
    ) -> Result<(T, Size), EditError> {
        let size = |budget: &Budget, bytes| Size {
            bytes,
            units: budget.spent(),
        };
        if text.len() <= self.bytes_at_once_max {
            let budget = Budget::new(self.units_at_once_max.min(self.units_max));
            let done = guarded(|| work(text, &budget))?;
            if !budget.was_short() {
                return Ok((done, size(&budget, text.len())));
            }
        }
        let (text, units) = (text.to_vec(), self.units_max);
        let whole = move || {
            let budget = Budget::new(units);
            let done = work(&text, &budget);
            (done, size(&budget, text.len()))
        };
        self.beside(who, whole).await
    }

    /// Does more work on a text of a known size: at once or aside. A panic is a refusal of that text.
    pub(super) async fn more<T: Send + 'static>(
        &self,
        who: &UserId,
        size: Size,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EditError> {
        if size.bytes <= self.bytes_at_once_max && size.units <= self.units_at_once_max {
            return guarded(work).map_err(EditError::from);
        }
        self.beside(who, work).await
    }

    async fn beside<T: Send + 'static>(
        &self,
        who: &UserId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EditError> {
        let turn = self.turn(who).await;
        let work = move || {
            let _turn = turn;
            guarded(work)
        };
        // Cut off only when the process ends.
        let done = self.threads.run(work).await;
        done.map_err(|_| EditError::Busy)?.map_err(EditError::from)
    }

    async fn turn(&self, user: &UserId) -> Turn {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            if turns.len() >= TURNS_MAX {
                turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            Arc::clone(turns.entry(user.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

/// Threads for work on texts, which give way to all others.
struct Threads(Option<Runtime>);

/// By how much they give way: what the system calls nice.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

impl Threads {
    fn new(threads_max: usize) -> Self {
        // Nothing runs on it but what is handed to its threads for blocking work.
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(threads_max.max(1))
            .thread_name("text")
            .on_thread_start(give_way)
            .build();
        Self(runtime.ok())
    }

    fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        match &self.0 {
            Some(runtime) => runtime.spawn_blocking(work),
            None => tokio::task::spawn_blocking(work),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets every other thread of the process go first. Elsewhere than on Linux that can only be said of the whole process.
fn give_way() {
    #[cfg(target_os = "linux")]
    let _as_before = rustix::process::setpriority_process(None, NICE);
}

impl Bridge {
    /// Waits for a person's turn to have something large looked into.
    pub async fn turn(&self, user: &UserId) -> Turn {
        self.aside.turn(user).await
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
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::{self, ThreadId};

    fn aside() -> Aside {
        Aside::new(&Limits {
            text_bytes_at_once_max: 10,
            text_units_at_once_max: 100,
            ..Limits::default()
        })
    }

    /// Where a text is worked on that costs so many units, and what that is told to have cost.
    async fn read(bytes: usize, units: u64) -> (ThreadId, Size) {
        let work = move |_: &[u8], budget: &Budget| {
            let _spent = budget.spend(units);
            thread::current().id()
        };
        let text = vec![b'a'; bytes];
        let read = aside().on_text(&UserId::new("anna"), &text, work).await;
        read.unwrap()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn work_aside_gives_way_and_the_serving_thread_does_not() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let here = nice();
        let size = Size {
            bytes: 11,
            units: 0,
        };
        let (aside, anna) = (aside(), UserId::new("anna"));
        assert_eq!(aside.more(&anna, size, nice).await.unwrap(), here.max(NICE));
        assert_eq!(nice(), here);
    }

    // A runtime of one thread: whatever runs on another one has left the threads that serve.
    #[tokio::test]
    async fn a_large_text_and_one_of_much_work_leave_the_serving_thread() {
        let here = thread::current().id();
        for (bytes, units, at_once) in [
            (10, 100, true),
            (11, 0, false),
            (1, 101, false),
            (11, 101, false),
        ] {
            let (place, size) = read(bytes, units).await;
            assert_eq!(place == here, at_once, "{bytes} bytes, {units} units");
            assert_eq!(size, Size { bytes, units });
            let (aside, anna) = (aside(), UserId::new("anna"));
            let more = aside.more(&anna, size, || thread::current().id());
            assert_eq!(more.await.unwrap() == here, at_once);
        }
    }

    #[tokio::test]
    async fn a_person_has_one_turn_at_a_time_and_others_have_theirs() {
        let aside = Arc::new(aside());
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let annas = (0..8).map(|_| {
            let (aside, inside, most) =
                (Arc::clone(&aside), Arc::clone(&inside), Arc::clone(&most));
            tokio::spawn(async move {
                let work = move |_: &[u8], _: &Budget| {
                    let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                };
                let text = [b'a'; 20];
                aside
                    .on_text(&UserId::new("anna"), &text, work)
                    .await
                    .map(|_| ())
            })
        });
        for anna in annas.collect::<Vec<_>>() {
            anna.await.unwrap().unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 1);
        let _annas_turn = aside.turn(&UserId::new("anna")).await;
        let (boris, text) = (UserId::new("boris"), [b'b'; 20]);
        let boris = aside.on_text(&boris, &text, |text, _| text.len());
        assert_eq!(boris.await.unwrap().0, 20);
    }

    #[tokio::test]
    async fn a_panic_refuses_the_text_wherever_it_is_worked_on() {
        for bytes in [1, 20] {
            let text = vec![b'a'; bytes];
            let work = |_: &[u8], _: &Budget| -> usize { panic!("Anna's meeting") };
            let read = aside().on_text(&UserId::new("anna"), &text, work).await;
            let said = read.map(|_| ()).unwrap_err().to_string();
            assert_eq!(
                said,
                "valid-calendar-data: line 1: the text cannot be worked with: the bridge failed on it"
            );
        }
    }

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
