//! How long a file of many events takes to be taken to pieces and to be put together again, and how much memory beside
//! the file itself: `cargo bench --bench split`.

use advanta_bridge::ical::join::{Alarms, Head, Joined};
use advanta_bridge::ical::split::{SplitLimits, split};
use advanta_bridge::ical::{Limits, PRODID};
use std::time::Instant;

#[path = "events/mod.rs"]
mod events;

const EVENTS: usize = 50_000;

fn main() {
    let file = events::file(EVENTS);
    println!("{EVENTS} events in {:.1} MB", mib(file.len()));
    let before = peak();
    let begin = Instant::now();
    let split = split(file.as_bytes(), SplitLimits::default());
    println!(
        "index: {:?}, {:.1} MB",
        begin.elapsed(),
        mib(peak() - before)
    );
    assert_eq!((split.items().len(), split.broken().len()), (EVENTS, 0));

    let begin = Instant::now();
    let bytes: usize = split.items().map(|item| item.text().len()).sum();
    println!(
        "texts one by one: {:?}, {:.1} MB in all, {:.1} MB at a time",
        begin.elapsed(),
        mib(bytes),
        mib(peak() - before)
    );

    let begin = Instant::now();
    let head = Head {
        prodid: PRODID,
        name: None,
        feed: None,
    };
    let (mut out, mut written) = (String::new(), 0);
    let mut joined = Joined::new(&head, Alarms::Keep, &Limits::default(), &mut out);
    for item in split.items() {
        if let Err(invalid) = joined.push(&item.text(), &mut out) {
            panic!("an item is a text: {invalid}");
        }
        written += out.len();
        out.clear();
    }
    joined.finish(&mut out);
    println!(
        "joined again: {:?}, {:.1} MB, {:.1} MB at a time",
        begin.elapsed(),
        mib(written + out.len()),
        mib(peak() - before)
    );
}

/// The most memory that the process ever held, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kib.map_or(0, |kib: usize| kib * 1024)
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
