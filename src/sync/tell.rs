//! What a remote is told of our side, and what happens where it cannot be told.

use super::action::{Action, Conclusion, EditDeed, RemoteEdit};
use super::guard;
use super::legs::lay;
use super::view::{Standing, View};
use crate::model::{Base, Field, Link, RemoteChanges, Trouble};
use std::collections::BTreeSet;

/// Fields of ours that the remote has to be told.
pub(super) fn write(
    view: &View<'_>,
    before: &Link,
    known: Link,
    standing: &Standing,
    fields: BTreeSet<Field>,
) -> Action {
    let policy = &view.settings.sync;
    if known.locked {
        return not_writable(known, standing, fields);
    }
    match &known.trouble {
        // What the remote did not take may be something else by now.
        Some(Trouble::Dead(_)) if standing.object.revision == known.our_revision => {
            return kept(before, known);
        }
        Some(Trouble::Frozen) => return kept(before, known),
        Some(Trouble::Waits { .. }) if view.waits(&known) => return kept(before, known),
        Some(
            Trouble::Waits { .. } | Trouble::Dead(_) | Trouble::Held(_) | Trouble::Accepted(_),
        )
        | None => {}
    }
    let write_back = !known.owed.is_empty();
    if write_back && guard::freezes(&known.write_backs, view.now, policy) {
        let frozen = Link {
            trouble: Some(Trouble::Frozen),
            ..known
        };
        return Action::Keep(frozen, Conclusion::Frozen);
    }
    let dates = |field: &Field| matches!(field, Field::Start | Field::End);
    let repeats = known.base_theirs.recurs;
    let drop_recurrence = repeats && fields.contains(&Field::Recurrence);
    let (now, later): (BTreeSet<Field>, BTreeSet<Field>) = if repeats && !drop_recurrence {
        fields.into_iter().partition(|field| !dates(field))
    } else if drop_recurrence {
        let with_dates = fields.into_iter().chain([Field::Start, Field::End]);
        (with_dates.collect(), BTreeSet::new())
    } else {
        (fields, BTreeSet::new())
    };
    if !now.is_empty() {
        let deed = EditDeed::Change(changes(&now, standing, drop_recurrence));
        return Action::Write(RemoteEdit {
            link: known,
            deed,
            fields: now,
            write_back,
        });
    }
    match (known.anchor, standing.fields.span) {
        (Some(anchor), Some(span)) if view.can_move_occurrence => Action::Write(RemoteEdit {
            deed: EditDeed::Move(anchor.occurrence, span),
            link: known,
            fields: [Field::Start, Field::End].into(),
            write_back,
        }),
        (Some(_) | None, Some(_) | None) => not_writable(known, standing, later),
    }
}

fn changes(fields: &BTreeSet<Field>, standing: &Standing, drop_recurrence: bool) -> RemoteChanges {
    let of = &standing.fields;
    let has = |field| fields.contains(&field);
    let dates = has(Field::Start) || has(Field::End);
    RemoteChanges {
        title: has(Field::Title).then(|| of.title.clone()),
        span: if dates { of.span } else { None },
        description: has(Field::Description).then(|| of.description.clone()),
        location: has(Field::Location).then(|| of.location.clone()),
        drop_recurrence,
        marker: None,
    }
}

/// The event may not be written: the note follows it, and what ADVANTA has otherwise stays there.
fn not_writable(mut link: Link, standing: &Standing, fields: BTreeSet<Field>) -> Action {
    lay(&mut link.base_ours, &Base::from(&standing.fields), &fields);
    link.owed.retain(|field| !fields.contains(field));
    Action::Keep(link, Conclusion::NotWritable(fields.into_iter().collect()))
}

/// A link that is only kept when something of it moved that will count.
pub(super) fn kept(before: &Link, after: Link) -> Action {
    let same = Link {
        our_revision: before.our_revision,
        ..after.clone()
    };
    if same == *before {
        Action::Rest
    } else {
        Action::Keep(after, Conclusion::Quiet)
    }
}
