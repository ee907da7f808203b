//! `kill -9` under load: everything acknowledged is there, nothing is half-written, no revision is given twice.
//!
//! The test starts its own binary again as a child that commits and prints a line for every acknowledgement, and kills it
//! after a number of lines that differs each time; 0 kills it while it opens the folder.

use super::{SledStore, StoreOptions};
use crate::model::{Outcome, Revision, ViewRevision};
use crate::ports::{Expect, JournalQuery, Move, Store, Write};
use crate::store::contract::fixtures::*;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Tells the child where to write.
const FOLDER: &str = "STORE_CRASH_FOLDER";
/// How often to kill, if not [`KILLS`].
const KILLS_SETTING: &str = "STORE_CRASH_KILLS";
const KILLS: u64 = 50;
const WRITERS: u128 = 4;

/// The last acknowledged round of each writer.
type Acknowledged = [u64; WRITERS as usize];

#[test]
fn whatever_was_acknowledged_survives_a_kill() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return commit_until_killed(Path::new(&folder));
    }
    let kills = std::env::var(KILLS_SETTING).map_or(KILLS, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::default();
    for kill in 0..kills {
        // Spread over 0 to 46 lines without a pattern.
        let lines = (kill * 29 + 7 * (kill / 5)) % 47;
        run_and_kill(folder.path(), lines, &mut acknowledged);
        // Sometimes the next child finds what the last one left, and nobody has tidied up between.
        if kill % 3 != 0 {
            check(folder.path(), &acknowledged);
        }
    }
    check(folder.path(), &acknowledged);
    assert!(
        acknowledged.iter().all(|round| *round > kills / 2),
        "{acknowledged:?}"
    );
}

fn options() -> StoreOptions {
    StoreOptions {
        // A segment lasts for a few dozen commits: kills meet rotations and checkpoints.
        wal_segment_bytes: 128 << 10,
        cache_bytes: 1 << 20,
        ..StoreOptions::default()
    }
}

fn run_and_kill(folder: &Path, lines: u64, acknowledged: &mut Acknowledged) {
    // Not by its path: a build that runs meanwhile may put another binary there.
    let mut child = Command::new("/proc/self/exe")
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg("store::sled::crash::whatever_was_acknowledged_survives_a_kill")
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut left = lines;
    // The first line of the test runner comes before the folder is opened.
    let mut line = output.next().unwrap().unwrap();
    while left > 0 {
        line = output.next().expect("the child ended by itself").unwrap();
        left -= u64::from(note(&line, acknowledged));
    }
    kill(&mut child);
    assert!(!line.contains("panicked"));
    // What was printed before the kill was acknowledged as well.
    for line in output.map_while(Result::ok) {
        note(&line, acknowledged);
    }
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Takes down what the child says: `found writer round .` of each writer when it has opened the folder, then `ack writer round .`
/// for every commit. A line cut short by the kill counts for nothing. Answers whether it was an acknowledgement.
fn note(line: &str, acknowledged: &mut Acknowledged) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let [word @ ("found" | "ack"), writer, round, "."] = words[..] else {
        return false;
    };
    let round: u64 = round.parse().unwrap();
    let last = &mut acknowledged[writer.parse::<usize>().unwrap()];
    // One more commit may have become durable than there was time to print.
    let possible = match word {
        "found" => *last..=*last + 1,
        _ => *last + 1..=*last + 1,
    };
    assert!(possible.contains(&round), "{line}, after {last}");
    *last = round;
    word == "ack"
}

#[tokio::main(flavor = "current_thread")]
async fn check(folder: &Path, acknowledged: &Acknowledged) {
    let store = SledStore::open(folder, options()).unwrap();
    for (writer, acknowledged) in (0..WRITERS).zip(acknowledged) {
        let round = round_of(&store, writer).await;
        assert!(
            (*acknowledged..=acknowledged + 1).contains(&round),
            "writer {writer}: {acknowledged} acknowledged, {round} found"
        );
        if round == 0 {
            continue;
        }
        let member = member(&store, &user_of(writer), writer).await.unwrap();
        assert_eq!(member.revision, ViewRevision(round));
        assert!(member.body == draft_of(writer, round).body);
        let object = store.object(object_id(writer)).await.unwrap().unwrap();
        assert_eq!(object.revision, Revision(round));
        let query = JournalQuery {
            object: Some(object_id(writer)),
            rows_max: usize::MAX,
            ..JournalQuery::default()
        };
        assert_eq!(store.journal(query).await.unwrap().len() as u64, round);
    }
}

/// How many rounds of a writer the store knows.
async fn round_of(store: &SledStore, writer: u128) -> u64 {
    let events = events_of(&user_of(writer));
    store.collection(&events).await.unwrap().change.0
}

fn user_of(writer: u128) -> String {
    format!("writer-{writer}")
}

/// Every seventh text is large enough for many pieces.
fn draft_of(writer: u128, round: u64) -> crate::ports::ResourceDraft {
    let size = if round.is_multiple_of(7) { 20_000 } else { 300 };
    draft(writer, &format!("{round};").repeat(size))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn commit_until_killed(folder: &Path) {
    let store = Arc::new(SledStore::open(folder, options()).unwrap());
    // The test runner's own line is not ended yet.
    println!();
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write_for_ever(store.clone(), writer)));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

async fn write_for_ever(store: Arc<SledStore>, writer: u128) {
    let user = user_of(writer);
    let mut round = round_of(&store, writer).await;
    say("found", writer, round);
    loop {
        let before = (round > 0).then_some(ViewRevision(round));
        let expect = Expect::Member(events_of(&user), name(&format!("{writer}.ics")), before);
        round += 1;
        let writes = vec![
            Write::Object(object(writer, round)),
            Write::Journal(journal_row(&user, writer, Outcome::Applied)),
            Write::Member(events_of(&user), draft_of(writer, round), Move::Content),
        ];
        let committed = store.commit(vec![expect], writes).await.unwrap();
        assert_eq!(committed.members[0].2, ViewRevision(round));
        say("ack", writer, round);
    }
}

/// Prints a line whole or, when killed meanwhile, in part.
fn say(word: &str, writer: u128, round: u64) {
    let line = format!("{word} {writer} {round} .\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}
