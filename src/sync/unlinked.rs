//! An event that no link knows: taken as a note, put to the object that it shows, or left alone.

use super::action::Action;
use super::normal::{is_masked, masked};
use super::planted::{self, Fault};
use super::view::{Mark, Ours, View};
use super::{series, window};
use crate::ical;
use crate::model::{ImportPrivate, RemoteEvent};

/// An event that no link knows.
pub(super) fn unlinked(view: &View<'_>, event: &RemoteEvent, ours: &Ours) -> Action {
    let recognise = view.subscription.recognise;
    match (view.mark, ours) {
        (Mark::Rival, _) => Action::Look,
        (Mark::SameUid, _) => Action::Rest,
        (Mark::Colleague, _) if !planted::is(Fault::ColleagueIsImported) => Action::Rest,
        (Mark::Ours { link }, Ours::There(_)) => Action::Adopt {
            link: link.cloned(),
            ours: true,
        },
        (Mark::Earlier, Ours::There(_)) if recognise => Action::Adopt {
            link: None,
            ours: true,
        },
        (Mark::EarlierNote, Ours::There(_)) => Action::Adopt {
            link: None,
            ours: false,
        },
        // Restored by a person after its object went, copied by one, made in an earlier life, or simply somebody's own.
        (Mark::Ours { .. }, Ours::Hidden { .. } | Ours::Leaving | Ours::Gone | Ours::Never)
        | (Mark::Plain | Mark::Copy | Mark::Colleague | Mark::Earlier | Mark::EarlierNote, _) => {
            import(view, event)
        }
    }
}

fn import(view: &View<'_>, event: &RemoteEvent) -> Action {
    let policy = &view.settings.sync;
    let left_out = event.skip.is_some_and(|skip| policy.leaves_out(skip));
    if left_out || (event.private && policy.import_private == ImportPrivate::Skip) {
        return Action::Rest;
    }
    let (span, anchor) = match &event.series {
        Some(series) => {
            let exceptions = &series.exceptions;
            match series::first(event, exceptions, view.subscription, view.settings) {
                Some((span, anchor)) => (Some(span), Some(anchor)),
                None => return Action::Rest,
            }
        }
        None => (event.fields.span, None),
    };
    let taken = |span| window::holds(view.subscription, span) && ical::is_showable(span);
    if !span.is_some_and(taken) {
        return Action::Rest;
    }
    let hide = is_masked(event, policy.import_private);
    let fields = crate::model::Fields {
        span,
        ..event.fields.clone()
    };
    Action::Import {
        fields: if hide { masked(fields) } else { fields },
        anchor,
        masked: hide,
    }
}
