//! A remote calendar that does what a test tells it, and writes down what it was asked.

use advanta_bridge::model::{
    Channel, Fields, Marker, RemoteEvent, RemoteId, Sealed, Subscription, Timestamp,
};
use advanta_bridge::ports::{
    Capabilities, IdLaw, ListAsk, ListPage, Listed, Next, Remote, RemoteDeed, RemoteError,
    RemoteErrorKind, RemoteWrite, Remotes, Vault, VaultError, WatchAsk, Watched, Written,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// A kind of failure.
pub fn failure(kind: RemoteErrorKind) -> RemoteError {
    RemoteError {
        kind,
        detail: "as the test wants it".to_owned(),
    }
}

/// All remote calendars of a test: there is one.
#[derive(Default)]
pub struct Fake(Arc<Inside>);

#[derive(Default)]
struct Inside {
    /// What was asked, in order.
    asked: Mutex<Vec<String>>,
    /// Events with the mark they bear.
    events: Mutex<BTreeMap<String, Option<Marker>>>,
    /// What the next deletions of an event are answered with.
    failures: Mutex<BTreeMap<String, VecDeque<RemoteErrorKind>>>,
    /// What opening is answered with.
    closed: Mutex<Option<RemoteErrorKind>>,
    /// What `watch` is answered with, in order; then channels live a week.
    watches: Mutex<VecDeque<Result<Timestamp, RemoteErrorKind>>>,
    /// The secret of the channel that was asked for last.
    secret: Mutex<String>,
    /// A listing waits for this.
    gate: Mutex<Option<Arc<Notify>>>,
}

impl Fake {
    /// The same calendar.
    pub fn again(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// An event stands in it.
    pub fn holds(&self, id: &str, marker: Option<Marker>) {
        let mut events = self.0.events.lock().unwrap();
        events.insert(id.to_owned(), marker);
    }

    /// The next deletion of an event fails so, after those that were said before.
    pub fn fails(&self, id: &str, kind: RemoteErrorKind) {
        let mut failures = self.0.failures.lock().unwrap();
        failures.entry(id.to_owned()).or_default().push_back(kind);
    }

    /// The next wish to be told of changes is answered so: until when, or an error.
    pub fn watches(&self, answer: Result<Timestamp, RemoteErrorKind>) {
        self.0.watches.lock().unwrap().push_back(answer);
    }

    /// Nobody is let in any more.
    pub fn closes(&self, kind: RemoteErrorKind) {
        *self.0.closed.lock().unwrap() = Some(kind);
    }

    /// Listings wait until somebody opens the gate.
    pub fn gate(&self) -> Arc<Notify> {
        let gate = Arc::new(Notify::new());
        *self.0.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }

    /// The secret of the channel that was asked for last.
    pub fn secret(&self) -> String {
        self.0.secret.lock().unwrap().clone()
    }

    /// What stands in it.
    pub fn events(&self) -> Vec<String> {
        self.0.events.lock().unwrap().keys().cloned().collect()
    }

    /// What was asked since the last look.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.asked.lock().unwrap())
    }
}

#[async_trait]
impl Remotes for Fake {
    async fn open(&self, subscription: &Subscription) -> Result<Arc<dyn Remote>, RemoteError> {
        let secret = subscription.secret.as_ref();
        let secret =
            secret.and_then(|sealed| Plain.open(&subscription.secret_place(), sealed).ok());
        let secret = secret.ok_or_else(|| failure(RemoteErrorKind::Denied))?;
        let with = String::from_utf8(secret).unwrap();
        self.0.asked.lock().unwrap().push(format!("open {with}"));
        match *self.0.closed.lock().unwrap() {
            Some(kind) => Err(failure(kind)),
            None => Ok(Arc::new(Self(Arc::clone(&self.0)))),
        }
    }
}

#[async_trait]
impl Remote for Fake {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ids: IdLaw::Theirs,
            batch_max: 2,
            get_max: 10,
            writable: true,
            exceptions: true,
            gone_is_certain: true,
            watches: true,
            poll_every: Duration::from_secs(60),
            poll_watched_every: Duration::from_secs(600),
        }
    }

    fn project(&self, fields: &Fields) -> Fields {
        fields.clone()
    }

    async fn list(&self, _: ListAsk<'_>) -> Result<ListPage, RemoteError> {
        self.0.asked.lock().unwrap().push("list".to_owned());
        let gate = self.0.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.notified().await;
        }
        let items = self.events();
        let cursor = advanta_bridge::model::RemoteCursor(items.len().to_string());
        let items = items.iter().map(|id| Listed::Event(super::event(id)));
        Ok(ListPage {
            unread: vec![],
            items: items.collect(),
            next: Next::End(cursor),
        })
    }

    async fn get(&self, ids: &[RemoteId]) -> Result<Vec<Option<RemoteEvent>>, RemoteError> {
        Ok(ids.iter().map(|_| None).collect())
    }

    async fn find(&self, marker: &Marker) -> Result<Vec<RemoteEvent>, RemoteError> {
        let events = self.0.events.lock().unwrap();
        let marked = events
            .iter()
            .filter(|(_, mark)| mark.as_ref() == Some(marker));
        Ok(marked.map(|(id, _)| super::event(id)).collect())
    }

    async fn write(&self, writes: &[RemoteWrite]) -> Vec<Result<Written, RemoteError>> {
        writes.iter().map(|each| self.delete(each)).collect()
    }

    async fn watch(&self, ask: WatchAsk<'_>) -> Result<Watched, RemoteError> {
        self.0.asked.lock().unwrap().push("watch".to_owned());
        assert!(ask.token.len() >= 20, "a secret that can be guessed");
        ask.token.clone_into(&mut self.0.secret.lock().unwrap());
        let answer = self.0.watches.lock().unwrap().pop_front();
        let far = chrono::DateTime::<chrono::Utc>::MAX_UTC;
        let expires = answer.unwrap_or(Ok(far)).map_err(failure)?;
        Ok(Watched {
            resource: "all".to_owned(),
            expires,
        })
    }

    async fn unwatch(&self, _: &Channel) -> Result<(), RemoteError> {
        self.0.asked.lock().unwrap().push("unwatch".to_owned());
        Ok(())
    }

    async fn revoke(&self) -> Result<(), RemoteError> {
        self.0.asked.lock().unwrap().push("revoke".to_owned());
        Ok(())
    }
}

impl Fake {
    fn delete(&self, write: &RemoteWrite) -> Result<Written, RemoteError> {
        let RemoteDeed::Delete { id, .. } = &write.deed else {
            panic!("only deletions are expected here: {write:?}");
        };
        self.0.asked.lock().unwrap().push(format!("delete {id}"));
        let mut failures = self.0.failures.lock().unwrap();
        if let Some(kind) = failures.get_mut(&id.0).and_then(VecDeque::pop_front) {
            return Err(failure(kind));
        }
        match self.0.events.lock().unwrap().remove(&id.0) {
            None => Err(failure(RemoteErrorKind::Gone)),
            Some(_) => Ok(Written {
                id: id.clone(),
                uid: String::new(),
                version: String::new(),
                event: None,
            }),
        }
    }
}

/// Seals by writing the place in front.
pub struct Plain;

impl Vault for Plain {
    fn seal(&self, place: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        Ok(Sealed([place.as_bytes(), b"|", secret].concat()))
    }

    fn open(&self, place: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let head = format!("{place}|");
        let secret = sealed.0.strip_prefix(head.as_bytes());
        secret.map(<[u8]>::to_vec).ok_or(VaultError::Unreadable)
    }
}
