//! The journal: rows are written, counted up, settled, and forgotten by number and by age.
//!
//! The number bounds each person for themselves, so that one person's refusals push nobody else's rows out. It counts rows that are decided
//! and keep no text; a kept text may be the only copy there is, and stays until its age is reached.

use super::Transaction;
use crate::model::{JournalId, JournalRow, Timestamp, UserId};
use crate::ports::StoreError;
use crate::store::keys;
use crate::store::kv::{Order, View as _};
use crate::store::queries::{self, is_pending, used_by_row};
use crate::store::records::{UsedRow, decode};
use crate::store::tables::{self, Table};

/// Rows that each new row looks through for one that is too old.
const SWEEP_ROWS: usize = 4;
/// Rows of a person that are looked through at a time for those that are too many.
const SURPLUS_ROWS: usize = 64;
/// How many times each new row of theirs does that at most; the next goes on from there.
const SURPLUS_PAGES: usize = 4;

/// Name of the last row that was looked at for its age, in the meta table.
pub const JOURNAL_SWEPT: &str = "journal swept";

impl Transaction<'_> {
    pub(super) fn add_journal(&mut self, mut row: JournalRow) -> Result<(), StoreError> {
        row.id = self.new_journal(self.journal_made)?;
        self.journal_made += 1;
        self.list_journal(&row)?;
        self.forget_surplus(&row.who)?;
        self.sweep_journal(row.at)
    }

    pub(super) fn count_journal(&mut self, id: JournalId, at: Timestamp) -> Result<(), StoreError> {
        let Some(mut row) = queries::journal_row(&self.view(), id)? else {
            return Ok(());
        };
        row.count = row.count.saturating_add(1);
        row.last_at = at;
        self.put(keys::journal(id), &row)
    }

    pub(super) fn replace_journal(&mut self, row: &JournalRow) -> Result<(), StoreError> {
        let Some(old) = queries::journal_row(&self.view(), row.id)? else {
            return Ok(());
        };
        self.forget_journal(&old)?;
        self.list_journal(row)?;
        // It may be decided only now, and older than others that count.
        let mut used = queries::used_row(&self.view(), &row.who)?;
        if counts(row) && used.journal_from > row.id.0 {
            used.journal_from = row.id.0;
            self.put(keys::used(&row.who)?, &used)?;
        }
        Ok(())
    }

    fn list_journal(&mut self, row: &JournalRow) -> Result<(), StoreError> {
        self.point(keys::journal_of_user(&row.who, row.id)?, []);
        self.point(keys::journal_of_object(row.object, row.id), []);
        self.recount(&row.who, UsedRow::default(), used_by_row(row))?;
        self.put(keys::journal(row.id), row)
    }

    fn forget_journal(&mut self, row: &JournalRow) -> Result<(), StoreError> {
        self.remove(keys::journal_of_user(&row.who, row.id)?);
        self.remove(keys::journal_of_object(row.object, row.id));
        self.recount(&row.who, used_by_row(row), UsedRow::default())?;
        self.remove(keys::journal(row.id));
        Ok(())
    }

    /// Forgets a person's oldest rows beyond their number.
    fn forget_surplus(&mut self, who: &UserId) -> Result<(), StoreError> {
        let used = queries::used_row(&self.view(), who)?;
        let mut surplus = used
            .journal_rows
            .saturating_sub(self.limits.journal_rows_per_person_max);
        if surplus == 0 {
            return Ok(());
        }
        let list = Table::JournalOfUser.key().text(who.as_str())?;
        let mut from = used.journal_from;
        for _ in 0..SURPLUS_PAGES {
            let mut range = list.clone().range();
            range.start = list.clone().number(from).done();
            let rows = self.view().range(&range, Order::Ascending, SURPLUS_ROWS)?;
            for (key, _) in &rows {
                if surplus == 0 {
                    break;
                }
                let id = JournalId(tables::last_number(Table::JournalOfUser, key)?);
                // A row that is passed and does not count, as it keeps a text or waits, takes the mark back when it does.
                from = id.0.saturating_add(1);
                if let Some(row) = queries::journal_row(&self.view(), id)?
                    && counts(&row)
                {
                    self.forget_journal(&row)?;
                    surplus -= 1;
                }
            }
            if surplus == 0 || rows.len() < SURPLUS_ROWS {
                break;
            }
        }
        let mut used = queries::used_row(&self.view(), who)?;
        used.journal_from = from;
        self.put(keys::used(who)?, &used)
    }

    /// Looks at the next few rows of everybody, and forgets those that are too old.
    fn sweep_journal(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let days = chrono::Duration::days(i64::from(self.limits.journal_days_max));
        let Some(edge) = now.checked_sub_signed(days) else {
            return Ok(());
        };
        let swept = queries::size(&self.view(), JOURNAL_SWEPT)?;
        let range = Table::Journal
            .range()
            .after(&keys::journal(JournalId(swept)));
        let rows = self.view().range(&range, Order::Ascending, SWEEP_ROWS)?;
        let mut reached = if rows.len() < SWEEP_ROWS {
            Some(0)
        } else {
            None
        };
        let mut last = swept;
        for (key, bytes) in rows {
            let row: JournalRow = decode(&key, &bytes)?;
            if row.at >= edge {
                // Those after it are younger still: the next round begins at the oldest.
                reached = Some(0);
                break;
            }
            if row.last_at < edge && !is_pending(&row) {
                self.forget_journal(&row)?;
            }
            last = row.id.0;
        }
        let reached = reached.unwrap_or(last);
        if reached != swept {
            self.point(keys::meta(JOURNAL_SWEPT), reached.to_be_bytes());
        }
        Ok(())
    }

    /// Notes that something of a person's counts otherwise than before.
    pub(super) fn recount(
        &mut self,
        who: &UserId,
        before: UsedRow,
        after: UsedRow,
    ) -> Result<(), StoreError> {
        if before == after {
            return Ok(());
        }
        let mut row = queries::used_row(&self.view(), who)?;
        let moved = |sum: u64, before: u64, after: u64| sum.saturating_sub(before) + after;
        row.used.bytes = moved(row.used.bytes, before.used.bytes, after.used.bytes);
        row.used.resources = moved(
            row.used.resources,
            before.used.resources,
            after.used.resources,
        );
        row.journal_rows = moved(row.journal_rows, before.journal_rows, after.journal_rows);
        self.put(keys::used(who)?, &row)
    }
}

/// Whether the number of rows bounds this one.
fn counts(row: &JournalRow) -> bool {
    used_by_row(row).journal_rows > 0
}
