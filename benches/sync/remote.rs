//! A remote calendar in memory that answers at once. It keeps what a real one keeps: versions, a list of changes, identities that
//! were used before; and it counts the calls.

use advanta_bridge::model::{
    Fields, Marker, RemoteCursor, RemoteEvent, RemoteId, Subscription, Writable,
};
use advanta_bridge::ports::{
    Capabilities, IdLaw, ListAsk, ListPage, Listed, Next, PageToken, Remote, RemoteChanges,
    RemoteDeed, RemoteError, RemoteErrorKind, RemoteWrite, Remotes, Written,
};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Items of a page.
pub const PAGE: usize = 2_500;
/// Writes of a batch, and identities of one question.
pub const BATCH: usize = 50;

/// Calls until now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Pages listed.
    pub list: u64,
    /// Questions for events by identity.
    pub get: u64,
    /// Batches of writes.
    pub batches: u64,
    /// Writes in those batches.
    pub writes: u64,
}

impl Calls {
    /// Calls since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            list: self.list - before.list,
            get: self.get - before.get,
            batches: self.batches - before.batches,
            writes: self.writes - before.writes,
        }
    }
}

#[derive(Default)]
struct Inside {
    /// Every event that ever was; `None`: deleted.
    events: BTreeMap<RemoteId, (u64, Option<RemoteEvent>)>,
    /// The last change of each event, oldest first.
    changes: BTreeMap<u64, RemoteId>,
    change: u64,
    calls: Calls,
}

impl Inside {
    fn keep(&mut self, id: &RemoteId, event: Option<RemoteEvent>) -> Option<RemoteEvent> {
        self.change += 1;
        let number = self.change;
        let event = event.map(|event| RemoteEvent {
            version: number.to_string(),
            ..event
        });
        if let Some((old, _)) = self.events.insert(id.clone(), (number, event.clone())) {
            self.changes.remove(&old);
        }
        self.changes.insert(number, id.clone());
        event
    }

    /// The event, at the version that is expected.
    fn expected(&self, id: &RemoteId, version: Option<&str>) -> Result<RemoteEvent, RemoteError> {
        let event = self.events.get(id).and_then(|(_, event)| event.clone());
        let event = event.ok_or_else(|| error(RemoteErrorKind::Gone))?;
        match version {
            Some(version) if version != event.version => Err(error(RemoteErrorKind::Stale)),
            Some(_) | None => Ok(event),
        }
    }

    fn write(&mut self, deed: &RemoteDeed) -> Result<Written, RemoteError> {
        match deed {
            RemoteDeed::Create { marker, fields, .. } => {
                let event = created(marker, fields);
                if self.events.contains_key(&event.id) {
                    return Err(error(RemoteErrorKind::Taken));
                }
                Ok(self.written(event))
            }
            RemoteDeed::Update {
                id,
                expected,
                changes,
                ..
            } => {
                let event = self.expected(id, expected.as_deref())?;
                Ok(self.written(changed(event, changes)))
            }
            RemoteDeed::Delete { id, expected } => {
                let event = self.expected(id, expected.as_deref())?;
                self.keep(id, None);
                Ok(Written {
                    id: event.id,
                    uid: event.uid,
                    version: String::new(),
                    event: None,
                })
            }
            RemoteDeed::Move { .. } => Err(error(RemoteErrorKind::Refused)),
        }
    }

    fn written(&mut self, event: RemoteEvent) -> Written {
        let (id, uid) = (event.id.clone(), event.uid.clone());
        let event = self.keep(&id, Some(event));
        let version = event.as_ref().map(|event| event.version.clone());
        Written {
            id,
            uid,
            version: version.unwrap_or_default(),
            event,
        }
    }
}

fn error(kind: RemoteErrorKind) -> RemoteError {
    RemoteError {
        kind,
        detail: "not so".to_owned(),
    }
}

fn created(marker: &Marker, fields: &Fields) -> RemoteEvent {
    let id = marker.event_id();
    RemoteEvent {
        uid: format!("{id}@example.com"),
        marker: Some(marker.clone()),
        ..event(id, fields.clone())
    }
}

/// An event of a person's own.
pub fn event(id: RemoteId, fields: Fields) -> RemoteEvent {
    RemoteEvent {
        uid: format!("{id}@example.com"),
        id,
        version: String::new(),
        fields,
        series: None,
        marker: None,
        writable: Writable::Yes,
        guests: false,
        private: false,
        skip: None,
    }
}

fn changed(event: RemoteEvent, changes: &RemoteChanges) -> RemoteEvent {
    let was = event.fields;
    RemoteEvent {
        fields: Fields {
            title: changes.title.clone().unwrap_or(was.title),
            span: changes.span.or(was.span),
            description: changes.description.clone().unwrap_or(was.description),
            location: changes.location.clone().unwrap_or(was.location),
            recurs: was.recurs && !changes.drop_recurrence,
        },
        marker: changes.marker.clone().unwrap_or(event.marker),
        ..event
    }
}

/// The calendar.
#[derive(Clone, Default)]
pub struct Calendar(Arc<Mutex<Inside>>);

impl Calendar {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls until now.
    pub fn calls(&self) -> Calls {
        self.inside().calls
    }

    /// How many events there are.
    pub fn size(&self) -> usize {
        let there = |(_, event): &&(u64, Option<RemoteEvent>)| event.is_some();
        self.inside().events.values().filter(there).count()
    }

    /// A person makes an event.
    pub fn make(&self, event: RemoteEvent) {
        let id = event.id.clone();
        self.inside().keep(&id, Some(event));
    }

    /// A person gives an event another title.
    pub fn rename(&self, id: &RemoteId, title: &str) {
        let mut inside = self.inside();
        let mut event = inside.expected(id, None).expect("it is there");
        event.fields.title = title.to_owned();
        inside.keep(id, Some(event));
    }
}

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
            poll_every: Duration::from_secs(300),
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
            items: changes.iter().filter_map(item).collect(),
            next: if changes.len() == PAGE {
                Next::Page(PageToken(last.to_string()))
            } else {
                Next::End {
                    cursor: RemoteCursor(last.to_string()),
                    covers: None,
                }
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

    async fn watch(&self) -> Result<(), RemoteError> {
        Ok(())
    }

    async fn unwatch(&self) -> Result<(), RemoteError> {
        Ok(())
    }

    async fn revoke(&self) -> Result<(), RemoteError> {
        Ok(())
    }
}
