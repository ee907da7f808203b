use super::*;
use crate::store::contract::{Ground, contract};

struct Folder(tempfile::TempDir);

impl Ground for Folder {
    type Opened = SledStore;

    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self, limits: Limits) -> SledStore {
        let options = StoreOptions { limits, ..small() };
        SledStore::open(self.0.path(), options).unwrap()
    }
}

/// Small segments, so that tests pass many of them.
fn small() -> StoreOptions {
    StoreOptions {
        wal_segment_bytes: 64 << 10,
        cache_bytes: 1 << 20,
        ..StoreOptions::default()
    }
}

contract!(Folder);
