//! How long a file of many events takes to be taken to pieces and to be put together again, and how much memory beside
//! the file itself: `cargo bench --bench split`.

use advanta_bridge::ical::join::{Alarms, Head, Joined};
use advanta_bridge::ical::split::{SplitLimits, split};
use advanta_bridge::ical::{Limits, PRODID};
use std::time::Instant;

const EVENTS: usize = 50_000;

fn main() {
    let file = file();
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

/// Events as an office writes them: a zone, folded texts, an override far away from each hundredth master.
fn file() -> String {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Office\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\n\
                TZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    // In one piece: a text that grows would leave a peak behind in which the index disappears.
    let mut file = String::with_capacity(EVENTS * 1_000);
    file.push_str("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//bench//EN\r\n");
    file.push_str(zone);
    for number in 0..EVENTS {
        file.push_str(&event(number, "RRULE:FREQ=WEEKLY;COUNT=3"));
    }
    for number in (0..EVENTS).step_by(100) {
        file.push_str(&event(number, "RECURRENCE-ID;TZID=Office:20260112T090000"));
    }
    file + "END:VCALENDAR\r\n"
}

fn event(number: usize, line: &str) -> String {
    let text = "Согласовать сроки и\r\n  объёмы\\, уточнить состав работ ".repeat(5);
    format!(
        "BEGIN:VEVENT\r\nUID:event-{number}@example.com\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART;TZID=Office:20260105T090000\r\nDTEND;TZID=Office:20260105T100000\r\n{line}\r\n\
         SUMMARY:Согласование {number}\r\nDESCRIPTION:{text}\r\nEND:VEVENT\r\n"
    )
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
