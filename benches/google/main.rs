//! What it costs to keep a Google calendar in step over HTTP: `cargo bench --bench google`, a tenth of it with `-- --quick`.
//!
//! Google is the stand-in of the tests, in this process and on the same processors, without its checks; its own share is what the plain
//! calls show that are made by turns. Quotas are set aside: at Google's 600 requests a minute 10 000 writes take 17 minutes. Data lies in the
//! working directory, so that it is on the disk in question. How often Google is asked is asserted, not only printed.

mod account;
#[path = "../advanta/figures.rs"]
#[expect(dead_code, reason = "the other benchmark prints more kinds of rows")]
mod figures;
#[path = "../../tests/standins/google/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "tests use all of the stand-in; a benchmark needs it only well-mannered"
)]
mod google_standin;
#[path = "../office/mod.rs"]
mod office;

use advanta_bridge::app::{RandomIds, SystemClock};
use advanta_bridge::bridge::{Authority, Bridge, Connectors, Limits, Observation, Parts, SyncAsk};
use advanta_bridge::google::{Addresses, Google, GoogleOptions};
use advanta_bridge::model::{Object, Revision, Settings, SubscriptionId};
use advanta_bridge::ports::{Store, Write};
use advanta_bridge::store::{SledStore, StoreOptions};
use figures::{Usage, headline, millis, ratio, waits};
use google_standin::manners::{self, Manners};
use google_standin::{Op, StandIn};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What an administrator set, and what lets us in.
struct House {
    google: StandIn,
    bridge: Arc<Bridge>,
    id: SubscriptionId,
}

fn manners() -> Manners {
    let mut rows = manners::ALL.into_iter();
    let google = rows.find(|row| row.name == "google").expect("Google's row");
    Manners {
        page: 2500,
        empty_first_page: false,
        ..google
    }
}

fn options(google: &StandIn) -> GoogleOptions {
    let to = google.addresses();
    GoogleOptions {
        addresses: Addresses {
            authorize: to.authorize,
            token: to.token,
            revoke: to.revoke,
            api: to.api,
            batch: to.batch,
        },
        user_requests_per_minute: 100_000_000,
        project_requests_per_minute: 100_000_000,
        ..GoogleOptions::default()
    }
}

impl House {
    async fn furnished(store: Arc<dyn Store>, size: usize) -> Self {
        let google = StandIn::start_unchecked(&manners());
        google.world().add_user(office::ANNA);
        let refresh = google.world().grant(office::ANNA).refresh;
        (0..size).for_each(|n| {
            google.world().add_event(office::ANNA, account::event(n));
        });
        let vault: Arc<dyn advanta_bridge::ports::Vault> = Arc::new(account::Open);
        let remote = Google::new(
            options(&google),
            Arc::clone(&store),
            Arc::clone(&vault),
            Arc::new(SystemClock),
        );
        let bridge = Bridge::new(Parts {
            store,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            authority: Authority::Own,
            remotes: Arc::new(remote.expect("TLS")),
            connectors: Connectors::new(),
            vault,
            settings: Settings::default(),
            limits: Limits::default(),
            key: [7; 32],
        });
        let settings = account::settings(google.client_id(), google.client_secret());
        let writes = vec![Write::User(office::anna()), Write::GoogleSettings(settings)];
        bridge.store().commit(vec![], writes).await.expect("kept");
        for n in 0..size {
            observe(&bridge, office::task(n)).await;
        }
        let subscription = account::subscription(&refresh);
        let id = subscription.id.clone();
        let write = vec![Write::Subscription(subscription)];
        bridge.store().commit(vec![], write).await.expect("kept");
        Self { google, bridge, id }
    }

    /// A full comparison, and how often Google was asked for it.
    async fn compare(&self, what: &str, items: usize) -> (u64, u32, u32) {
        self.google.world().forget_counts();
        let before = Usage::of(std::process::id());
        let begin = Instant::now();
        let ask = SyncAsk {
            from: None,
            full: true,
            listing: true,
            dry_run: false,
        };
        let report = self.bridge.sync(&self.id, ask).await.expect("a round");
        let counts = self.google.world().counts();
        println!(
            "{what:<52} {:.2} s; {} pages, {} batches, {} writes",
            begin.elapsed().as_secs_f64(),
            counts.of(Op::List),
            counts.of(Op::Batch),
            report.writes
        );
        Usage::of(std::process::id()).say("  with the stand-in", before, items);
        (report.writes, counts.of(Op::List), counts.of(Op::Batch))
    }

    /// From a change in ADVANTA until Google was told, and a plain call by turns.
    async fn single_changes(&self, count: usize) {
        let running = tokio::spawn(Arc::clone(&self.bridge).run_sync());
        let http = reqwest::Client::new();
        let token = self.google.world().grant(office::ANNA).access;
        let plain = format!("{}users/me/calendarList", self.google.addresses().api);
        let (mut ours, mut peers) = (vec![], vec![]);
        for n in 0..count {
            self.google.world().forget_counts();
            let begin = Instant::now();
            let changed = Object {
                revision: Revision(2),
                title: format!("Смета {n}, правка"),
                ..office::task(n)
            };
            observe(&self.bridge, changed).await;
            while self.google.world().counts().of(Op::Patch) == 0 {
                assert!(
                    begin.elapsed() < Duration::from_secs(30),
                    "Google is not told"
                );
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
            ours.push(begin.elapsed());
            assert_eq!(self.google.world().counts().of(Op::Patch), 1);
            let begin = Instant::now();
            let asked = http.get(&plain).bearer_auth(&token).send().await;
            let body = asked.expect("an answer").bytes().await;
            body.expect("a body");
            peers.push(begin.elapsed());
        }
        running.abort();
        let call = waits("a plain call to the stand-in", peers);
        let told = waits("ADVANTA's change -> Google was told", ours);
        ratio("of that", told, &[("a plain call", call)]);
    }
}

async fn observe(bridge: &Bridge, object: Object) {
    let seen = bridge.observe(&Observation::Object(object)).await;
    seen.expect("kept");
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let size = if quick { 1_000 } else { 10_000 };
    let folder = tempfile::tempdir_in(".").expect("the disk does its part");
    let store = SledStore::open(&folder.path().join("data"), StoreOptions::default());
    let store: Arc<dyn Store> = Arc::new(store.expect("a new store"));
    headline(&format!("{size} events and {size} objects"));
    let sync = figures::fdatasync(folder.path());
    let disk = waits("one fdatasync of 2 KB", sync);
    let house = House::furnished(store, size).await;
    let (writes, pages, batches) = house.compare("first comparison", 2 * size).await;
    assert_eq!(writes, size as u64);
    assert_eq!(
        (pages, batches),
        (size.div_ceil(2500) as u32, size.div_ceil(50) as u32)
    );
    let (writes, ..) = house.compare("once more", 2 * size).await;
    assert_eq!(writes, 0);
    println!(
        "{:<52} {:.1} ms",
        "  a commit waits for the disk",
        millis(Duration::from_secs_f64(disk / 1000.0))
    );
    house.single_changes(if quick { 100 } else { 500 }).await;
    house.google.finish();
}
