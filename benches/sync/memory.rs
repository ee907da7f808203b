//! What a link takes: in memory when the store is there, and as rows.

use crate::figures::{Usage, headline};
use crate::office;
use advanta_bridge::model::{Epoch, LinkId, Settings};
use advanta_bridge::ports::{Store as _, Write};
use advanta_bridge::store::MemoryStore;
use advanta_bridge::sync::{self, Importing};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Links written by one commit.
const TOGETHER: usize = 500;

/// Links alone, without objects and members.
pub async fn links(count: usize) {
    headline("links alone");
    let store = MemoryStore::new(Epoch::new("bench"));
    let first = vec![
        Write::User(office::anna()),
        Write::Subscription(office::subscription()),
    ];
    store.commit(vec![], first).await.expect("a commit");
    let empty = rows(&store).await;
    let before = Usage::of(std::process::id()).resident;
    for begin in (0..count).step_by(TOGETHER) {
        let links = (begin..count.min(begin + TOGETHER)).map(link).collect();
        store.commit(vec![], links).await.expect("a commit");
    }
    let after = Usage::of(std::process::id()).resident;
    let bytes = rows(&store).await - empty;
    println!(
        "{:<52} {:.0} bytes of rows, {:.0} bytes resident in a store in memory",
        format!("each of {count}"),
        bytes as f64 / count as f64,
        (after - before) * 1_048_576.0 / count as f64
    );
}

fn link(number: usize) -> Write {
    let (event, subscription) = (crate::calendar::hers(number), office::subscription());
    let importing = Importing {
        event: &event,
        theirs: &event.fields,
        ours: &event.fields,
        anchor: None,
        masked: false,
    };
    let object = office::task(number).id;
    let policy = &Settings::default().sync;
    Write::Link(sync::imported(
        LinkId(object.0),
        &subscription,
        object,
        &importing,
        policy,
    ))
}

/// Bytes of everything that a backup holds.
async fn rows(store: &MemoryStore) -> u64 {
    let size = Arc::new(AtomicU64::new(0));
    let to = Scales(Arc::clone(&size));
    store.backup(Box::new(to)).await.expect("a backup");
    size.load(Ordering::Relaxed)
}

struct Scales(Arc<AtomicU64>);

impl io::Write for Scales {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
