//! A fake remote calendar behind the port: what an adapter would be, with the calendar itself in its hands.

use crate::calendar::{Calendar, Fault, Kept, Touch};
use crate::io::Life;
use crate::manners::Window;
use advanta_bridge::model::{
    Channel, Exception, Fields, Marker, Presence, RemoteCursor, RemoteEvent, RemoteId,
    Subscription, Timestamp, Writable,
};
use advanta_bridge::ports::{
    Capabilities, ListAsk, ListPage, Listed, Next, PageToken, Remote, RemoteChanges, RemoteDeed,
    RemoteError, RemoteErrorKind, RemoteWrite, Remotes, WatchAsk, Watched, Written,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Later than anything that happens here: no channel runs out.
const FAR: Timestamp = DateTime::<Utc>::MAX_UTC;

/// All calendars, by identity.
pub type Calendars = BTreeMap<String, Arc<Mutex<Calendar>>>;

/// Opens the fake calendars for one process.
pub struct FakeRemotes {
    pub calendars: Calendars,
    pub life: Arc<Life>,
}

#[async_trait]
impl Remotes for FakeRemotes {
    async fn open(&self, subscription: &Subscription) -> Result<Arc<dyn Remote>, RemoteError> {
        let id = &subscription.calendar.id;
        let calendar = self
            .calendars
            .get(id)
            .ok_or_else(|| error(RemoteErrorKind::CalendarGone))?;
        Ok(Arc::new(FakeRemote {
            name: id.clone(),
            calendar: Arc::clone(calendar),
            life: Arc::clone(&self.life),
        }))
    }
}

struct FakeRemote {
    name: String,
    calendar: Arc<Mutex<Calendar>>,
    life: Arc<Life>,
}

fn error(kind: RemoteErrorKind) -> RemoteError {
    RemoteError {
        kind,
        detail: "as the scenario wants it".to_owned(),
    }
}

impl FakeRemote {
    fn inside(&self) -> MutexGuard<'_, Calendar> {
        self.calendar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call from its beginning to its answer.
    async fn call<T>(
        &self,
        name: &str,
        act: impl FnOnce(&mut Calendar, Option<Fault>) -> Result<T, RemoteError> + Send,
        says: impl FnOnce(&T) -> String + Send,
    ) -> Result<T, RemoteError>
    where
        T: Send,
    {
        let call = self.life.before().await;
        let answer = {
            let mut calendar = self.inside();
            calendar.calls += 1;
            let fault = calendar.faults.pop_front();
            match fault {
                _ if calendar.denied => Err(error(RemoteErrorKind::Denied)),
                Some(Fault::Fails) => Err(error(RemoteErrorKind::Transient)),
                Some(Fault::Throttled) => Err(error(throttled())),
                other => {
                    let done = act(&mut calendar, other);
                    if other == Some(Fault::AnswerLost) {
                        Err(error(RemoteErrorKind::Transient))
                    } else {
                        done
                    }
                }
            }
        };
        let said = match &answer {
            Ok(done) => says(done),
            Err(error) => format!("{:?}", error.kind),
        };
        self.life
            .after(call, format!("  {} {name} -> {said}", self.name))
            .await;
        answer
    }
}

fn throttled() -> RemoteErrorKind {
    RemoteErrorKind::Throttled {
        retry_after: Duration::from_secs(20),
    }
}

#[async_trait]
impl Remote for FakeRemote {
    fn capabilities(&self) -> Capabilities {
        let calendar = self.inside();
        let manners = &calendar.manners;
        Capabilities {
            ids: manners.ids,
            batch_max: manners.batch_max,
            get_max: manners.get_max,
            exceptions: manners.exceptions,
            gone_is_certain: !matches!(manners.window, Window::Frozen { .. }),
            watches: true,
            poll_every: Duration::from_secs(300),
            poll_watched_every: Duration::from_secs(300),
            writable: true,
        }
    }

    fn project(&self, fields: &Fields) -> Fields {
        self.inside().manners.projected(fields)
    }

    async fn list(&self, ask: ListAsk<'_>) -> Result<ListPage, RemoteError> {
        let name = format!(
            "list since {} page {}",
            ask.cursor.map_or("-", |cursor| &cursor.0),
            ask.page.map_or("-", |page| &page.0)
        );
        self.call(
            &name,
            |calendar, _| page(calendar, &ask),
            |page| {
                let items: Vec<String> = page.items.iter().map(item).collect();
                let end = if matches!(page.next, Next::Page(_)) {
                    "…"
                } else {
                    "."
                };
                format!("{}{end}", items.join(", "))
            },
        )
        .await
    }

    async fn get(&self, ids: &[RemoteId]) -> Result<Vec<Option<RemoteEvent>>, RemoteError> {
        let name = format!("get {}", ids.len());
        let act = |calendar: &mut Calendar, _| {
            assert!(ids.len() <= calendar.manners.get_max, "too many to get");
            let one = |id| calendar.events.get(id).map(|kept| kept.event.clone());
            Ok(ids.iter().map(one).collect::<Vec<_>>())
        };
        let there = |found: &Vec<Option<RemoteEvent>>| {
            let words = found
                .iter()
                .map(|each| each.as_ref().map_or("-", |event| &event.id.0));
            words.collect::<Vec<_>>().join(" ")
        };
        self.call(&name, act, there).await
    }

    async fn find(&self, marker: &Marker) -> Result<Vec<RemoteEvent>, RemoteError> {
        let name = format!("find {}", marker.text());
        let act = |calendar: &mut Calendar, _| {
            let live = calendar.events.values().map(|kept| &kept.event);
            Ok(live
                .filter(|event| event.marker.as_ref() == Some(marker))
                .cloned()
                .collect::<Vec<_>>())
        };
        self.call(&name, act, |found| format!("{} found", found.len()))
            .await
    }

    async fn write(&self, writes: &[RemoteWrite]) -> Vec<Result<Written, RemoteError>> {
        let name = format!(
            "write {}",
            writes.iter().map(deed).collect::<Vec<_>>().join("; ")
        );
        let act = |calendar: &mut Calendar, fault: Option<Fault>| {
            assert!(
                writes.len() <= calendar.manners.batch_max,
                "too many at once"
            );
            let each = writes.iter().enumerate().map(|(n, each)| match fault {
                Some(Fault::ItemFails) if n == 0 => Err(error(RemoteErrorKind::Transient)),
                Some(Fault::ItemStale) if n == 0 => Err(error(RemoteErrorKind::Stale)),
                _ => write(calendar, each).map_err(error),
            });
            Ok(each.collect::<Vec<_>>())
        };
        let says = |done: &Vec<Result<Written, RemoteError>>| {
            let one = |each: &Result<Written, RemoteError>| match each {
                Ok(written) => format!("{} {}", written.id, written.version),
                Err(error) => format!("{:?}", error.kind),
            };
            done.iter().map(one).collect::<Vec<_>>().join("; ")
        };
        match self.call(&name, act, says).await {
            Ok(each) => each,
            Err(error) => writes.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn watch(&self, _: WatchAsk<'_>) -> Result<Watched, RemoteError> {
        let watched = Watched {
            resource: "all".to_owned(),
            expires: FAR,
        };
        self.call("watch", |_, _| Ok(watched), |_| String::new())
            .await
    }

    async fn unwatch(&self, _: &Channel) -> Result<(), RemoteError> {
        self.call("unwatch", |_, _| Ok(()), |()| String::new())
            .await
    }

    async fn revoke(&self) -> Result<(), RemoteError> {
        self.call("revoke", |_, _| Ok(()), |()| String::new()).await
    }
}

fn item(listed: &Listed) -> String {
    match listed {
        Listed::Event(event) => format!("{} {}", event.id, event.version),
        Listed::Exception { series, .. } => format!("{series} exception"),
        Listed::Gone(id) => format!("{id} gone"),
    }
}

fn deed(write: &RemoteWrite) -> String {
    match &write.deed {
        RemoteDeed::Create { marker, fields, .. } => {
            format!("create {} {:?}", marker.text(), fields.title)
        }
        RemoteDeed::Update {
            id,
            expected,
            changes,
            ..
        } => format!("update {id} if {expected:?} {changes:?}"),
        RemoteDeed::Move { id, span, .. } => format!("move {id} {span:?}"),
        RemoteDeed::Delete { id, expected } => format!("delete {id} if {expected:?}"),
    }
}

/// Where a listing stands: what it began from, and what it will end with.
struct Place {
    /// Without cursor: everything.
    since: Option<usize>,
    from: Timestamp,
    /// Changes when it began: where the next one begins.
    seen: usize,
    /// What was listed already: up to so many items of this unit.
    listed: Option<(String, usize)>,
    life: u32,
}

/// `life:seen:from`.
fn cursor(life: u32, seen: usize, from: Timestamp) -> RemoteCursor {
    RemoteCursor(format!("{life}:{seen}:{}", from.timestamp()))
}

fn numbers(text: &str) -> Option<Vec<i64>> {
    text.split(':').map(|part| part.parse().ok()).collect()
}

impl Place {
    fn of(calendar: &Calendar, ask: &ListAsk<'_>) -> Option<Self> {
        let count = |n: &i64| usize::try_from(*n).ok();
        let mut place = Self {
            since: None,
            from: ask.from,
            seen: calendar.changes.len(),
            listed: None,
            life: calendar.life,
        };
        if let Some(cursor) = ask.cursor {
            let numbers = numbers(&cursor.0)?;
            place.life = u32::try_from(*numbers.first()?).ok()?;
            place.since = Some(count(numbers.get(1)?)?);
            place.from = DateTime::<Utc>::from_timestamp(*numbers.get(2)?, 0)?;
        }
        if let Some(page) = ask.page {
            let mut parts = page.0.splitn(4, ':');
            place.seen = parts.next()?.parse().ok()?;
            place.life = parts.next()?.parse().ok()?;
            let items: usize = parts.next()?.parse().ok()?;
            place.listed = parts.next().map(|unit| (unit.to_owned(), items));
        }
        (place.life == calendar.life).then_some(place)
    }
}

/// One page.
fn page(calendar: &Calendar, ask: &ListAsk<'_>) -> Result<ListPage, RemoteError> {
    let place = Place::of(calendar, ask).ok_or_else(|| error(RemoteErrorKind::Gone))?;
    let all = match place.since {
        None => everything(calendar, place.from),
        Some(since) => changed(calendar, since, place.seen, place.from),
    };
    let first_empty =
        calendar.manners.empty_first_page && place.since.is_none() && ask.page.is_none();
    let size = if first_empty {
        0
    } else {
        calendar.manners.page
    };
    // A page goes on behind what was listed, not at a number: what vanishes meanwhile makes nobody else be left out.
    let is_new = |unit: &str, n: usize| match &place.listed {
        Some((listed, items)) => (unit, n) >= (listed.as_str(), *items),
        None => true,
    };
    let rest: Vec<(&str, usize, &Listed)> = all
        .iter()
        .flat_map(|(unit, items)| {
            (0..)
                .zip(items)
                .map(move |(n, item)| (unit.as_str(), n, item))
        })
        .filter(|(unit, n, _)| is_new(unit, *n))
        .collect();
    let next = match rest[..size.min(rest.len())].last() {
        _ if first_empty => Next::Page(PageToken(format!("{}:{}:0:", place.seen, place.life))),
        Some((unit, n, _)) if size < rest.len() => {
            let place = format!("{}:{}:{}:{unit}", place.seen, place.life, n + 1);
            Next::Page(PageToken(place))
        }
        Some(_) | None => Next::End(cursor(place.life, place.seen, place.from)),
    };
    let items = rest.iter().take(size).map(|(.., item)| (*item).clone());
    Ok(ListPage {
        unread: vec![],
        items: items.collect(),
        next,
    })
}

/// What is listed together, by what a page can go on behind.
type Unit = (String, Vec<Listed>);

/// A full listing, by identity. What changes while it is read can be missed here: its change comes after the cursor.
fn everything(calendar: &Calendar, from: Timestamp) -> Vec<Unit> {
    let until = calendar.until(from);
    let within = |kept: &&Kept| match calendar.manners.window {
        Window::None => true,
        _ => calendar.is_within(&kept.event, from, until),
    };
    let live = calendar.events.iter().filter(|(_, kept)| within(kept));
    live.map(|(id, kept)| (id.0.clone(), shown(calendar, &kept.event, Touch::Whole)))
        .collect()
}

fn changed(calendar: &Calendar, since: usize, seen: usize, from: Timestamp) -> Vec<Unit> {
    let mut told = BTreeSet::new();
    let mut listed = vec![];
    // Only the last change of each is told, in its place.
    let upto = seen.min(calendar.changes.len());
    for (id, touch) in calendar.changes[since.min(upto)..upto].iter().rev() {
        if told.insert((id, *touch)) {
            listed.push(change(calendar, id, *touch, from));
        }
    }
    (0..)
        .zip(listed.into_iter().rev())
        .map(|(n, items): (usize, _)| (format!("{n:08}"), items))
        .collect()
}

fn change(calendar: &Calendar, id: &RemoteId, touch: Touch, from: Timestamp) -> Vec<Listed> {
    let until = calendar.until(from);
    let Some(kept) = calendar.events.get(id) else {
        return vec![Listed::Gone(id.clone())];
    };
    let within = calendar.is_within(&kept.event, from, until);
    match calendar.manners.window {
        Window::StartKept if !within => vec![],
        Window::Frozen { .. } if !within => vec![Listed::Gone(id.clone())],
        _ => shown(calendar, &kept.event, touch),
    }
}

/// An event as it is listed, with its exceptions inside or beside it.
fn shown(calendar: &Calendar, event: &RemoteEvent, touch: Touch) -> Vec<Listed> {
    let mut event = event.clone();
    let apart = |event: &mut RemoteEvent| {
        let series = event.series.as_mut();
        series
            .map(|series| std::mem::take(&mut series.exceptions))
            .unwrap_or_default()
    };
    if !calendar.manners.exceptions_apart {
        return vec![Listed::Event(event)];
    }
    let series = event.id.clone();
    let beside = |exception: Exception| Listed::Exception {
        id: RemoteId(format!("{series} {:?}", exception.original)),
        series: series.clone(),
        exception,
        alone: None,
    };
    let exceptions = apart(&mut event);
    match touch {
        Touch::Whole => {
            let beside = exceptions.into_iter().map(beside);
            std::iter::once(Listed::Event(event))
                .chain(beside)
                .collect()
        }
        Touch::Exception(n) => exceptions.get(n).copied().map(beside).into_iter().collect(),
    }
}

fn write(calendar: &mut Calendar, write: &RemoteWrite) -> Result<Written, RemoteErrorKind> {
    calendar.mails += u64::from(write.notify);
    let (id, touch) = match &write.deed {
        RemoteDeed::Create {
            marker,
            fields,
            presence,
            ..
        } => (create(calendar, marker, fields, *presence)?, Touch::Whole),
        RemoteDeed::Update {
            id,
            expected,
            changes,
            ..
        } => {
            may_write(calendar, id, expected.as_deref())?;
            update(calendar, id, changes);
            (id.clone(), Touch::Whole)
        }
        RemoteDeed::Move {
            id,
            occurrence,
            span,
            ..
        } => {
            may_write(calendar, id, None)?;
            if !calendar.manners.exceptions {
                return Err(RemoteErrorKind::Refused);
            }
            let known = calendar.events.get(id);
            if known.is_none_or(|kept| kept.event.series.is_none()) {
                // No series, no such occurrence.
                return Err(RemoteErrorKind::Gone);
            }
            let exception = Exception {
                original: *occurrence,
                now: Some(calendar.manners.lengthened(*span)),
            };
            except(calendar, id, exception)
        }
        RemoteDeed::Delete { id, expected } => {
            may_write(calendar, id, expected.as_deref())?;
            calendar.writes += 1;
            let kept = calendar.remove(id).ok_or(RemoteErrorKind::Gone)?;
            calendar.removed_by_us.push(kept.clone());
            return Ok(Written {
                id: id.clone(),
                uid: kept.event.uid,
                version: String::new(),
                event: None,
            });
        }
    };
    calendar.writes += 1;
    let _ = touch;
    let written = written(calendar, &id)?;
    calendar.stir(&id);
    Ok(written)
}

/// Puts an exception in its place.
pub fn except(calendar: &mut Calendar, id: &RemoteId, exception: Exception) -> (RemoteId, Touch) {
    let place = calendar
        .events
        .get(id)
        .and_then(|kept| kept.event.series.as_ref())
        .map(|series| {
            let same = |each: &Exception| each.original == exception.original;
            series
                .exceptions
                .iter()
                .position(same)
                .unwrap_or(series.exceptions.len())
        });
    let touch = Touch::Exception(place.unwrap_or_default());
    calendar.touch(id, touch, |kept| {
        if let Some(series) = &mut kept.event.series {
            series
                .exceptions
                .retain(|each| each.original != exception.original);
            series.exceptions.insert(
                place.unwrap_or_default().min(series.exceptions.len()),
                exception,
            );
        }
    });
    (id.clone(), touch)
}

fn create(
    calendar: &mut Calendar,
    marker: &Marker,
    fields: &Fields,
    presence: Presence,
) -> Result<RemoteId, RemoteErrorKind> {
    let (id, uid) = calendar.identity_for(marker)?;
    Ok(calendar.add(Kept {
        event: RemoteEvent {
            id,
            uid,
            version: String::new(),
            fields: Fields {
                recurs: false,
                ..calendar.manners.projected(fields)
            },
            series: None,
            marker: Some(marker.clone()),
            writable: Writable::Yes,
            guests: false,
            private: false,
            skip: None,
            split_from: None,
        },
        copied: false,
        touched: false,
        locked_once: false,
        repeated_once: false,
        presence: Some(presence),
    }))
}

fn may_write(
    calendar: &mut Calendar,
    id: &RemoteId,
    expected: Option<&str>,
) -> Result<(), RemoteErrorKind> {
    let Some(kept) = calendar.events.get(id) else {
        return Err(RemoteErrorKind::Gone);
    };
    if kept.event.writable == Writable::No {
        return Err(RemoteErrorKind::NotWritable);
    }
    match expected {
        Some(expected) if kept.event.version != expected => Err(RemoteErrorKind::Stale),
        _ => Ok(()),
    }
}

fn update(calendar: &mut Calendar, id: &RemoteId, changes: &RemoteChanges) {
    let (drops, manners) = (calendar.manners.drops_recurrence, calendar.manners);
    calendar.change(id, |kept| {
        let fields = &mut kept.event.fields;
        let set = |place: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                place.clone_from(value);
            }
        };
        set(&mut fields.title, &changes.title);
        set(&mut fields.description, &changes.description);
        set(&mut fields.location, &changes.location);
        if changes.span.is_some() {
            fields.span = changes.span;
        }
        // One without length takes no write as it is, whatever the write is about.
        fields.span = fields.span.map(|span| manners.lengthened(span));
        if changes.drop_recurrence && drops {
            fields.recurs = false;
            kept.event.series = None;
        }
        if let Some(marker) = &changes.marker {
            kept.event.marker.clone_from(marker);
        }
    });
}

fn written(calendar: &Calendar, id: &RemoteId) -> Result<Written, RemoteErrorKind> {
    let kept = calendar.events.get(id).ok_or(RemoteErrorKind::Gone)?;
    let event = calendar
        .manners
        .answers_with_event
        .then(|| kept.event.clone());
    Ok(Written {
        id: id.clone(),
        uid: kept.event.uid.clone(),
        version: kept.event.version.clone(),
        event,
    })
}
