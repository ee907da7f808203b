//! What `changes` lists: a copy that follows the world, at once or with a lag, as a read replica would.

use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Which list of the answer a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Things; the flag says whether anybody sees it.
    Objects {
        /// Whether it has a participant.
        seen: bool,
    },
    /// Tombs.
    Removed,
    /// Employees.
    People,
}

/// One thing, tomb or person as it was when it changed.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: u64,
    /// Where it belongs.
    pub list: List,
    /// As the contract shows it.
    pub json: Arc<Value>,
}

/// The listing and its cursors.
#[derive(Debug)]
pub struct Listing {
    /// How far it is behind the world.
    pub lag: Duration,
    waiting: VecDeque<(Instant, Row)>,
    rows: BTreeMap<u64, Row>,
    places: BTreeMap<String, u64>,
    head: u64,
    /// Cursors of an earlier era are expired.
    era: u64,
}

/// A cursor: its era, the last row seen, and where the full listing that it belongs to began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bookmark {
    era: u64,
    after: u64,
    full_until: u64,
}

/// A page of the listing, and the rows that it told.
pub struct Page {
    /// The answer.
    pub body: Value,
    /// Ids and revisions of its objects.
    pub told: Vec<(String, u64)>,
}

impl Listing {
    /// An empty one without lag.
    pub fn new() -> Self {
        Self {
            lag: Duration::ZERO,
            waiting: VecDeque::new(),
            rows: BTreeMap::new(),
            places: BTreeMap::new(),
            head: 0,
            era: 1,
        }
    }

    /// Takes note of a change; it shows when the lag is over.
    pub fn note(&mut self, row: Row) {
        self.waiting.push_back((Instant::now(), row));
        self.catch_up();
    }

    /// Makes every cursor that was given until now too old.
    pub fn expire_cursors(&mut self) {
        self.era += 1;
    }

    /// The page after a cursor; `None` when the cursor is expired or unknown.
    pub fn page(&mut self, cursor: Option<&str>, limit: usize) -> Option<Page> {
        self.catch_up();
        let from = match cursor {
            Some(text) => Bookmark::parse(text).filter(|mark| self.gave(mark))?,
            None => Bookmark {
                era: self.era,
                after: 0,
                full_until: self.head,
            },
        };
        let shown = |(place, row): &(&u64, &Row)| **place > from.full_until || row.is_there();
        let mut rest = self.rows.range(from.after + 1..).filter(shown);
        let rows: Vec<_> = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        let after = match rows.last() {
            Some((last, _)) if more => **last,
            _ => self.head.max(from.after),
        };
        let to = Bookmark { after, ..from };
        Some(page(&rows, &to.text(), more))
    }

    fn gave(&self, mark: &Bookmark) -> bool {
        mark.era == self.era && mark.after <= self.head && mark.full_until <= self.head
    }

    /// Moves what is old enough from the world to the listing, in order.
    fn catch_up(&mut self) {
        while let Some((at, _)) = self.waiting.front()
            && at.elapsed() >= self.lag
            && let Some((_, row)) = self.waiting.pop_front()
        {
            self.head += 1;
            if let Some(old) = self.places.insert(row.id.clone(), self.head) {
                self.rows.remove(&old);
            }
            self.rows.insert(self.head, row);
        }
    }
}

impl Row {
    /// Whether a full listing has it.
    fn is_there(&self) -> bool {
        match self.list {
            List::Objects { seen } => seen,
            List::Removed => false,
            List::People => true,
        }
    }
}

impl Bookmark {
    fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<u64> = text
            .split('-')
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        let &[era, after, full_until] = numbers.as_slice() else {
            return None;
        };
        Some(Self {
            era,
            after,
            full_until,
        })
    }

    fn text(self) -> String {
        format!("{}-{}-{}", self.era, self.after, self.full_until)
    }
}

fn page(rows: &[(&u64, &Row)], cursor: &str, more: bool) -> Page {
    let of = |list: fn(List) -> bool| -> Vec<&Value> {
        let rows = rows.iter().filter(|(_, row)| list(row.list));
        rows.map(|(_, row)| &*row.json).collect()
    };
    let told = rows
        .iter()
        .map(|(_, row)| (row.id.clone(), row.revision))
        .collect();
    let body = json!({
        "objects": of(|list| matches!(list, List::Objects { .. })),
        "removed": of(|list| list == List::Removed),
        "people": of(|list| list == List::People),
        "cursor": cursor,
        "more": more,
    });
    Page { body, told }
}
