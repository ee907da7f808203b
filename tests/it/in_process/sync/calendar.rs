//! A remote calendar whose owner does what the scene says.

use super::events::Kept;
use advanta_bridge::model::{
    Channel, Exception, Fields, Marker, Moment, RemoteChanges, RemoteCursor, RemoteEvent, RemoteId,
    Span, Subscription, Writable,
};
use advanta_bridge::ports::{
    Capabilities, IdLaw, ListAsk, ListPage, Listed, Next, Remote, RemoteDeed, RemoteError,
    RemoteErrorKind, RemoteWrite, Remotes, WatchAsk, Watched, Written,
};
use async_trait::async_trait;
use chrono::Duration;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// How a calendar behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    pub ids: IdLaw,
    /// It keeps no more days of an event than these.
    pub clips_days: Option<i64>,
    /// It keeps no more letters of a description than these.
    pub cuts_texts: Option<usize>,
    /// A single occurrence can be moved.
    pub exceptions: bool,
    /// Events can be made in it.
    pub writable: bool,
}

/// What is inside.
pub struct Calendar {
    pub manners: Manners,
    pub zone: Tz,
    /// In the order in which they were made.
    pub events: Vec<Kept>,
    /// What its owner deleted and may restore.
    bin: Vec<Kept>,
    /// Identities that are not given again.
    taken: BTreeSet<RemoteId>,
    changes: Vec<RemoteId>,
    /// Cursors of an earlier life are dead.
    life: u32,
    made: u64,
    versions: u64,
    /// Events that come out as nobody can read them: a listing leaves them out, whoever asks for them is refused.
    pub garbled: BTreeSet<RemoteId>,
    /// A title over which a library stumbles that reads it.
    pub stumbles_over: Option<String>,
    /// Whether the last listing said that it may be written.
    said_writable: bool,
    /// What every call is answered with.
    pub closed: Option<RemoteErrorKind>,
    /// What the next writes are answered with.
    pub failures: VecDeque<RemoteErrorKind>,
    /// Writes that had an effect.
    pub writes: u64,
    /// Writes that mailed somebody.
    pub mails: u64,
    /// Listings.
    pub lists: u64,
    /// Farewells.
    pub farewells: Vec<&'static str>,
}

impl Calendar {
    pub fn new(manners: Manners, zone: Tz) -> Self {
        Self {
            manners,
            zone,
            events: vec![],
            bin: vec![],
            taken: BTreeSet::new(),
            changes: vec![],
            life: 0,
            made: 0,
            versions: 0,
            garbled: BTreeSet::new(),
            stumbles_over: None,
            said_writable: manners.writable,
            closed: None,
            failures: VecDeque::new(),
            writes: 0,
            mails: 0,
            lists: 0,
            farewells: vec![],
        }
    }

    /// An identity and a UID that nothing has.
    pub fn identity(&mut self) -> (RemoteId, String) {
        self.made += 1;
        let n = self.made;
        (
            RemoteId(format!("event-{n}")),
            format!("uid-{n}@example.com"),
        )
    }

    /// Keeps a new event.
    pub fn add(&mut self, mut kept: Kept) {
        self.versions += 1;
        kept.event.version = self.versions.to_string();
        self.taken.insert(kept.event.id.clone());
        self.changes.push(kept.event.id.clone());
        self.events.push(kept);
    }

    /// Changes an event, which has another version then.
    pub fn change(
        &mut self,
        id: &RemoteId,
        change: impl FnOnce(&mut Kept) -> Result<(), String>,
    ) -> Result<(), String> {
        self.versions += 1;
        let kept = self.events.iter_mut().find(|kept| kept.event.id == *id);
        let kept = kept.ok_or("no such event")?;
        change(kept)?;
        kept.event.version = self.versions.to_string();
        self.changes.push(id.clone());
        Ok(())
    }

    /// The first event of a title, or the last.
    pub fn find(&self, title: &str, last: bool) -> Result<RemoteId, String> {
        let mut found = self
            .events
            .iter()
            .filter(|kept| kept.event.fields.title == title);
        let found = if last {
            found.next_back()
        } else {
            found.next()
        };
        found
            .map(|kept| kept.event.id.clone())
            .ok_or_else(|| format!("there is no event \"{title}\""))
    }

    fn remove(&mut self, id: &RemoteId) -> Option<Kept> {
        let place = self.events.iter().position(|kept| kept.event.id == *id)?;
        self.changes.push(id.clone());
        Some(self.events.remove(place))
    }

    /// Its owner deletes an event.
    pub fn bin(&mut self, id: &RemoteId) -> Result<(), String> {
        let kept = self.remove(id).ok_or("no such event")?;
        self.bin.push(kept);
        Ok(())
    }

    /// Its owner takes an event out of the bin, with its mark; whoever gives identities gives it another one.
    pub fn restore(&mut self, title: &str) -> Result<(), String> {
        let is = |kept: &Kept| kept.event.fields.title == title;
        let place = self.bin.iter().rposition(is).ok_or("nothing in the bin")?;
        let mut kept = self.bin.remove(place);
        if self.manners.ids == IdLaw::Theirs {
            kept.event.id = self.identity().0;
        }
        self.add(kept);
        Ok(())
    }

    /// Bookmarks are worth nothing any more.
    pub fn forget_cursor(&mut self) {
        self.life += 1;
    }

    fn shown(&self, fields: &Fields) -> Fields {
        let mut fields = fields.clone();
        if let (Some(days), Some(span)) = (self.manners.clips_days, fields.span) {
            fields.span = Some(clipped(span, days));
        }
        if let Some(letters) = self.manners.cuts_texts {
            fields.description = fields.description.chars().take(letters).collect();
        }
        fields
    }

    fn page(&mut self, ask: &ListAsk<'_>) -> Result<ListPage, RemoteErrorKind> {
        self.said_writable = self.manners.writable;
        let cursor = RemoteCursor(format!("{}:{}", self.life, self.changes.len()));
        let since = match ask.cursor {
            None => None,
            Some(cursor) => {
                let (life, since) = cursor.0.split_once(':').ok_or(RemoteErrorKind::Gone)?;
                if life != self.life.to_string() {
                    return Err(RemoteErrorKind::Gone);
                }
                Some(since.parse().map_err(|_| RemoteErrorKind::Gone)?)
            }
        };
        let items = match since {
            None => self
                .events
                .iter()
                .filter(|kept| !self.garbled.contains(&kept.event.id))
                .map(|kept| Listed::Event(kept.event.clone()))
                .collect(),
            Some(since) => self.changed(since),
        };
        let next = Next::End(cursor);
        Ok(ListPage {
            items,
            unread: vec![],
            next,
        })
    }

    fn changed(&self, since: usize) -> Vec<Listed> {
        let touched: BTreeSet<&RemoteId> = self.changes.iter().skip(since).collect();
        let one = |id: &RemoteId| match self.event(id) {
            Some(event) => Listed::Event(event),
            None => Listed::Gone(id.clone()),
        };
        let readable = touched.into_iter().filter(|id| !self.garbled.contains(id));
        readable.map(one).collect()
    }

    fn event(&self, id: &RemoteId) -> Option<RemoteEvent> {
        let found = self.events.iter().find(|kept| kept.event.id == *id);
        found.map(|kept| kept.event.clone())
    }

    fn write(&mut self, write: &RemoteWrite) -> Result<Written, RemoteErrorKind> {
        if let Some(kind) = self.failures.pop_front() {
            return Err(kind);
        }
        let done = match &write.deed {
            RemoteDeed::Create { marker, fields, .. } => self.create(marker, fields),
            RemoteDeed::Update {
                id,
                expected,
                changes,
                ..
            } => self.may_write(id, expected.as_deref()).and_then(|()| {
                let zone = self.zone;
                let done = self.change(id, |kept| {
                    update(kept, changes, zone);
                    Ok(())
                });
                self.written(id, done)
            }),
            RemoteDeed::Move {
                id,
                occurrence,
                span,
                ..
            } => self.may_write(id, None).and_then(|()| {
                let exception = Exception {
                    original: *occurrence,
                    now: Some(*span),
                };
                let done = self.change(id, |kept| kept.put_exception(exception));
                self.written(id, done)
            }),
            RemoteDeed::Delete { id, expected } => {
                self.may_write(id, expected.as_deref()).map(|()| {
                    self.remove(id);
                    Written {
                        id: id.clone(),
                        uid: String::new(),
                        version: String::new(),
                        event: None,
                    }
                })
            }
        }?;
        self.writes += 1;
        self.mails += u64::from(write.notify);
        Ok(done)
    }

    fn create(&mut self, marker: &Marker, fields: &Fields) -> Result<Written, RemoteErrorKind> {
        let (id, uid) = match self.manners.ids {
            IdLaw::Theirs => self.identity(),
            IdLaw::Ours => {
                let id = marker.event_id();
                let uid = format!("{id}@example.com");
                (id, uid)
            }
        };
        if self.taken.contains(&id) {
            return Err(RemoteErrorKind::Taken);
        }
        let span = fields.span.ok_or(RemoteErrorKind::Refused)?;
        let mut kept = Kept::new(id.clone(), uid, "", span);
        kept.event.fields = self.shown(fields);
        kept.event.marker = Some(marker.clone());
        self.add(kept);
        self.written(&id, Ok(()))
    }

    fn may_write(&self, id: &RemoteId, expected: Option<&str>) -> Result<(), RemoteErrorKind> {
        let event = self.event(id).ok_or(RemoteErrorKind::Gone)?;
        match expected {
            _ if event.writable == Writable::No => Err(RemoteErrorKind::NotWritable),
            Some(expected) if expected != event.version => Err(RemoteErrorKind::Stale),
            _ => Ok(()),
        }
    }

    /// The answer to a write: the event as this calendar can keep it.
    fn written(
        &mut self,
        id: &RemoteId,
        done: Result<(), String>,
    ) -> Result<Written, RemoteErrorKind> {
        done.map_err(|_| RemoteErrorKind::Refused)?;
        let shown = self.event(id).map(|event| self.shown(&event.fields));
        let kept = self.events.iter_mut().find(|kept| kept.event.id == *id);
        if let (Some(kept), Some(shown)) = (kept, shown) {
            kept.event.fields = shown;
        }
        let event = self.event(id).ok_or(RemoteErrorKind::Gone)?;
        Ok(Written {
            id: id.clone(),
            uid: event.uid.clone(),
            version: event.version.clone(),
            event: Some(event),
        })
    }
}

fn update(kept: &mut Kept, changes: &RemoteChanges, zone: Tz) {
    let set = |place: &mut String, value: &Option<String>| {
        if let Some(value) = value {
            place.clone_from(value);
        }
    };
    let fields = &mut kept.event.fields;
    set(&mut fields.title, &changes.title);
    set(&mut fields.description, &changes.description);
    set(&mut fields.location, &changes.location);
    fields.span = changes.span.or(fields.span);
    if changes.drop_recurrence {
        kept.repeat(None, zone);
    }
    if let Some(marker) = &changes.marker {
        kept.event.marker.clone_from(marker);
    }
}

fn clipped(span: Span, days: i64) -> Span {
    let end = match (span.start(), span.end()) {
        (Moment::Day(first), Moment::Day(last)) => {
            Moment::Day(last.min(first + Duration::days(days - 1)))
        }
        (Moment::At(from), Moment::At(to)) => Moment::At(to.min(from + Duration::days(days))),
        (_, end) => end,
    };
    Span::new(span.start(), end).unwrap_or(span)
}

/// Calendars by identity.
pub type Calendars = Arc<Mutex<BTreeMap<String, Arc<Mutex<Calendar>>>>>;

/// The way to all calendars.
pub struct Doors(pub Calendars);

fn error(kind: RemoteErrorKind) -> RemoteError {
    let detail = match kind {
        RemoteErrorKind::Denied => "access was taken back",
        RemoteErrorKind::CalendarGone => "it is gone",
        RemoteErrorKind::Throttled { .. } => "too fast",
        RemoteErrorKind::Barred { .. } => "by a policy",
        _ => "as the scene wants it",
    };
    RemoteError {
        kind,
        detail: detail.to_owned(),
    }
}

#[async_trait]
impl Remotes for Doors {
    async fn open(&self, subscription: &Subscription) -> Result<Arc<dyn Remote>, RemoteError> {
        let calendars = self.0.lock().unwrap();
        let calendar = calendars.get(&subscription.calendar.id);
        let calendar = calendar.ok_or_else(|| error(RemoteErrorKind::CalendarGone))?;
        Ok(Arc::new(Door(Arc::clone(calendar))))
    }
}

struct Door(Arc<Mutex<Calendar>>);

impl Door {
    fn inside(&self) -> MutexGuard<'_, Calendar> {
        self.0.lock().unwrap()
    }

    fn enter(&self) -> Result<MutexGuard<'_, Calendar>, RemoteError> {
        let inside = self.inside();
        match inside.closed {
            Some(kind) => Err(error(kind)),
            None => Ok(inside),
        }
    }
}

#[async_trait]
impl Remote for Door {
    fn capabilities(&self) -> Capabilities {
        let inside = self.inside();
        let manners = inside.manners;
        Capabilities {
            ids: manners.ids,
            batch_max: 10,
            get_max: 10,
            writable: inside.said_writable,
            exceptions: manners.exceptions,
            gone_is_certain: true,
            watches: true,
            poll_every: std::time::Duration::from_secs(60),
            poll_watched_every: std::time::Duration::from_secs(60),
        }
    }

    fn project(&self, fields: &Fields) -> Fields {
        let stumbles = self.inside().stumbles_over.as_ref() == Some(&fields.title);
        assert!(!stumbles, "a library stumbles over {}", fields.title);
        self.inside().shown(fields)
    }

    async fn list(&self, ask: ListAsk<'_>) -> Result<ListPage, RemoteError> {
        let mut inside = self.enter()?;
        inside.lists += 1;
        inside.page(&ask).map_err(error)
    }

    async fn get(&self, ids: &[RemoteId]) -> Result<Vec<Option<RemoteEvent>>, RemoteError> {
        let inside = self.enter()?;
        if ids.iter().any(|id| inside.garbled.contains(id)) {
            return Err(error(RemoteErrorKind::Refused));
        }
        Ok(ids.iter().map(|id| inside.event(id)).collect())
    }

    async fn find(&self, marker: &Marker) -> Result<Vec<RemoteEvent>, RemoteError> {
        let inside = self.enter()?;
        let events = inside.events.iter().map(|kept| &kept.event);
        let marked = events.filter(|event| event.marker.as_ref() == Some(marker));
        Ok(marked.cloned().collect())
    }

    async fn write(&self, writes: &[RemoteWrite]) -> Vec<Result<Written, RemoteError>> {
        let one = |write| {
            let mut inside = self.enter()?;
            inside.write(write).map_err(error)
        };
        writes.iter().map(one).collect()
    }

    async fn watch(&self, _: WatchAsk<'_>) -> Result<Watched, RemoteError> {
        self.enter().map(|_| Watched {
            resource: "all".to_owned(),
            expires: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        })
    }

    async fn unwatch(&self, _: &Channel) -> Result<(), RemoteError> {
        self.enter()?.farewells.push("no more notices");
        Ok(())
    }

    async fn revoke(&self) -> Result<(), RemoteError> {
        self.enter()?.farewells.push("consent taken back");
        Ok(())
    }
}
