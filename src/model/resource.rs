//! What CalDAV serves, and the versions of it.

use super::{
    CollectionId, Fields, JournalId, ObjectId, ResourceName, Span, Timestamp, ViewRevision,
};
use std::sync::Arc;

/// 128 bits of BLAKE3: enough to know whether a text is the same, without keeping it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 16]);

impl Digest {
    /// Whether it is the digest of a text. It takes as long for every text of one length.
    pub fn is_of(&self, text: &str) -> bool {
        let pairs = self.0.iter().zip(Self::of(text).0);
        pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }

    /// Digest of a text.
    pub fn of(text: &str) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
        Self(short)
    }
}

/// One leg of a merge: [`Fields`] in which long texts are only told apart, never read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Title.
    pub title: String,
    /// When.
    pub span: Option<Span>,
    /// Description, told apart.
    pub description: Digest,
    /// Location, told apart.
    pub location: Digest,
    /// Whether it repeats.
    pub recurs: bool,
}

impl From<&Fields> for Base {
    fn from(fields: &Fields) -> Self {
        Self {
            title: fields.title.trim().to_owned(),
            span: fields.span,
            description: Digest::of(&normal_text(&fields.description)),
            location: Digest::of(&normal_text(&fields.location)),
            recurs: fields.recurs,
        }
    }
}

/// A text without what is noise between clients: kinds of line ending and white space at the end.
fn normal_text(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

/// A client's own text stands in the body of this resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The owner of the collection made this resource by PUT: nothing of ours is added to their text.
    pub authored: bool,
}

/// A calendar object resource: one object as one user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The object it shows.
    pub object: ObjectId,
    /// Last segment of its href.
    pub name: ResourceName,
    /// UID of its components, unique in the collection.
    pub uid: String,
    /// The change that last moved it; its ETag.
    pub revision: ViewRevision,
    /// The oldest revision with the same content as now: revisions since are bumps only.
    pub solid: ViewRevision,
    /// The last revision made by a restore, if any.
    pub restored: Option<ViewRevision>,
    /// The change that brought it into the collection.
    pub born: ViewRevision,
    /// The iCalendar text, exactly as served.
    pub body: Arc<str>,
    /// Seconds since 1970 of the first instant of its first occurrence; days count in the installation's zone.
    pub first: i64,
    /// Seconds since 1970 of the end of its last occurrence, exclusive; `i64::MAX` when it never ends.
    pub last: i64,
    /// Whether its text repeats, so that a time range needs an expansion.
    pub recurs: bool,
    /// The fields as read from the body: *their* base.
    pub shown: Base,
    /// The object's fields when the body was last reconciled with it: *our* base.
    pub mirrored: Base,
    /// Set when the body holds a client's own text.
    pub overlay: Option<Overlay>,
    /// DTSTAMP of a body that we rendered.
    pub stamp: Timestamp,
    /// Version of the rendering that made the body.
    pub rendering: u32,
    /// Earlier bases by revision, oldest first, at most [`Resource::HISTORY_MAX`]: for edits that name an older version.
    pub history: Vec<(ViewRevision, Base)>,
    /// The journal row of the last refusal, which a replay counts up.
    pub refusal: Option<JournalId>,
}

impl Resource {
    /// How many earlier bases are kept.
    pub const HISTORY_MAX: usize = 4;

    /// The fields that a client holds which was last served `seen`: the newest base not younger than that.
    /// `None` when that is past the history.
    pub fn base_at(&self, seen: ViewRevision) -> Option<&Base> {
        if seen >= self.solid {
            return Some(&self.shown);
        }
        self.history
            .iter()
            .rev()
            .find(|(revision, _)| *revision <= seen)
            .map(|(_, base)| base)
    }

    /// Whether a client that names `seen` names the present content: every revision since is a bump.
    pub fn is_current(&self, seen: ViewRevision) -> bool {
        seen >= self.solid && seen <= self.revision
    }
}

/// A member that is gone: what a sync report lists as 404.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Its name.
    pub name: ResourceName,
    /// The change that removed it.
    pub revision: ViewRevision,
    /// The change that had brought it.
    pub born: ViewRevision,
}

/// Properties of a collection that its owner may set (PROPPATCH).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// `DAV:displayname`.
    pub name: Option<String>,
    /// `CALDAV:calendar-description` (RFC 4791 §5.2.1).
    pub description: Option<String>,
    /// `calendar-color` of Apple's namespace.
    pub color: Option<String>,
    /// `calendar-order` of Apple's namespace.
    pub order: Option<String>,
    /// `CALDAV:calendar-timezone` (RFC 4791 §5.2.2), the iCalendar text.
    pub timezone: Option<String>,
}

/// One collection's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Whose and which.
    pub id: CollectionId,
    /// The last change number given out.
    pub change: ViewRevision,
    /// Tokens older than this cannot be answered: tombstones up to here are forgotten.
    pub floor: ViewRevision,
    /// What its owner set.
    pub properties: Properties,
}
