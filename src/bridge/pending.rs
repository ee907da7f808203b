//! Served state = mirror ⊕ the pending commands of that object. A pending value is shown to its author only.

use crate::diff;
use crate::model::{
    Base, Changes, Command, CommandState, Deed, Draft, Field, Fields, JournalRow, Kind, Object,
    Outcome, Planned, Revision, Rights, Settings, Timestamp, UserId,
};

/// The object that a person sees: the mirror's with their own pending changes laid over it, or one that waits to be made.
/// `None` when there is none, or when they deleted it and ADVANTA does not know yet.
pub(super) fn present(
    mirror: Option<Object>,
    commands: &[Command],
    person: &UserId,
    settings: &Settings,
) -> Option<Object> {
    let mut object = mirror;
    for command in commands
        .iter()
        .filter(|each| each.author == *person && each.state == CommandState::Waiting)
    {
        match (&command.deed, &mut object) {
            (Deed::Create(draft), None) => object = Some(drafted(draft, command.due, settings)),
            (Deed::Change(changes), Some(object)) => changes.apply(object, settings),
            (Deed::Delete, _) => object = None,
            // Made already, or gone already: the next read-back says so.
            (Deed::Create(_), Some(_)) | (Deed::Change(_), None) => {}
        }
    }
    object
}

/// The object that a draft asks for.
pub(super) fn drafted(draft: &Draft, now: Timestamp, settings: &Settings) -> Object {
    Object {
        id: draft.id,
        kind: draft.kind,
        revision: Revision(1),
        title: title(&draft.fields.title, draft.kind),
        description: draft.fields.description.trim_end().to_owned(),
        location: draft.fields.location.trim_end().to_owned(),
        planned: draft
            .fields
            .span
            .map(|span| Planned::from_span(span, settings))
            .unwrap_or_default(),
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: Some(draft.author.clone()),
        responsible: None,
        participants: [(draft.author.clone(), Rights::ALL)].into(),
        parent: None,
        card: None,
        changed: now,
    }
}

/// ADVANTA has no objects without a name; the person's own calendar keeps theirs nameless.
fn title(sent: &str, kind: Kind) -> String {
    let trimmed = sent.trim();
    match (trimmed.is_empty(), kind) {
        (false, _) => trimmed.to_owned(),
        (true, Kind::Meeting) => "Встреча без названия".to_owned(),
        (true, Kind::Note) => "Заметка без названия".to_owned(),
        (true, Kind::Task | Kind::Stage | Kind::Project) => "Без названия".to_owned(),
    }
}

/// A command after the authority went from `mirror` to `seen`: what is left of it, and the fields that lost.
pub(super) fn rebased(
    command: &Command,
    mirror: &Object,
    seen: &Object,
    settings: &Settings,
) -> (Command, Vec<Field>) {
    let Deed::Change(changes) = &command.deed else {
        return (command.clone(), vec![]);
    };
    let moved = diff::two_way(
        &Base::from(&mirror.fields(settings)),
        &Base::from(&seen.fields(settings)),
    );
    let mut wanted = seen.clone();
    changes.apply(&mut wanted, settings);
    let still_differs = diff::two_way(
        &Base::from(&seen.fields(settings)),
        &Base::from(&wanted.fields(settings)),
    );
    let lost: Vec<Field> = fields_of(changes)
        .into_iter()
        .filter(|field| moved.contains(field) && still_differs.contains(field))
        .collect();
    let mut left = changes.clone();
    for field in &lost {
        clear(&mut left, *field);
    }
    (
        Command {
            deed: Deed::Change(left),
            ..command.clone()
        },
        lost,
    )
}

/// Whether nothing is left to do.
pub(super) fn is_spent(command: &Command) -> bool {
    matches!(&command.deed, Deed::Change(changes) if changes.is_empty())
}

/// The fields that a change sets.
pub(super) fn fields_of(changes: &Changes) -> Vec<Field> {
    [
        (Field::Title, changes.title.is_some()),
        (Field::Start, changes.start.is_some()),
        (Field::End, changes.end.is_some()),
        (Field::Description, changes.description.is_some()),
        (Field::Location, changes.location.is_some()),
    ]
    .into_iter()
    .filter_map(|(field, set)| set.then_some(field))
    .collect()
}

fn clear(changes: &mut Changes, field: Field) {
    match field {
        Field::Title => changes.title = None,
        Field::Start => changes.start = None,
        Field::End => changes.end = None,
        Field::Description => changes.description = None,
        Field::Location => changes.location = None,
        Field::Recurrence | Field::Overlay | Field::Existence => {}
    }
}

/// Settles pending fields of a row: ADVANTA's value won.
pub(super) fn supersede(row: &mut JournalRow, lost: &[Field], stands: &Fields) {
    for each in row
        .outcomes
        .iter_mut()
        .filter(|each| lost.contains(&each.field))
    {
        each.outcome = Outcome::Superseded;
        each.kept = super::journal::value(each.field, stands);
    }
}

/// Settles every field of a row that is still pending.
pub(super) fn settle(row: &mut JournalRow, outcome: impl Fn(Field) -> Outcome, stands: &Fields) {
    for each in row
        .outcomes
        .iter_mut()
        .filter(|each| each.outcome == Outcome::Pending)
    {
        each.outcome = outcome(each.field);
        each.kept = super::journal::value(each.field, stands);
    }
}
