//! What is to be done next with a pair.
//!
//! [`plan`] is one match over what is known of both sides; the cases of a pair that both sides still have are in [`both`], those of an
//! event without a link in [`unlinked`], those of a side that is gone in [`event_deleted`].

use super::action::{Action, Conclusion, Deletion};
use super::deleted::{delete_event, event_deleted, hidden};
use super::pair::both;
use super::planted::{self, Fault};
use super::record::parted;
use super::settle::{Settled, settled};
use super::unlinked::unlinked;
use super::view::{Ours, Standing, Theirs, View};
use super::window;
use crate::model::{Field, IntentDeed, Link, LinkState, RemoteEvent, Trouble};

/// The next thing to do with a pair. Total: every combination of what can be seen has its line.
pub fn plan(view: &View<'_>) -> Action {
    let Some(link) = view.link else {
        return match (view.theirs, view.ours) {
            (Theirs::Seen(event), ours) => unlinked(view, event, ours),
            (Theirs::Unseen | Theirs::Absent | Theirs::Gone, Ours::There(standing)) => {
                export(view, standing)
            }
            (
                Theirs::Unseen | Theirs::Absent | Theirs::Gone,
                Ours::Hidden { .. } | Ours::Leaving | Ours::Gone | Ours::Never,
            ) => Action::Rest,
        };
    };
    if let Some(action) = in_doubt(view, link) {
        return action;
    }
    let theirs = match (view.theirs, &link.remote) {
        // There is no event yet, or none any more: nothing that could be seen of it.
        (_, None) => None,
        (Theirs::Absent, Some(_)) if planted::is(Fault::AbsentIsDeleted) => Some(Theirs::Gone),
        (theirs, Some(_)) => Some(theirs),
    };
    match (link.state, view.ours, theirs) {
        // A listing may leave events out for reasons of its own: only the event itself says that it is gone.
        (_, _, Some(Theirs::Absent)) => Action::Look,

        // Nobody followed the event while they were apart: it may be gone, or a series no more.
        (LinkState::Parted, Ours::There(_), Some(Theirs::Unseen)) => Action::Look,
        (LinkState::Parted, Ours::There(_), Some(Theirs::Seen(_))) => rejoined(link),
        (LinkState::Parted, _, None | Some(Theirs::Gone)) => Action::Forget(link.clone()),
        (
            LinkState::Parted,
            Ours::Hidden { .. } | Ours::Leaving | Ours::Gone | Ours::Never,
            Some(Theirs::Unseen | Theirs::Seen(_)),
        ) => Action::Rest,

        (LinkState::Live | LinkState::Awaited, Ours::There(standing), None) => {
            create(view, link, standing)
        }
        (LinkState::Live | LinkState::Awaited, Ours::There(standing), Some(Theirs::Unseen)) => {
            both(view, link, standing, None)
        }
        (
            LinkState::Live | LinkState::Awaited,
            Ours::There(standing),
            Some(Theirs::Seen(event)),
        ) => both(view, link, standing, Some(event)),
        (LinkState::Live | LinkState::Awaited, Ours::There(standing), Some(Theirs::Gone)) => {
            event_deleted(view, link, standing)
        }

        // The note that an import asked for was refused: the event is its owner's, and stays.
        (LinkState::Awaited, Ours::Never, Some(Theirs::Unseen)) => Action::Look,
        (LinkState::Awaited, Ours::Never, Some(Theirs::Seen(_))) => {
            Action::Keep(parted(link), Conclusion::Quiet)
        }
        (
            LinkState::Live | LinkState::Awaited,
            Ours::Gone | Ours::Never,
            Some(Theirs::Unseen | Theirs::Seen(_)),
        ) => delete_event(view, link, true),
        (
            LinkState::Live | LinkState::Awaited,
            Ours::Hidden { takes_part },
            Some(Theirs::Unseen | Theirs::Seen(_)),
        ) => hidden(view, link, *takes_part),
        // ADVANTA will say whether the deletion stands.
        (LinkState::Live | LinkState::Awaited, Ours::Leaving, _) => Action::Rest,
        (
            LinkState::Live | LinkState::Awaited,
            Ours::Gone | Ours::Never | Ours::Hidden { .. },
            None | Some(Theirs::Gone),
        ) => Action::Forget(link.clone()),
    }
}

/// What to do with a pair whose last write nobody knows the end of.
fn in_doubt(view: &View<'_>, link: &Link) -> Option<Action> {
    let intent = link.intent.as_ref()?;
    // Nobody asks before its time; but what was seen is seen.
    if view.waits(link) && !matches!(view.theirs, Theirs::Seen(_)) {
        return Some(Action::Rest);
    }
    let event = match view.theirs {
        Theirs::Seen(event) => Some(event),
        Theirs::Gone => None,
        Theirs::Unseen | Theirs::Absent if planted::is(Fault::CreateAgain) => None,
        Theirs::Unseen | Theirs::Absent => return Some(Action::Look),
    };
    let policy = &view.settings.sync;
    Some(match settled(link, event, policy) {
        Settled::Over => Action::Forget(link.clone()),
        Settled::Link(link) if link.intent.is_some() && intent.deed == IntentDeed::Replace => {
            replace(at_seen_version(link, event))
        }
        Settled::Link(link) => Action::Keep(link, Conclusion::Quiet),
    })
}

/// A link at the version that was seen last.
fn at_seen_version(link: Link, event: Option<&RemoteEvent>) -> Link {
    let their_version = match event {
        Some(event) => event.version.clone(),
        None => link.their_version,
    };
    Link {
        their_version,
        ..link
    }
}

/// An event that kept its schedule in spite of us is made anew. One with guests stays: theirs would be orphaned.
fn replace(link: Link) -> Action {
    if !link.guests && !link.locked {
        return Action::DeleteEvent(Deletion {
            link,
            counted: false,
            replace: true,
        });
    }
    let mut stays = Link {
        intent: None,
        ..link
    };
    stays.owed.remove(&Field::Recurrence);
    Action::Keep(stays, Conclusion::NotWritable(vec![Field::Recurrence]))
}

/// An object that has no event.
fn export(view: &View<'_>, standing: &Standing) -> Action {
    let out = &view.subscription.left_out;
    let status_out = |status| out.statuses.contains(&status);
    let left_out =
        out.kinds.contains(&standing.object.kind) || standing.object.status.is_some_and(status_out);
    let in_window = standing
        .fields
        .span
        .is_some_and(|span| window::holds(view.subscription, span));
    if standing.confirmed && view.can_create && in_window && !left_out {
        Action::Create(None)
    } else {
        Action::Rest
    }
}

/// A link that waits for its event.
fn create(view: &View<'_>, link: &Link, standing: &Standing) -> Action {
    match (&link.trouble, standing.confirmed && view.can_create) {
        (_, false) => Action::Rest,
        (Some(Trouble::Frozen), true) => Action::Rest,
        (Some(Trouble::Dead(_)), true) if standing.object.revision == link.our_revision => {
            Action::Rest
        }
        (Some(Trouble::Waits { .. }), true) if view.waits(link) => Action::Rest,
        (
            Some(
                Trouble::Waits { .. } | Trouble::Dead(_) | Trouble::Held(_) | Trouble::Accepted(_),
            )
            | None,
            true,
        ) => Action::Create(Some(link.clone())),
    }
}

/// Both sides are there again.
fn rejoined(link: &Link) -> Action {
    let live = Link {
        state: LinkState::Live,
        ..link.clone()
    };
    Action::Keep(live, Conclusion::Quiet)
}
