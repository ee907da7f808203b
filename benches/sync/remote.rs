//! A remote that answers at once: the calendar in memory behind the port. It counts the calls.

use crate::calendar::Calendar;
use advanta_bridge::model::{
    Channel, Fields, Marker, RemoteCursor, RemoteEvent, RemoteId, Subscription,
};
use advanta_bridge::ports::{
    Capabilities, IdLaw, ListAsk, ListPage, Listed, Next, PageToken, Remote, RemoteError,
    RemoteWrite, Remotes, WatchAsk, Watched, Written,
};
use async_trait::async_trait;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

/// Items of a page.
pub const PAGE: usize = 2_500;
/// Writes of a batch, and identities of one question.
pub const BATCH: usize = 50;

#[async_trait]
impl Remotes for Calendar {
    async fn open(&self, _: &Subscription) -> Result<Arc<dyn Remote>, RemoteError> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl Remote for Calendar {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ids: IdLaw::Ours,
            batch_max: BATCH,
            get_max: BATCH,
            writable: true,
            exceptions: true,
            gone_is_certain: true,
            watches: true,
            poll_every: Duration::from_secs(300),
            poll_watched_every: Duration::from_secs(300),
        }
    }

    fn project(&self, fields: &Fields) -> Fields {
        fields.clone()
    }

    async fn list(&self, ask: ListAsk<'_>) -> Result<ListPage, RemoteError> {
        let mut inside = self.inside();
        inside.calls.list += 1;
        let since: u64 = ask
            .cursor
            .map_or(Ok(0), |cursor| cursor.0.parse())
            .expect("a cursor of ours");
        // What changes while pages are read comes at their end.
        let after = ask
            .page
            .map_or(Ok(since), |page| page.0.parse())
            .expect("a page of ours");
        let from = (Bound::Excluded(after), Bound::Unbounded);
        let changes: Vec<(u64, RemoteId)> = inside
            .changes
            .range(from)
            .take(PAGE)
            .map(|(number, id)| (*number, id.clone()))
            .collect();
        let item = |(_, id): &(u64, RemoteId)| match inside
            .events
            .get(id)
            .and_then(|(_, event)| event.clone())
        {
            Some(event) => Some(Listed::Event(event)),
            None => ask.cursor.map(|_| Listed::Gone(id.clone())),
        };
        let last = changes.last().map_or(after, |(number, _)| *number);
        Ok(ListPage {
            unread: vec![],
            items: changes.iter().filter_map(item).collect(),
            next: if changes.len() == PAGE {
                Next::Page(PageToken(last.to_string()))
            } else {
                Next::End(RemoteCursor(last.to_string()))
            },
        })
    }

    async fn get(&self, ids: &[RemoteId]) -> Result<Vec<Option<RemoteEvent>>, RemoteError> {
        assert!(ids.len() <= BATCH);
        let mut inside = self.inside();
        inside.calls.get += 1;
        let of = |id| inside.events.get(id).and_then(|(_, event)| event.clone());
        Ok(ids.iter().map(of).collect())
    }

    async fn find(&self, marker: &Marker) -> Result<Vec<RemoteEvent>, RemoteError> {
        let found = self.get(&[marker.event_id()]).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn write(&self, writes: &[RemoteWrite]) -> Vec<Result<Written, RemoteError>> {
        assert!(writes.len() <= BATCH);
        let mut inside = self.inside();
        inside.calls.batches += 1;
        inside.calls.writes += writes.len() as u64;
        writes
            .iter()
            .map(|write| inside.write(&write.deed))
            .collect()
    }

    async fn watch(&self, _: WatchAsk<'_>) -> Result<Watched, RemoteError> {
        Ok(Watched {
            resource: "all".to_owned(),
            expires: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        })
    }

    async fn unwatch(&self, _: &Channel) -> Result<(), RemoteError> {
        Ok(())
    }

    async fn revoke(&self) -> Result<(), RemoteError> {
        Ok(())
    }
}
