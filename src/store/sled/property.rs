//! Whatever is committed, reopened or lost: the embedded store answers like the one in memory.

use super::SledStore;
use super::tests::{Folder, copy, small};
use crate::ports::Write;
use crate::store::contract::Ground;
use crate::store::contract::fixtures::*;
use crate::store::contract::laws_upkeep::findings;
use crate::store::contract::random::{Etags, OBJECTS, Random, commit, commits, everything};
use crate::store::engine::Engine;
use crate::store::memory::MemoryStore;
use proptest::prelude::*;
use std::fs;
use std::sync::Arc;

/// What happens between two commits.
#[derive(Clone, Debug)]
enum Step {
    Commit(Random),
    Reopen,
    /// Reopen with the tables as they were after the last opening: sled lost everything since.
    LoseTables,
    LosePower,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => commits(1..2).prop_map(|mut one| Step::Commit(one.remove(0))),
        1 => Just(Step::Reopen),
        1 => Just(Step::LoseTables),
        1 => Just(Step::LosePower),
    ];
    prop::collection::vec(step, 1..40)
}

fn save_tables(folder: &Folder, store: &SledStore) {
    store.rows.flush().unwrap();
    let _ = fs::remove_dir_all(folder.path("saved"));
    copy(&folder.path("tables"), &folder.path("saved"));
}

/// Tells both stores the same and compares every answer.
async fn compare(steps: Vec<Step>) {
    let folder = Folder::new();
    let mut embedded = folder.opened();
    let mut memory = MemoryStore::with_limits(Engine::epoch(&embedded), small().limits);
    let etags = Arc::new(Etags::default());
    Engine::set_sink(&embedded, etags.clone());
    save_tables(&folder, &embedded);
    for step in steps {
        match step {
            Step::Commit(random) => {
                let told = commit(&embedded, random.clone()).await;
                assert_eq!(told, commit(&memory, random).await);
                continue;
            }
            Step::Reopen => drop(embedded),
            Step::LoseTables => {
                drop(embedded);
                fs::remove_dir_all(folder.path("tables")).unwrap();
                copy(&folder.path("saved"), &folder.path("tables"));
            }
            Step::LosePower => {
                drop(embedded);
                folder.lose_power();
            }
        }
        embedded = folder.opened();
        save_tables(&folder, &embedded);
        memory = memory.crash();
        Engine::set_sink(&embedded, etags.clone());
    }
    let expected = everything(&memory).await;
    assert_eq!(everything(&embedded).await, expected);
    drop(embedded);
    let embedded = folder.opened();
    assert_eq!(everything(&embedded).await, expected);
    // Random members often show objects that were never there.
    for n in OBJECTS {
        write(&embedded, vec![Write::Object(object(n, 9))]).await;
    }
    assert_eq!(findings(&embedded).await, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn memory_and_sled_answer_alike_whatever_is_committed(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(compare(steps));
    }
}
