//! A write of which nobody knows whether it was done, and what is seen of its event.

use super::legs::lay;
use super::normal::normal;
use super::planted::{self, Fault};
use super::record::{recreated, uid_of, with_event};
use crate::diff;
use crate::model::{Direction, Field, IntentDeed, Link, RemoteEvent, SyncPolicy, Trouble};
use std::collections::BTreeSet;

/// What is known of a write after its event was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once for each write in doubt and taken apart at once"
)]
pub enum Settled {
    /// The link as it now is: the plan goes on from here.
    Link(Link),
    /// The event that was to be deleted is gone: the pair is over.
    Over,
}

/// Settles the intent of a link by what is there; `None`: no event is there.
///
/// A field that shows what was written *was* written. One that does not keeps its bases: either the write was not done, and is
/// planned again, or somebody edited the event since, and that is seen as their edit.
pub fn settled(link: &Link, event: Option<&RemoteEvent>, policy: &SyncPolicy) -> Settled {
    let Some(intent) = link.intent.clone() else {
        return Settled::Link(link.clone());
    };
    let clear = Link {
        intent: None,
        trouble: None,
        ..link.clone()
    };
    match (intent.deed, event) {
        // The same identity may have been taken and deleted: another one is sure to be free.
        (IntentDeed::Create, None) => Settled::Link(clear),
        (IntentDeed::Create, Some(event)) => {
            let mut made = with_event(clear, event, policy);
            made.remote_uid = uid_of(event);
            made.base_ours = intent.wrote_ours;
            made.base_theirs = intent.wrote_theirs;
            Settled::Link(made)
        }
        (IntentDeed::Update, None) => Settled::Link(clear),
        (IntentDeed::Update, Some(event)) => {
            let shown = normal(event, link).base();
            let differ: BTreeSet<Field> = diff::two_way(&shown, &intent.wrote_theirs)
                .into_iter()
                .collect();
            let wrote: BTreeSet<Field> = intent.fields.difference(&differ).copied().collect();
            let mut known = clear;
            lay(&mut known.base_ours, &intent.wrote_ours, &wrote);
            lay(&mut known.base_theirs, &intent.wrote_theirs, &wrote);
            known.owed.retain(|field| !wrote.contains(field));
            Settled::Link(known)
        }
        (IntentDeed::Delete, None) => Settled::Over,
        // The guard let it through before it was first tried.
        (IntentDeed::Delete, Some(_)) => Settled::Link(Link {
            trouble: Some(Trouble::Accepted(Direction::ToRemote)),
            ..clear
        }),
        (IntentDeed::Replace | IntentDeed::Remove, None) => Settled::Link(recreated(link)),
        // Its person took the schedule off meanwhile: nothing is to be made anew.
        (IntentDeed::Replace, Some(event))
            if event.series.is_none()
                && !planted::is(Fault::ReplacedForNothing)
                && !planted::is(Fault::RemovalGoesOn) =>
        {
            let mut over = clear;
            over.owed.remove(&Field::Recurrence);
            Settled::Link(over)
        }
        // It is still to be deleted.
        (IntentDeed::Replace, Some(_)) => Settled::Link(link.clone()),
        // The subscription goes on, and its events with it.
        (IntentDeed::Remove, Some(_)) => Settled::Link(clear),
    }
}
