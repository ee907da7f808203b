//! Rows of the journal: what became of every edit.

use super::edit::{Refusal, Standing};
use crate::model::{
    Action, Field, FieldOutcome, Fields, JournalId, JournalRow, Moment, ObjectId, Origin, Outcome,
    Timestamp, UserId,
};

/// Characters of a value that a row keeps.
const VALUE_CHARS_MAX: usize = 200;

/// A row of an edit by a person; the store gives its id.
pub(super) fn row(
    standing: &Standing<'_>,
    object: ObjectId,
    action: Action,
    outcomes: Vec<FieldOutcome>,
    now: Timestamp,
) -> JournalRow {
    let author = (standing.who.clone(), standing.origin());
    row_of(author, object, action, outcomes, now)
}

/// The same for an edit that came through no door of a person's own.
pub(super) fn row_of(
    (who, origin): (UserId, Origin),
    object: ObjectId,
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
        object,
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
