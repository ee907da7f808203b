//! `[store]`: the data folder and what bounds it.

use super::set;
use crate::model::Quota;
use crate::store::StoreOptions;
use serde::Deserialize;
use std::path::PathBuf;

/// `[store]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// The data folder.
    pub data: Option<PathBuf>,
    /// Bytes of sled's page cache.
    pub cache_bytes: Option<u64>,
    /// Bytes of one segment of the write-ahead log.
    pub wal_segment_bytes: Option<usize>,
    /// Commits that may wait for the writer.
    pub queue_commits_max: Option<usize>,
    /// Bytes that stay free on the disk: commits are refused while there is less.
    pub disk_reserve_bytes: Option<u64>,
    /// Bytes of log that are kept before a new base is written.
    pub log_bytes_kept: Option<u64>,
    /// Bytes by which the log may grow while a backup or a check reads it.
    pub backup_log_bytes_max: Option<u64>,
    /// Rows of the journal that are kept of each person.
    pub journal_rows_per_person_max: Option<u64>,
    /// Days for which rows of the journal are kept.
    pub journal_days_max: Option<u32>,
    /// Bytes of texts that each person may store.
    pub quota_bytes_max: Option<u64>,
    /// Calendar objects that each person may store.
    pub quota_resources_max: Option<u64>,
    /// Removed objects whose last revision is remembered.
    pub removed_objects_max: Option<u64>,
    /// Hooks that are remembered.
    pub hooks_taken_max: Option<u64>,
    /// Tombstones kept per collection; older sync tokens are refused.
    pub tombstones_max: Option<u64>,
}

impl Store {
    /// What the store is opened with.
    pub(super) fn options(&self) -> StoreOptions {
        let mut options = StoreOptions::default();
        set(&mut options.cache_bytes, self.cache_bytes);
        set(&mut options.wal_segment_bytes, self.wal_segment_bytes);
        set(&mut options.queue_commits_max, self.queue_commits_max);
        set(&mut options.disk_reserve_bytes, self.disk_reserve_bytes);
        set(&mut options.log_bytes_kept, self.log_bytes_kept);
        set(&mut options.backup_log_bytes_max, self.backup_log_bytes_max);
        let limits = &mut options.limits;
        set(&mut limits.tombstones_max, self.tombstones_max);
        set(&mut limits.removed_objects_max, self.removed_objects_max);
        set(&mut limits.hooks_taken_max, self.hooks_taken_max);
        set(
            &mut limits.journal_rows_per_person_max,
            self.journal_rows_per_person_max,
        );
        set(&mut limits.journal_days_max, self.journal_days_max);
        options
    }

    /// What each person may store.
    pub(super) fn quota(&self) -> Quota {
        let mut quota = Quota::default();
        set(&mut quota.bytes_max, self.quota_bytes_max);
        set(&mut quota.resources_max, self.quota_resources_max);
        quota
    }

    /// What means nothing at zero.
    pub(super) fn sizes(&self) -> [(&'static str, Option<u64>); 10] {
        let wide = |value: Option<usize>| value.map(|value| value as u64);
        [
            ("store.cache_bytes", self.cache_bytes),
            ("store.wal_segment_bytes", wide(self.wal_segment_bytes)),
            ("store.queue_commits_max", wide(self.queue_commits_max)),
            ("store.tombstones_max", self.tombstones_max),
            (
                "store.journal_rows_per_person_max",
                self.journal_rows_per_person_max,
            ),
            (
                "store.journal_days_max",
                self.journal_days_max.map(u64::from),
            ),
            ("store.quota_bytes_max", self.quota_bytes_max),
            ("store.quota_resources_max", self.quota_resources_max),
            ("store.removed_objects_max", self.removed_objects_max),
            ("store.hooks_taken_max", self.hooks_taken_max),
        ]
    }
}
