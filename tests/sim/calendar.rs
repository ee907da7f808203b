//! What is inside a fake remote calendar: events, what changed, what can go wrong. How it behaves is said by its [`Manners`].

use crate::manners::{Manners, Window};
use crate::series;
use advanta_bridge::model::{
    Fields, Marker, Moment, Presence, RemoteEvent, RemoteId, Timestamp, Writable,
};
use advanta_bridge::ports::{IdLaw, RemoteErrorKind};
use chrono::Duration;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// An event as the calendar keeps it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub event: RemoteEvent,
    /// A person brought its mark here a second time: by copying, or by restoring what was deleted.
    pub copied: bool,
    /// A person changed its texts.
    pub touched: bool,
    /// Whether it could ever not be written.
    pub locked_once: bool,
    /// Whether it ever was a series.
    pub repeated_once: bool,
    /// Whether it reminds and blocks the day, as we were to say when we made it; nothing is known of what people make.
    pub presence: Option<Presence>,
}

/// What is to go wrong in a coming call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens, and the answer says so.
    Fails,
    /// It happens, and the answer says that it may not have.
    AnswerLost,
    /// Too fast.
    Throttled,
    /// The first write of a batch fails, the others do not.
    ItemFails,
    /// The first write of a batch is said to come from an old version.
    ItemStale,
}

impl Fault {
    pub const ALL: [Self; 5] = [
        Self::Fails,
        Self::AnswerLost,
        Self::Throttled,
        Self::ItemFails,
        Self::ItemStale,
    ];
}

/// What a change in the list of changes is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Touch {
    /// The event itself.
    Whole,
    /// One occurrence, by its place in `series.exceptions`.
    Exception(usize),
}

/// One calendar.
#[derive(Clone)]
pub struct Calendar {
    pub manners: Manners,
    /// The zone in which its days begin.
    pub zone: Tz,
    pub events: BTreeMap<RemoteId, Kept>,
    /// What people deleted and may restore.
    pub bin: Vec<Kept>,
    /// What people moved to another folder.
    pub folder: Vec<Kept>,
    /// Identities that cannot be used (again).
    taken: BTreeSet<RemoteId>,
    /// Everything that changed, in order.
    pub changes: Vec<(RemoteId, Touch)>,
    /// Cursors of an earlier life are dead.
    pub life: u32,
    made: u64,
    versions: u64,
    /// Nobody is let in any more.
    pub denied: bool,
    pub faults: VecDeque<Fault>,
    /// Writes that had an effect.
    pub writes: u64,
    /// Writes that mailed somebody.
    pub mails: u64,
    /// Calls of any kind.
    pub calls: u64,
    /// Events that people deleted or moved away, ever.
    pub removed_by_people: BTreeSet<RemoteId>,
    /// Events that we deleted, as they then were.
    pub removed_by_us: Vec<Kept>,
    /// Texts that people typed, as the calendar shows them.
    pub typed: BTreeSet<String>,
}

impl Calendar {
    pub fn new(manners: Manners, zone: Tz) -> Self {
        Self {
            manners,
            zone,
            events: BTreeMap::new(),
            bin: vec![],
            folder: vec![],
            taken: BTreeSet::new(),
            changes: vec![],
            life: 0,
            made: 0,
            versions: 0,
            denied: false,
            faults: VecDeque::new(),
            writes: 0,
            mails: 0,
            calls: 0,
            removed_by_people: BTreeSet::new(),
            removed_by_us: vec![],
            typed: BTreeSet::new(),
        }
    }

    /// A version that was never there.
    fn version(&mut self) -> String {
        self.versions += 1;
        format!("v{}", self.versions)
    }

    /// An identity that was never there, and a UID.
    pub fn identity(&mut self) -> (RemoteId, String) {
        self.made += 1;
        let n = self.made;
        (RemoteId(format!("e{n}")), format!("u{n}@example.com"))
    }

    /// Keeps an event that is new here.
    pub fn add(&mut self, mut kept: Kept) -> RemoteId {
        kept.event.version = self.version();
        kept.event.fields = self.manners.shown(&kept.event.fields);
        kept.repeated_once |= kept.event.series.is_some();
        let id = kept.event.id.clone();
        self.taken.insert(id.clone());
        self.events.insert(id.clone(), kept);
        self.changes.push((id.clone(), Touch::Whole));
        id
    }

    /// A person makes an event.
    pub fn make(&mut self, fields: Fields) -> RemoteId {
        let (id, uid) = self.identity();
        self.add(Kept {
            event: RemoteEvent {
                id,
                uid,
                version: String::new(),
                fields,
                series: None,
                marker: None,
                writable: Writable::Yes,
                guests: false,
                private: false,
                skip: None,
                split_from: None,
            },
            copied: false,
            touched: false,
            locked_once: false,
            repeated_once: false,
            presence: None,
        })
    }

    /// Changes an event and moves its version.
    pub fn change(&mut self, id: &RemoteId, change: impl FnOnce(&mut Kept)) {
        self.touch(id, Touch::Whole, change);
    }

    /// The same for one occurrence.
    pub fn touch(&mut self, id: &RemoteId, what: Touch, change: impl FnOnce(&mut Kept)) {
        let version = self.version();
        let manners = self.manners;
        if let Some(kept) = self.events.get_mut(id) {
            change(kept);
            kept.repeated_once |= kept.event.series.is_some();
            kept.event.version = version;
            kept.event.fields = manners.shown(&kept.event.fields);
            self.changes.push((id.clone(), what));
        }
    }

    /// Takes an event out.
    pub fn remove(&mut self, id: &RemoteId) -> Option<Kept> {
        let kept = self.events.remove(id)?;
        if !self.manners.deleted_ids_stay_taken {
            self.taken.remove(id);
        }
        self.changes.push((id.clone(), Touch::Whole));
        Some(kept)
    }

    /// Whether an identity is free for a create of ours.
    pub fn is_free(&self, id: &RemoteId) -> bool {
        !self.taken.contains(id)
    }

    /// Remembers what stands in an event as typed by a person.
    pub fn remember(&mut self, id: &RemoteId) {
        if let Some(kept) = self.events.get(id) {
            let fields = &kept.event.fields;
            let texts = [&fields.title, &fields.description, &fields.location];
            self.typed.extend(texts.map(|text| plain(text)));
        }
    }

    /// The n-th event, round and round.
    pub fn nth(&self, n: u32) -> Option<RemoteId> {
        let count = self.events.len().max(1);
        self.events
            .keys()
            .nth(usize::try_from(n).unwrap_or_default() % count)
            .cloned()
    }

    /// A second move of the version by the remote itself, after every third write of ours.
    pub fn stir(&mut self, id: &RemoteId) {
        if self.manners.versions_move && self.writes.is_multiple_of(3) {
            self.change(id, |_| ());
        }
    }

    /// The identity and UID of an event that we create.
    pub fn identity_for(&mut self, marker: &Marker) -> Result<(RemoteId, String), RemoteErrorKind> {
        match self.manners.ids {
            IdLaw::Theirs => Ok(self.identity()),
            IdLaw::Ours => {
                let id = marker.event_id();
                if !self.is_free(&id) {
                    return Err(RemoteErrorKind::Taken);
                }
                let uid = format!("{id}@example.com");
                Ok((id, uid))
            }
        }
    }

    /// Whether an event lies in a window that begins here, as this calendar sees it.
    pub fn is_within(
        &self,
        event: &RemoteEvent,
        from: Timestamp,
        until: Option<Timestamp>,
    ) -> bool {
        let spans = series::occurrences(event);
        let ends_after = spans.iter().any(|span| {
            let (start, end) = edges(*span, self.zone);
            end > from || start == end && start >= from
        });
        let begins_before =
            until.is_none_or(|until| spans.iter().any(|span| edges(*span, self.zone).0 < until));
        ends_after && begins_before
    }

    /// The end of the window that a full listing from here has.
    pub fn until(&self, from: Timestamp) -> Option<Timestamp> {
        match self.manners.window {
            Window::Frozen { days } => Some(from + Duration::days(days)),
            Window::None | Window::Start | Window::StartKept => None,
        }
    }
}

/// The instants at which a span begins and (exclusively) ends; days are of this zone.
pub fn edges(span: advanta_bridge::model::Span, zone: Tz) -> (Timestamp, Timestamp) {
    let midnight = |day| {
        series::instant(
            zone,
            chrono::NaiveDate::and_time(&day, chrono::NaiveTime::MIN),
        )
    };
    let start = match span.start() {
        Moment::Day(day) => midnight(day),
        Moment::At(at) => at,
    };
    let end = match span.end() {
        Moment::Day(day) => midnight(day + Duration::days(1)),
        Moment::At(at) => at,
    };
    (start, end)
}

/// A text without what no comparison minds.
pub fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}
