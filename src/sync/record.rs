//! What a link says after something was seen or done. Whoever writes it expects the step that it read; here each step is one more.

use super::legs::lay;
use super::normal::{Normal, is_masked, normal};
use super::planted::{self, Fault};
use super::view::Standing;
use crate::diff;
use crate::model::{
    Anchor, Base, Born, Field, Fields, Intent, IntentDeed, Kind, Link, LinkId, LinkState, Marker,
    ObjectId, RemoteEvent, Revision, Span, Subscription, SyncPolicy, Timestamp, Writable,
    WriteMeetings,
};
use std::collections::BTreeSet;

/// The link of an object that gets its first event.
pub fn exported(
    id: LinkId,
    subscription: &Subscription,
    standing: &Standing,
    generation: u32,
) -> Link {
    Link {
        generation,
        our_revision: standing.object.revision,
        base_ours: Base::from(&standing.fields),
        base_theirs: Base::from(&standing.projected),
        ..bare(id, subscription, standing.object.id, Born::Exported)
    }
}

/// An event that becomes a note.
#[derive(Clone, Copy, Debug)]
pub struct Importing<'a> {
    /// The event.
    pub event: &'a RemoteEvent,
    /// What it says to the note.
    pub theirs: &'a Fields,
    /// What the note says: ADVANTA has no empty titles, say.
    pub ours: &'a Fields,
    /// Of a series, which occurrence it is.
    pub anchor: Option<Anchor>,
    /// Only that its owner is busy.
    pub masked: bool,
}

/// The link of an event that becomes a note.
pub fn imported(
    id: LinkId,
    subscription: &Subscription,
    object: ObjectId,
    importing: &Importing<'_>,
    policy: &SyncPolicy,
) -> Link {
    Link {
        remote_uid: uid_of(importing.event),
        base_ours: Base::from(importing.ours),
        base_theirs: Base::from(importing.theirs),
        anchor: importing.anchor,
        masked: importing.masked,
        ..with_event(
            bare(id, subscription, object, Born::Imported),
            importing.event,
            policy,
        )
    }
}

/// The link of an event that has another identity now: it was moved away and back. Nothing else of it is known to have changed, unless it
/// bears the mark of an earlier event of its object: what that one says is older than what was told since, so it is told.
pub fn moved(link: &Link, event: &RemoteEvent) -> Link {
    let mut link = Link {
        remote: Some(event.id.clone()),
        remote_uid: uid_of(event),
        their_version: String::new(),
        unseen: BTreeSet::new(),
        intent: None,
        ..link.clone()
    };
    let of_another = |marker: &Marker| *marker != link.marker();
    if event.marker.as_ref().is_some_and(of_another) && !planted::is(Fault::EarlierIsMoved) {
        let told: BTreeSet<Field> = [
            Field::Title,
            Field::Start,
            Field::End,
            Field::Description,
            Field::Location,
        ]
        .into();
        let shown = normal(event, &link).base();
        lay(&mut link.base_theirs, &shown, &told);
        link.owed.extend(told);
    }
    link
}

/// The link of a note whose series was cut off, and the event that took the place of the note's occurrence: the note begins where that does.
pub fn succeeded(link: &Link, event: &RemoteEvent) -> Link {
    let anchor = link.base_theirs.span.map(|stood| Anchor {
        series: stood,
        occurrence: stood.start(),
    });
    Link {
        anchor,
        ..moved(link, event)
    }
}

/// The link of an object and the event that we made for it. Where they differ ADVANTA is right: the event is told.
pub fn adopted(
    link: Option<Link>,
    id: LinkId,
    subscription: &Subscription,
    standing: &Standing,
    event: &RemoteEvent,
    policy: &SyncPolicy,
) -> Link {
    // Its next event must not bear the mark of this one.
    let generation = event.marker.as_ref().map_or(0, |marker| marker.generation);
    let fresh = || Link {
        generation,
        ..bare(id, subscription, standing.object.id, Born::Exported)
    };
    let waiting = Link {
        anchor: None,
        ..link.unwrap_or_else(fresh)
    };
    let seen = normal(event, &waiting);
    let ours = Base::from(&standing.fields);
    let projected = Base::from(&standing.projected);
    let theirs = seen.base();
    let differ = diff::two_way(&theirs, &ours);
    let owed = diff::two_way(&theirs, &projected)
        .into_iter()
        .filter(|field| differ.contains(field))
        // The schedule of a note is kept on the side that it came from.
        .filter(|field| *field != Field::Recurrence || standing.object.kind != Kind::Note)
        .collect();
    Link {
        remote_uid: uid_of(event),
        our_revision: standing.object.revision,
        base_ours: ours,
        base_theirs: theirs,
        anchor: seen.anchor,
        owed,
        intent: None,
        trouble: None,
        state: LinkState::Live,
        ..with_event(waiting, event, policy)
    }
}

/// The link of a person's own event and the note that it became in an earlier life. What the event says otherwise comes in like an
/// edit; a private one says nothing but its dates, and the dates of a series say nothing of its note's. `first` is where a series occurs first in
/// the window.
pub fn recognised(
    id: LinkId,
    subscription: &Subscription,
    standing: &Standing,
    event: &RemoteEvent,
    first: Option<(Span, Anchor)>,
    policy: &SyncPolicy,
) -> Link {
    let link = Link {
        masked: is_masked(event, policy.import_private),
        ..bare(id, subscription, standing.object.id, Born::Imported)
    };
    let seen = normal(event, &link);
    let mut base_theirs = seen.base();
    let mut edits = BTreeSet::new();
    if !link.masked {
        edits.extend([Field::Description, Field::Location]);
        if !seen.fields.title.trim().is_empty() {
            edits.insert(Field::Title);
        }
    }
    match first {
        Some((span, _)) => base_theirs.span = Some(span),
        None => edits.extend([Field::Start, Field::End]),
    }
    lay(&mut base_theirs, &Base::from(&standing.projected), &edits);
    Link {
        remote_uid: uid_of(event),
        our_revision: standing.object.revision,
        base_ours: Base::from(&standing.fields),
        base_theirs,
        anchor: first.map(|(_, anchor)| anchor).or(seen.anchor),
        ..with_event(link, event, policy)
    }
}

/// What a link says after ADVANTA's last word on edits that the remote asked for: what ADVANTA now holds (with what is still asked for)
/// is no change of ours, and what it did not take the remote is told again.
pub fn answered(link: &Link, ours: &Fields, fields: &BTreeSet<Field>, refused: &[Field]) -> Link {
    let mut link = link.clone();
    lay(&mut link.base_ours, &Base::from(ours), fields);
    let dates = |field: &Field| matches!(field, Field::Start | Field::End);
    let told = refused.iter().copied();
    // A private event is never told a text.
    link.owed
        .extend(told.filter(|field| !link.masked || dates(field)));
    link
}

/// A link of which some fields cannot be written: they stay as each side has them.
pub fn declined(link: &Link) -> Link {
    let mut link = link.clone();
    if let Some(intent) = link.intent.take() {
        lay(&mut link.base_ours, &intent.wrote_ours, &intent.fields);
        link.owed.retain(|field| !intent.fields.contains(field));
    }
    link.trouble = None;
    link
}

/// An event's UID. Some have none: those go by their identity alone.
pub(super) fn uid_of(event: &RemoteEvent) -> Option<String> {
    Some(event.uid.clone()).filter(|uid| !uid.is_empty())
}

fn bare(id: LinkId, subscription: &Subscription, object: ObjectId, born: Born) -> Link {
    let nothing = Base::from(&Fields {
        title: String::new(),
        span: None,
        description: String::new(),
        location: String::new(),
        recurs: false,
    });
    Link {
        id,
        subscription: subscription.id.clone(),
        epoch: subscription.epoch,
        step: 0,
        object,
        remote: None,
        remote_uid: None,
        generation: 0,
        born,
        state: LinkState::Live,
        our_revision: Revision(0),
        their_version: String::new(),
        base_ours: nothing.clone(),
        base_theirs: nothing,
        unseen: BTreeSet::new(),
        anchor: None,
        masked: false,
        locked: false,
        guests: false,
        owed: BTreeSet::new(),
        intent: None,
        trouble: None,
        write_backs: vec![],
    }
}

/// What an event says of itself, apart from its fields.
pub(super) fn with_event(link: Link, event: &RemoteEvent, policy: &SyncPolicy) -> Link {
    let never = event.guests && policy.write_meetings == WriteMeetings::Never;
    Link {
        remote: Some(event.id.clone()),
        their_version: event.version.clone(),
        locked: event.writable == Writable::No || never,
        guests: event.guests,
        unseen: BTreeSet::new(),
        ..link
    }
}

/// What was seen of an event goes into the link. Fields of the event are for the caller.
pub(super) fn seen(link: &Link, event: &RemoteEvent, normal: &Normal, policy: &SyncPolicy) -> Link {
    Link {
        base_theirs: normal.base(),
        anchor: normal.anchor,
        ..with_event(link.clone(), event, policy)
    }
}

/// A link that is about to be written for, with what is expected of the write.
pub fn intended(
    link: &Link,
    deed: IntentDeed,
    fields: &BTreeSet<Field>,
    standing: &Standing,
    at: Timestamp,
) -> Link {
    let (mut wrote_ours, mut wrote_theirs) = (link.base_ours.clone(), link.base_theirs.clone());
    lay(&mut wrote_ours, &Base::from(&standing.fields), fields);
    lay(&mut wrote_theirs, &Base::from(&standing.projected), fields);
    let mut link = doomed(link, deed, at);
    // A schedule that the remote keeps in spite of the write is still to go.
    if fields.contains(&Field::Recurrence) {
        link.owed.insert(Field::Recurrence);
    }
    link.our_revision = standing.object.revision;
    link.intent = Some(Intent {
        deed,
        fields: fields.clone(),
        wrote_ours,
        wrote_theirs,
        at,
    });
    link
}

/// A link whose event is about to be deleted.
pub fn doomed(link: &Link, deed: IntentDeed, at: Timestamp) -> Link {
    Link {
        intent: Some(Intent {
            deed,
            fields: BTreeSet::new(),
            wrote_ours: link.base_ours.clone(),
            wrote_theirs: link.base_theirs.clone(),
            at,
        }),
        ..link.clone()
    }
}

/// A link after its intent was done: the written fields are what both sides now have. `event` is what the remote showed, if it did.
pub fn written(
    link: &Link,
    version: &str,
    event: Option<&RemoteEvent>,
    policy: &SyncPolicy,
) -> Link {
    let mut link = link.clone();
    let Some(intent) = link.intent.take() else {
        return link;
    };
    let fields = &intent.fields;
    lay(&mut link.base_ours, &intent.wrote_ours, fields);
    lay(&mut link.base_theirs, &intent.wrote_theirs, fields);
    if fields.contains(&Field::Recurrence) {
        link.anchor = None;
    }
    link.their_version = version.to_owned();
    if event.is_none() {
        link.unseen.extend(fields);
    }
    link.trouble = None;
    link.owed.retain(|field| !fields.contains(field));
    let Some(event) = event else {
        // Whether the schedule is really gone, only the event itself will show.
        if fields.contains(&Field::Recurrence) {
            link.owed.insert(Field::Recurrence);
        }
        return link;
    };
    let shown = normal(event, &link);
    lay(&mut link.base_theirs, &shown.base(), fields);
    // An event that still repeats is not what was asked for; the plan sees it by its base.
    if fields.contains(&Field::Recurrence) && shown.fields.recurs {
        link.base_theirs.recurs = true;
        link.anchor = shown.anchor;
        link.owed.insert(Field::Recurrence);
        link = doomed(&link, IntentDeed::Replace, intent.at);
    }
    with_event(link, event, policy)
}

/// A link whose event has to be created again.
pub fn recreated(link: &Link) -> Link {
    Link {
        remote: None,
        remote_uid: None,
        their_version: String::new(),
        // The new event happens once, whatever the one before did.
        base_theirs: Base {
            recurs: false,
            ..link.base_theirs.clone()
        },
        generation: link.generation.saturating_add(1),
        anchor: None,
        masked: false,
        locked: false,
        guests: false,
        unseen: BTreeSet::new(),
        owed: BTreeSet::new(),
        intent: None,
        trouble: None,
        ..link.clone()
    }
}

/// A link whose event goes on alone. What it was to be told it is still owed: the two may come together again.
pub fn parted(link: &Link) -> Link {
    let owed = if planted::is(Fault::PartedOwesNothing) {
        BTreeSet::new()
    } else {
        link.owed.clone()
    };
    Link {
        owed,
        state: LinkState::Parted,
        intent: None,
        trouble: None,
        ..link.clone()
    }
}
