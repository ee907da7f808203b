//! Rounds of one subscription, from the first to a quiet one.

use crate::disk::Disk;
use crate::figures::{headline, millis, ratio, waits};
use crate::house::House;
use crate::remote::BATCH;
use advanta_bridge::bridge::SyncAsk;
use advanta_bridge::model::RemoteId;
use advanta_bridge::ports::Store;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Tasks, and as many events.
    pub items: usize,
    /// Single changes of each side.
    pub changes: usize,
    /// Changes of ours that come together.
    pub together: usize,
    /// Rounds with nothing to do.
    pub quiet: usize,
}

/// All rounds over one store. `disk`: what it writes to, if it writes to any.
pub async fn rounds(name: &str, store: Arc<dyn Store>, sizes: Sizes, disk: Option<&Disk>) {
    headline(&format!(
        "{name}: {} tasks and {} events",
        sizes.items, sizes.items
    ));
    let house = House::furnished(store, sizes.items).await;
    first(&house, sizes.items).await;
    echo(&house, sizes.items).await;
    full(&house, sizes.items).await;
    quiet(&house, sizes.quiet).await;
    local_changes(&house, sizes.changes, disk).await;
    remote_changes(&house, sizes.changes, disk).await;
    together(&house, sizes.together).await;
    house.store.close().await.expect("the store closes");
}

/// Every event becomes a note, every task gets an event.
async fn first(house: &House, items: usize) {
    let meter = house.meter();
    let report = house.round(SyncAsk::LOOK).await;
    let cost = meter.read();
    cost.say("first sync, cpu by pair", 2 * items);
    assert_eq!((report.listed, report.troubles), (items as u64, 0));
    assert_eq!(
        report.counts,
        [("create", items as u64), ("import", items as u64)].into()
    );
    assert_eq!(cost.calls.writes, items as u64);
    assert_eq!(cost.calls.batches, items.div_ceil(BATCH) as u64);
    let links = house.store.links_size(&house.id).await.expect("a count");
    assert_eq!(
        (links, house.calendar.size()),
        (2 * items as u64, 2 * items)
    );
}

/// Our own writes are listed, and our own notes looked at: nothing is to be done.
async fn echo(house: &House, items: usize) {
    let meter = house.meter();
    let report = house.round(SyncAsk::LOOK).await;
    let cost = meter.read();
    cost.say(
        "the round after it, which sees what the first wrote",
        2 * items,
    );
    assert_eq!((report.listed, report.writes), (items as u64, 0));
}

async fn full(house: &House, items: usize) {
    let meter = house.meter();
    let report = house.round(SyncAsk::FULL).await;
    let cost = meter.read();
    cost.say("everything compared again, cpu by link", 2 * items);
    let each = cost.time.as_secs_f64() * 1e7 / (2 * items) as f64;
    println!("{:<52} {each:.0} ms", "  for 10,000 links");
    assert_eq!((report.listed, report.writes), (2 * items as u64, 0));
    assert_eq!(report.counts, [].into());
}

/// Nothing changed anywhere.
async fn quiet(house: &House, times: usize) {
    let meter = house.meter();
    for _ in 0..times {
        let report = house.round(SyncAsk::LOOK).await;
        assert_eq!((report.listed, report.writes), (0, 0));
    }
    let cost = meter.read();
    cost.say("a round with nothing to do", times);
    assert_eq!((cost.calls.list, cost.calls.get), (times as u64, 0));
    assert_eq!(cost.asked.commits, 0);
}

/// A task gets another title: one write.
async fn local_changes(house: &House, times: usize, disk: Option<&Disk>) {
    let (mut rounds, mut syncs) = (vec![], vec![]);
    let mut commits = 0;
    for number in 0..times {
        house.rename(number..number + 1, 1).await;
        let (begin, meter) = (Instant::now(), house.meter());
        let report = house.round(SyncAsk::OURS).await;
        rounds.push(begin.elapsed());
        assert_eq!((report.writes, report.troubles), (1, 0));
        commits += meter.read().asked.commits;
        syncs.extend(disk.map(Disk::sync));
    }
    said("one change of ours", rounds, commits, syncs);
}

/// An event gets another title: one edit of ours.
async fn remote_changes(house: &House, times: usize, disk: Option<&Disk>) {
    // What the changes before it left to be seen.
    house.round(SyncAsk::LOOK).await;
    let (mut rounds, mut syncs) = (vec![], vec![]);
    let mut commits = 0;
    for number in 0..times {
        let RemoteId(id) = crate::calendar::hers(number).id;
        house
            .calendar
            .rename(&RemoteId(id), &format!("Перенесённая планёрка {number}"));
        let (begin, meter) = (Instant::now(), house.meter());
        let report = house.round(SyncAsk::LOOK).await;
        rounds.push(begin.elapsed());
        assert_eq!((report.listed, report.writes, report.troubles), (1, 0, 0));
        assert_eq!(report.counts.get("edit"), Some(&1));
        commits += meter.read().asked.commits;
        syncs.extend(disk.map(Disk::sync));
    }
    said("one change of theirs", rounds, commits, syncs);
    house.round(SyncAsk::LOOK).await;
}

/// `syncs`: what the disk alone took in between, each time once.
fn said(what: &str, rounds: Vec<Duration>, commits: u64, syncs: Vec<Duration>) {
    let each = commits as f64 / rounds.len() as f64;
    let time: Duration = rounds.iter().sum();
    waits(what, rounds);
    println!("{:<52} {each:.1}", "  commits each");
    if !syncs.is_empty() {
        // By the mean: a disk that others use is fast or slow, and its median is either.
        let disk: Duration = syncs.iter().sum();
        waits("  one fdatasync in between", syncs);
        let (all, one) = (millis(time), millis(disk));
        ratio("all of these, of that", all, &[("as many fdatasync", one)]);
    }
}

/// Many tasks get another title before anybody looks.
async fn together(house: &House, tasks: usize) {
    house.rename(0..tasks, 2).await;
    let meter = house.meter();
    let report = house.round(SyncAsk::OURS).await;
    let cost = meter.read();
    cost.say(&format!("{tasks} changes of ours at once"), tasks);
    assert_eq!((report.writes, report.troubles), (tasks as u64, 0));
    assert_eq!(cost.calls.batches, tasks.div_ceil(BATCH) as u64);
}
