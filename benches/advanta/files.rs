//! Files of many events: in, in again, and out. The bridge runs standalone, so nothing waits for ADVANTA.

use crate::events;
use crate::figures::{Usage, fdatasync, headline, rate, waits};
use crate::office::Bridge;
use std::fs;
use std::time::Instant;

/// All is taken, or all but what the rules refuse.
const TAKEN: [i32; 2] = [0, 3];

/// Imports, imports again and exports, by the program's own commands through the running bridge.
pub fn files(count: usize) {
    headline("files, standalone: import, the same again, export");
    let bridge = Bridge::start(|_| String::new());
    bridge.command(&["user", "add", "anna", "--name", "anna"], &[0]);
    let (path, out) = (
        bridge.folder().join("in.ics"),
        bridge.folder().join("out.ics"),
    );
    let text = events::file(count);
    let megabytes = text.len() as f64 / 1024.0 / 1024.0;
    println!("{:<52} {count} events, {megabytes:.1} MiB", "the file");
    fs::write(&path, text).expect("a file");
    let (path, out) = (path.display().to_string(), out.display().to_string());
    waits("raw fdatasync of 2 KB", fdatasync(bridge.folder()));
    let import = ["import", &path, "--user", "anna", "--json"];
    timed(&bridge, "import", count, &import);
    timed(&bridge, "the same again", count, &import);
    timed(
        &bridge,
        "export",
        count,
        &["export", "--user", "anna", "--output", &out],
    );
    let written = fs::metadata(&out).expect("the exported file").len();
    println!(
        "{:<52} {:.1} MiB",
        "  the exported file",
        written as f64 / 1024.0 / 1024.0
    );
}

fn timed(bridge: &Bridge, what: &str, count: usize, args: &[&str]) {
    let before: Usage = bridge.usage();
    let begin = Instant::now();
    let said = bridge.command(args, &TAKEN);
    rate(what, count, begin.elapsed());
    bridge.usage().say("  the bridge", before, count);
    println!("  {}", said.lines().last().unwrap_or_default());
}
