//! What one commit means: pure, the same for every key-value engine.
//!
//! [`evaluate`] checks all expectations against a view, then makes the writes in order in a [`Batch`] of its own. Nothing
//! is written anywhere: the engine makes the batch durable, then visible, then tells the sink of the deltas.
//!
//! A write about something that is not there (a bump of a removed member, a second `Settle`) does nothing: whoever
//! minds sends an [`Expect`] along.

mod connect;
mod expectations;
mod journal;
mod links;
mod looks;
mod members;
mod objects;
mod outbox;
mod people;
mod subscriptions;

pub use journal::JOURNAL_SWEPT;
pub use links::link_indexes;
pub use subscriptions::subscription_indexes;

use crate::model::{CollectionId, JournalId};
use crate::ports::{
    CommitError, Committed, Delta, DeltaKind, Expect, Kept, StoreError, Timer, Write,
};
use crate::store::keys;
use crate::store::kv::{Batch, Key, Overlaid, View};
use crate::store::queries;
use crate::store::records::{CollectionRow, Record, encode};
use crate::store::tables;
use std::collections::BTreeMap;
use std::io;

/// Name of the next journal id in the meta table.
pub const JOURNAL_NEXT: &str = "journal next";
/// Name of the next command id in the meta table.
pub const COMMAND_NEXT: &str = "command next";
/// Name of the next notice id in the meta table.
pub const NOTICE_NEXT: &str = "notice next";
/// Name of the next place in the order of removals in the meta table.
pub const REMOVED_NEXT: &str = "removed next";
/// Name of the next place in the order of hooks in the meta table.
pub const HOOK_NEXT: &str = "hook next";
/// Name of the next mark of a look in the meta table.
pub const LOOK_NEXT: &str = "look next";

/// What bounds the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tombstones per collection; the oldest beyond are forgotten and the collection's floor rises.
    pub tombstones_max: u64,
    /// Rows of the journal of each person; each new one beyond makes their oldest be forgotten.
    pub journal_rows_per_person_max: u64,
    /// Days after which a row of the journal is forgotten, with the text that it keeps.
    pub journal_days_max: u32,
    /// Removed objects whose last revision is remembered, so that late news do not revive them.
    pub removed_objects_max: u64,
    /// Hooks that are remembered, so that one that is sent again adds nothing.
    pub hooks_taken_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tombstones_max: 10_000,
            journal_rows_per_person_max: 500,
            journal_days_max: 180,
            removed_objects_max: 100_000,
            hooks_taken_max: 50_000,
        }
    }
}

/// What a commit would do.
#[derive(Debug)]
pub struct Evaluated {
    /// Rows to write.
    pub batch: Batch,
    /// What the committer is told.
    pub committed: Committed,
    /// What the sink is told, in order of collections.
    pub deltas: Vec<Delta>,
}

/// Checks and makes one commit over a view.
pub fn evaluate(
    view: &dyn View,
    limits: Limits,
    expects: &[Expect],
    writes: Vec<Write>,
) -> Result<Evaluated, CommitError> {
    expectations::check(view, expects)?;
    let mut transaction = Transaction::begin(view, limits, &writes)?;
    let mut settles = Vec::new();
    for write in writes {
        match write {
            // The revision that this commit gives is known only when all writes are made.
            Write::SettleLater(collection, name, due) => settles.push((collection, name, due)),
            write => transaction.make(write)?,
        }
    }
    for (collection, name, due) in settles {
        transaction.settle_later(collection, name, due)?;
    }
    expectations::check_quotas(view, &transaction.view(), expects)?;
    transaction.finish()
}

/// A collection that the commit touches.
struct Touched {
    row: CollectionRow,
    kinds: Vec<DeltaKind>,
}

/// A commit in the making.
struct Transaction<'a> {
    below: &'a dyn View,
    batch: Batch,
    limits: Limits,
    committed: Committed,
    /// Ids of the journal rows in order of the writes, drawn before the first write: earlier writes may name them.
    journal: Vec<JournalId>,
    journal_made: usize,
    /// The mark of all looks that this commit leaves, once it has left one.
    mark: Option<u64>,
    /// In sorted order: a database with row locks takes the counters in this order, so that two commits never wait for
    /// each other crosswise.
    touched: BTreeMap<CollectionId, Touched>,
}

impl<'a> Transaction<'a> {
    fn begin(below: &'a dyn View, limits: Limits, writes: &[Write]) -> Result<Self, StoreError> {
        let mut transaction = Self {
            below,
            batch: Batch::new(),
            limits,
            committed: Committed::default(),
            journal: Vec::new(),
            journal_made: 0,
            mark: None,
            touched: BTreeMap::new(),
        };
        transaction.draw_journal_ids(writes)?;
        Ok(transaction)
    }

    fn draw_journal_ids(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let rows = writes
            .iter()
            .filter(|write| matches!(write, Write::Journal(_)))
            .count();
        for _ in 0..rows {
            let id = JournalId(self.draw(JOURNAL_NEXT)?);
            self.journal.push(id);
        }
        Ok(())
    }

    fn make(&mut self, write: Write) -> Result<(), CommitError> {
        match write {
            Write::User(user) => self.put_user(&user)?,
            Write::AppPassword(password) => self.put_app_password(&password)?,
            Write::Rehash(id, digest) => self.rehash(id, digest)?,
            Write::Object(object) => self.put_object(&object)?,
            Write::RemoveObject(id, revision) => self.remove_object(id, revision)?,
            Write::Member(collection, draft, how) => self.put_member(&collection, draft, how)?,
            Write::Bump(collection, name, how, refusal) => {
                self.bump(&collection, &name, how, refusal)?;
            }
            Write::RemoveMember(collection, name) => self.remove_member(&collection, &name)?,
            Write::SetAside(collection, object, text) => {
                self.put(keys::aside(object, &collection)?, &text)?;
            }
            Write::TakeBack(collection, object) => self.remove(keys::aside(object, &collection)?),
            Write::Properties(collection, properties) => {
                self.put_properties(&collection, properties)?;
            }
            Write::Journal(row) => self.add_journal(row)?,
            Write::JournalAgain(id, at) => self.count_journal(id, at)?,
            Write::JournalSettle(row) => self.replace_journal(&row)?,
            Write::Enqueue(command, row) => self.enqueue(command, row)?,
            Write::Command(command) => self.replace_command(&command)?,
            Write::Settle(id) => self.remove_command(id)?,
            Write::Notice(notice) => self.add_notice(&notice)?,
            Write::NoticeDone(id) => self.remove_notice(id)?,
            Write::HookTaken(mark) => self.take_hook(mark)?,
            Write::Feed(feed) => self.put_feed(&feed)?,
            Write::Timer(timer) => self.put_timer(&timer)?,
            Write::SettleLater(collection, name, due) => {
                self.settle_later(collection, name, due)?;
            }
            Write::TimerDone(timer) => self.remove(keys::timer(&timer)?),
            Write::Link(link) => self.put_link(&link)?,
            Write::RemoveLink(id) => self.remove_link(id)?,
            Write::Subscription(subscription) => self.put_subscription(&subscription)?,
            Write::Channel(channel) => self.put_channel(&channel)?,
            Write::RemoveChannel(id) => self.remove_channel(id)?,
            Write::Connection(connection) => {
                self.put(keys::connection(&connection.user)?, &connection)?;
            }
            Write::RemoveConnection(user) => self.remove(keys::connection(&user)?),
            Write::GoogleSettings(settings) => self.put(keys::google_settings(), &settings)?,
            Write::Look(subscription, object) => self.look(&subscription, object)?,
            Write::Looked(subscription, object, mark) => {
                self.looked(&subscription, object, mark)?;
            }
            Write::AdvantaCursor(Some(cursor)) => {
                self.point(keys::meta(queries::ADVANTA_CURSOR), cursor.0);
            }
            Write::AdvantaCursor(None) => self.remove(keys::meta(queries::ADVANTA_CURSOR)),
            Write::BelongsToAdvanta => self.point(keys::meta(queries::ADVANTAS), []),
            Write::Hold(true) => self.point(keys::meta(queries::HELD), []),
            Write::Hold(false) => self.remove(keys::meta(queries::HELD)),
            Write::Rendered(version) => {
                self.point(
                    keys::meta(queries::RENDERED),
                    u64::from(version).to_be_bytes(),
                );
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Evaluated, CommitError> {
        let mut deltas = Vec::new();
        for (id, touched) in std::mem::take(&mut self.touched) {
            self.put(keys::collection(&id)?, &touched.row)?;
            deltas.push(Delta {
                collection: id,
                after: touched.row.collection,
                kinds: touched.kinds,
            });
        }
        self.committed.journal = self.journal;
        Ok(Evaluated {
            batch: self.batch,
            committed: self.committed,
            deltas,
        })
    }

    fn put_timer(&mut self, timer: &Timer) -> Result<(), StoreError> {
        self.put(keys::timer(timer)?, timer)
    }

    /// The state with the writes so far.
    fn view(&self) -> Overlaid<'_> {
        Overlaid {
            below: self.below,
            batch: &self.batch,
        }
    }

    fn put<R: Record>(&mut self, key: Key, record: &R) -> Result<(), StoreError> {
        self.batch.insert(key, Some(encode(record)?));
        Ok(())
    }

    /// An index row.
    fn point(&mut self, key: Key, at: impl Into<Vec<u8>>) {
        self.batch.insert(key, Some(at.into()));
    }

    fn remove(&mut self, key: Key) {
        self.batch.insert(key, None);
    }

    /// The next number of a counter; the first is 1.
    fn draw(&mut self, counter: &str) -> Result<u64, StoreError> {
        let key = keys::meta(counter);
        let number = match self.view().get(&key)? {
            Some(bytes) => tables::last_number(tables::Table::Meta, &bytes)?,
            None => 1,
        };
        self.point(key, (number + 1).to_be_bytes());
        Ok(number)
    }

    /// Moves a number of the meta table by `by`.
    fn count(&mut self, name: &str, by: i64) -> Result<(), StoreError> {
        let size = queries::size(&self.view(), name)?.saturating_add_signed(by);
        self.point(keys::meta(name), size.to_be_bytes());
        Ok(())
    }

    /// A journal row named by its place among those of this commit.
    fn new_journal(&self, place: usize) -> Result<JournalId, StoreError> {
        self.journal.get(place).copied().ok_or_else(|| {
            StoreError::Io(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "journal row {place} of a commit with {} was named",
                    self.journal.len()
                ),
            ))
        })
    }

    fn kept(&self, kept: Kept) -> Result<JournalId, StoreError> {
        match kept {
            Kept::Old(id) => Ok(id),
            Kept::New(place) => self.new_journal(place),
        }
    }
}
