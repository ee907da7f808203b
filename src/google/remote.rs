//! One Google calendar as the engine uses it.

use super::api::{Api, transient};
use super::connector::all_calendars;
use super::failure::{self, Asked};
use super::html;
use super::http::Whole;
use super::lenient;
use super::map::{self, Bounds, Seen, Setting};
use super::requests::{self, Calendars, Call};
use super::wire::{EventWire, EventsWire, WatchedWire};
use crate::ical::guarded;
use crate::model::{
    Channel, Exception, Fields, Marker, Moment, RemoteChanges, RemoteCursor, RemoteEvent, RemoteId,
    Span, SubscriptionId, Timestamp, Unread,
};
use crate::ports::{
    Capabilities, IdLaw, ListAsk, ListPage, Listed, Next, PageToken, Remote, RemoteDeed,
    RemoteError, RemoteErrorKind, RemoteWrite, WatchAsk, Watched, Written,
};
use async_trait::async_trait;
use chrono::NaiveTime;
use serde_json::Value;
use std::sync::PoisonError;

/// Pages of the exceptions of one series, or of the events of one mark.
const PAGES_MAX: usize = 64;

/// What our cursors begin with: moved when a listing asks for something else.
const CURSOR: &str = "2:";

/// Characters of an identity that a log shows.
const ID_CHARS_SHOWN: usize = 64;

/// A calendar, as one person is let into it.
pub(super) struct GoogleRemote {
    pub(super) api: Api,
    pub(super) subscription: SubscriptionId,
    pub(super) epoch: u64,
    pub(super) calendar: String,
    pub(super) push_address: String,
}

impl GoogleRemote {
    fn setting(&self) -> Setting {
        let known = self.api.shared.settings.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&self.subscription);
        // Of an earlier life it was perhaps another calendar.
        let known = known.filter(|(epoch, _)| *epoch == self.epoch);
        known.map(|(_, setting)| *setting).unwrap_or_default()
    }

    /// Remembers what a listing says of the calendar.
    fn learn(&self, page: &EventsWire) -> Setting {
        let role = page.access_role.as_deref();
        let setting = Setting {
            zone: map::zone_of(page.time_zone.as_deref()).unwrap_or(self.setting().zone),
            writable: !matches!(role, Some("reader" | "freeBusyReader" | "none")),
        };
        let known = self.api.shared.settings.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.insert(self.subscription.clone(), (self.epoch, setting));
        setting
    }

    fn bounds(&self) -> Bounds {
        let options = self.api.options();
        Bounds {
            id_bytes_max: options.token_bytes_max,
            text_bytes_max: options.text_bytes_max,
            recurrence_lines_max: options.recurrence_lines_max,
        }
    }

    /// That a calendar was not found is believed only when the account's list of calendars lacks it: stray 404s happen.
    async fn confirmed(&self, error: RemoteError) -> RemoteError {
        if error.kind != RemoteErrorKind::CalendarGone {
            return error;
        }
        let listed = all_calendars(&self.api, Calendars::All).await;
        match listed {
            Ok(calendars) if calendars.iter().any(|one| one.id == self.calendar) => transient(
                format!("{}, though the calendar is on the list", error.detail),
            ),
            Ok(_) => RemoteError {
                kind: RemoteErrorKind::CalendarGone,
                detail: "the calendar is not on the account's list of calendars".to_owned(),
            },
            // Whether it is there, nobody said.
            Err(unknown) => match unknown.kind {
                RemoteErrorKind::Denied
                | RemoteErrorKind::Unreachable
                | RemoteErrorKind::Throttled { .. }
                | RemoteErrorKind::Barred { .. } => unknown,
                _ => transient(format!(
                    "{}; the list of calendars: {}",
                    error.detail, unknown.detail
                )),
            },
        }
    }

    /// Sends a call about the calendar or one of its events.
    async fn call(&self, asked: Asked, call: &Call) -> Result<Whole, RemoteError> {
        match self.api.call(asked, call).await {
            Err(error) => Err(self.confirmed(error).await),
            done => done,
        }
    }

    async fn page(&self, asked: Asked, call: &Call) -> Result<EventsWire, RemoteError> {
        let whole = self.call(asked, call).await?;
        let page = serde_json::from_slice(&whole.body);
        page.map_err(|_| transient("a page of events cannot be read"))
    }

    /// What an event says. One that a library fails on cannot be read.
    fn seen(&self, wire: EventWire, setting: Setting) -> Result<Seen, &'static str> {
        guarded(|| map::seen(wire, setting, self.bounds())).unwrap_or(Err("a library fails on it"))
    }

    /// What of a page can be read, as far as it can be, and what cannot. Whatever is left out is not shown as gone either.
    fn readable(&self, page: Vec<Value>, setting: Setting) -> (Vec<Seen>, Vec<Unread>) {
        let (mut found, mut unread) = (Vec::with_capacity(page.len()), vec![]);
        for item in page {
            let read = lenient::read(item);
            let mut flaws = read.unread;
            match read.event.map(|wire| self.seen(wire, setting)) {
                Some(Ok(seen)) => found.push(seen),
                Some(Err(why)) => flaws.push(why.to_owned()),
                None => {}
            }
            if !flaws.is_empty() {
                unread.push(Unread {
                    event: RemoteId(shown(&read.id)),
                    what: flaws.join(", "),
                });
            }
        }
        (found, unread)
    }

    /// All pages of a small listing that knows no sync token.
    async fn all(&self, call: impl Fn(Option<&str>) -> Call) -> Result<Vec<Seen>, RemoteError> {
        let mut found = vec![];
        let mut token: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let asked = Asked::List { since: false };
            let page = self.page(asked, &call(token.as_deref())).await?;
            let next = page.next_page_token.clone();
            found.extend(self.readable(page.items, self.setting()).0);
            match next {
                Some(next) => token = Some(next),
                None => return Ok(found),
            }
        }
        Err(transient("one series has too many pages of exceptions"))
    }

    /// A series with the occurrences that are not where it puts them: Google shows them beside it.
    async fn whole(&self, mut event: RemoteEvent) -> Result<RemoteEvent, RemoteError> {
        let Some(series) = &mut event.series else {
            return Ok(event);
        };
        let events = self.api.options().page_events;
        let call =
            |page: Option<&str>| requests::list_of_uid(&self.calendar, &event.uid, page, events);
        let exceptions: Vec<Exception> = self
            .all(call)
            .await?
            .into_iter()
            .filter_map(|seen| match seen {
                Seen::Exception(one) if one.series == event.id => Some(one.exception),
                Seen::Exception(..) | Seen::Event(_) | Seen::Deleted(_) => None,
            })
            .collect();
        series.exceptions = exceptions;
        Ok(event)
    }

    /// The event of an answer; `None`: there is none any more. One that cannot be understood is refused: it holds up no other.
    fn event_of(&self, whole: &Whole) -> Result<Option<RemoteEvent>, RemoteError> {
        let item = serde_json::from_slice(&whole.body)
            .map_err(|_| transient("an event cannot be read"))?;
        let read = lenient::read(item);
        let wire = read.event.ok_or_else(|| RemoteError {
            kind: RemoteErrorKind::Refused,
            detail: format!("an event cannot be read: {}", read.unread.join(", ")),
        })?;
        match self.seen(wire, self.setting()) {
            Ok(Seen::Event(event)) => Ok(Some(*event)),
            // Whoever asks for an occurrence by its own identity knows it as an event.
            Ok(Seen::Exception(one)) => Ok(one.alone.map(|event| *event)),
            Ok(Seen::Deleted(_)) => Ok(None),
            Err(why) => Err(RemoteError {
                kind: RemoteErrorKind::Refused,
                detail: format!("an event cannot be read: {why}"),
            }),
        }
    }

    /// Of a calendar that is not there, or not ours to see any more, Google says of each event that there is none.
    async fn check_calendar(&self) -> Result<(), RemoteError> {
        let asked = Asked::List { since: false };
        let call = requests::peek(&self.calendar);
        self.call(asked, &call).await.map(|_| ())
    }

    async fn get_one(&self, id: &RemoteId) -> Result<Option<RemoteEvent>, RemoteError> {
        let call = requests::get(&self.calendar, id);
        let event = match self.api.call(Asked::Get, &call).await {
            Ok(whole) => self.event_of(&whole)?,
            Err(error) if error.kind == RemoteErrorKind::Gone => {
                self.check_calendar().await?;
                None
            }
            Err(error) => return Err(error),
        };
        match event {
            Some(event) => self.whole(event).await.map(Some),
            None => Ok(None),
        }
    }

    /// What became of a write, after whatever else its answer asks for.
    async fn settled(
        &self,
        write: &RemoteWrite,
        answer: Result<Whole, RemoteError>,
    ) -> Result<Written, RemoteError> {
        match (&write.deed, answer) {
            (RemoteDeed::Delete { id, .. }, Ok(_)) => Ok(deleted(id)),
            // Google says so of what was deleted before; that was to be done.
            (RemoteDeed::Delete { id, .. }, Err(error)) if error.kind == RemoteErrorKind::Gone => {
                Ok(deleted(id))
            }
            (RemoteDeed::Update { id, .. } | RemoteDeed::Delete { id, .. }, Err(error))
                if error.kind == RemoteErrorKind::NotWritable =>
            {
                self.forbidden(id, error).await
            }
            (RemoteDeed::Update { changes, .. }, Err(error))
                if changes.span.is_none() && failure::is_of_empty_range(&error) =>
            {
                self.lengthened(write, error).await
            }
            (_, Err(error)) => Err(error),
            (RemoteDeed::Move { id, .. }, Ok(_)) => {
                // The answer shows the occurrence; the version that counts is that of its series.
                let event = self.get_one(id).await;
                // It was moved, whatever can be seen of it.
                let event = event.map_err(|error| transient(error.detail))?;
                event.map(written).ok_or_else(gone)
            }
            (RemoteDeed::Create { .. }, Ok(whole)) => self.shown(&whole).await,
            (RemoteDeed::Update { id, changes, .. }, Ok(whole)) => {
                let done = self.shown(&whole).await?;
                if changes.drop_recurrence && still_recurs(&done) {
                    return self.drop_otherwise(id, done).await;
                }
                Ok(done)
            }
        }
    }

    /// What a write's answer shows. A series whose exceptions cannot be had is said to be written, and looked at later.
    async fn shown(&self, whole: &Whole) -> Result<Written, RemoteError> {
        // It was written, whatever its answer shows.
        let read = self.event_of(whole);
        let event = read.map_err(|error| transient(error.detail))?;
        let event = event.ok_or_else(gone)?;
        let bare = Written {
            event: None,
            ..written(event.clone())
        };
        Ok(self.whole(event).await.map_or(bare, written))
    }

    /// Google did not take the first way to drop a recurrence.
    async fn drop_otherwise(&self, id: &RemoteId, done: Written) -> Result<Written, RemoteError> {
        let call = requests::clear_recurrence(&self.calendar, id, &done.version);
        match self.api.call(Asked::Write, &call).await {
            Ok(whole) => self.shown(&whole).await,
            // The first write was done; what it left is said as it is.
            Err(_) => Ok(done),
        }
    }

    /// "Forbidden" is also what Google says of an event of our own that was deleted.
    async fn forbidden(&self, id: &RemoteId, error: RemoteError) -> Result<Written, RemoteError> {
        match self.get_one(id).await {
            Ok(None) => Err(gone()),
            Ok(Some(_)) => Err(error),
            // It is there, though nobody can read it.
            Err(unread) if unread.kind == RemoteErrorKind::Refused => Err(error),
            Err(unknown) => Err(unknown),
        }
    }

    fn call_of(&self, write: &RemoteWrite, occurrence: Option<&RemoteId>) -> Call {
        let shortest = self.api.options().shortest_event;
        requests::write(&self.calendar, write, occurrence, shortest)
    }

    /// The call of a write. That of a move is known once Google said how its occurrence is called.
    async fn prepared(&self, write: &RemoteWrite) -> Result<Call, RemoteError> {
        let RemoteDeed::Move { id, occurrence, .. } = &write.deed else {
            return Ok(self.call_of(write, None));
        };
        let call = requests::instances(&self.calendar, id, *occurrence);
        let page = self.page(Asked::Get, &call).await?;
        let shown = page.items.into_iter();
        let shown = shown.filter_map(|item| lenient::read(item).event);
        let zone = page.time_zone.as_deref();
        let zone = map::zone_of(zone).unwrap_or(self.setting().zone);
        let named = map::occurrence_at(shown.collect(), *occurrence, zone);
        let named = named.ok_or_else(gone)?;
        Ok(self.call_of(write, Some(&named)))
    }

    /// Sends writes that can be sent; the others have their answer already.
    async fn send_prepared(
        &self,
        prepared: Vec<Result<Call, RemoteError>>,
    ) -> Vec<Result<Whole, RemoteError>> {
        let calls: Vec<Call> = prepared
            .iter()
            .filter_map(|call| call.clone().ok())
            .collect();
        let mut sent = match calls.is_empty() {
            true => vec![],
            false => self.send_writes(&calls).await,
        }
        .into_iter();
        let unsent = || Err(transient("a write was not answered"));
        prepared
            .into_iter()
            .map(|call| match call {
                Ok(_) => sent.next().unwrap_or_else(unsent),
                Err(error) => Err(error),
            })
            .collect()
    }

    /// An event that a person made without length takes no change of its other fields as it is: it gets a length along with them,
    /// the same that it would get from us.
    async fn lengthened(
        &self,
        write: &RemoteWrite,
        refused: RemoteError,
    ) -> Result<Written, RemoteError> {
        let RemoteDeed::Update {
            id,
            expected,
            changes,
            zone,
        } = &write.deed
        else {
            return Err(refused);
        };
        let event = self.get_one(id).await?.ok_or_else(gone)?;
        let is_empty = |span: &Span| map::held(*span, self.api.options().shortest_event) != *span;
        let Some(span) = event.fields.span.filter(is_empty) else {
            return Err(refused);
        };
        let longer = RemoteWrite {
            deed: RemoteDeed::Update {
                id: id.clone(),
                expected: expected.clone(),
                changes: RemoteChanges {
                    span: Some(span),
                    ..changes.clone()
                },
                zone: *zone,
            },
            notify: write.notify,
        };
        let answer = self
            .api
            .call(Asked::Write, &self.call_of(&longer, None))
            .await;
        Box::pin(self.settled(&longer, answer)).await
    }

    async fn send_writes(&self, calls: &[Call]) -> Vec<Result<Whole, RemoteError>> {
        if let [call] = calls {
            let asked = Asked::of_write(&call.method);
            return vec![self.call(asked, call).await];
        }
        match self.api.batch(calls).await {
            Ok(answers) => {
                let pairs = calls.iter().zip(answers);
                let parts = pairs.map(|(call, whole)| self.part(call, whole));
                self.confirmed_once(parts.collect()).await
            }
            Err(error) => calls.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    /// The list of calendars is asked for once, however many parts of a batch say that there is none.
    async fn confirmed_once(
        &self,
        mut parts: Vec<Result<Whole, RemoteError>>,
    ) -> Vec<Result<Whole, RemoteError>> {
        let mut known: Option<RemoteError> = None;
        for part in &mut parts {
            let Err(error) = part else { continue };
            if error.kind == RemoteErrorKind::CalendarGone {
                let said = match known.take() {
                    Some(said) => said,
                    None => self.confirmed(error.clone()).await,
                };
                *error = said.clone();
                known = Some(said);
            }
        }
        parts
    }

    fn part(&self, call: &Call, whole: Option<Whole>) -> Result<Whole, RemoteError> {
        let whole = whole.ok_or_else(|| transient("a part of a batch was not answered"))?;
        let asked = Asked::of_write(&call.method);
        match self.api.failure(asked, &whole) {
            Some(error) => Err(error),
            None => Ok(whole),
        }
    }
}

/// The beginning of an identity, for a log.
fn shown(id: &str) -> String {
    id.chars().take(ID_CHARS_SHOWN).collect()
}

/// For an order among events of one meeting.
fn first_instant(span: Span) -> Timestamp {
    match span.start() {
        Moment::Day(day) => day.and_time(NaiveTime::MIN).and_utc(),
        Moment::At(at) => at,
    }
}

fn still_recurs(done: &Written) -> bool {
    done.event.as_ref().is_none_or(|event| event.fields.recurs)
}

fn deleted(id: &RemoteId) -> Written {
    Written {
        id: id.clone(),
        uid: String::new(),
        version: String::new(),
        event: None,
    }
}

fn written(event: RemoteEvent) -> Written {
    Written {
        id: event.id.clone(),
        uid: event.uid.clone(),
        version: event.version.clone(),
        event: Some(event),
    }
}

fn gone() -> RemoteError {
    RemoteError {
        kind: RemoteErrorKind::Gone,
        detail: "the event was deleted".to_owned(),
    }
}

#[async_trait]
impl Remote for GoogleRemote {
    fn capabilities(&self) -> Capabilities {
        let options = self.api.options();
        Capabilities {
            ids: IdLaw::Ours,
            batch_max: options.batch_max,
            get_max: options.batch_max,
            writable: self.setting().writable,
            exceptions: true,
            gone_is_certain: true,
            watches: !self.push_address.is_empty(),
            poll_every: options.poll_every,
            poll_watched_every: options.poll_watched_every,
        }
    }

    /// Events have a length, and descriptions are read as plain text.
    fn project(&self, fields: &Fields) -> Fields {
        let shortest = self.api.options().shortest_event;
        Fields {
            span: fields.span.map(|span| map::held(span, shortest)),
            description: html::plain(&html::written(&fields.description)),
            ..fields.clone()
        }
    }

    async fn list(&self, ask: ListAsk<'_>) -> Result<ListPage, RemoteError> {
        let options = self.api.options();
        // A sync token goes with the very listing that gave it, so one of another kind of listing is of no use.
        let cursor = match ask.cursor.map(|cursor| cursor.0.strip_prefix(CURSOR)) {
            Some(None) => {
                return Err(RemoteError {
                    kind: RemoteErrorKind::Gone,
                    detail: "the sync token is of another kind of listing".to_owned(),
                });
            }
            Some(Some(token)) => Some(token),
            None => None,
        };
        let tokens = (cursor, ask.page.map(|page| page.0.as_str()));
        let call = requests::list(&self.calendar, tokens, ask.from, options.page_events);
        let asked = Asked::List {
            since: ask.cursor.is_some(),
        };
        let page = self.page(asked, &call).await?;
        let setting = self.learn(&page);
        let next = match (page.next_page_token, page.next_sync_token) {
            (Some(next), _) if Some(next.as_str()) != tokens.1 => Next::Page(PageToken(next)),
            (None, Some(token)) => Next::End(RemoteCursor(format!("{CURSOR}{token}"))),
            (Some(_), _) => return Err(transient("a listing leads back to the same page")),
            (None, None) => return Err(transient("a listing ended without a sync token")),
        };
        let (Next::Page(PageToken(token)) | Next::End(RemoteCursor(token))) = &next;
        if token.len() > options.token_bytes_max {
            return Err(transient("a token of a listing is too long"));
        }
        let listed = |seen| match seen {
            Seen::Event(event) => Listed::Event(*event),
            Seen::Exception(one) => Listed::Exception {
                id: one.id,
                series: one.series,
                exception: one.exception,
                alone: one.alone,
            },
            Seen::Deleted(id) => Listed::Gone(id),
        };
        let (items, unread) = self.readable(page.items, setting);
        Ok(ListPage {
            items: items.into_iter().map(listed).collect(),
            unread,
            next,
        })
    }

    async fn get(&self, ids: &[RemoteId]) -> Result<Vec<Option<RemoteEvent>>, RemoteError> {
        if let [id] = ids {
            return Ok(vec![self.get_one(id).await?]);
        }
        let calls: Vec<Call> = ids
            .iter()
            .map(|id| requests::get(&self.calendar, id))
            .collect();
        let (mut found, mut unknown) = (vec![], false);
        for whole in self.api.batch(&calls).await? {
            let whole = whole.ok_or_else(|| transient("a part of a batch was not answered"))?;
            let event = match self.api.failure(Asked::Get, &whole) {
                None => self.event_of(&whole)?,
                Some(error) if error.kind == RemoteErrorKind::Gone => {
                    unknown = true;
                    None
                }
                Some(error) => return Err(error),
            };
            found.push(match event {
                Some(event) => Some(self.whole(event).await?),
                None => None,
            });
        }
        if unknown {
            self.check_calendar().await?;
        }
        Ok(found)
    }

    async fn find(&self, marker: &Marker) -> Result<Vec<RemoteEvent>, RemoteError> {
        let events = self.api.options().page_events;
        let call =
            |page: Option<&str>| requests::list_of_mark(&self.calendar, marker, page, events);
        let mut found = vec![];
        for seen in self.all(call).await? {
            if let Seen::Event(event) = seen {
                found.push(self.whole(*event).await?);
            }
        }
        Ok(found)
    }

    /// Only occurrences that stand alone come in several of one UID.
    async fn others(&self, gone: &RemoteId, uid: &str) -> Result<Vec<RemoteEvent>, RemoteError> {
        if !gone.0.contains('_') {
            return Ok(vec![]);
        }
        let events = self.api.options().page_events;
        let call = |page: Option<&str>| requests::list_of_uid(&self.calendar, uid, page, events);
        let (mut series, mut alone) = (vec![], vec![]);
        for seen in self.all(call).await? {
            match seen {
                Seen::Event(event) => series.push(self.whole(*event).await?),
                Seen::Exception(one) => alone.extend(one.alone.map(|event| *event)),
                Seen::Deleted(_) => {}
            }
        }
        // Of a series that is here, single occurrences are not taken.
        let mut found = if series.is_empty() { alone } else { series };
        found.retain(|event| event.id != *gone);
        found.sort_by_key(|event| event.fields.span.map(first_instant));
        Ok(found)
    }

    async fn write(&self, writes: &[RemoteWrite]) -> Vec<Result<Written, RemoteError>> {
        let mut prepared = Vec::with_capacity(writes.len());
        for write in writes {
            prepared.push(self.prepared(write).await);
        }
        let answers = self.send_prepared(prepared).await;
        let is_missed = |(write, answer): (&RemoteWrite, &Result<Whole, RemoteError>)| {
            let gone = answer
                .as_ref()
                .is_err_and(|error| error.kind == RemoteErrorKind::Gone);
            gone && matches!(write.deed, RemoteDeed::Delete { .. })
        };
        // What was to be deleted is not there: or is it the calendar?
        let there = match writes.iter().zip(&answers).any(is_missed) {
            true => self.check_calendar().await,
            false => Ok(()),
        };
        let mut done = Vec::with_capacity(writes.len());
        for (write, answer) in writes.iter().zip(answers) {
            done.push(match &there {
                Err(error) if is_missed((write, &answer)) => Err(error.clone()),
                _ => self.settled(write, answer).await,
            });
        }
        done
    }

    async fn watch(&self, ask: WatchAsk<'_>) -> Result<Watched, RemoteError> {
        let life = self.api.options().channel_life;
        let call = requests::watch(&self.calendar, ask, &self.push_address, life);
        let whole = self.api.call(Asked::Else, &call).await?;
        let answer: WatchedWire = serde_json::from_slice(&whole.body)
            .map_err(|_| transient("the answer about a channel cannot be read"))?;
        let expires = answer.expiration.and_then(|text| text.parse().ok());
        let expires = expires.and_then(Timestamp::from_timestamp_millis);
        Ok(Watched {
            resource: answer.resource_id,
            expires: expires.ok_or_else(|| transient("a channel without an end"))?,
        })
    }

    async fn unwatch(&self, channel: &Channel) -> Result<(), RemoteError> {
        let Some(call) = requests::stop(channel) else {
            return Ok(());
        };
        match self.api.call(Asked::Else, &call).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == RemoteErrorKind::Gone => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn renewed_secret(&self) -> Option<Vec<u8>> {
        self.api.renewed().map(|grant| grant.to_bytes())
    }

    async fn revoke(&self) -> Result<(), RemoteError> {
        let shared = &self.api.shared;
        let revoked = shared.oauth.revoke(&self.api.who, &self.api.grant()).await;
        Ok(revoked?)
    }
}
