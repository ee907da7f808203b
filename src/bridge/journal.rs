//! Rows of the journal: what became of every edit.

use super::edit::{Refusal, Standing};
use crate::model::{
    Action, Draft, Field, FieldOutcome, Fields, JournalId, JournalRow, Link, Moment, ObjectId,
    Origin, Outcome, Resource, Timestamp, UserId,
};

/// Characters of a value that a row keeps.
const VALUE_CHARS_MAX: usize = 200;

/// What an edit was made to, by the name that its author knows it by.
pub(super) struct About {
    pub(super) object: ObjectId,
    pub(super) title: String,
}

impl About {
    /// An object as its author's calendar shows it.
    pub(super) fn member(member: &Resource) -> Self {
        Self {
            object: member.object,
            title: member.shown.title.clone(),
        }
    }

    /// An object as a remote calendar was last told of it.
    pub(super) fn link(link: &Link) -> Self {
        Self {
            object: link.object,
            title: link.base_ours.title.clone(),
        }
    }

    /// One that is being made.
    pub(super) fn draft(draft: &Draft) -> Self {
        Self {
            object: draft.id,
            title: draft.fields.title.clone(),
        }
    }
}

/// A row of an edit by a person; the store gives its id.
pub(super) fn row(
    standing: &Standing<'_>,
    about: About,
    action: Action,
    outcomes: Vec<FieldOutcome>,
    now: Timestamp,
) -> JournalRow {
    let author = (standing.who.clone(), standing.origin());
    row_of(author, about, action, outcomes, now)
}

/// The same for an edit that came through no door of a person's own.
pub(super) fn row_of(
    (who, origin): (UserId, Origin),
    about: About,
    action: Action,
    outcomes: Vec<FieldOutcome>,
    now: Timestamp,
) -> JournalRow {
    JournalRow {
        id: JournalId(0),
        at: now,
        last_at: now,
        count: 1,
        who,
        origin,
        object: about.object,
        title: short(&about.title),
        action,
        outcomes,
        kept_text: None,
    }
}

/// One field: what was wanted and what stands.
pub(super) fn outcome(
    field: Field,
    outcome: Outcome,
    wanted: &Fields,
    stands: &Fields,
) -> FieldOutcome {
    FieldOutcome {
        field,
        outcome,
        attempted: value(field, wanted),
        kept: value(field, stands),
    }
}

/// The refused ones.
pub(super) fn refusals(outcomes: &[FieldOutcome]) -> Vec<Refusal> {
    outcomes
        .iter()
        .filter_map(|each| match each.outcome {
            Outcome::Refused(reason) => Some(Refusal {
                field: each.field,
                reason,
                kept: each.kept.clone(),
            }),
            Outcome::Applied | Outcome::Pending | Outcome::Superseded => None,
        })
        .collect()
}

/// A field's value in words that need no language: text, a day, or an instant in UTC.
pub(super) fn value(field: Field, fields: &Fields) -> String {
    match field {
        Field::Title | Field::Existence => short(&fields.title),
        Field::Start => fields
            .span
            .map(|span| moment(span.start()))
            .unwrap_or_default(),
        Field::End => fields
            .span
            .map(|span| moment(span.end()))
            .unwrap_or_default(),
        Field::Description | Field::Overlay => short(&fields.description),
        Field::Location => short(&fields.location),
        Field::Recurrence => if fields.recurs { "repeats" } else { "once" }.to_owned(),
    }
}

fn moment(moment: Moment) -> String {
    match moment {
        Moment::Day(day) => day.to_string(),
        Moment::At(at) => at.format("%Y-%m-%dT%H:%MZ").to_string(),
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= VALUE_CHARS_MAX {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(VALUE_CHARS_MAX).collect();
    cut.push('…');
    cut
}
