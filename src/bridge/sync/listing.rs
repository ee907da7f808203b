//! Everything that a remote lists, before anything is done about it: never a part of it.

use super::{SyncError, answer};
use crate::bridge::Bridge;
use crate::model::{Exception, RemoteCursor, RemoteEvent, RemoteId, Timestamp, Unread};
use crate::ports::{ListAsk, Listed, Next, Remote, RemoteError, RemoteErrorKind};
use std::collections::BTreeMap;

/// A whole listing.
#[derive(Debug)]
pub(super) struct Listing {
    /// The last word on each event: there, or not listed any more.
    pub(super) events: BTreeMap<RemoteId, Option<RemoteEvent>>,
    /// Occurrences that were listed beside their series, by their own identities: some have no series here.
    pub(super) occurrences: BTreeMap<RemoteId, Occurrence>,
    /// Events of which something cannot be read.
    pub(super) unread: Vec<Unread>,
    /// How many items there were.
    pub(super) items: u64,
    /// Where the next one begins.
    pub(super) cursor: RemoteCursor,
}

/// An occurrence that was listed beside its series, or without it.
#[derive(Debug)]
pub(super) struct Occurrence {
    /// Which series.
    pub(super) series: RemoteId,
    /// As an event of its own; `None`: it was cancelled.
    pub(super) alone: Option<Box<RemoteEvent>>,
}

impl Bridge {
    /// Lists to the end: pages may be short or empty while more follow, and a part of a listing says nothing.
    pub(super) async fn list(
        &self,
        remote: &dyn Remote,
        cursor: Option<&RemoteCursor>,
        from: Timestamp,
        mut told: impl FnMut(u64),
    ) -> Result<Listing, SyncError> {
        let limits = self.limits.sync;
        let mut events = BTreeMap::new();
        let mut exceptions: BTreeMap<RemoteId, Vec<Exception>> = BTreeMap::new();
        let mut occurrences = BTreeMap::new();
        let mut items = 0_usize;
        let mut unread = vec![];
        let mut page = None;
        for _ in 0..limits.listing_pages_max {
            let ask = ListAsk {
                cursor,
                page: page.as_ref(),
                from,
            };
            let listed = answer(limits.call_timeout, remote.list(ask)).await?;
            items = items.saturating_add(listed.items.len());
            if items > limits.listing_items_max {
                return Err(SyncError::TooMany(limits.listing_items_max));
            }
            told(items as u64);
            unread.extend(listed.unread);
            for item in listed.items {
                match item {
                    Listed::Event(event) => {
                        events.insert(event.id.clone(), Some(event));
                    }
                    Listed::Gone(id) => {
                        events.insert(id, None);
                    }
                    Listed::Exception {
                        id,
                        series,
                        exception,
                        alone,
                    } => {
                        let of = series.clone();
                        exceptions.entry(of).or_default().push(exception);
                        occurrences.insert(id, Occurrence { series, alone });
                    }
                }
            }
            match listed.next {
                Next::Page(next) => page = Some(next),
                Next::End(cursor) => {
                    for (series, told) in exceptions {
                        add(&mut events, &series, told);
                    }
                    return Ok(Listing {
                        events,
                        occurrences,
                        unread,
                        items: items as u64,
                        cursor,
                    });
                }
            }
        }
        let max = limits.listing_pages_max;
        Err(SyncError::Remote(RemoteError {
            kind: RemoteErrorKind::Transient,
            detail: format!("a listing has more than {max} pages (sync.listing_pages_max)"),
        }))
    }
}

/// Exceptions belong to their series, on whichever page it came.
fn add(
    events: &mut BTreeMap<RemoteId, Option<RemoteEvent>>,
    series: &RemoteId,
    exceptions: Vec<Exception>,
) {
    let event = events.get_mut(series).and_then(Option::as_mut);
    if let Some(series) = event.and_then(|event| event.series.as_mut()) {
        for exception in exceptions {
            series
                .exceptions
                .retain(|known| known.original != exception.original);
            series.exceptions.push(exception);
        }
    }
}
