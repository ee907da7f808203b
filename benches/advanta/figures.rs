//! Waits and rates as a table, and the disk and the process that they are compared with.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a commit of one object and five members takes on disk, about.
const COMMIT_BYTES: usize = 2048;
const SYNCS: usize = 2000;
/// Of `/proc/PID/stat`, on Linux.
const TICKS_PER_SEC: f64 = 100.0;

/// Says what the following rows are about.
pub fn headline(text: &str) {
    println!("\n## {text}");
}

/// Prints percentiles in milliseconds and returns the median in milliseconds.
pub fn waits(what: &str, mut waits: Vec<Duration>) -> f64 {
    waits.sort_unstable();
    let at = |share: f64| millis(waits[((waits.len() - 1) as f64 * share).round() as usize]);
    println!(
        "{what:<52} n {:>5}  p50 {:>8.3}  p90 {:>8.3}  p99 {:>8.3}  max {:>8.3} ms",
        waits.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    at(0.5)
}

/// Prints how many times the median of a peer something takes.
pub fn ratio(what: &str, median: f64, peers: &[(&str, f64)]) {
    for (peer, other) in peers {
        println!("{:<52} {:.1} x {peer}", format!("  {what}"), median / other);
    }
}

/// Prints how many of something a second were done.
pub fn rate(what: &str, count: usize, time: Duration) {
    let each = count as f64 / time.as_secs_f64();
    println!(
        "{what:<52} {count} in {:.2} s, {each:.0} a second",
        time.as_secs_f64()
    );
}

/// How often something is durable when nothing but the disk works: the wait for one `fdatasync` of a commit's size.
pub fn fdatasync(folder: &Path) -> Vec<Duration> {
    let file = File::create(folder.join("raw")).expect("the disk does its part");
    let written = file.write_all_at(&vec![0; SYNCS * COMMIT_BYTES], 0);
    written
        .and_then(|()| file.sync_all())
        .expect("the disk does its part");
    let one = |number: usize| {
        let begin = Instant::now();
        let at = (number * COMMIT_BYTES) as u64;
        let written = file.write_all_at(&[b'x'; COMMIT_BYTES], at);
        written
            .and_then(|()| file.sync_data())
            .expect("the disk does its part");
        begin.elapsed()
    };
    (0..SYNCS).map(one).collect()
}

/// Milliseconds.
pub fn millis(wait: Duration) -> f64 {
    wait.as_secs_f64() * 1000.0
}

/// What the system says of a process.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time since its start.
    pub cpu: Duration,
    /// MiB of memory now.
    pub resident: f64,
    /// MiB of memory at most.
    pub peak: f64,
}

impl Usage {
    /// Reads `/proc`.
    pub fn of(pid: u32) -> Self {
        let process = format!("/proc/{pid}");
        let status = text(&format!("{process}/status"));
        Self {
            cpu: cpu(&text(&format!("{process}/stat"))),
            resident: field(&status, "VmRSS:") as f64 / 1024.0,
            peak: field(&status, "VmHWM:") as f64 / 1024.0,
        }
    }

    /// Prints the memory, and the processor time of each of `count` things since `before`.
    pub fn say(self, what: &str, before: Self, count: usize) {
        let cpu = self.cpu.saturating_sub(before.cpu);
        println!(
            "{what:<52} cpu {:.2} s, {:.3} ms each; resident {:.0} -> {:.0} MiB, peak {:.0} -> {:.0} MiB",
            cpu.as_secs_f64(),
            millis(cpu) / count as f64,
            before.resident,
            self.resident,
            before.peak,
            self.peak
        );
    }
}

/// User and system time: the 14th and 15th field, counted behind the name, which may hold anything.
fn cpu(stat: &str) -> Duration {
    let behind = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest)
        .unwrap_or_default();
    let times = behind.split_whitespace().skip(11).take(2);
    let ticks: u32 = times.filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
    Duration::from_secs_f64(f64::from(ticks) / TICKS_PER_SEC)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(path).expect("a running process")
}

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}
