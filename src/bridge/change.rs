//! A PUT on something that is there: what is allowed is applied, what is forbidden goes back to the original.
//!
//! Start at [`Bridge::put`]; the edit is judged in `judged`, its text made in `rewrite`, a mere restore in `restore`.

use super::commit::named;
use super::edit::{EditError, Put, PutDone, RefusalMode, Representation, Standing};
use super::fan_out::{Plan, Reach};
use super::judged::{Judged, Versions};
use super::rewrite::{Text, overlay_of};
use super::snapshot::Entry;
use super::view::draft_of;
use super::{Authority, Bridge, journal, pending};
use crate::model::{Action, Deed, FieldOutcome, Outcome, ViewRevision};
use crate::ports::{Expect, Kept, Member, Move, ResourceDraft, Write};
use std::sync::Arc;

impl Bridge {
    /// Puts a text at a name: a new note, or an edit of what is there.
    ///
    /// # Errors
    /// See [`EditError`]. A forbidden edit is no error.
    pub async fn put(&self, put: &Put<'_>) -> Result<PutDone, EditError> {
        let seen = self.seen_by_device(&put.standing);
        for _ in 0..self.limits.retries_max {
            let snapshot = self.snapshot(put.standing.collection).await?;
            let entry = snapshot.member(put.standing.name);
            let named =
                named(&put.standing, entry.map(|entry| &*entry.resource)).inspect_err(|_| {
                    self.note_collision(&put.standing, entry);
                })?;
            let object = entry.map(|entry| entry.resource.object);
            let done = match entry {
                None => self.create(put).await,
                // The same bytes again: nothing to do, and the client has what we serve.
                Some(entry) if entry.text.as_bytes() == put.bytes => {
                    Ok(self.unchanged(&put.standing, entry))
                }
                Some(entry) => {
                    let versions = Versions { named, seen };
                    self.change(put, Arc::clone(&entry.resource), versions)
                        .await
                }
            };
            match (done, object) {
                (Err(EditError::Busy), _) => {}
                (Ok(done), Some(object)) if done.has_refusals() => {
                    self.count_refusal(&put.standing, object);
                    return Ok(done);
                }
                (other, _) => return other,
            }
        }
        Err(self.given_up(&put.standing).await?)
    }

    /// The version that a device edits when its request names none: what it was answered 412 for a moment ago (its person
    /// was asked, and wants to overwrite that), else what it was served last.
    fn seen_by_device(&self, standing: &Standing<'_>) -> Option<ViewRevision> {
        let device = standing.device()?;
        if standing.conditions.if_match.is_some() {
            return None;
        }
        let at = (standing.collection, standing.name);
        let (now, within) = (self.clock.now(), self.limits.overwrite_within);
        let collided = self.served.take_collision(device, at.0, at.1, now, within);
        collided.or_else(|| self.served.newest(device, at.0, at.1))
    }

    fn note_collision(&self, standing: &Standing<'_>, entry: Option<&Arc<Entry>>) {
        let (Some(device), Some(entry)) = (standing.device(), entry) else {
            return;
        };
        if standing.conditions.if_match.is_some() {
            let (revision, now) = (entry.resource.revision, self.clock.now());
            let at = (standing.collection, standing.name);
            self.served
                .note_collision(device, at.0, at.1, revision, now);
        }
    }

    /// Why an edit could not be decided: others keep writing, or the member is one that a waiting fan-out has yet to remove.
    pub(super) async fn given_up(&self, standing: &Standing<'_>) -> Result<EditError, EditError> {
        let snapshot = self.snapshot(standing.collection).await?;
        let Some(entry) = snapshot.member(standing.name) else {
            return Ok(EditError::Busy);
        };
        let who = standing.who;
        let id = entry.resource.object;
        let mirror = self.store.object(id).await?;
        let commands = self.store.commands_of(id).await?;
        let object = pending::present(mirror, &commands, who, &self.settings);
        let sees = object.is_some_and(|object| object.participants.contains_key(who));
        Ok(if sees {
            EditError::Busy
        } else {
            EditError::Missing
        })
    }

    async fn change(
        &self,
        put: &Put<'_>,
        member: Member,
        versions: Versions,
    ) -> Result<PutDone, EditError> {
        let judged = Arc::new(self.judge(put, member, versions).await?);
        let outcomes = self.outcomes(&judged);
        let refused = journal::refusals(&outcomes);
        if put.standing.mode == RefusalMode::Strict && !refused.is_empty() {
            let only: Vec<_> = outcomes
                .into_iter()
                .filter(|each| matches!(each.outcome, Outcome::Refused(_)))
                .collect();
            self.bump(
                &put.standing,
                &judged.member,
                only,
                Action::Change,
                judged.named,
            )
            .await?;
            return Ok(PutDone::Forbidden(refused));
        }
        let text = self.text(put, &judged).await?;
        let restored = judged.verdict.has_restore();
        if text.unmoved && restored && judged.verdict.changes.is_empty() {
            self.bump(
                &put.standing,
                &judged.member,
                outcomes,
                Action::Change,
                judged.named,
            )
            .await?;
            return Ok(PutDone::Stored {
                created: false,
                exact: None,
                served: self.representation(&put.standing, text.body).await?,
                refused,
            });
        }
        self.store_change(put, &judged, text, outcomes, refused)
            .await
    }

    fn unchanged(&self, standing: &Standing<'_>, entry: &Entry) -> PutDone {
        self.note_served(standing, Some(entry.resource.revision));
        PutDone::Stored {
            created: false,
            exact: Some(entry.resource.revision),
            served: Representation {
                text: Arc::clone(&entry.text),
                revision: Some(entry.resource.revision),
            },
            refused: vec![],
        }
    }

    /// What is served at a name now; the text that was just written, if the member went meanwhile.
    pub(super) async fn representation(
        &self,
        standing: &Standing<'_>,
        written: Arc<str>,
    ) -> Result<Representation, EditError> {
        let snapshot = self.snapshot(standing.collection).await?;
        let entry = snapshot.member(standing.name);
        Ok(Representation {
            text: entry.map_or(written, |entry| Arc::clone(&entry.text)),
            revision: entry.map(|entry| entry.resource.revision),
        })
    }

    async fn store_change(
        &self,
        put: &Put<'_>,
        judged: &Judged,
        text: Text,
        outcomes: Vec<FieldOutcome>,
        refused: Vec<super::Refusal>,
    ) -> Result<PutDone, EditError> {
        let standing = &put.standing;
        let mut plan = self.plan_member(standing, judged, &text)?;
        let row = journal::row(
            standing,
            journal::About::member(&judged.member),
            Action::Change,
            outcomes,
            self.clock.now(),
        );
        plan.writes.push(Write::Journal(row));
        let waits = self.plan_authority(standing, judged, &mut plan).await?;
        self.expect_quota(standing, &mut plan);
        if judged.shows_otherwise(&text) && standing.needs_settling() {
            let due = self.clock.now() + self.limits.settle_after;
            plan.writes.push(Write::SettleLater(
                standing.collection.clone(),
                standing.name.clone(),
                due,
            ));
        }
        let waiting =
            (waits && standing.waits()).then(|| self.wakes.expect_settled(judged.before.id));
        let committed = self.commit(plan).await?;
        self.wakes.timers.notify_one();
        self.wakes.outbox.notify_one();
        self.wake_looks();
        if let Some(waiting) = waiting {
            self.wait_settled(waiting).await;
        }
        let revision = standing.revision_in(&committed);
        let exact = text.exact && self.still_serves(standing, revision).await?;
        if exact || judged.knows_all() {
            self.note_served(standing, revision);
        }
        Ok(PutDone::Stored {
            created: false,
            exact: revision.filter(|_| exact),
            // ADVANTA may have said no to it meanwhile.
            served: self.representation(standing, text.body).await?,
            refused,
        })
    }

    /// The author's own member.
    fn plan_member(
        &self,
        standing: &Standing<'_>,
        judged: &Judged,
        text: &Text,
    ) -> Result<Plan, EditError> {
        let seen = judged.seen(standing.who, &self.settings)?;
        let read = text.read.as_ref().unwrap_or(&judged.incoming);
        let mut draft = if text.unmoved {
            ResourceDraft {
                mirrored: seen.mirrored(),
                ..draft_of(&judged.member)
            }
        } else {
            let overlay = overlay_of(&judged.member);
            seen.of_incoming(read, standing.name.clone(), Arc::clone(&text.body), overlay)
        };
        // The row that this commit writes, if anything was refused: a replay counts it up.
        let refused = judged
            .verdict
            .rulings
            .iter()
            .any(|each| matches!(each.outcome, Outcome::Refused(_)));
        draft.refusal = if refused {
            Some(Kept::New(0))
        } else {
            judged.member.refusal.map(Kept::Old)
        };
        let mut plan = Plan::default();
        plan.expects.push(Expect::Member(
            standing.collection.clone(),
            standing.name.clone(),
            Some(judged.member.revision),
        ));
        plan.writes.push(Write::Member(
            standing.collection.clone(),
            draft,
            Move::Content,
        ));
        Ok(plan)
    }

    /// What the authority gets: the object itself when that is us, else a command. Returns whether an answer is awaited.
    async fn plan_authority(
        &self,
        standing: &Standing<'_>,
        judged: &Judged,
        plan: &mut Plan,
    ) -> Result<bool, EditError> {
        if judged.verdict.changes.is_empty() {
            return Ok(false);
        }
        match self.authority {
            Authority::Own => {
                let object = &judged.after;
                plan.expects
                    .push(Expect::Object(object.id, Some(judged.before.revision)));
                plan.writes.push(Write::Object(object.clone()));
                let who = standing.who;
                if object.participants.len() > 1 {
                    let reach = Reach {
                        skip: Some(who),
                        after: None,
                    };
                    let others = self.fan_out(object.id, Some(object), reach).await?;
                    plan.expects.extend(others.expects);
                    plan.writes.extend(others.writes);
                }
                Ok(false)
            }
            Authority::Advanta(_) => {
                self.check_outbox().await?;
                // Judged by what the mirror says of rights and locks: if that moved, the edit is judged again.
                plan.expects
                    .push(Expect::Object(judged.before.id, judged.mirrored));
                let deed = Deed::Change(judged.verdict.changes.clone());
                let command = self.command(standing, judged.before.id, deed);
                plan.writes.push(Write::Enqueue(command, 0));
                Ok(true)
            }
        }
    }
}
