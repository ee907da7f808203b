//! Reads rows where they lie in base and log, without any tables.
//!
//! Slower than tables and as large in memory as all keys together, but it needs nothing to be written: this is how reads go on
//! when the tables cannot be used.

use super::base::NO_SEGMENT;
use super::frame::{self, FRAME_HEADER_BYTES, Header, SEGMENT_HEADER_BYTES};
use super::stream::{Part, read_part, read_up_to};
use super::{LogFolder, batch, damaged};
use crate::ports::StoreError;
use crate::store::kv::{Key, KeyRange, Order, Row, View};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::FileExt;

/// All rows as of one commit.
pub struct LogView {
    /// Kept open: the log may be pruned meanwhile.
    files: Vec<File>,
    places: BTreeMap<Key, Place>,
}

/// Where a value lies.
#[derive(Clone, Copy)]
struct Place {
    file: usize,
    at: u64,
    length: usize,
}

impl LogView {
    /// Finds all rows as of commit `last`, which must be durable.
    pub fn read(folder: &LogFolder, last: u64) -> Result<Self, StoreError> {
        let _kept = folder.keep_whole();
        let mut view = Self::empty();
        let held = match folder.bases()?.pop() {
            Some(first) => view.add_base(folder, first)?,
            None => 0,
        };
        let headers = folder.headers()?;
        let mut reached = held;
        for (place, header) in headers.iter().enumerate() {
            let end = headers.get(place + 1).map_or(last, |next| next.first - 1);
            let numbers = header.first..=end.min(last);
            if header.first <= reached + 1 && *numbers.end() > held {
                view.add_segment(folder, header.segment, numbers.clone())?;
                reached = reached.max(*numbers.end());
            }
        }
        match reached >= last {
            true => Ok(view),
            false => Err(damaged(0, 0, format!("commit {} is missing", reached + 1))),
        }
    }

    /// Finds all rows up to the first damage, and says which commit that is: the newest base that is whole, and what follows it
    /// without a gap. `None` when there is nothing to begin with.
    pub fn salvage(folder: &LogFolder) -> Option<(Self, u64)> {
        let mut bases = folder.bases().ok()?;
        while let Some(first) = bases.pop() {
            let mut view = Self::empty();
            match view.add_base(folder, first) {
                Ok(held) => return Some(view.follow(folder, held)),
                Err(error) => tracing::warn!("a base cannot be read: {error}"),
            }
        }
        let view = Self::empty();
        let begins = |segment: &u64| {
            folder
                .header(*segment)
                .is_ok_and(|header| header.first == 1)
        };
        let segments = folder.segments().ok()?;
        let whole = segments.iter().any(begins);
        whole.then(|| view.follow(folder, 0))
    }

    /// Adds the commits after `held` for as long as they can be read.
    fn follow(mut self, folder: &LogFolder, held: u64) -> (Self, u64) {
        let segments = folder.segments().unwrap_or_default();
        let mut headers: Vec<_> = segments
            .into_iter()
            .filter_map(|segment| folder.header(segment).ok())
            .collect();
        headers.sort_by_key(|header| header.segment);
        let mut reached = held;
        for (place, header) in headers.iter().enumerate() {
            let next = headers
                .get(place + 1)
                .filter(|next| next.segment == header.segment + 1);
            let end = next.map_or(u64::MAX, |next| next.first - 1);
            if header.first > reached + 1 {
                tracing::warn!("commit {} is missing in the log", reached + 1);
                break;
            }
            let added = self.add_readable(folder, header, end);
            match added {
                Ok(last) => reached = reached.max(last),
                Err(error) => {
                    tracing::warn!("a segment of the log cannot be read: {error}");
                    break;
                }
            }
        }
        (self, reached)
    }

    /// Adds the commits of a segment that can be read, at most up to `end`; answers the last of them.
    fn add_readable(
        &mut self,
        folder: &LogFolder,
        header: &Header,
        end: u64,
    ) -> Result<u64, StoreError> {
        let mut frames = Frames::open(&folder.path(header.segment))?;
        let mut last = header.first - 1;
        while last < end {
            let Some((at, payload)) = frames.next(header.segment, last + 1)? else {
                break;
            };
            self.add(&payload, at)?;
            last += 1;
        }
        self.files.push(frames.file.into_inner());
        Ok(last)
    }

    fn empty() -> Self {
        Self {
            files: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// Adds the rows of a base; answers the last commit that is surely in it.
    fn add_base(&mut self, folder: &LogFolder, first: u64) -> Result<u64, StoreError> {
        let mut frames = Frames::open(&folder.base_path(first))?;
        for number in 1.. {
            let (at, payload) = frames.next(NO_SEGMENT, number)?.ok_or_else(|| {
                damaged(NO_SEGMENT, 0, format!("part {number} of the base is wrong"))
            })?;
            if !self.add(&payload, at)? {
                break;
            }
        }
        self.files.push(frames.file.into_inner());
        Ok(first - 1)
    }

    fn add_segment(
        &mut self,
        folder: &LogFolder,
        segment: u64,
        numbers: std::ops::RangeInclusive<u64>,
    ) -> Result<(), StoreError> {
        let mut frames = Frames::open(&folder.path(segment))?;
        for number in numbers {
            let (at, payload) = frames.next(segment, number)?.ok_or_else(|| {
                damaged(segment, 0, format!("commit {number} is missing or damaged"))
            })?;
            self.add(&payload, at)?;
        }
        self.files.push(frames.file.into_inner());
        Ok(())
    }

    /// Adds the rows of one payload, which lies at `at` in the file that is added next. Answers whether there were any.
    fn add(&mut self, payload: &[u8], at: u64) -> Result<bool, StoreError> {
        let rows = batch::places(payload).ok_or_else(|| damaged(0, 0, "a commit is no batch"))?;
        let any = !rows.is_empty();
        for (key, value) in rows {
            match value {
                Some(value) => {
                    let place = Place {
                        file: self.files.len(),
                        at: at + value.start as u64,
                        length: value.len(),
                    };
                    self.places.insert(key, place);
                }
                None => {
                    self.places.remove(&key);
                }
            }
        }
        Ok(any)
    }

    fn value(&self, place: Place) -> Result<Vec<u8>, StoreError> {
        let mut value = vec![0; place.length];
        self.files[place.file].read_exact_at(&mut value, place.at)?;
        Ok(value)
    }
}

/// The frames of a file, one after the other, with their places.
struct Frames {
    file: BufReader<File>,
    at: u64,
}

impl Frames {
    fn open(path: &std::path::Path) -> Result<Self, StoreError> {
        let mut file = BufReader::new(File::open(path)?);
        let at = read_up_to(&mut file, SEGMENT_HEADER_BYTES)?.len() as u64;
        Ok(Self { file, at })
    }

    /// The payload of the next frame and where it lies; `None` when there is another thing.
    fn next(&mut self, segment: u64, number: u64) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let Part::Whole(payload) = read_part(&mut self.file, segment, number)? else {
            return Ok(None);
        };
        let at = self.at + FRAME_HEADER_BYTES as u64;
        self.at += frame::size(payload.len()) as u64;
        Ok(Some((at, payload)))
    }
}

impl View for LogView {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let place = self.places.get(key);
        place.map(|place| self.value(*place)).transpose()
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
        let mut found = self.places.range(range.start.clone()..range.end.clone());
        let next = || match order {
            Order::Ascending => found.next(),
            Order::Descending => found.next_back(),
        };
        std::iter::from_fn(next)
            .take(rows_max)
            .map(|(key, place)| Ok((key.clone(), self.value(*place)?)))
            .collect()
    }
}
