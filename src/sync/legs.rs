//! Which side changed which field of a pair.

use super::planted::{self, Fault};
use crate::diff::{self, Leg, Legs};
use crate::model::{Base, Field, Link, Span};
use std::collections::BTreeSet;

/// The two sides of a pair as they stand, to be compared with the link's two bases.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides<'a> {
    pub(super) ours: &'a Base,
    /// What the remote makes of ours.
    pub(super) projected: &'a Base,
    pub(super) theirs: &'a Base,
}

/// The fields that differ from their side's base. Where the remote already shows what it makes of ours, both agree, whoever was
/// first: nothing is to be written.
pub(super) fn legs(link: &Link, sides: Sides<'_>) -> Legs {
    let set = |before: &Base, after: &Base| -> BTreeSet<Field> {
        diff::two_way(before, after).into_iter().collect()
    };
    let base_theirs = if planted::is(Fault::OneBase) {
        &link.base_ours
    } else {
        &link.base_theirs
    };
    let they = set(base_theirs, sides.theirs);
    let we = set(&link.base_ours, sides.ours);
    let apart = set(sides.theirs, sides.projected);
    let differ = set(sides.theirs, sides.ours);
    let mut legs = Legs::new();
    for field in they.union(&we) {
        let agree = !apart.contains(field) || !differ.contains(field);
        let leg = match (they.contains(field), we.contains(field)) {
            _ if agree => Leg::Agreed,
            (true, false) => Leg::Theirs,
            (false, true) => Leg::Ours,
            (true, true) if planted::is(Fault::RemoteWins) => Leg::Theirs,
            (true, true) | (false, false) => Leg::Conflict,
        };
        legs.insert(*field, leg);
    }
    // An object of ADVANTA never repeats: that a series still does is no difference.
    if legs.get(&Field::Recurrence) == Some(&Leg::Ours) {
        legs.remove(&Field::Recurrence);
    }
    if link.masked {
        legs.retain(|field, _| matches!(field, Field::Start | Field::End));
    }
    legs
}

/// The fields of these that the remote does not show as it should.
pub(super) fn apart(fields: &BTreeSet<Field>, sides: Sides<'_>) -> BTreeSet<Field> {
    let apart = diff::two_way(sides.theirs, sides.projected);
    let differ = diff::two_way(sides.theirs, sides.ours);
    fields
        .iter()
        .copied()
        .filter(|field| apart.contains(field) && differ.contains(field))
        .collect()
}

/// One base's values of some fields laid over another.
pub(super) fn lay(over: &mut Base, from: &Base, fields: &BTreeSet<Field>) {
    for field in fields {
        match field {
            Field::Title => over.title.clone_from(&from.title),
            Field::Description => over.description = from.description,
            Field::Location => over.location = from.location,
            Field::Recurrence => over.recurs = from.recurs,
            Field::Start => over.span = edges(from.span, over.span).or(from.span),
            Field::End => over.span = edges(over.span, from.span).or(from.span),
            Field::Overlay | Field::Existence => {}
        }
    }
    // Both edges at once need not fit the old ones one by one.
    if fields.contains(&Field::Start) && fields.contains(&Field::End) {
        over.span = from.span;
    }
}

/// The start of one span with the end of another, where that makes a span.
fn edges(start: Option<Span>, end: Option<Span>) -> Option<Span> {
    Span::new(start?.start(), end?.end()).ok()
}
