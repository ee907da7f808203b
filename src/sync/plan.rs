//! What is to be done next with a pair.
//!
//! [`plan`] is one match over what is known of both sides; the cases of a pair that both sides still have are in [`both`], those of an
//! event without a link in [`unlinked`].

use super::action::{Action, Conclusion, Deletion, EditDeed, Edited, RemoteEdit};
use super::legs::{Sides, apart, lay, legs};
use super::normal::{Normal, is_masked, masked, normal};
use super::planted::{self, Fault};
use super::record::{doomed, parted, recreated, seen};
use super::settle::{Settled, settled};
use super::view::{Mark, Ours, Standing, Theirs, View};
use super::{guard, series, window};
use crate::diff::{Leg, Legs};
use crate::model::{
    Base, Born, Direction, Field, ImportPrivate, IntentDeed, Link, LinkState, Marker, Outcome,
    RecurringNoteEdit, RemoteChanges, RemoteEvent, Revision, SyncPolicy, Trouble,
};
use crate::{ical, rules};
use std::collections::BTreeSet;

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

        (LinkState::Parted, Ours::There(_), Some(Theirs::Unseen | Theirs::Seen(_))) => {
            rejoined(link)
        }
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
    if is_waiting(link, view) && !matches!(view.theirs, Theirs::Seen(_)) {
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
        (Some(Trouble::Waits { .. }), true) if is_waiting(link, view) => Action::Rest,
        (
            Some(
                Trouble::Waits { .. } | Trouble::Dead(_) | Trouble::Held(_) | Trouble::Accepted(_),
            )
            | None,
            true,
        ) => Action::Create(Some(link.clone())),
    }
}

/// An event that no link knows.
fn unlinked(view: &View<'_>, event: &RemoteEvent, ours: &Ours) -> Action {
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
    if event.skip.is_some() || (event.private && policy.import_private == ImportPrivate::Skip) {
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

/// A pair that both sides have: `event` is what was seen of it, if anybody looked.
fn both(view: &View<'_>, link: &Link, standing: &Standing, event: Option<&RemoteEvent>) -> Action {
    let policy = &view.settings.sync;
    let mut known = link.clone();
    let mut theirs: Option<Normal> = None;
    let accepted = Some(Trouble::Accepted(Direction::ToAdvanta));
    if event.is_none() && link.trouble == accepted {
        return Action::Look;
    }
    if let Some(event) = event {
        if let Some(marker) = wrong_mark(view, link, event) {
            return Action::Remark {
                id: event.id.clone(),
                version: event.version.clone(),
                marker,
            };
        }
        // What became private says no more than it did.
        if link.born == Born::Imported && is_masked(event, policy.import_private) {
            known.masked = true;
        }
        // What is not private any more may be read: it comes in like an edit of the person's.
        if link.masked && !event.private {
            known.masked = false;
            let texts = [Field::Title, Field::Description, Field::Location].into();
            lay(&mut known.base_ours, &Base::from(&standing.fields), &texts);
        }
        let normal = normal(event, &known);
        // The very version that our own write made: what it shows of the written fields is what the remote makes of them.
        if !link.unseen.is_empty() && event.version == link.their_version {
            lay(&mut known.base_theirs, &normal.base(), &link.unseen);
            if link.owed.contains(&Field::Recurrence) && normal.fields.recurs {
                let replaced = doomed(&known, IntentDeed::Replace, view.now);
                return Action::Keep(replaced, Conclusion::Quiet);
            }
        }
        theirs = Some(normal);
    }
    if known.state == LinkState::Awaited && standing.confirmed {
        known.state = LinkState::Live;
    }
    known = lifted(known, theirs.is_some());
    let shown = theirs
        .as_ref()
        .map_or_else(|| known.base_theirs.clone(), Normal::base);
    let (ours, projected) = (
        Base::from(&standing.fields),
        Base::from(&standing.projected),
    );
    let sides = Sides {
        ours: &ours,
        projected: &projected,
        theirs: &shown,
    };
    let legs = legs(&known, sides);
    let edited = legs
        .values()
        .any(|leg| matches!(leg, Leg::Theirs | Leg::Conflict));
    if let (true, Some(normal), Some(event)) = (edited, &theirs, event) {
        return edit(view, &known, standing, event, normal, legs);
    }
    let dropped = drops_schedule(view, &known, &legs);
    let to_write: BTreeSet<Field> = known
        .owed
        .iter()
        .copied()
        .chain(
            legs.iter()
                .filter(|(_, leg)| **leg == Leg::Ours)
                .map(|(field, _)| *field),
        )
        .collect();
    let mut to_write = apart(&to_write, sides);
    if dropped {
        to_write.insert(Field::Recurrence);
    }
    // What both sides agree on is what both bases say.
    let agreed: BTreeSet<Field> = legs
        .iter()
        .filter(|(_, leg)| **leg == Leg::Agreed)
        .map(|(field, _)| *field)
        .collect();
    lay(&mut known.base_ours, &ours, &agreed);
    // Whether the schedule is really gone, only the event itself will show.
    let unseen = !known.unseen.is_empty() && event.is_none();
    known
        .owed
        .retain(|field| to_write.contains(field) || (unseen && *field == Field::Recurrence));
    if let (Some(event), Some(normal)) = (event, &theirs) {
        known = seen(&known, event, normal, policy);
    }
    if to_write.is_empty() {
        known.our_revision = standing.object.revision;
        return kept(link, known);
    }
    write(view, link, known, standing, to_write)
}

/// A link that is only kept when something of it moved that will count.
fn kept(before: &Link, after: Link) -> Action {
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

/// A link whose held or accepted deletion came to nothing, because both sides are there.
fn lifted(mut link: Link, seen: bool) -> Link {
    let over = match &link.trouble {
        Some(Trouble::Held(direction) | Trouble::Accepted(direction)) => match direction {
            Direction::ToRemote => true,
            Direction::ToAdvanta => seen,
        },
        Some(Trouble::Waits { .. } | Trouble::Dead(_) | Trouble::Frozen) | None => false,
    };
    if over {
        link.trouble = None;
    }
    link
}

/// The mark that an event should bear instead of its own, if that is a wrong one of ours: a copy that is a note of its own now
/// bears none, and an event that is recognised bears that of this life.
fn wrong_mark(view: &View<'_>, link: &Link, event: &RemoteEvent) -> Option<Option<Marker>> {
    let marker = event.marker.as_ref()?;
    let ours = marker.subscription == view.subscription.id;
    let right = marker.object == link.object && marker.epoch == link.epoch;
    if !view.may_remark || !ours || right || link.locked {
        return None;
    }
    Some((marker.object == link.object).then(|| link.marker()))
}

/// What a person edited in the remote, laid before the rules.
fn edit(
    view: &View<'_>,
    link: &Link,
    standing: &Standing,
    event: &RemoteEvent,
    normal: &Normal,
    legs: Legs,
) -> Action {
    let verdict = rules::judge(&rules::Case {
        object: &standing.object,
        rights: standing.rights,
        theirs: &normal.fields,
        legs: &legs,
        settings: view.settings,
    });
    let mut after = standing.object.clone();
    if !verdict.changes.is_empty() {
        verdict.changes.apply(&mut after, view.settings);
        after.revision = Revision(standing.object.revision.0.saturating_add(1));
        after.changed = view.now;
    }
    let mut known = seen(link, event, normal, &view.settings.sync);
    // What ADVANTA changed alone is still to be written; of everything else both bases know.
    let taken: BTreeSet<Field> = legs
        .iter()
        .filter(|(_, leg)| **leg != Leg::Ours)
        .map(|(field, _)| *field)
        .collect();
    if !planted::is(Fault::NoWriteBack) {
        known.owed.extend(
            legs.iter()
                .filter(|(_, leg)| **leg == Leg::Conflict)
                .map(|(field, _)| *field),
        );
        known.owed.extend(
            verdict
                .rulings
                .iter()
                .filter(|ruling| ruling.outcome != Outcome::Applied)
                .map(|ruling| ruling.field)
                .filter(|field| !matches!(field, Field::Overlay | Field::Existence)),
        );
    }
    lay(
        &mut known.base_ours,
        &Base::from(&after.fields(view.settings)),
        &taken,
    );
    known.our_revision = standing.object.revision;
    Action::Edit(Edited {
        link: known,
        legs,
        verdict,
        wanted: normal.fields.clone(),
        after,
    })
}

/// Whether an edit of the title in ADVANTA takes the schedule of a recurring event away.
fn drops_schedule(view: &View<'_>, link: &Link, legs: &Legs) -> bool {
    let policy: &SyncPolicy = &view.settings.sync;
    link.base_theirs.recurs
        && !link.masked
        && policy.recurring_note_edit == RecurringNoteEdit::DropRecurrence
        && legs.get(&Field::Title) == Some(&Leg::Ours)
}

/// Fields of ours that the remote has to be told.
fn write(
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
        Some(Trouble::Waits { .. }) if is_waiting(&known, view) => return kept(before, known),
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

/// The event of an object is gone.
fn event_deleted(view: &View<'_>, link: &Link, standing: &Standing) -> Action {
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

/// The object is gone, and its event is there.
fn delete_event(view: &View<'_>, link: &Link, counted: bool) -> Action {
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
        Some(Trouble::Waits { .. }) if is_waiting(link, view) => return Action::Rest,
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
fn hidden(view: &View<'_>, link: &Link, takes_part: bool) -> Action {
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

/// Both sides are there again.
fn rejoined(link: &Link) -> Action {
    let live = Link {
        state: LinkState::Live,
        ..link.clone()
    };
    Action::Keep(live, Conclusion::Quiet)
}

/// Whether a link is not to be worked on now.
fn is_waiting(link: &Link, view: &View<'_>) -> bool {
    match &link.trouble {
        Some(Trouble::Waits { due, .. }) => *due > view.now,
        Some(Trouble::Dead(_) | Trouble::Frozen | Trouble::Held(_) | Trouble::Accepted(_))
        | None => false,
    }
}
