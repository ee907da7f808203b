//! A pair that both sides have: what differs, and who has to be told.

use super::action::{Action, Conclusion, Edited};
use super::deleted::cut_off;
use super::legs::{Sides, apart, lay, legs};
use super::normal::{Normal, asked, is_masked, normal};
use super::planted::{self, Fault};
use super::record::{doomed, seen};
use super::series::{self, Stands};
use super::tell::{kept, write};
use super::view::{Standing, View};
use crate::diff::{self, Leg, Legs};
use crate::model::{
    Base, Born, Direction, Field, IntentDeed, Link, LinkState, Marker, Outcome, RecurringNoteEdit,
    RemoteEvent, Revision, SyncPolicy, Trouble,
};
use crate::rules;
use std::collections::BTreeSet;

/// A pair that both sides have: `event` is what was seen of it, if anybody looked.
pub(super) fn both(
    view: &View<'_>,
    link: &Link,
    standing: &Standing,
    event: Option<&RemoteEvent>,
) -> Action {
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
        let unmasked = link.masked && !event.private;
        known.masked &= !unmasked;
        let mut normal = normal(event, &known);
        if unmasked {
            known = with_texts(known, standing, &normal);
        }
        // It happens once now: whatever its note's date had to do with the series', the two are compared.
        let ended = known.anchor.is_some() && normal.anchor.is_none();
        if ended && !planted::is(Fault::SeriesEndsUnseen) {
            let dates = [Field::Start, Field::End].into();
            lay(
                &mut known.base_theirs,
                &Base::from(&standing.projected),
                &dates,
            );
        }
        if known.born == Born::Imported
            && known.anchor.is_some()
            && let Some(anchor) = normal.anchor
        {
            match series::stands(event, anchor.occurrence, view.subscription, view.settings) {
                Stands::There => {}
                Stands::Elsewhere(span, anchor) => {
                    normal.fields.span = Some(span);
                    normal.anchor = Some(anchor);
                }
                Stands::Over => {
                    if let Some(action) = cut_off(view, link, standing) {
                        return action;
                    }
                }
            }
        }
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
    if known.masked {
        // A private event is never told a text.
        to_write
            .retain(|field| !matches!(field, Field::Title | Field::Description | Field::Location));
    }
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

/// A link whose event is not private any more. What it says otherwise comes in like an edit of the person's, unless it says no more than it
/// did while it was private and ADVANTA was edited since.
fn with_texts(mut link: Link, standing: &Standing, shown: &Normal) -> Link {
    let texts: BTreeSet<Field> = [Field::Title, Field::Description, Field::Location].into();
    let (ours, theirs) = (Base::from(&standing.fields), shown.base());
    let projected = Base::from(&standing.projected);
    let sides = Sides {
        ours: &ours,
        projected: &projected,
        theirs: &theirs,
    };
    let set = |before: &Base, after: &Base| -> BTreeSet<Field> {
        diff::two_way(before, after).into_iter().collect()
    };
    let (they, we) = (set(&link.base_theirs, &theirs), set(&link.base_ours, &ours));
    let (edited, rest): (BTreeSet<Field>, BTreeSet<Field>) = apart(&texts, sides)
        .into_iter()
        .partition(|field| they.contains(field));
    let kept: BTreeSet<Field> = rest.difference(&we).copied().collect();
    if planted::is(Fault::UnmaskedIsTold) {
        lay(&mut link.base_ours, &ours, &texts);
        return link;
    }
    lay(&mut link.base_ours, &ours, &edited);
    lay(&mut link.base_theirs, &projected, &kept);
    link
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
    let asked = asked(link, standing, normal);
    let verdict = rules::judge(&rules::Case {
        object: &standing.object,
        rights: standing.rights,
        theirs: &asked,
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
        wanted: asked,
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
