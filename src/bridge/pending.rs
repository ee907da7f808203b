//! Served state = mirror ⊕ the pending commands of that object. A pending value is shown to its author only.

use crate::model::{
    Command, Deed, Draft, Field, Fields, JournalRow, Kind, Object, Outcome, Planned, Revision,
    Rights, Settings, Timestamp, UserId,
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
    // A dead letter is still owed: what its author wrote stays before their eyes until an administrator drops it.
    for command in commands.iter().filter(|each| each.author == *person) {
        match (&command.deed, &mut object) {
            (Deed::Create(draft), None) => object = Some(drafted(draft, command.due, settings)),
            (Deed::Change(changes), Some(object)) => changes.apply(object, settings),
            (Deed::Delete(_), _) => object = None,
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

/// Settles every field of a row that is still pending.
pub(super) fn settle(row: &mut JournalRow, outcome: impl Fn(Field) -> Outcome, stands: &Fields) {
    for each in row
        .outcomes
        .iter_mut()
        .filter(|each| each.outcome == Outcome::Pending)
    {
        each.outcome = outcome(each.field);
        if each.outcome != Outcome::Pending {
            each.kept = super::journal::value(each.field, stands);
        }
    }
}
