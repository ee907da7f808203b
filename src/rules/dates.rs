//! Start and end: each is judged on its own, then they must make a span together.

use super::{Case, Ruling, Verdict, lock};
use crate::diff::Leg;
use crate::model::{DragPolicy, Field, InvalidSpan, Moment, Outcome, Reason, Span};

/// Judges both dates and puts the new span into the verdict when anything of it may change.
pub(super) fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(theirs) = case.theirs.span else {
        return;
    };
    let edited = |field| matches!(case.legs.get(&field), Some(Leg::Theirs | Leg::Conflict));
    if !edited(Field::Start) && !edited(Field::End) {
        return;
    }
    let mut start = edited(Field::Start).then(|| alone(case, Field::Start));
    let mut end = edited(Field::End).then(|| alone(case, Field::End));
    whole_drag(case, theirs, &mut start, &mut end);

    let ours = case.object.planned.span(case.settings);
    match joined(ours, theirs, start, end) {
        Ok(span) => set(case, span, start, end, verdict),
        Err(invalid) => {
            let reason = match invalid {
                InvalidSpan::MixedKinds => Reason::MixedDates,
                InvalidSpan::EndBeforeStart => Reason::EndBeforeStart,
            };
            for outcome in [&mut start, &mut end].into_iter().flatten() {
                // A field that was refused already keeps its own reason.
                if *outcome == Outcome::Applied {
                    *outcome = Outcome::Refused(reason);
                }
            }
        }
    }
    let rulings = [(Field::Start, start), (Field::End, end)];
    verdict
        .rulings
        .extend(rulings.into_iter().filter_map(|(field, outcome)| {
            Some(Ruling {
                field,
                outcome: outcome?,
            })
        }));
}

fn alone(case: &Case<'_>, field: Field) -> Outcome {
    match (
        lock(case.object, case.rights, field, case.settings),
        case.legs.get(&field),
    ) {
        (Some(reason), _) => Outcome::Refused(reason),
        (None, Some(Leg::Conflict)) => Outcome::Superseded,
        (None, _) => Outcome::Applied,
    }
}

/// `rules.on_drag = "whole"`: a shift that keeps the length falls as one when either date may not move.
fn whole_drag(
    case: &Case<'_>,
    theirs: Span,
    start: &mut Option<Outcome>,
    end: &mut Option<Outcome>,
) {
    if case.settings.on_drag != DragPolicy::Whole {
        return;
    }
    let Some(ours) = case.object.planned.span(case.settings) else {
        return;
    };
    if length(ours) != length(theirs) {
        return;
    }
    let (Some(start), Some(end)) = (start, end) else {
        return;
    };
    let refused = |outcome: Outcome| matches!(outcome, Outcome::Refused(_));
    if refused(*start) && *end == Outcome::Applied {
        *end = Outcome::Refused(Reason::WholeDrag);
    } else if refused(*end) && *start == Outcome::Applied {
        *start = Outcome::Refused(Reason::WholeDrag);
    }
}

/// Days or minutes between the edges; two spans of different kind never have the same length.
fn length(span: Span) -> (bool, i64) {
    match (span.start(), span.end()) {
        (Moment::Day(first), Moment::Day(last)) => (true, (last - first).num_days()),
        (Moment::At(from), Moment::At(to)) => (false, (to - from).num_minutes()),
        // A span has no mixed edges.
        (Moment::Day(_), Moment::At(_)) | (Moment::At(_), Moment::Day(_)) => (false, -1),
    }
}

/// Puts the applied edges into the changes.
///
/// ADVANTA shows one missing date by the other. When only that other one moves, the missing one is written where it was
/// shown, or it would move along; unless it is locked, for then not even ADVANTA's emptiness may change.
fn set(
    case: &Case<'_>,
    span: Span,
    start: Option<Outcome>,
    end: Option<Outcome>,
    verdict: &mut Verdict,
) {
    let taken = |outcome: Option<Outcome>| outcome == Some(Outcome::Applied);
    let free = |field| lock(case.object, case.rights, field, case.settings).is_none();
    let planned = case.object.planned;
    if taken(start) || (taken(end) && planned.start.is_none() && free(Field::Start)) {
        verdict.changes.start = Some(span.start());
    }
    if taken(end) || (taken(start) && planned.end.is_none() && free(Field::End)) {
        verdict.changes.end = Some(span.end());
    }
}

/// The span that stands when only the applied edges are taken from the person.
fn joined(
    ours: Option<Span>,
    theirs: Span,
    start: Option<Outcome>,
    end: Option<Outcome>,
) -> Result<Span, InvalidSpan> {
    let taken = |outcome: Option<Outcome>| outcome == Some(Outcome::Applied);
    let Some(ours) = ours else { return Ok(theirs) };
    if !taken(start) && !taken(end) {
        return Ok(ours);
    }
    Span::new(
        if taken(start) {
            theirs.start()
        } else {
            ours.start()
        },
        if taken(end) { theirs.end() } else { ours.end() },
    )
}
