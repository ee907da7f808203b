//! Identities. Each is its own type, so that none can stand in for another.

use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
            /// The text of the identity.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id!(
    /// A person, for ever: never a login or an e-mail, both of which change.
    UserId
);
text_id!(
    /// The life of a store. A restored backup draws a new one, so that no token or ETag of the old life is believed.
    Epoch
);
text_id!(
    /// One user's connection to one remote calendar.
    SubscriptionId
);
uuid_id!(
    /// A channel on which a remote tells us of changes.
    ChannelId
);
uuid_id!(
    /// ADVANTA's GUID of a calendar object.
    ObjectId
);
uuid_id!(
    /// One app password of one device.
    AppPasswordId
);
uuid_id!(
    /// One secret address of a person's calendar.
    FeedId
);
uuid_id!(
    /// A stored pair *object ↔ remote event*.
    LinkId
);
number_id!(
    /// ADVANTA's own count of an object's changes: a higher one is newer.
    Revision
);
number_id!(
    /// The change number of a collection at which a member last moved. Never used twice in a store epoch.
    ViewRevision
);
number_id!(
    /// A row of the journal, in order of writing.
    JournalId
);
number_id!(
    /// A command in the outbox, in order of writing: FIFO per object follows from it.
    CommandId
);

number_id!(
    /// A notice in the inbox, in order of arrival.
    NoticeId
);

/// Which of a user's collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CollectionKind {
    /// `advanta/`: everything as VEVENT.
    Events,
}

impl CollectionKind {
    /// The path segment in the user's calendar home.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Events => "advanta",
        }
    }
}

/// One collection of one user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionId {
    /// Whose calendar home it is in.
    pub owner: UserId,
    /// Which of their collections.
    pub kind: CollectionKind,
}

impl CollectionId {
    /// The VEVENT collection of a user.
    pub fn events(owner: &UserId) -> Self {
        Self {
            owner: owner.clone(),
            kind: CollectionKind::Events,
        }
    }
}

impl fmt::Display for CollectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.kind.segment())
    }
}

/// The last path segment of a resource, decoded: what stands for `{name}.ics` in its href.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceName(Arc<str>);

/// Why a text cannot be a resource name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing, `.` or `..`.
    #[error("a resource name is empty, '.' or '..'")]
    Reserved,
    /// Longer than [`ResourceName::BYTES_MAX`].
    #[error("a resource name is longer than {} bytes", ResourceName::BYTES_MAX)]
    TooLong,
    /// A control character, or no UTF-8 at all.
    #[error("a resource name holds a control character, or is not UTF-8")]
    Character,
}

impl ResourceName {
    /// The longest name, in bytes of its decoded form.
    pub const BYTES_MAX: usize = 255;

    /// Checks a decoded path segment.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || text == "." || text == ".." {
            return Err(InvalidName::Reserved);
        }
        if text.len() > Self::BYTES_MAX {
            return Err(InvalidName::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidName::Character);
        }
        Ok(Self(text.into()))
    }

    /// The name under which everyone but the author sees an object. `copy` is 0 unless that name is taken.
    pub fn of_object(object: ObjectId, copy: u32) -> Self {
        match copy {
            0 => Self(format!("{object}.ics").into()),
            n => Self(format!("{object}-{n}.ics").into()),
        }
    }

    /// Sorts before every name that can exist: the lower edge of a range.
    pub fn lowest() -> Self {
        Self("".into())
    }

    /// The decoded segment.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
