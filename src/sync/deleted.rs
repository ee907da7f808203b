//! One side of a pair is gone, or out of sight.

use super::action::{Action, Conclusion, Deletion};
use super::guard;
use super::planted::{self, Fault};
use super::record::{parted, recreated};
use super::view::{Standing, Theirs, View};
use crate::model::{Base, Born, Direction, Field, Link, Outcome, Trouble};
use crate::rules;

/// The event of an object is gone.
pub(super) fn event_deleted(view: &View<'_>, link: &Link, standing: &Standing) -> Action {
    if planted::is(Fault::DeletionIsBelieved) {
        return Action::Forget(link.clone());
    }
    let counted = match &link.trouble {
        Some(Trouble::Held(Direction::ToAdvanta)) => return Action::Rest,
        Some(Trouble::Accepted(Direction::ToAdvanta)) => false,
        _ => true,
    };
    let ours = Base::from(&standing.fields);
    let edited_here = !crate::diff::two_way(&link.base_ours, &ours).is_empty();
    let who = &view.subscription.user;
    let refused = rules::judge_delete(&standing.object, standing.rights, Some(who), view.settings);
    let outcome = match refused {
        Some(reason) => Outcome::Refused(reason),
        // Edited in ADVANTA since: that is worth more than the deletion.
        None if edited_here => Outcome::Superseded,
        None => {
            return Action::DeleteObject(Deletion {
                link: recreated(link),
                counted,
                replace: false,
            });
        }
    };
    let policy = &view.settings.sync;
    if guard::freezes(&link.write_backs, view.now, policy) {
        return match &link.trouble {
            Some(Trouble::Frozen) => Action::Rest,
            _ => Action::Keep(
                Link {
                    trouble: Some(Trouble::Frozen),
                    ..link.clone()
                },
                Conclusion::Frozen,
            ),
        };
    }
    let again = recreated(link);
    Action::Restore {
        link: Link {
            write_backs: guard::counted(&link.write_backs, view.now),
            ..again
        },
        outcome,
    }
}

/// The series of a note was cut off before the note's occurrence, and nothing takes its place: the note goes as if its event were deleted.
/// `None`: it stays, because its person may not delete it, or because ADVANTA changed it since.
pub(super) fn cut_off(view: &View<'_>, link: &Link, standing: &Standing) -> Option<Action> {
    let counted = match &link.trouble {
        Some(Trouble::Held(Direction::ToAdvanta)) => return Some(Action::Rest),
        Some(Trouble::Accepted(Direction::ToAdvanta)) => false,
        _ => true,
    };
    let ours = Base::from(&standing.fields);
    let edited_here = !crate::diff::two_way(&link.base_ours, &ours).is_empty();
    let who = &view.subscription.user;
    let refused = rules::judge_delete(&standing.object, standing.rights, Some(who), view.settings);
    if refused.is_some() || edited_here {
        return None;
    }
    Some(Action::DeleteObject(Deletion {
        link: recreated(link),
        counted,
        replace: false,
    }))
}

/// The object is gone, and its event is there.
pub(super) fn delete_event(view: &View<'_>, link: &Link, counted: bool) -> Action {
    if link.locked {
        return match view.theirs {
            Theirs::Seen(_) => {
                let parted = parted(link);
                Action::Keep(parted, Conclusion::NotWritable(vec![Field::Existence]))
            }
            // It is parted from while it is seen: nobody would notice later that it is gone.
            Theirs::Unseen | Theirs::Absent | Theirs::Gone => Action::Look,
        };
    }
    let counted = match &link.trouble {
        Some(Trouble::Held(Direction::ToRemote)) => return Action::Rest,
        Some(Trouble::Waits { .. }) if view.waits(link) => return Action::Rest,
        Some(Trouble::Accepted(Direction::ToRemote)) => false,
        _ => counted,
    };
    // With the version that is there now: whatever was edited in it, its object is gone.
    let link = match view.theirs {
        Theirs::Seen(event) => Link {
            their_version: event.version.clone(),
            ..link.clone()
        },
        Theirs::Unseen | Theirs::Absent | Theirs::Gone => link.clone(),
    };
    Action::DeleteEvent(Deletion {
        link,
        counted,
        replace: false,
    })
}

/// The person may not see the object any more: our copy of it goes, their own event stays.
pub(super) fn hidden(view: &View<'_>, link: &Link, takes_part: bool) -> Action {
    match link.born {
        // Losing access is nobody's deletion; dates that vanish everywhere look like one.
        Born::Exported => delete_event(view, link, takes_part),
        // It is parted from while it is seen: nobody would notice later that it is gone.
        Born::Imported => match view.theirs {
            Theirs::Seen(_) => Action::Keep(parted(link), Conclusion::Quiet),
            Theirs::Unseen | Theirs::Absent | Theirs::Gone => Action::Look,
        },
    }
}
