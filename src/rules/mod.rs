//! Decides which fields of an edit a person may change.
//!
//! Start at [`judge`] for a change and [`judge_delete`] for a deletion. Rules are pure: they see the object as it stands,
//! the rights of the person and what differs; they fetch nothing. A "no" is a value with its reason, never an error.

mod dates;
#[cfg(test)]
mod scenarios;

use crate::diff::{Leg, Legs};
use crate::model::{
    Changes, DeletePolicy, Field, Fields, Kind, Object, Outcome, Reason, Rights, Settings, UserId,
};

/// An edit laid before the rules.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The object as it stands for this person, their own pending commands included.
    pub object: &'a Object,
    /// What the person may do with it.
    pub rights: Rights,
    /// What the person wants it to be.
    pub theirs: &'a Fields,
    /// The fields that differ from the base.
    pub legs: &'a Legs,
    /// The installation's rules.
    pub settings: &'a Settings,
}

/// What the rules say of one edited field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The field.
    pub field: Field,
    /// Applied, superseded or refused; never pending.
    pub outcome: Outcome,
}

/// What the rules say of an edit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What may go to ADVANTA.
    pub changes: Changes,
    /// Every field that the person edited, in order of [`Field`].
    pub rulings: Vec<Ruling>,
}

impl Verdict {
    /// Whether any field was refused or superseded: the person's calendar must show the original again.
    pub fn has_restore(&self) -> bool {
        self.rulings
            .iter()
            .any(|ruling| ruling.outcome != Outcome::Applied)
    }

    /// Refuses both dates, whatever was said of them: for an edit whose dates make no span at all.
    pub fn refuse_dates(&mut self, reason: Reason) {
        self.rulings
            .retain(|ruling| !matches!(ruling.field, Field::Start | Field::End));
        (self.changes.start, self.changes.end) = (None, None);
        let outcome = Outcome::Refused(reason);
        self.rulings
            .extend([Field::Start, Field::End].map(|field| Ruling { field, outcome }));
        self.rulings.sort_by_key(|ruling| ruling.field);
    }

    /// The outcome of a field, if it was edited.
    pub fn of(&self, field: Field) -> Option<Outcome> {
        self.rulings
            .iter()
            .find(|ruling| ruling.field == field)
            .map(|ruling| ruling.outcome)
    }
}

/// Why a field of an object may not be changed by a person, or `None` when it may.
pub fn lock(object: &Object, rights: Rights, field: Field, settings: &Settings) -> Option<Reason> {
    let status_in = |set: &std::collections::BTreeSet<_>| {
        object.status.is_some_and(|status| set.contains(&status))
    };
    let work = object.kind.is_work();
    match field {
        Field::Start
            if work && (object.actual_start.is_some() || status_in(&settings.start_locked_in)) =>
        {
            Some(Reason::ActualStart)
        }
        Field::End
            if work && (object.actual_end.is_some() || status_in(&settings.end_locked_in)) =>
        {
            Some(Reason::ActualEnd)
        }
        Field::Start | Field::End => (!rights.dates).then_some(Reason::NoRightToDates),
        Field::Title => (!rights.title).then_some(Reason::NoRightToTitle),
        // Of work these two travel outward only: a person's edit stays in their own calendar.
        Field::Description | Field::Location => {
            (!work && !rights.text).then_some(Reason::NoRightToText)
        }
        Field::Recurrence => (object.kind != Kind::Note).then_some(Reason::NoRecurrence),
        Field::Overlay => None,
        Field::Existence => judge_delete(object, rights, None, settings),
    }
}

/// The locked ones of title, start and end: what `X-ADVANTA-LOCK` lists.
pub fn locks(object: &Object, rights: Rights, settings: &Settings) -> Vec<Field> {
    [Field::Start, Field::End, Field::Title]
        .into_iter()
        .filter(|field| lock(object, rights, *field, settings).is_some())
        .collect()
}

/// Judges every edited field on its own, then the dates together.
pub fn judge(case: &Case<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    dates::judge(case, &mut verdict);
    for (field, leg) in case.legs {
        let edited = match leg {
            Leg::Theirs | Leg::Conflict => true,
            Leg::Ours | Leg::Agreed => false,
        };
        if edited && !matches!(field, Field::Start | Field::End) {
            judge_field(case, *field, *leg, &mut verdict);
        }
    }
    if case.theirs.recurs {
        tie_schedule_to_dates(&mut verdict);
    }
    verdict.rulings.sort_by_key(|ruling| ruling.field);
    verdict
}

/// A schedule begins where its dates say: it is refused along with them.
fn tie_schedule_to_dates(verdict: &mut Verdict) {
    let dates = |ruling: &&Ruling| matches!(ruling.field, Field::Start | Field::End);
    let mut outcomes = verdict
        .rulings
        .iter()
        .filter(dates)
        .map(|ruling| ruling.outcome);
    let Some(refused) = outcomes.find(|outcome| matches!(outcome, Outcome::Refused(_))) else {
        return;
    };
    for ruling in &mut verdict.rulings {
        if ruling.field == Field::Recurrence && ruling.outcome == Outcome::Applied {
            ruling.outcome = refused;
        }
    }
}

/// Why a person may not delete an object from a calendar, or `None` when they may.
///
/// `who` is the person; without one, only the right counts.
pub fn judge_delete(
    object: &Object,
    rights: Rights,
    who: Option<&UserId>,
    settings: &Settings,
) -> Option<Reason> {
    if settings.delete == DeletePolicy::Notes && object.kind != Kind::Note {
        return Some(Reason::NotDeletable);
    }
    // A note that nobody else sees is its owner's to throw away; a shared one goes only with the right.
    let alone = object.kind == Kind::Note
        && object.participants.len() == 1
        && who.is_some_and(|who| {
            object.owner.as_ref() == Some(who) && object.participants.contains_key(who)
        });
    (!rights.delete && !alone).then_some(Reason::NoRightToDelete)
}

fn judge_field(case: &Case<'_>, field: Field, leg: Leg, verdict: &mut Verdict) {
    let outcome = match lock(case.object, case.rights, field, case.settings) {
        Some(reason) => Outcome::Refused(reason),
        None if field == Field::Title && case.theirs.title.trim().is_empty() => {
            Outcome::Refused(Reason::EmptyTitle)
        }
        None if leg == Leg::Conflict => Outcome::Superseded,
        None => Outcome::Applied,
    };
    if outcome == Outcome::Applied {
        apply(case, field, &mut verdict.changes);
    }
    verdict.rulings.push(Ruling {
        field: own_field(case, field),
        outcome,
    });
}

/// An edit that ADVANTA has no place for is one of the overlay.
fn own_field(case: &Case<'_>, field: Field) -> Field {
    match field {
        Field::Description | Field::Location if case.object.kind.is_work() => Field::Overlay,
        other => other,
    }
}

fn apply(case: &Case<'_>, field: Field, changes: &mut Changes) {
    let travels = !case.object.kind.is_work();
    match field {
        Field::Title => changes.title = Some(case.theirs.title.trim().to_owned()),
        Field::Description if travels => {
            changes.description = Some(case.theirs.description.trim_end().to_owned());
        }
        Field::Location if travels => {
            changes.location = Some(case.theirs.location.trim_end().to_owned());
        }
        // The dates are set together by their own judge; the rest lives in the overlay.
        Field::Start
        | Field::End
        | Field::Description
        | Field::Location
        | Field::Recurrence
        | Field::Overlay
        | Field::Existence => {}
    }
}
