//! A PUT on something that is there: what is allowed is applied, what is forbidden goes back to the original.

use super::edit::{EditError, Put, PutDone, RefusalMode, Standing, Tags};
use super::fan_out::{Plan, Reach};
use super::snapshot::Entry;
use super::view::{Seen, draft_of};
use super::{Authority, Bridge, journal, pending};
use crate::diff::{self, Leg, Legs};
use crate::ical::{self, Document, Incoming, Patch};
use crate::model::{
    Action, AppPasswordId, Base, Deed, Field, FieldOutcome, JournalRow, Object, ObjectId, Outcome,
    Overlay, Reason, Resource, Revision, ViewRevision,
};
use crate::ports::{CommitError, Committed, Expect, Kept, Member, Move, ResourceDraft, Write};
use crate::rules::{self, Verdict};
use std::borrow::Cow;
use std::sync::Arc;

/// Everything that is known of one edit before anything is written.
struct Judged<'a> {
    put: &'a Put<'a>,
    member: Member,
    /// As it stood for the person.
    before: Object,
    /// The revision of the mirror under it; `None` when ADVANTA has not made it yet.
    mirrored: Option<Revision>,
    /// As it will stand for the person.
    after: Object,
    incoming: Incoming,
    legs: Legs,
    verdict: Verdict,
    /// The revision that If-Match named, if it did.
    named: Option<ViewRevision>,
}

impl Judged<'_> {
    /// Whether the dates of a series were refused: its whole schedule goes back, not its first occurrence alone.
    fn schedule_is_refused(&self) -> bool {
        let dates = [Field::Start, Field::End].map(|field| self.verdict.of(field));
        let refused = |it: &Option<Outcome>| matches!(it, Some(Outcome::Refused(_)));
        self.incoming.recurs
            && dates.iter().any(refused)
            && !dates.contains(&Some(Outcome::Applied))
    }

    /// Whether the device that sent this knows every value that stands now: its own, or the original of what was refused
    /// (sent again, that is refused again). Then its next edit is compared with this one, so that a client that edits twice
    /// without looking does not contend with itself. Not so where somebody else's value won: that it has not seen.
    fn knows_all(&self) -> bool {
        self.legs
            .values()
            .all(|leg| matches!(leg, Leg::Theirs | Leg::Agreed))
    }

    /// Whether what is served from now on says something else than what was sent.
    fn shows_otherwise(&self, text: &Text) -> bool {
        let read = text.read.as_ref().map(|read| Base::from(&read.fields));
        self.verdict.has_restore()
            || read.is_some_and(|read| read != Base::from(&self.incoming.fields))
    }
}

/// The text to serve from now on.
struct Text {
    body: Arc<str>,
    /// Read again from `body` unless that is what was sent.
    read: Option<Incoming>,
    /// The body is, byte for byte, what was sent.
    exact: bool,
    /// The body is what was served before: nothing but a restore happened.
    unmoved: bool,
}

impl Bridge {
    /// Puts a text at a name: a new note, or an edit of what is there.
    ///
    /// # Errors
    /// See [`EditError`]. A forbidden edit is no error.
    pub async fn put(&self, put: &Put<'_>) -> Result<PutDone, EditError> {
        for _ in 0..self.limits.retries_max {
            let snapshot = self.snapshot(put.standing.collection).await?;
            let entry = snapshot.member(put.standing.name);
            let named = named(&put.standing, entry.map(|entry| &*entry.resource))?;
            let object = entry.map(|entry| entry.resource.object);
            let done = match entry {
                None => self.create(put).await,
                // The same bytes again: nothing to do, and the client has what we serve.
                Some(entry) if entry.text.as_bytes() == put.bytes => {
                    Ok(self.unchanged(&put.standing, entry))
                }
                Some(entry) => self.change(put, Arc::clone(&entry.resource), named).await,
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

    /// Why an edit could not be decided: others keep writing, or the member is one that a waiting fan-out has yet to remove.
    pub(super) async fn given_up(&self, standing: &Standing<'_>) -> Result<EditError, EditError> {
        let snapshot = self.snapshot(standing.collection).await?;
        let Some(entry) = snapshot.member(standing.name) else {
            return Ok(EditError::Busy);
        };
        let who = &standing.session.user.id;
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
        named: Option<ViewRevision>,
    ) -> Result<PutDone, EditError> {
        let judged = self.judge(put, member, named).await?;
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
        let text = self.text(&judged)?;
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
            let body = self.served_text(&put.standing).await?.unwrap_or(text.body);
            return Ok(PutDone::Stored {
                created: false,
                exact: None,
                body,
                refused,
            });
        }
        self.store_change(&judged, text, outcomes, refused).await
    }

    fn unchanged(&self, standing: &Standing<'_>, entry: &Entry) -> PutDone {
        self.note_served(standing, Some(entry.resource.revision));
        PutDone::Stored {
            created: false,
            exact: Some(entry.resource.revision),
            body: Arc::clone(&entry.text),
            refused: vec![],
        }
    }

    /// What is served at a name now.
    async fn served_text(&self, standing: &Standing<'_>) -> Result<Option<Arc<str>>, EditError> {
        let snapshot = self.snapshot(standing.collection).await?;
        Ok(snapshot
            .member(standing.name)
            .map(|entry| Arc::clone(&entry.text)))
    }

    async fn judge<'a>(
        &self,
        put: &'a Put<'a>,
        member: Member,
        named: Option<ViewRevision>,
    ) -> Result<Judged<'a>, EditError> {
        let who = &put.standing.session.user.id;
        let commands = self.store.commands_of(member.object).await?;
        let mirror = self.store.object(member.object).await?;
        let revision = mirror.as_ref().map(|mirror| mirror.revision);
        // The snapshot is a moment behind the mirror only while another commit lands: look again.
        let before =
            pending::present(mirror, &commands, who, &self.settings).ok_or(EditError::Busy)?;
        let rights = *before.participants.get(who).ok_or(EditError::Busy)?;
        let (mut incoming, crossed) = self.read_edit(put.bytes, before.card.as_deref())?;
        if crossed {
            // Not compared: both dates are refused below.
            incoming.fields.span = before.fields(&self.settings).span;
        }
        if incoming.uid != member.uid {
            return Err(EditError::UidConflict(member.name.clone()));
        }
        let (shown, mirrored) = self.bases(&put.standing, &member, named);
        let ours = before.fields(&self.settings);
        let mut legs = diff::three_way(shown, &incoming.fields, &mirrored, &ours);
        let mut verdict = rules::judge(&rules::Case {
            object: &before,
            rights,
            theirs: &incoming.fields,
            legs: &legs,
            settings: &self.settings,
        });
        if crossed {
            legs.insert(Field::Start, Leg::Theirs);
            legs.insert(Field::End, Leg::Theirs);
            verdict.refuse_dates(Reason::EndBeforeStart);
        }
        let mut after = before.clone();
        if !verdict.changes.is_empty() {
            verdict.changes.apply(&mut after, &self.settings);
            after.revision = Revision(before.revision.0 + 1);
            after.changed = self.clock.now();
        }
        Ok(Judged {
            put,
            member,
            before,
            mirrored: revision,
            after,
            incoming,
            legs,
            verdict,
            named,
        })
    }

    /// Reads the text of an edit. An end before the start is a refusal of both dates, no broken text: then it is read
    /// without the end, and the second value is true.
    fn read_edit(
        &self,
        bytes: &[u8],
        card: Option<&str>,
    ) -> Result<(Incoming, bool), ical::Rejected> {
        let (settings, limits) = (&self.settings, &self.limits.ical);
        match ical::read(bytes, card, settings, limits) {
            Err(rejected) if rejected.is_crossed() => {
                ical::read_without_ends(bytes, card, settings, limits).map(|read| (read, true))
            }
            read => read.map(|read| (read, false)),
        }
    }

    /// The two bases of an edit: what this device was shown, and what ADVANTA held then.
    fn bases<'m>(
        &self,
        standing: &Standing<'_>,
        member: &'m Resource,
        named: Option<ViewRevision>,
    ) -> (&'m Base, Cow<'m, Base>) {
        let present = (&member.shown, Cow::Borrowed(&member.mirrored));
        // A condition that held names the present content.
        if named.is_some() || standing.conditions.if_match.is_some() {
            return present;
        }
        let device = standing.session.app_password;
        let served = self
            .served
            .newest(device, standing.collection, standing.name);
        match served
            .filter(|seen| !member.is_current(*seen))
            .and_then(|seen| member.base_at(seen))
        {
            Some(older) => (older, Cow::Owned(mirrored_then(older, member))),
            None => present,
        }
    }

    fn outcomes(&self, judged: &Judged<'_>) -> Vec<FieldOutcome> {
        let (wanted, stands) = (&judged.incoming.fields, judged.after.fields(&self.settings));
        let mut outcomes: Vec<FieldOutcome> = judged
            .verdict
            .rulings
            .iter()
            .map(|ruling| {
                let outcome = match (&self.authority, ruling.outcome, ruling.field) {
                    (Authority::Advanta(_), Outcome::Applied, field) if travels(field) => {
                        Outcome::Pending
                    }
                    (_, outcome, _) => outcome,
                };
                journal::outcome(ruling.field, outcome, wanted, &stands)
            })
            .collect();
        if outcomes.is_empty() {
            // Bytes changed and no field: alarms, colours, attendees, a new stamp.
            outcomes.push(FieldOutcome {
                field: Field::Overlay,
                outcome: Outcome::Applied,
                attempted: String::new(),
                kept: String::new(),
            });
        }
        outcomes
    }

    /// The person's text with every field that does not stand rewritten to what stands.
    fn text(&self, judged: &Judged<'_>) -> Result<Text, EditError> {
        let overlay = overlay_of(&judged.member);
        let seen = self.seen(judged)?;
        let mut document = judged.incoming.document.clone();
        let patch = restoring(judged, &seen, overlay);
        if judged.schedule_is_refused() && !patch.drop_recurrence {
            let served = Document::parse(judged.member.body.as_bytes(), &self.limits.ical);
            if let Ok(served) = served {
                ical::put_schedule(&mut document, &served);
            }
        }
        ical::patch(&mut document, &patch, &self.settings)?;
        if overlay.authored {
            ical::strip_ours(&mut document, None);
        }
        let text = document.to_text();
        if judged.verdict.has_restore() && self.is_noise(&judged.member, &document) {
            return Ok(Text {
                body: Arc::clone(&judged.member.body),
                read: None,
                exact: false,
                unmoved: true,
            });
        }
        if text.as_bytes() == judged.put.bytes {
            return Ok(Text {
                body: text.into(),
                read: None,
                exact: true,
                unmoved: false,
            });
        }
        let read = ical::read(
            text.as_bytes(),
            judged.after.card.as_deref(),
            &self.settings,
            &self.limits.ical,
        )?;
        Ok(Text {
            body: text.into(),
            read: Some(read),
            exact: false,
            unmoved: false,
        })
    }

    fn seen<'j>(&'j self, judged: &'j Judged<'_>) -> Result<Seen<'j>, EditError> {
        let who = &judged.put.standing.session.user.id;
        Seen::by(who, &judged.after, &self.settings).ok_or(EditError::Busy)
    }

    /// Whether a text differs from what is served by noise only: stamps, order, wording of zones.
    fn is_noise(&self, member: &Resource, document: &Document) -> bool {
        Document::parse(member.body.as_bytes(), &self.limits.ical)
            .is_ok_and(|served| ical::same_but_noise(&served, document, &self.settings))
    }

    async fn store_change(
        &self,
        judged: &Judged<'_>,
        text: Text,
        outcomes: Vec<FieldOutcome>,
        refused: Vec<super::Refusal>,
    ) -> Result<PutDone, EditError> {
        let standing = &judged.put.standing;
        let mut plan = self.plan_member(judged, &text)?;
        let row = journal::row(
            standing,
            judged.before.id,
            Action::Change,
            outcomes,
            self.clock.now(),
        );
        plan.writes.push(Write::Journal(row));
        let waits = self.plan_authority(judged, &mut plan).await?;
        if judged.shows_otherwise(&text) && !standing.fetches_again {
            let due = self.clock.now() + self.limits.settle_after;
            plan.writes.push(Write::SettleLater(
                standing.collection.clone(),
                standing.name.clone(),
                due,
            ));
        }
        let waiting = waits.then(|| self.wakes.expect_settled(judged.before.id));
        let committed = self.commit(plan).await?;
        self.wakes.timers.notify_one();
        let mut body = text.body;
        if let Some(waiting) = waiting {
            self.wakes.outbox.notify_one();
            self.wait_settled(waiting).await;
            // ADVANTA may have said no to it meanwhile.
            body = self.served_text(standing).await?.unwrap_or(body);
        }
        let revision = standing.revision_in(&committed);
        let exact = text.exact && self.still_serves(standing, revision).await?;
        if exact || judged.knows_all() {
            self.note_served(standing, revision);
        }
        Ok(PutDone::Stored {
            created: false,
            exact: revision.filter(|_| exact),
            body,
            refused,
        })
    }

    /// The author's own member.
    fn plan_member(&self, judged: &Judged<'_>, text: &Text) -> Result<Plan, EditError> {
        let standing = &judged.put.standing;
        let seen = self.seen(judged)?;
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
        judged: &Judged<'_>,
        plan: &mut Plan,
    ) -> Result<bool, EditError> {
        if judged.verdict.changes.is_empty() {
            return Ok(false);
        }
        let standing = &judged.put.standing;
        match self.authority {
            Authority::Own => {
                let object = &judged.after;
                plan.expects
                    .push(Expect::Object(object.id, Some(judged.before.revision)));
                plan.writes.push(Write::Object(object.clone()));
                let who = &standing.session.user.id;
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

    /// A restore and nothing else: the member moves though its content does not.
    pub(super) async fn bump(
        &self,
        standing: &Standing<'_>,
        member: &Resource,
        outcomes: Vec<FieldOutcome>,
        action: Action,
        named: Option<ViewRevision>,
    ) -> Result<(), EditError> {
        let now = self.clock.now();
        let known = self.repeated(member, &outcomes).await?;
        // A second device or a replay that still names what was before the last restore: its ETag differs already.
        let replay =
            matches!((named, member.restored), (Some(named), Some(restored)) if named < restored);
        let mut plan = Plan::default();
        let at = (standing.collection.clone(), standing.name.clone());
        plan.expects.push(Expect::Member(
            at.0.clone(),
            at.1.clone(),
            Some(member.revision),
        ));
        let kept = match known {
            Some(row) => {
                plan.writes.push(Write::JournalAgain(row.id, now));
                Kept::Old(row.id)
            }
            None => {
                plan.writes.push(Write::Journal(journal::row(
                    standing,
                    member.object,
                    action,
                    outcomes,
                    now,
                )));
                Kept::New(0)
            }
        };
        let movement = if replay { Move::Stay } else { Move::Restore };
        plan.writes.push(Write::Bump(
            at.0.clone(),
            at.1.clone(),
            movement,
            Some(kept),
        ));
        // Of a replay, too: its client may ask for the ETag that the restore gave and believe its own text stored at it.
        if !standing.fetches_again || (action == Action::Delete && !replay) {
            plan.writes.push(Write::SettleLater(
                at.0,
                at.1,
                now + self.limits.settle_after,
            ));
        }
        self.commit(plan).await?;
        self.wakes.timers.notify_one();
        Ok(())
    }

    /// The row of the last refusal, if this one is the same again.
    async fn repeated(
        &self,
        member: &Resource,
        outcomes: &[FieldOutcome],
    ) -> Result<Option<JournalRow>, EditError> {
        let Some(id) = member.refusal else {
            return Ok(None);
        };
        let row = self.store.journal_row(id).await?;
        Ok(row.filter(|row| row.outcomes == outcomes))
    }

    pub(super) fn count_refusal(&self, standing: &Standing<'_>, object: ObjectId) {
        self.count_device_refusal(standing.session.app_password, object);
    }

    pub(super) fn count_device_refusal(&self, device: AppPasswordId, object: ObjectId) {
        if self
            .alarms
            .refused(object, device, self.clock.now())
            .is_some()
        {
            tracing::warn!(
                object.id = %object,
                app_password.id = %device,
                "more than {} refusals in an hour for one object and device: its client does not take the original back",
                self.limits.refusals_per_hour_max
            );
        }
    }

    /// Whether what was just written is still what is served.
    pub(super) async fn still_serves(
        &self,
        standing: &Standing<'_>,
        revision: Option<ViewRevision>,
    ) -> Result<bool, EditError> {
        let snapshot = self.snapshot(standing.collection).await?;
        let member = snapshot.member(standing.name);
        Ok(member.is_some_and(|entry| {
            revision.is_some_and(|revision| entry.resource.is_current(revision))
        }))
    }

    pub(super) fn note_served(&self, standing: &Standing<'_>, revision: Option<ViewRevision>) {
        let device = standing.session.app_password;
        let members = revision.map(|revision| (standing.name, revision));
        self.served.note(device, standing.collection, members);
    }

    pub(super) async fn commit(&self, plan: Plan) -> Result<Committed, EditError> {
        // The person's own member is written first; a UID taken in somebody else's collection is not theirs to hear of.
        let own = plan.writes.iter().find_map(|write| match write {
            Write::Member(collection, ..) => Some(collection.clone()),
            _ => None,
        });
        let done = self.store.commit(plan.expects, plan.writes).await;
        done.map_err(|error| match error {
            CommitError::UidTaken { collection, holder } if own.as_ref() == Some(&collection) => {
                EditError::UidConflict(holder)
            }
            // Somebody wrote meanwhile: the caller decides again.
            CommitError::Expectation(_) | CommitError::UidTaken { .. } => EditError::Busy,
            CommitError::Store(error) => EditError::Store(error),
            // No edit writes links or users.
            CommitError::LinkTaken(_) | CommitError::LoginTaken(_) => EditError::Busy,
        })
    }
}

/// Checks the conditions of a PUT or DELETE; returns the revision that If-Match named.
pub(super) fn named(
    standing: &Standing<'_>,
    member: Option<&Resource>,
) -> Result<Option<ViewRevision>, EditError> {
    let none_match = match (&standing.conditions.if_none_match, member) {
        (None, _) | (Some(_), None) => true,
        (Some(Tags::Any), Some(_)) => false,
        (Some(Tags::Revisions(tags)), Some(member)) => !tags.contains(&member.revision),
    };
    if !none_match {
        return Err(EditError::Condition);
    }
    match (&standing.conditions.if_match, member) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(EditError::Condition),
        (Some(Tags::Any), Some(_)) => Ok(None),
        (Some(Tags::Revisions(tags)), Some(member)) => {
            let newest = tags
                .iter()
                .copied()
                .filter(|tag| member.is_current(*tag))
                .max();
            newest.map(Some).ok_or(EditError::Condition)
        }
    }
}

/// Whether a field of this name goes to ADVANTA at all.
fn travels(field: Field) -> bool {
    match field {
        Field::Title
        | Field::Start
        | Field::End
        | Field::Description
        | Field::Location
        | Field::Existence => true,
        Field::Recurrence | Field::Overlay => false,
    }
}

/// What ADVANTA held when a device was shown an older text.
///
/// That is what the text said, where the text follows ADVANTA. A field in which the present text differs from ADVANTA is
/// the person's own (the place of a task, a schedule), and one that the text shows unchanged was not edited there either.
fn mirrored_then(older: &Base, member: &Resource) -> Base {
    fn then<T: Clone + PartialEq>(older: &T, shown: &T, mirrored: &T) -> T {
        let followed = older != shown && shown == mirrored;
        if followed { older } else { mirrored }.clone()
    }
    let (shown, mirrored) = (&member.shown, &member.mirrored);
    Base {
        title: then(&older.title, &shown.title, &mirrored.title),
        span: then(&older.span, &shown.span, &mirrored.span),
        description: then(
            &older.description,
            &shown.description,
            &mirrored.description,
        ),
        location: then(&older.location, &shown.location, &mirrored.location),
        recurs: then(&older.recurs, &shown.recurs, &mirrored.recurs),
    }
}

fn overlay_of(member: &Resource) -> Overlay {
    member.overlay.unwrap_or(Overlay { authored: false })
}

/// What is to be rewritten in the person's text so that it shows what stands.
fn restoring(judged: &Judged<'_>, seen: &Seen<'_>, overlay: Overlay) -> Patch {
    let stands = seen.fields();
    // A field needs rewriting when what the person sent is not what stands: refused, lost to ADVANTA, or edited there meanwhile.
    let lost = |field: Field| match judged.legs.get(&field) {
        Some(Leg::Ours) => true,
        Some(Leg::Theirs | Leg::Conflict) => judged
            .verdict
            .of(field)
            .is_some_and(|it| it != Outcome::Applied),
        Some(Leg::Agreed) | None => false,
    };
    let no_recurrence =
        judged.verdict.of(Field::Recurrence) == Some(Outcome::Refused(Reason::NoRecurrence));
    let dates_edited =
        judged.verdict.of(Field::Start).is_some() || judged.verdict.of(Field::End).is_some();
    let dates_differ = dates_edited && judged.incoming.fields.span != stands.span;
    // A title that ADVANTA edited meanwhile ends a schedule here, as it does when the edit arrives by itself.
    let retitled =
        judged.incoming.recurs && matches!(judged.legs.get(&Field::Title), Some(Leg::Ours));
    let drop_recurrence = no_recurrence || retitled;
    let dates = lost(Field::Start) || lost(Field::End) || dates_differ || drop_recurrence;
    Patch {
        title: lost(Field::Title).then(|| stands.title.clone()),
        span: if dates { stands.span } else { None },
        description: lost(Field::Description).then(|| stands.description.clone()),
        location: lost(Field::Location).then(|| stands.location.clone()),
        drop_recurrence,
        ours: seen.ours(overlay),
        card: None,
    }
}
