//! How much goes through: hooks as fast as they are taken, and many clients who write at once.

use crate::advanta_standin::Op;
use crate::client::renamed;
use crate::figures::{headline, rate, waits};
use crate::house::House;
use crate::office::Hook;
use crate::wire::Line;
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

const BATCH: usize = 100;
const WRITERS: usize = 16;

/// Each object changes once in ADVANTA.
pub fn hooks(house: &House) {
    headline("hooks: every object changed, batches of 100 fat ones, until the inbox is empty");
    for id in &house.ids {
        let mut world = house.advanta.world();
        world.edit(*id, |thing| thing.title.push_str(" (перенос)"));
    }
    let batches = house.ids.chunks(BATCH).enumerate();
    let hooks: Vec<Hook> = batches
        .map(|(number, ids)| Hook::of(&house.advanta, ids, 1_000_000 + number))
        .collect();
    let mut line = Line::to(house.bridge.url(), None);
    let before = house.bridge.usage();
    let begin = Instant::now();
    let taken = hooks.iter().map(|hook| {
        let asked = Instant::now();
        hook.post(&mut line);
        asked.elapsed()
    });
    waits("a batch -> acknowledged, durably", taken.collect());
    rate("objects acknowledged", house.ids.len(), begin.elapsed());
    house.bridge.wait("inbox", |waiting| waiting == 0);
    rate(
        "objects in everybody's calendar",
        house.ids.len(),
        begin.elapsed(),
    );
    let usage = house.bridge.usage();
    usage.say("  the bridge", before, house.ids.len());
}

/// Sixteen clients of one person write, each its own objects over and over.
pub fn writes(house: &House, writes: usize) {
    headline("16 clients write titles at once, until the outbox is empty");
    // The first ones belong to other measurements.
    let objects = &house.of_anna[51.min(house.of_anna.len() / 2)..];
    let before = house.bridge.usage();
    let calls = house.advanta.world().calls.len();
    let begin = Instant::now();
    let answers: Vec<Duration> = thread::scope(|scope| {
        let shares = objects.chunks(objects.len().div_ceil(WRITERS));
        let writers: Vec<_> = shares
            .map(|share| scope.spawn(move || write(house, share, writes / WRITERS)))
            .collect();
        let ended = writers.into_iter().map(|writer| writer.join());
        ended.flat_map(|waits| waits.expect("a writer")).collect()
    });
    let count = answers.len();
    waits("PUT -> its answer, read back", answers);
    rate("PUTs answered", count, begin.elapsed());
    house.bridge.wait("outbox", |waiting| waiting == 0);
    rate("PUTs in ADVANTA", count, begin.elapsed());
    let usage = house.bridge.usage();
    usage.say("  the bridge", before, count);
    let world = house.advanta.world();
    let since = &world.calls[calls..];
    let of = |op: Op| since.iter().filter(|call| call.op == op).count();
    let (reads, changes) = (of(Op::Get), of(Op::Change));
    println!("{:<52} {reads} GET, {changes} PATCH", "  calls to ADVANTA");
}

/// Texts are read first, so that the clock runs for writes alone as far as it can.
fn write(house: &House, objects: &[Uuid], writes: usize) -> Vec<Duration> {
    let mut client = house.client();
    let read = |object: &Uuid| {
        let href = client.href(*object);
        let text = client.get(&href);
        (href, text)
    };
    let texts: Vec<(String, String)> = objects.iter().map(read).collect();
    let one = |number: usize| {
        let (href, text) = &texts[number % texts.len()];
        let text = renamed(text, &format!("Правка всех {number}"));
        let asked = Instant::now();
        client.put(href, &text);
        asked.elapsed()
    };
    (0..writes).map(one).collect()
}

/// Nobody does anything: what does the bridge do?
pub fn idle(house: &House) {
    const WATCHED: Duration = Duration::from_secs(10);
    headline("nothing to do");
    let before = house.bridge.usage();
    thread::sleep(WATCHED);
    let after = house.bridge.usage();
    println!(
        "{:<52} {:.0} ms of processor time in {} s",
        "the bridge",
        (after.cpu.saturating_sub(before.cpu)).as_secs_f64() * 1000.0,
        WATCHED.as_secs()
    );
    println!(
        "{:<52} resident {:.0} MiB, peak {:.0} MiB",
        "  memory after all of it", after.resident, after.peak
    );
}
