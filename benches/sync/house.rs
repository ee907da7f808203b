//! A bridge over one store and one calendar in memory, and what a stretch of its work costs.

use crate::calendar::{Calendar, Calls};
use crate::counting::{Asked, CountingStore};
use crate::figures::millis;
use crate::office;
use advanta_bridge::app::{RandomIds, SystemClock};
use advanta_bridge::bridge::{
    Authority, Bridge, Limits, NoVault, Observation, Parts, RoundReport, SyncAsk,
};
use advanta_bridge::model::{Object, Revision, Settings, SubscriptionId};
use advanta_bridge::ports::{Store, Write};
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Tasks that are made at the same time, so that commits share their way to the disk.
const MAKERS: usize = 32;

/// All of it.
pub struct House {
    pub bridge: Arc<Bridge>,
    pub store: Arc<CountingStore>,
    pub calendar: Calendar,
    pub id: SubscriptionId,
}

impl House {
    /// So many tasks on our side, so many events on theirs, and a subscription that never had a round. Standalone: an event that
    /// comes in becomes a note in the same commit.
    pub async fn furnished(store: Arc<dyn Store>, size: usize) -> Self {
        let (store, calendar) = (CountingStore::before(store), Calendar::default());
        let bridge = Bridge::new(Parts {
            store: Arc::<CountingStore>::clone(&store),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            authority: Authority::Own,
            remotes: Arc::new(calendar.clone()),
            connectors: Default::default(),
            vault: Arc::new(NoVault),
            settings: Settings::default(),
            limits: Limits::default(),
            key: [7; 32],
        });
        let subscription = office::subscription();
        let house = Self {
            bridge,
            store,
            calendar,
            id: subscription.id.clone(),
        };
        house.commit(vec![Write::User(office::anna())]).await;
        house.observe((0..size).map(office::task)).await;
        (0..size).for_each(|number| house.calendar.make(crate::calendar::hers(number)));
        house.commit(vec![Write::Subscription(subscription)]).await;
        house
    }

    async fn commit(&self, writes: Vec<Write>) {
        self.store.commit(vec![], writes).await.expect("a commit");
    }

    /// ADVANTA tells of objects.
    pub async fn observe(&self, objects: impl Iterator<Item = Object>) {
        let mut makers = JoinSet::new();
        for object in objects {
            if makers.len() == MAKERS {
                makers.join_next().await;
            }
            let bridge = Arc::clone(&self.bridge);
            makers.spawn(async move { bridge.observe(&Observation::Object(object)).await });
        }
        for done in makers.join_all().await {
            assert!(done.expect("an observation"), "it is news");
        }
    }

    /// ADVANTA gives tasks another title, for the n-th time.
    pub async fn rename(&self, tasks: std::ops::Range<usize>, time: u64) {
        let renamed = |number| Object {
            title: format!("Согласовать смету {number}, правка {time}"),
            revision: Revision(1 + time),
            ..office::task(number)
        };
        self.observe(tasks.map(renamed)).await;
    }

    /// One round.
    pub async fn round(&self, ask: SyncAsk) -> RoundReport {
        self.bridge.sync(&self.id, ask).await.expect("a round")
    }

    /// What it does from now on is counted.
    pub fn meter(&self) -> Meter<'_> {
        Meter {
            house: self,
            asked: self.store.asked(),
            calls: self.calendar.calls(),
            cpu: cpu(),
            begin: Instant::now(),
        }
    }
}

/// Counts the cost of something.
pub struct Meter<'a> {
    house: &'a House,
    asked: Asked,
    calls: Calls,
    cpu: Duration,
    begin: Instant,
}

impl Meter<'_> {
    /// What it cost until now.
    pub fn read(&self) -> Cost {
        Cost {
            time: self.begin.elapsed(),
            cpu: cpu().saturating_sub(self.cpu),
            asked: self.house.store.asked().since(&self.asked),
            calls: self.house.calendar.calls().since(self.calls),
        }
    }
}

/// What something cost.
pub struct Cost {
    pub time: Duration,
    pub cpu: Duration,
    pub asked: Asked,
    pub calls: Calls,
}

impl Cost {
    /// Prints it; `count` things were done.
    pub fn say(&self, what: &str, count: usize) {
        let (calls, asked) = (self.calls, &self.asked);
        println!(
            "{what:<52} {:.2} s, cpu {:.2} s, {:.1} us of cpu each",
            self.time.as_secs_f64(),
            self.cpu.as_secs_f64(),
            millis(self.cpu) * 1000.0 / count as f64
        );
        println!(
            "{:<52} {} pages, {} gets, {} batches of {} writes",
            "  remote", calls.list, calls.get, calls.batches, calls.writes
        );
        let reads: u64 = asked.reads.values().sum();
        println!(
            "{:<52} {} commits of {} writes, {reads} reads, {:.1} each",
            "  store",
            asked.commits,
            asked.writes,
            reads as f64 / count as f64
        );
        let mut most: Vec<_> = asked.reads.iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let most: Vec<String> = most
            .iter()
            .take(6)
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        println!("{:<52} {}", "  reads", most.join(", "));
    }
}

/// Processor time of this process, all threads.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        time.tv_nsec.unsigned_abs() as u32,
    )
}
