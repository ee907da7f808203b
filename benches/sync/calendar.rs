//! A calendar in memory. It keeps what a real one keeps: versions, a list of changes, identities that were used before.

use crate::office;
use advanta_bridge::model::{Fields, Marker, RemoteEvent, RemoteId, Settings, Writable};
use advanta_bridge::ports::{RemoteChanges, RemoteDeed, RemoteError, RemoteErrorKind, Written};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// What is in it.
#[derive(Default)]
pub struct Inside {
    /// Every event that ever was; `None`: deleted.
    pub events: BTreeMap<RemoteId, (u64, Option<RemoteEvent>)>,
    /// The last change of each event, oldest first.
    pub changes: BTreeMap<u64, RemoteId>,
    change: u64,
    pub calls: Calls,
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

    /// Does one write.
    pub fn write(&mut self, deed: &RemoteDeed) -> Result<Written, RemoteError> {
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
        split_from: None,
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
    /// Locked.
    pub fn inside(&self) -> MutexGuard<'_, Inside> {
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

/// An event of hers.
pub fn hers(number: usize) -> RemoteEvent {
    let fields = Fields {
        title: format!("Планёрка {number}"),
        span: office::planned(number).span(&Settings::default()),
        description: office::text(),
        location: "Переговорная 3".to_owned(),
        recurs: false,
    };
    event(RemoteId(format!("own{number:06}")), fields)
}
