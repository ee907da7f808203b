//! Whether everything in a store is sound.
//!
//! Start at [`check`]. It walks all rows and looks from each at whatever must be true of it: that it can be read, that it lies
//! where its content says, that every index leads to it and that what it leads to leads back, that no number is beyond its counter.
//!
//! Commits go on between two reads, so that a sound row may look wrong for a moment. Whatever looks wrong is looked at once more in
//! a state that stays the same; only what is wrong there is a finding.

mod connect;
mod members;
mod people;
mod row;
mod sync;
mod work;

use crate::model::ObjectId;
use crate::ports::{CheckReport, Finding, Progress, StoreError, TimerKind};
use crate::store::kv::{Key, KeyRange, Order, PAGE_ROWS, View, scan};
use crate::store::queries::Read;
use crate::store::records::decode;
use crate::store::tables::{Table, hex};
use row::Row;
use std::collections::{BTreeMap, BTreeSet};

/// A store that can be looked at in two ways.
pub trait Look {
    /// The rows as they are; commits may become visible between two calls.
    fn passing(&self) -> &dyn View;
    /// Shows the rows in a state that stays the same while it is looked at: commits wait.
    fn still(&self, look: &mut dyn FnMut(&dyn View) -> Read<()>) -> Read<()>;
}

impl Look for BTreeMap<Key, Vec<u8>> {
    fn passing(&self) -> &dyn View {
        self
    }

    fn still(&self, look: &mut dyn FnMut(&dyn View) -> Read<()>) -> Read<()> {
        look(self)
    }
}

/// Looks at every row of every table.
pub fn check(look: &dyn Look, mut progress: Progress) -> Read<CheckReport> {
    let mut report = CheckReport::default();
    let fanning_out = fanning_out(look.passing())?;
    let mut range = KeyRange::tables();
    loop {
        let page = page(look.passing(), &range)?;
        for (key, value) in &page {
            for what in wrong(look, key, value.as_deref(), &fanning_out)? {
                report.add(Finding {
                    table: Table::of(key).unwrap_or(Table::Rows).name(),
                    key: hex(key),
                    what,
                });
            }
        }
        report.rows += page.len() as u64;
        progress(report.rows);
        match page.last() {
            Some((edge, _)) if page.len() == PAGE_ROWS => range = range.after(edge),
            Some(_) | None => return Ok(report),
        }
    }
}

/// The next rows; those that cannot be read without their values.
fn page(view: &dyn View, range: &KeyRange) -> Read<Vec<(Key, Option<Vec<u8>>)>> {
    match view.range(range, Order::Ascending, PAGE_ROWS) {
        Ok(rows) => Ok(rows
            .into_iter()
            .map(|(key, value)| (key, Some(value)))
            .collect()),
        Err(StoreError::Damaged { .. }) => {
            let keys = view.keys(range, PAGE_ROWS)?;
            Ok(keys.into_iter().map(|key| (key, None)).collect())
        }
        Err(error) => Err(error),
    }
}

/// What is wrong with a row for sure.
fn wrong(
    look: &dyn Look,
    key: &[u8],
    value: Option<&[u8]>,
    fanning_out: &BTreeSet<ObjectId>,
) -> Read<Vec<String>> {
    let seems = match value {
        Some(value) => Row::look(look.passing(), key, value, fanning_out)?,
        None => vec![String::new()],
    };
    let mut sure = Vec::new();
    if seems.is_empty() {
        return Ok(sure);
    }
    look.still(&mut |view| {
        sure = match view.get(key) {
            Ok(Some(value)) => Row::look(view, key, &value, fanning_out)?,
            // Removed meanwhile.
            Ok(None) => Vec::new(),
            Err(StoreError::Damaged { why, .. }) => vec![why],
            Err(error) => return Err(error),
        };
        Ok(())
    })?;
    Ok(sure)
}

/// The objects that are on their way into or out of collections.
fn fanning_out(view: &dyn View) -> Read<BTreeSet<ObjectId>> {
    let mut objects = BTreeSet::new();
    scan(
        view,
        Table::Timers.range(),
        Order::Ascending,
        |(key, value)| {
            // One that cannot be read is found where it is.
            if let Ok(TimerKind::FanOut { object, .. }) =
                decode::<crate::ports::Timer>(&key, &value).map(|timer| timer.kind)
            {
                objects.insert(object);
            }
            Ok(true)
        },
    )?;
    Ok(objects)
}

#[cfg(test)]
mod tests;
