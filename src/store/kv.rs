//! A tiny ordered key-value view: all that the typed layer needs of a storage engine.
//!
//! Start at [`View`]. A [`Batch`] is what one commit changes, in absolute values, so that applying it twice is applying
//! it once. [`Overlaid`] shows a view as it will be after a batch.

use crate::ports::StoreError;
use std::collections::BTreeMap;

/// The bytes of a key: table prefix first.
pub type Key = Vec<u8>;

/// A key and its value.
pub type Row = (Key, Vec<u8>);

/// New values by key; `None` removes the key.
pub type Batch = BTreeMap<Key, Option<Vec<u8>>>;

/// Rows of one page of a long scan: enough to spread the cost of a page, few enough to hold a lock for well under a millisecond.
pub const PAGE_ROWS: usize = 256;

/// From which end a range is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Greatest key first.
    Descending,
}

/// Keys from `start` (inclusive) to `end` (exclusive).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key that belongs.
    pub start: Key,
    /// The first key that no longer belongs.
    pub end: Key,
}

impl KeyRange {
    /// All keys that begin with these bytes. The prefix must not be empty nor all `0xff`, which no table prefix is.
    pub fn prefix(prefix: &[u8]) -> Self {
        let kept = prefix
            .iter()
            .rposition(|byte| *byte != u8::MAX)
            .map_or(0, |at| at + 1);
        let mut end = prefix[..kept].to_vec();
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        Self {
            start: prefix.to_vec(),
            end,
        }
    }

    /// All keys of all tables. Prefixes above belong to the engine.
    pub fn tables() -> Self {
        Self {
            start: vec![0],
            end: vec![0xfe],
        }
    }

    /// The part of the range after a key.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Self {
        self.start = key.to_vec();
        self.start.push(0);
        self
    }

    /// The part of the range before a key.
    #[must_use]
    pub fn before(mut self, key: &[u8]) -> Self {
        self.end = key.to_vec();
        self
    }

    /// Whether no key can be in it.
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// A readable state.
pub trait View {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// At most `rows_max` rows of a range, in order.
    fn range(
        &self,
        range: &KeyRange,
        order: Order,
        rows_max: usize,
    ) -> Result<Vec<Row>, StoreError>;
    /// The first keys of a range, at most `rows_max`, even those whose values cannot be read.
    fn keys(&self, range: &KeyRange, rows_max: usize) -> Result<Vec<Key>, StoreError> {
        let rows = self.range(range, Order::Ascending, rows_max)?;
        Ok(rows.into_iter().map(|(key, _)| key).collect())
    }
}

/// Shows every row of a range to `each`, a page at a time, until it answers `false`.
pub fn scan(
    view: &dyn View,
    mut range: KeyRange,
    order: Order,
    mut each: impl FnMut(Row) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    loop {
        let page = view.range(&range, order, PAGE_ROWS)?;
        let Some((edge, _)) = page.last().filter(|_| page.len() == PAGE_ROWS) else {
            return feed(page, &mut each).map(|_| ());
        };
        range = match order {
            Order::Ascending => range.after(edge),
            Order::Descending => range.before(edge),
        };
        if !feed(page, &mut each)? {
            return Ok(());
        }
    }
}

/// Shows the rows of one page; answers whether the scan goes on.
fn feed(
    page: Vec<Row>,
    each: &mut impl FnMut(Row) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    for row in page {
        if !each(row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl View for BTreeMap<Key, Vec<u8>> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(BTreeMap::get(self, key).cloned())
    }

    fn range(
        &self,
        range: &KeyRange,
        order: Order,
        rows_max: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let found = BTreeMap::range(self, range.start.clone()..range.end.clone())
            .map(|(key, value)| (key.clone(), value.clone()));
        Ok(match order {
            Order::Ascending => found.take(rows_max).collect(),
            Order::Descending => found.rev().take(rows_max).collect(),
        })
    }
}

/// A view as it will be after a batch.
pub struct Overlaid<'a> {
    /// The state below.
    pub below: &'a dyn View,
    /// What lies over it.
    pub batch: &'a Batch,
}

impl View for Overlaid<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.batch.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.below.get(key),
        }
    }

    fn range(
        &self,
        range: &KeyRange,
        order: Order,
        rows_max: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let over: BTreeMap<&Key, &Option<Vec<u8>>> = self
            .batch
            .range(range.start.clone()..range.end.clone())
            .collect();
        // Each row of the batch hides at most one row below, so this many rows below always fill the page.
        let below = self
            .below
            .range(range, order, rows_max.saturating_add(over.len()))?;
        let mut rows: BTreeMap<Key, Vec<u8>> = below.into_iter().collect();
        for (key, value) in over {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(match order {
            Order::Ascending => rows.into_iter().take(rows_max).collect(),
            Order::Descending => rows.into_iter().rev().take(rows_max).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(rows: &[(&str, &str)]) -> BTreeMap<Key, Vec<u8>> {
        rows.iter()
            .map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn a_prefix_range_ends_before_the_next_prefix() {
        let range = KeyRange::prefix(&[1, 0xff, 0xff]);
        assert_eq!((range.start, range.end), (vec![1, 0xff, 0xff], vec![2]));
    }

    #[test]
    fn a_scan_passes_page_borders_both_ways() {
        let rows: BTreeMap<Key, Vec<u8>> = (0..2 * PAGE_ROWS as u32 + 1)
            .map(|n| (n.to_be_bytes().to_vec(), vec![]))
            .collect();
        let all = KeyRange {
            start: vec![],
            end: vec![0xff],
        };
        let mut seen = Vec::new();
        scan(&rows, all.clone(), Order::Ascending, |(key, _)| {
            seen.push(key);
            Ok(true)
        })
        .unwrap();
        assert_eq!(seen, rows.keys().cloned().collect::<Vec<_>>());
        let mut back = Vec::new();
        scan(&rows, all, Order::Descending, |(key, _)| {
            back.push(key);
            Ok(back.len() < 300)
        })
        .unwrap();
        assert_eq!(
            back,
            rows.keys().rev().take(300).cloned().collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_batch_hides_and_adds_rows() {
        let below = map(&[("a", "1"), ("b", "2"), ("d", "4")]);
        let batch: Batch = [(b"b".to_vec(), None), (b"c".to_vec(), Some(b"3".to_vec()))].into();
        let view = Overlaid {
            below: &below,
            batch: &batch,
        };
        let range = KeyRange {
            start: b"a".to_vec(),
            end: b"z".to_vec(),
        };
        let two = view.range(&range, Order::Descending, 2).unwrap();
        assert_eq!(
            two,
            [
                (b"d".to_vec(), b"4".to_vec()),
                (b"c".to_vec(), b"3".to_vec())
            ]
        );
    }

    proptest! {
        #[test]
        fn an_overlaid_range_is_the_range_of_the_merged_map(
            below in prop::collection::btree_map(prop::collection::vec(0u8..4, 1..3), prop::collection::vec(any::<u8>(), 1), 0..20),
            batch in prop::collection::btree_map(prop::collection::vec(0u8..4, 1..3), prop::option::of(prop::collection::vec(any::<u8>(), 1)), 0..20),
            rows_max in 0usize..10,
            descending: bool,
        ) {
            let mut merged = below.clone();
            for (key, value) in &batch {
                match value {
                    Some(value) => merged.insert(key.clone(), value.clone()),
                    None => merged.remove(key),
                };
            }
            let range = KeyRange { start: vec![1], end: vec![3] };
            let order = if descending { Order::Descending } else { Order::Ascending };
            let view = Overlaid { below: &below, batch: &batch };
            prop_assert_eq!(
                view.range(&range, order, rows_max).unwrap(),
                View::range(&merged, &range, order, rows_max).unwrap()
            );
        }
    }
}
