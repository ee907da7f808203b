//! What a round looks at: a pair, or one side without its other.

use crate::model::{Link, ObjectId, RemoteEvent, RemoteId};
use crate::sync::Theirs;
use crate::sync::planted::{self, Fault};

/// What was seen of an event.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most items carry an event")]
pub(super) enum Sight {
    Unseen,
    Seen(RemoteEvent),
    Absent,
    Gone,
}

impl Sight {
    pub(super) fn of(seen: Option<RemoteEvent>) -> Self {
        seen.map_or(Self::Gone, Self::Seen)
    }

    pub(super) fn theirs(&self) -> Theirs<'_> {
        match self {
            Self::Unseen => Theirs::Unseen,
            Self::Seen(event) => Theirs::Seen(event),
            Self::Absent => Theirs::Absent,
            Self::Gone => Theirs::Gone,
        }
    }
}

/// Something to look at: a pair, or one side without its other.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The object, if it is known; else the event has no link.
    pub(super) object: Option<ObjectId>,
    /// What was seen of the event.
    pub(super) sight: Sight,
    /// Of which event that was seen, where the sight itself does not say so.
    pub(super) of: Option<RemoteId>,
    /// A listing said so, which may be a little behind; else the event itself was asked for.
    pub(super) listed: bool,
    /// Whether the event that the object is linked to otherwise is there, if that was asked.
    pub(super) rival: Option<bool>,
    /// Whether its mark was put right in this round, or that was tried.
    pub(super) remarked: bool,
    /// Steps taken so far.
    pub(super) steps: u32,
    /// Of a dry run: the link as it would be.
    pub(super) supposed: Option<Link>,
}

impl Item {
    pub(super) fn of_object(object: ObjectId, sight: Sight) -> Self {
        Self {
            object: Some(object),
            sight,
            of: None,
            listed: false,
            rival: None,
            remarked: false,
            steps: 0,
            supposed: None,
        }
    }

    pub(super) fn of_event(event: RemoteEvent) -> Self {
        Self {
            object: None,
            sight: Sight::Seen(event),
            of: None,
            listed: true,
            rival: None,
            remarked: false,
            steps: 0,
            supposed: None,
        }
    }

    /// Whether what was seen was seen of the event of this link: that may be another one by now.
    pub(super) fn is_of(&self, link: &Link) -> bool {
        match (&self.sight, &self.of, &link.remote) {
            (Sight::Gone | Sight::Absent, Some(of), Some(remote)) => of == remote,
            (Sight::Seen(event), _, Some(remote)) => {
                event.id == *remote || planted::is(Fault::SeenOfAnother)
            }
            (Sight::Gone | Sight::Absent | Sight::Seen(_) | Sight::Unseen, _, _) => true,
        }
    }

    pub(super) fn event(&self) -> Option<&RemoteEvent> {
        match &self.sight {
            Sight::Seen(event) => Some(event),
            Sight::Unseen | Sight::Absent | Sight::Gone => None,
        }
    }
}
