//! Everything that a decision about one pair rests on.

use crate::model::{
    Fields, Link, Object, RemoteEvent, Rights, Settings, Subscription, Timestamp, Trouble,
};

/// One pair, or one side without its other.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Whose pair.
    pub subscription: &'a Subscription,
    /// The installation's rules.
    pub settings: &'a Settings,
    /// What the remote can do, as far as decisions depend on it.
    pub can_create: bool,
    /// Whether single occurrences can be moved there.
    pub can_move_occurrence: bool,
    /// The link, if there is one.
    pub link: Option<&'a Link>,
    /// ADVANTA's side.
    pub ours: &'a Ours,
    /// The remote's side.
    pub theirs: Theirs<'a>,
    /// What an event without a link is known as.
    pub mark: Mark<'a>,
    /// Whether a wrong mark may be put right now; not when that was tried in this round.
    pub may_remark: bool,
    /// Now.
    pub now: Timestamp,
}

impl View<'_> {
    /// Whether a link is not to be worked on now.
    pub(super) fn waits(&self, link: &Link) -> bool {
        match &link.trouble {
            Some(Trouble::Waits { due, .. }) => *due > self.now,
            Some(Trouble::Dead(_) | Trouble::Frozen | Trouble::Held(_) | Trouble::Accepted(_))
            | None => false,
        }
    }
}

/// ADVANTA's side of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one of them is looked at at a time, and nearly all are there"
)]
pub enum Ours {
    /// It is there.
    There(Standing),
    /// It is there, but not in this person's calendar.
    Hidden {
        /// They still take part in it: it only has no dates.
        takes_part: bool,
    },
    /// A deletion that came from this remote waits for ADVANTA.
    Leaving,
    /// It was there and is not any more.
    Gone,
    /// It is not there, and as far as anybody remembers it never was.
    Never,
}

/// An object as it stands for a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As ADVANTA confirmed it, with what this subscription's own edits ask for.
    pub object: Object,
    /// What its person may do.
    pub rights: Rights,
    /// Its fields.
    pub fields: Fields,
    /// What the remote makes of its fields.
    pub projected: Fields,
    /// Whether ADVANTA confirmed that it exists.
    pub confirmed: bool,
}

/// The remote's side of a pair.
#[derive(Clone, Copy, Debug)]
pub enum Theirs<'a> {
    /// Nobody looked.
    Unseen,
    /// It is there.
    Seen(&'a RemoteEvent),
    /// A listing that should show it does not.
    Absent,
    /// It is not there.
    Gone,
}

/// What an event without a link is known as.
#[derive(Clone, Copy, Debug)]
pub enum Mark<'a> {
    /// Nothing: it bears no mark of ours, or one that means nothing any more.
    Plain,
    /// Its UID, or its mark of this life, belongs to a linked object. Nobody asked yet whether that object's event is still there.
    Rival,
    /// The object of its mark of this life is linked to another event, which is there: this one is a copy.
    Copy,
    /// The event with this UID is linked already and still there.
    SameUid,
    /// It shows this object, which has no event: made by us, or restored by a person.
    Ours {
        /// The link that has no event yet, or none any more.
        link: Option<&'a Link>,
    },
    /// It was made for an object in an earlier life of this subscription, and the object has no event now.
    Earlier,
    /// It was taken as a note in an earlier life, and is to be recognised; the note has no event now.
    EarlierNote,
    /// Another person's subscription made it.
    Colleague,
}
