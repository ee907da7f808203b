//! An edit of something that is there, judged: everything that is known of it before anything is written.
//!
//! Start at [`Judged`].

use super::aside::Size;
use super::edit::{EditError, Put, Standing};
use super::rewrite::Text;
use super::{Authority, Bridge, journal, pending};
use crate::diff::{self, Leg, Legs};
use crate::ical::{self, Budget, Incoming};
use crate::model::{
    Base, Field, FieldOutcome, Object, Outcome, Reason, Resource, Revision, ViewRevision,
};
use crate::ports::Member;
use crate::rules::{self, Verdict};
use std::borrow::Cow;

/// Everything that is known of one edit before anything is written.
pub(super) struct Judged {
    pub(super) member: Member,
    /// As it stood for the person.
    pub(super) before: Object,
    /// The revision of the mirror under it; `None` when ADVANTA has not made it yet.
    pub(super) mirrored: Option<Revision>,
    /// As it will stand for the person.
    pub(super) after: Object,
    pub(super) incoming: Incoming,
    /// How much work the text is.
    pub(super) size: Size,
    pub(super) legs: Legs,
    pub(super) verdict: Verdict,
    /// The revision that If-Match named, if it did.
    pub(super) named: Option<ViewRevision>,
}

/// Which versions an edit of a device may rest on.
#[derive(Clone, Copy, Default)]
pub(super) struct Versions {
    /// What If-Match named.
    pub(super) named: Option<ViewRevision>,
    /// Without If-Match: what the device has seen.
    pub(super) seen: Option<ViewRevision>,
}

impl Judged {
    /// Whether the dates of a series were refused: its whole schedule goes back, not its first occurrence alone.
    pub(super) fn schedule_is_refused(&self) -> bool {
        let dates = [Field::Start, Field::End].map(|field| self.verdict.of(field));
        let refused = |it: &Option<Outcome>| matches!(it, Some(Outcome::Refused(_)));
        self.incoming.recurs
            && dates.iter().any(refused)
            && !dates.contains(&Some(Outcome::Applied))
    }

    /// Whether the device that sent this knows every value that stands now: its own, or the original of what was refused
    /// (sent again, that is refused again). Then its next edit is compared with this one, so that a client that edits twice
    /// without looking does not contend with itself. Not so where somebody else's value won: that it has not seen.
    pub(super) fn knows_all(&self) -> bool {
        self.legs
            .values()
            .all(|leg| matches!(leg, Leg::Theirs | Leg::Agreed))
    }

    /// Whether what is served from now on says something else than what was sent.
    pub(super) fn shows_otherwise(&self, text: &Text) -> bool {
        let read = text.read.as_ref().map(|read| Base::from(&read.fields));
        self.verdict.has_restore()
            || read.is_some_and(|read| read != Base::from(&self.incoming.fields))
    }
}

impl Bridge {
    /// Reads what stands and what was sent, compares both with what the device was shown, and asks the rules.
    pub(super) async fn judge(
        &self,
        put: &Put<'_>,
        member: Member,
        versions: Versions,
    ) -> Result<Judged, EditError> {
        let who = put.standing.who;
        let commands = self.store.commands_of(member.object).await?;
        let mirror = self.store.object(member.object).await?;
        let revision = mirror.as_ref().map(|mirror| mirror.revision);
        // The snapshot is a moment behind the mirror only while another commit lands: look again.
        let before =
            pending::present(mirror, &commands, who, &self.settings).ok_or(EditError::Busy)?;
        let rights = *before.participants.get(who).ok_or(EditError::Busy)?;
        let (mut incoming, crossed, size) = self.read_edit(put, before.card.clone()).await?;
        if crossed {
            // Not compared: both dates are refused below.
            incoming.fields.span = before.fields(&self.settings).span;
        }
        if incoming.uid != member.uid {
            return Err(EditError::UidConflict(member.name.clone()));
        }
        let (shown, mirrored) = bases(&put.standing, &member, versions);
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
            member,
            before,
            mirrored: revision,
            after,
            incoming,
            size,
            legs,
            verdict,
            named: versions.named,
        })
    }

    /// Reads the text of an edit. An end before the start is a refusal of both dates, no broken text: then it is read
    /// without the end, and the second value is true.
    async fn read_edit(
        &self,
        put: &Put<'_>,
        card: Option<String>,
    ) -> Result<(Incoming, bool, Size), EditError> {
        let (settings, limits) = (self.settings.clone(), self.limits.ical);
        let read = move |bytes: &[u8], budget: &Budget| {
            let card = card.as_deref();
            match ical::read_within(bytes, card, &settings, &limits, budget) {
                Err(rejected) if rejected.is_crossed() => {
                    ical::read_without_ends(bytes, card, &settings, &limits, budget)
                        .map(|read| (read, true))
                }
                read => read.map(|read| (read, false)),
            }
        };
        let (read, size) = self
            .aside
            .on_text(put.standing.who, put.bytes, read)
            .await?;
        let (read, crossed) = read?;
        Ok((read, crossed, size))
    }

    pub(super) fn outcomes(&self, judged: &Judged) -> Vec<FieldOutcome> {
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
}

/// The two bases of an edit: what this device was shown, and what ADVANTA held then.
fn bases<'m>(
    standing: &Standing<'_>,
    member: &'m Resource,
    versions: Versions,
) -> (&'m Base, Cow<'m, Base>) {
    let present = (&member.shown, Cow::Borrowed(&member.mirrored));
    // A condition that held names the present content.
    if versions.named.is_some() || standing.conditions.if_match.is_some() {
        return present;
    }
    let older = versions
        .seen
        .filter(|seen| !member.is_current(*seen))
        .and_then(|seen| member.base_at(seen));
    match older {
        Some(older) => (older, Cow::Owned(mirrored_then(older, member))),
        None => present,
    }
}

/// Whether a field of this name goes to ADVANTA at all.
pub(super) fn travels(field: Field) -> bool {
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
