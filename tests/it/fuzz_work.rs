//! A search for texts that cost the bridge much: the score of a text is the units of work that were spent on it.
//!
//! An ordinary run tries a thousand; `tests/fuzz-work` searches for as long as it is told and keeps what it finds.

use crate::harness::Random;
use advanta_bridge::ical::{Limits, fuzz_work};
use rustix::time::{ClockId, clock_gettime};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Texts that are bred from.
const KEPT: usize = 48;
/// Slow texts that are bred from.
const SLOW: usize = 16;
/// Texts that an ordinary run tries.
const TRIED: u64 = 1_000;
/// The size that texts grow to.
const BYTES_MAX: usize = 64 * 1024;

/// Parts of rules that a search puts together.
const PARTS: [&str; 40] = [
    "FREQ=YEARLY",
    "FREQ=MONTHLY",
    "FREQ=WEEKLY",
    "FREQ=DAILY",
    "FREQ=HOURLY",
    "FREQ=MINUTELY",
    "FREQ=SECONDLY",
    "INTERVAL=2",
    "INTERVAL=7",
    "INTERVAL=23",
    "INTERVAL=366",
    "INTERVAL=9973",
    "INTERVAL=65535",
    "COUNT=9999",
    "COUNT=4000000000",
    "UNTIL=20301231T000000Z",
    "UNTIL=89991231T000000Z",
    "BYMONTH=2",
    "BYMONTH=2,4,6,9,11",
    "BYMONTHDAY=29",
    "BYMONTHDAY=30,31,-31",
    "BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28",
    "BYDAY=MO",
    "BYDAY=5SU",
    "BYDAY=MO,TU,WE,TH,FR,SA,SU",
    "BYDAY=-5MO,1TU,2WE,3TH,4FR,5SA",
    "BYDAY=53MO",
    "BYYEARDAY=366",
    "BYYEARDAY=-366,1,100,200",
    "BYWEEKNO=53",
    "BYWEEKNO=-53,1,20",
    "BYHOUR=3",
    "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23",
    "BYMINUTE=3",
    "BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55",
    "BYSECOND=0,10,20,30,40,50",
    "BYSETPOS=-1",
    "BYSETPOS=1,2,3,4,5,6,7,8,9,10,31,-31",
    "BYSETPOS=366",
    "WKST=TH",
];

/// Whole lines that a search doubles and puts in.
const LINES: [&str; 12] = [
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    "RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=TU;COUNT=10",
    "DTSTART:16010101T000000Z",
    "DTSTART;TZID=Own:16010101T000000",
    "DTSTART;VALUE=DATE:20280229",
    "EXDATE:20260106T090000Z,20260107T090000Z,20260108T090000Z",
    "EXDATE;VALUE=DATE:16010101",
    "RDATE;TZID=Own:20260106T090000,20260107T090000",
    "DURATION:P36500D",
    "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE",
    "BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=5SU\r\nEND:STANDARD",
    "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260106T090000Z\r\nDTSTART:20260107T090000Z\r\nEND:VEVENT",
];

/// A text and what it cost.
#[derive(Clone)]
struct Found {
    units: u64,
    took: Duration,
    bytes: Vec<u8>,
}

impl Found {
    fn of(bytes: Vec<u8>) -> Self {
        let begun = processor_time();
        let units = fuzz_work(&bytes);
        Self {
            units,
            took: processor_time() - begun,
            bytes,
        }
    }
}

/// What this thread took of the processor until now.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let secs = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::from_secs(secs) + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}

struct Search {
    random: Random,
    kept: Vec<Found>,
    /// Those that took longest: what is not counted shows here. Bred from in a long search only, which need not repeat itself.
    slow: Vec<Found>,
    long: bool,
    tried: u64,
}

impl Search {
    fn new(long: bool) -> Self {
        let mut search = Self {
            random: Random(20_261_130),
            kept: vec![],
            slow: vec![],
            long,
            tried: 0,
        };
        for bytes in corpus() {
            search.keep(Found::of(bytes));
        }
        search
    }

    fn keep(&mut self, found: Found) {
        self.tried += 1;
        let place = self.slow.partition_point(|slow| slow.took > found.took);
        self.slow.insert(place, found.clone());
        self.slow.truncate(SLOW);
        if self.kept.iter().any(|kept| kept.units == found.units) {
            return;
        }
        let place = self.kept.partition_point(|kept| kept.units > found.units);
        self.kept.insert(place, found);
        self.kept.truncate(KEPT);
    }

    fn step(&mut self) {
        let from_slow = self.long && self.below(2) == 0;
        let many = if from_slow {
            self.slow.len()
        } else {
            self.kept.len()
        };
        let parent = self.below(many);
        let parents = if from_slow { &self.slow } else { &self.kept };
        let mut text = String::from_utf8_lossy(&parents[parent].bytes).into_owned();
        for _ in 0..=self.below(4) {
            text = self.changed(&text);
        }
        if text.len() <= BYTES_MAX {
            self.keep(Found::of(text.into_bytes()));
        }
    }

    /// A line is put in, doubled or dropped, or a part of a rule is put in, replaced or dropped.
    fn changed(&mut self, text: &str) -> String {
        let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
        let at = self.below(lines.len());
        match self.below(6) {
            0 => lines.insert(at, LINES[self.below(LINES.len())].to_owned()),
            1 => {
                let to = (at + 1 + self.below(8)).min(lines.len());
                let piece = lines[at..to].to_vec();
                lines.splice(at..at, piece);
            }
            2 => drop(lines.remove(at)),
            _ => {
                let rules: Vec<usize> = (0..lines.len())
                    .filter(|line| lines[*line].starts_with("RRULE:"))
                    .collect();
                if !rules.is_empty() {
                    let rule = rules[self.below(rules.len())];
                    lines[rule] = self.other_rule(&lines[rule]);
                }
            }
        }
        lines.join("\r\n")
    }

    fn other_rule(&mut self, line: &str) -> String {
        let mut parts: Vec<&str> = line["RRULE:".len()..].split(';').collect();
        let part = PARTS[self.below(PARTS.len())];
        let name = part.split('=').next();
        let same = parts.iter().position(|old| old.split('=').next() == name);
        match (same, self.below(3)) {
            (Some(same), 0) if parts.len() > 1 => drop(parts.remove(same)),
            (Some(same), _) => parts[same] = part,
            (None, _) => parts.push(part),
        }
        format!("RRULE:{}", parts.join(";"))
    }

    /// Keeps the costliest texts, and the one that took longest.
    fn write_found(&self, folder: &Path) {
        println!("{} texts tried", self.tried);
        std::fs::create_dir_all(folder).expect("a folder");
        let named = |name: &'static str, found: &[Found]| -> Vec<(String, Found)> {
            let first = found.iter().take(5).enumerate();
            let name = |(place, found): (usize, &Found)| (format!("{name}-{place}"), found.clone());
            first.map(name).collect()
        };
        let costly = named("costliest", &self.kept);
        for (name, found) in costly.into_iter().chain(named("slowest", &self.slow)) {
            let (units, micros) = (found.units, found.took.as_micros());
            println!(
                "{name}: {units} units, {micros} µs, {} bytes",
                found.bytes.len()
            );
            std::fs::write(folder.join(format!("{name}.ics")), &found.bytes).expect("a file");
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.below(bound.max(1) as u64)).unwrap_or_default()
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut paths: Vec<PathBuf> = vec![];
    for folder in ["ics", "fuzz/ics"] {
        let entries = std::fs::read_dir(root.join(folder)).expect("the corpus");
        paths.extend(entries.map(|entry| entry.expect("an entry").path()));
    }
    paths.sort();
    let read = |path: &PathBuf| std::fs::read(path).expect("a file");
    paths.iter().map(read).collect()
}

#[test]
fn a_search_for_costly_texts_finds_none_beyond_the_budget() {
    let secs: Option<u64> = std::env::var("FUZZ_SECS")
        .ok()
        .and_then(|secs| secs.parse().ok());
    let mut search = Search::new(secs.is_some());
    let first = search.kept[0].units;
    let until = secs.map(|secs| Instant::now() + Duration::from_secs(secs));
    while until.map_or(search.tried < TRIED, |until| Instant::now() < until) {
        search.step();
    }
    if let Ok(folder) = std::env::var("FUZZ_FOUND") {
        search.write_found(Path::new(&folder));
    }
    let most = search.kept[0].units;
    // `fuzz_work` itself checks each of them; a search that gets nowhere would check nothing.
    assert!(most > first, "{most} units after {first}");
    assert!(most <= Limits::default().work_units_max);
}
