//! Replays the fuzz targets on stable: every file of the corpus, cut at many places and damaged in many ways.
//!
//! The targets are plain functions over bytes (`ical::fuzz_ics`, `ical::fuzz_split`, `caldav::elements::fuzz_xml`), so a coverage-guided fuzzer can
//! drive them as they are. What such a fuzzer finds is put into `fixtures/fuzz`.

use crate::harness::Random;
use advanta_bridge::caldav::elements::fuzz_xml;
use advanta_bridge::ical::{fuzz_ics, fuzz_split};
use std::path::Path;

/// Damaged copies of each file.
const DAMAGED: usize = 150;
/// Places at which each file is cut.
const CUTS: usize = 40;

fn corpus(folders: &[&str]) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files = vec![];
    for folder in folders {
        for entry in std::fs::read_dir(root.join(folder)).expect("the corpus") {
            let path = entry.expect("an entry").path();
            files.push((
                path.display().to_string(),
                std::fs::read(&path).expect("a file"),
            ));
        }
    }
    files.sort();
    files
}

/// Runs a target over a corpus; a panic of the target fails the test and says which file and which copy.
fn replay(folders: &[&str], files_min: usize, target: fn(&[u8])) {
    let files = corpus(folders);
    assert!(
        files.len() >= files_min,
        "only {} files in the corpus",
        files.len()
    );
    let mut random = Random(20_261_122);
    for (name, bytes) in files {
        let run = |what: &str, bytes: &[u8]| {
            let result = std::panic::catch_unwind(|| target(bytes));
            assert!(
                result.is_ok(),
                "{name}, {what}: {}",
                String::from_utf8_lossy(bytes)
            );
        };
        run("whole", &bytes);
        for cut in 0..CUTS {
            run("cut", &bytes[..bytes.len() * cut / CUTS]);
        }
        for _ in 0..DAMAGED {
            let mut copy = bytes.clone();
            for _ in 0..=below(&mut random, 4) {
                damage(&mut copy, &mut random);
            }
            run("damaged", &copy);
        }
    }
}

/// One byte is changed, dropped or doubled, or a piece is moved.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = below(random, bytes.len());
    match below(random, 4) {
        0 => bytes[at] = u8::try_from(below(random, 256)).unwrap_or_default(),
        1 => drop(bytes.remove(at)),
        2 => bytes.insert(at, bytes[at]),
        _ => {
            let piece: Vec<u8> = bytes[at..bytes.len().min(at + 30)].to_vec();
            let to = below(random, bytes.len());
            bytes.splice(to..to, piece);
        }
    }
}

fn below(random: &mut Random, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap_or_default()
}

#[test]
fn the_calendar_target_survives_its_damaged_corpus() {
    replay(&["ics", "fuzz/ics"], 12, fuzz_ics);
}

#[test]
fn the_target_of_many_events_survives_its_damaged_corpus() {
    replay(&["ics", "fuzz/ics", "fuzz/split"], 18, fuzz_split);
}

#[test]
fn the_xml_target_survives_its_damaged_corpus() {
    replay(&["fuzz/xml"], 7, fuzz_xml);
}

#[test]
#[should_panic(expected = "whole")]
fn a_target_that_panics_is_noticed() {
    replay(&["fuzz/xml"], 1, |_| panic!("planted"));
}
