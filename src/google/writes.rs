//! Writes: one request each, and what became of it.

use super::body::{self, NoRecurrence};
use super::client::{refused, transient};
use super::failure::Answer;
use super::remote::{GoogleCalendar, read};
use super::requests::{self, About, Request};
use super::times;
use super::wire::WireEvent;
use crate::model::{RemoteEvent, RemoteId};
use crate::ports::{RemoteDeed, RemoteError, RemoteErrorKind, RemoteWrite, Written};

impl GoogleCalendar {
    /// Each write on its own; one answer for each, in order.
    pub(super) async fn write_all(
        &self,
        writes: &[RemoteWrite],
    ) -> Vec<Result<Written, RemoteError>> {
        let planned: Vec<_> = writes.iter().map(|write| self.request(write)).collect();
        let requests: Vec<Request> = planned.iter().flatten().cloned().collect();
        let mut answers = self.send_all(&requests).await.into_iter();
        let mut done = Vec::with_capacity(writes.len());
        for (write, request) in writes.iter().zip(planned) {
            done.push(match request {
                Err(error) => Err(error),
                Ok(request) => match answers.next() {
                    Some(Ok(answer)) => self.written(write, answer).await,
                    Some(Err(error)) => Err(error),
                    None => Err(transient(request.about, "no answer")),
                },
            });
        }
        done
    }

    fn request(&self, write: &RemoteWrite) -> Result<Request, RemoteError> {
        let (calendar, notify) = (self.id.as_str(), write.notify);
        match &write.deed {
            RemoteDeed::Create {
                marker,
                fields,
                zone,
                card,
            } => {
                let body = body::create(marker, fields, *zone, card.as_deref())
                    .ok_or_else(|| refused(About::Create, "it has no dates"))?;
                Ok(requests::insert(calendar, &body, notify))
            }
            RemoteDeed::Update {
                id,
                expected,
                changes,
                zone,
            } => {
                let body = body::change(changes, *zone);
                let expected = expected.as_deref();
                Ok(requests::patch(calendar, &id.0, expected, &body, notify))
            }
            RemoteDeed::Move {
                id,
                occurrence,
                span,
                zone,
            } => {
                let instance = format!("{id}{}", times::occurrence_suffix(*occurrence));
                let body = body::moved(*span, *zone);
                Ok(requests::patch(calendar, &instance, None, &body, notify))
            }
            RemoteDeed::Delete { id, expected } => Ok(requests::delete(
                calendar,
                id,
                expected.as_deref(),
                notify,
            )),
        }
    }

    async fn written(&self, write: &RemoteWrite, answer: Answer) -> Result<Written, RemoteError> {
        match &write.deed {
            RemoteDeed::Create { marker, .. } => {
                let answer = self.client.success(About::Create, answer)?;
                self.shown(About::Create, marker.event_id(), &answer)
            }
            RemoteDeed::Update { id, changes, .. } => {
                let answer = self.changed(id, answer).await?;
                let written = self.shown(About::Change, id.clone(), &answer)?;
                if changes.drop_recurrence && repeats(&written) {
                    return self.drop_again(written, write.notify).await;
                }
                Ok(written)
            }
            RemoteDeed::Move { id, .. } => {
                self.changed(id, answer).await?;
                Ok(self.series_after_move(id).await)
            }
            RemoteDeed::Delete { id, .. } => {
                // Deleted already, which Google says in two ways.
                if !answer.says_absent() {
                    self.client.success(About::Delete, answer)?;
                }
                Ok(nothing_shown(id.clone()))
            }
        }
    }

    /// The success of a change. A deleted event may answer 403 instead of 404, so a refusal is looked at.
    async fn changed(&self, id: &RemoteId, answer: Answer) -> Result<Answer, RemoteError> {
        let error = match self.client.success(About::Change, answer) {
            Ok(answer) => return Ok(answer),
            Err(error) if error.kind == RemoteErrorKind::NotWritable => error,
            Err(error) => return Err(error),
        };
        match self.one(id).await {
            Ok(None) => Err(RemoteError {
                kind: RemoteErrorKind::Gone,
                detail: "change an event: it was deleted".to_owned(),
            }),
            Ok(Some(_)) | Err(_) => Err(error),
        }
    }

    async fn one(&self, id: &RemoteId) -> Result<Option<RemoteEvent>, RemoteError> {
        let answer = self.client.send(&requests::get(&self.id, id)).await?;
        self.got(&answer)
    }

    /// The event that a write answers with. It may be one that we cannot read; it is written all the same.
    fn shown(&self, about: About, id: RemoteId, answer: &Answer) -> Result<Written, RemoteError> {
        let wire: WireEvent = read(about, answer)?;
        let (uid, version) = (wire.ical_uid.clone(), wire.etag.clone());
        let event = self.reader().event(wire).ok();
        Ok(Written {
            uid: uid.unwrap_or_else(|| default_uid(&id)),
            version: version.unwrap_or_default(),
            event,
            id,
        })
    }

    /// Asks in the other spelling. Whatever comes of it, the caller sees whether the event still repeats.
    async fn drop_again(&self, written: Written, notify: bool) -> Result<Written, RemoteError> {
        let body = body::no_recurrence(NoRecurrence::Null);
        let expected = Some(written.version.as_str()).filter(|version| !version.is_empty());
        let request = requests::patch(&self.id, &written.id.0, expected, &body, notify);
        let Ok(answer) = self.client.call(&request).await else {
            return Ok(written);
        };
        let again = self.shown(About::Change, written.id.clone(), &answer);
        Ok(again.unwrap_or(written))
    }

    /// The answer to the move of an occurrence shows the occurrence, whose version is not that of its series.
    async fn series_after_move(&self, id: &RemoteId) -> Written {
        match self.one(id).await {
            Ok(Some(event)) => Written {
                id: id.clone(),
                uid: event.uid.clone(),
                version: event.version.clone(),
                event: Some(event),
            },
            Ok(None) | Err(_) => nothing_shown(id.clone()),
        }
    }
}

fn repeats(written: &Written) -> bool {
    written
        .event
        .as_ref()
        .is_some_and(|event| event.fields.recurs)
}

fn nothing_shown(id: RemoteId) -> Written {
    Written {
        uid: default_uid(&id),
        version: String::new(),
        event: None,
        id,
    }
}

/// What Google makes of an identity when nobody gives a UID.
pub(super) fn default_uid(id: &RemoteId) -> String {
    format!("{id}@google.com")
}
