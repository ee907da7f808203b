//! One calendar of Google behind [`ports::Remote`](Remote).

use super::client::{Client, refused, transient};
use super::failure::Answer;
use super::map::{self, Calendar, Listing, Reader};
use super::requests::{self, About, Request};
use super::wire::{WireChannel, WireEvent, WireEvents, WireMillis};
use crate::ical::known_zone;
use crate::model::{Channel, Fields, Marker, RemoteCursor, RemoteEvent, RemoteId};
use crate::ports::{
    Capabilities, IdLaw, ListAsk, ListPage, Listed, Next, PageToken, Remote, RemoteError,
    RemoteWrite, WatchAsk, Watched, Written,
};
use async_trait::async_trait;
use chrono::DateTime;
use serde::de::DeserializeOwned;
use std::sync::{Mutex, PoisonError};

/// Pages of one search by mark: copies of one event are few.
const FIND_PAGES_MAX: usize = 100;
/// Characters of an identity that are shown in a log.
const ID_CHARS_MAX: usize = 64;

/// A calendar, as one person is let into it.
pub(super) struct GoogleCalendar {
    pub(super) client: Client,
    pub(super) id: String,
    /// Where Google reaches our door for notices; `None`: nowhere.
    pub(super) push_address: Option<String>,
    /// What listings told of the calendar.
    known: Mutex<Calendar>,
}

impl GoogleCalendar {
    pub(super) fn new(client: Client, id: String, push_address: Option<String>) -> Self {
        Self {
            client,
            id,
            push_address,
            known: Mutex::default(),
        }
    }

    /// Reads events with what is known of the calendar.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader {
            calendar: *self.known.lock().unwrap_or_else(PoisonError::into_inner),
            options: self.client.options(),
        }
    }

    fn learn(&self, page: &WireEvents) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(role) = &page.access_role {
            known.writable = map::may_write(role);
        }
        if let Some(zone) = page.time_zone.as_deref().and_then(known_zone) {
            known.zone = zone;
        }
    }

    fn items(&self, page: Vec<serde_json::Value>, listing: Listing) -> Vec<Listed> {
        let reader = self.reader();
        let read = |item: serde_json::Value| {
            let id = item.get("id").and_then(|id| id.as_str());
            let id: String = id.unwrap_or("?").chars().take(ID_CHARS_MAX).collect();
            let event = serde_json::from_value(item).map_err(|_| map::Broken("its shape"));
            match event.and_then(|event| reader.listed(event, listing)) {
                Ok(listed) => listed,
                // It is left as it is: whatever it says, it does not say that anything was deleted.
                Err(broken) => {
                    tracing::warn!(event.id = %id, "left out event {id}: {broken}");
                    None
                }
            }
        };
        page.into_iter().filter_map(read).collect()
    }

    fn next(&self, about: About, page: &WireEvents) -> Result<Next, RemoteError> {
        let bytes_max = self.client.options().token_bytes_max;
        let fits = |token: &String| token.len() <= bytes_max;
        match (&page.next_page_token, &page.next_sync_token) {
            (Some(page), _) if fits(page) => Ok(Next::Page(PageToken(page.clone()))),
            (None, Some(token)) if fits(token) => Ok(Next::End(RemoteCursor(token.clone()))),
            (None, None) => Err(transient(about, "the last page has no sync token")),
            (Some(_), _) | (None, Some(_)) => Err(transient(about, "a token is too long")),
        }
    }

    /// What became of one question for an event.
    pub(super) fn got(&self, answer: &Answer) -> Result<Option<RemoteEvent>, RemoteError> {
        if answer.says_absent() {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(self.client.failure(About::Get, answer));
        }
        let event: WireEvent = read(About::Get, answer)?;
        if map::is_cancelled(&event) {
            return Ok(None);
        }
        // Taken for absent, it would be deleted on our side.
        let event = self.reader().event(event);
        event
            .map(Some)
            .map_err(|broken| refused(About::Get, &broken.to_string()))
    }

    /// Sends one request as it is and several as batches; an answer for each, in order.
    pub(super) async fn send_all(
        &self,
        requests: &[Request],
    ) -> Vec<Result<Answer, RemoteError>> {
        if let [one] = requests {
            return vec![self.client.send(one).await];
        }
        let mut answers = vec![];
        for chunk in requests.chunks(self.client.options().batch_max.max(1)) {
            answers.extend(self.client.batch(chunk).await);
        }
        answers
    }
}

#[async_trait]
impl Remote for GoogleCalendar {
    fn capabilities(&self) -> Capabilities {
        let options = self.client.options();
        Capabilities {
            ids: IdLaw::Ours,
            batch_max: options.batch_max.max(1),
            get_max: options.batch_max.max(1),
            writable: self.reader().calendar.writable,
            exceptions: true,
            gone_is_certain: true,
            watches: self.push_address.is_some(),
            poll_every: options.poll_every,
            poll_watched_every: options.poll_watched_every,
        }
    }

    /// Spans are cut to the minute already, and no limit or rewriting of texts is published.
    fn project(&self, fields: &Fields) -> Fields {
        fields.clone()
    }

    async fn list(&self, ask: ListAsk<'_>) -> Result<ListPage, RemoteError> {
        let request = requests::list(&self.id, ask, self.client.options());
        let answer = self.client.call(&request).await?;
        let mut page: WireEvents = read(request.about, &answer)?;
        self.learn(&page);
        let next = self.next(request.about, &page)?;
        let listing = match ask.cursor {
            Some(_) => Listing::Incremental,
            None => Listing::Full,
        };
        let items = self.items(std::mem::take(&mut page.items), listing);
        Ok(ListPage { items, next })
    }

    async fn get(&self, ids: &[RemoteId]) -> Result<Vec<Option<RemoteEvent>>, RemoteError> {
        let requests: Vec<Request> = ids.iter().map(|id| requests::get(&self.id, id)).collect();
        let answers = self.send_all(&requests).await;
        answers
            .into_iter()
            .map(|answer| self.got(&answer?))
            .collect()
    }

    async fn find(&self, marker: &Marker) -> Result<Vec<RemoteEvent>, RemoteError> {
        let mut found = vec![];
        let mut next: Option<String> = None;
        for _ in 0..FIND_PAGES_MAX {
            let request = requests::find(&self.id, marker, next.as_deref());
            let answer = self.client.call(&request).await?;
            let page: WireEvents = read(About::Find, &answer)?;
            for item in self.items(page.items, Listing::Full) {
                match item {
                    Listed::Event(event) if event.marker.as_ref() == Some(marker) => {
                        found.push(event);
                    }
                    Listed::Event(_) | Listed::Exception { .. } | Listed::Gone(_) => {}
                }
            }
            next = page.next_page_token;
            if next.is_none() {
                return Ok(found);
            }
        }
        Err(transient(About::Find, "too many pages"))
    }

    async fn write(&self, writes: &[RemoteWrite]) -> Vec<Result<Written, RemoteError>> {
        self.write_all(writes).await
    }

    async fn watch(&self, ask: WatchAsk<'_>) -> Result<Watched, RemoteError> {
        let Some(push) = &self.push_address else {
            return Err(refused(About::Watch, "no address for notices is set"));
        };
        let address = format!("{}/hooks/google", push.trim_end_matches('/'));
        let channel = ask.channel.to_string();
        let options = self.client.options();
        let request = requests::watch(&self.id, &channel, ask.token, &address, options);
        let answer = self.client.call(&request).await?;
        watched(&answer).ok_or_else(|| transient(About::Watch, "the answer names no end"))
    }

    async fn unwatch(&self, channel: &Channel) -> Result<(), RemoteError> {
        // Only Google knows what it calls the channel; it ends by itself.
        let Some(resource) = &channel.resource else {
            return Ok(());
        };
        let request = requests::stop(&channel.id.to_string(), resource);
        let answer = self.client.send(&request).await?;
        if answer.says_absent() {
            return Ok(());
        }
        self.client.success(About::Stop, answer).map(drop)
    }

    fn renewed_secret(&self) -> Option<Vec<u8>> {
        self.client.bearer.renewed_secret()
    }

    async fn revoke(&self) -> Result<(), RemoteError> {
        self.client.bearer.give_back().await
    }
}

/// Reads a body. Where it is wrong is not said: places may be named by people.
pub(super) fn read<T: DeserializeOwned>(about: About, answer: &Answer) -> Result<T, RemoteError> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| transient(about, "the answer is not as Google describes it"))
}

fn watched(answer: &Answer) -> Option<Watched> {
    let channel: WireChannel = read(About::Watch, answer).ok()?;
    let millis = match channel.expiration? {
        WireMillis::Text(text) => text.parse().ok()?,
        WireMillis::Number(millis) => millis,
    };
    Some(Watched {
        resource: channel.resource_id?,
        expires: DateTime::from_timestamp_millis(millis)?,
    })
}
