//! What a link says after something was seen or done. Whoever writes it expects the step that it read; here each step is one more.

use super::legs::lay;
use super::normal::{Normal, normal};
use super::view::Standing;
use crate::model::{
    Anchor, Base, Born, Field, Fields, Intent, IntentDeed, Link, LinkId, LinkState, ObjectId,
    RemoteEvent, Revision, Subscription, SyncPolicy, Timestamp, Writable, WriteMeetings,
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
        remote_uid: Some(importing.event.uid.clone()),
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

/// The link of an event that has another identity now: it was moved away and back. Nothing else of it is known to have changed.
pub fn moved(link: &Link, event: &RemoteEvent) -> Link {
    Link {
        remote: Some(event.id.clone()),
        remote_uid: Some(event.uid.clone()),
        their_version: String::new(),
        unseen: false,
        intent: None,
        ..link.clone()
    }
}

/// The link of an object and an event that belong together. Where they differ ADVANTA is right: the event is told.
pub fn adopted(
    link: Option<Link>,
    id: LinkId,
    subscription: &Subscription,
    standing: &Standing,
    event: &RemoteEvent,
    policy: &SyncPolicy,
) -> Link {
    let fresh = || bare(id, subscription, standing.object.id, Born::Exported);
    let waiting = link.unwrap_or_else(fresh);
    let seen = normal(
        event,
        &Link {
            anchor: None,
            ..waiting.clone()
        },
    );
    let ours = Base::from(&standing.fields);
    let projected = Base::from(&standing.projected);
    let theirs = seen.base();
    let owed = crate::diff::two_way(&theirs, &projected)
        .into_iter()
        .filter(|field| *field != Field::Recurrence)
        .filter(|field| crate::diff::two_way(&theirs, &ours).contains(field))
        .collect();
    Link {
        remote_uid: Some(event.uid.clone()),
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
        unseen: false,
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
        unseen: false,
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
    link.unseen = event.is_none();
    link.trouble = None;
    link.owed.retain(|field| !fields.contains(field));
    let Some(event) = event else {
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
        generation: link.generation.saturating_add(1),
        anchor: None,
        masked: false,
        locked: false,
        guests: false,
        unseen: false,
        owed: BTreeSet::new(),
        intent: None,
        trouble: None,
        ..link.clone()
    }
}

/// A link whose event goes on alone.
pub fn parted(link: &Link) -> Link {
    Link {
        state: LinkState::Parted,
        owed: BTreeSet::new(),
        intent: None,
        trouble: None,
        ..link.clone()
    }
}
