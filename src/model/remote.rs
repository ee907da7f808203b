//! What stands in a remote calendar.

use super::{Fields, Moment, ObjectId, Span, SubscriptionId};
use chrono_tz::Tz;
use std::fmt;

/// Which kind of remote calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemoteKind {
    /// Google Calendar.
    Google,
    /// Exchange on premises, by Exchange Web Services.
    Ews,
    /// Exchange in the cloud, by Microsoft Graph.
    Graph,
}

impl RemoteKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Google, Self::Ews, Self::Graph];

    /// The word for it in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Ews => "ews",
            Self::Graph => "graph",
        }
    }

    /// The kind of a word of [`RemoteKind::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether two kinds are the same integration: Google **or** Exchange, never both.
    pub fn integration(self) -> Integration {
        match self {
            Self::Google => Integration::Google,
            Self::Ews | Self::Graph => Integration::Exchange,
        }
    }
}

/// What an installation and a person have one of at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Integration {
    /// Google Calendar.
    Google,
    /// Exchange, on premises or in the cloud.
    Exchange,
}

impl Integration {
    /// The word for it in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Exchange => "exchange",
        }
    }
}

/// The remote's own identity of an event, opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteId(pub String);

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// *Their* bookmark in their list of changes, opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCursor(pub String);

/// An event of a remote calendar (мероприятие) in normal form. A series is one event, with its exceptions inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteEvent {
    /// The remote's identity of it.
    pub id: RemoteId,
    /// Its iCalendar UID.
    pub uid: String,
    /// The remote's version of it, opaque (ETag, ChangeKey). The same version means the same event; another means nothing.
    pub version: String,
    /// What travels. Of a series the span is that of its start, whether excluded or not.
    pub fields: Fields,
    /// Its schedule, if it repeats; set exactly when `fields.recurs` is.
    pub series: Option<Series>,
    /// Our mark on it.
    pub marker: Option<Marker>,
    /// Whether it may be written.
    pub writable: Writable,
    /// Whether the calendar's owner organises it and invited others.
    pub guests: bool,
    /// Whether it is marked private.
    pub private: bool,
    /// Why it is not taken as a note.
    pub skip: Option<Skip>,
    /// The series that it was split off from ("this and the following"), where the remote says so.
    pub split_from: Option<RemoteId>,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The zone in which it repeats.
    pub zone: Tz,
    /// RRULE, RDATE and EXDATE as in RFC 5545 §3.8.5, one content line each, without folding.
    pub rules: Vec<String>,
    /// Occurrences that were moved or cancelled one by one. May be incomplete in an incremental listing.
    pub exceptions: Vec<Exception>,
}

/// One occurrence that is not where its series puts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Where the series puts it.
    pub original: Moment,
    /// Where it is; `None`: it was cancelled.
    pub now: Option<Span>,
}

/// Whether an event may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writable {
    /// It may.
    Yes,
    /// It may not: somebody else organises it, it is locked, the calendar is read-only.
    No,
}

/// An event of which something cannot be read: it becomes a note as far as it can be, and people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Which event.
    pub event: RemoteId,
    /// What of it cannot be read: names of fields, no content.
    pub what: String,
}

/// Why an event is not taken as a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Skip {
    /// The calendar's owner declined it.
    Declined,
    /// It is cancelled and still listed.
    Cancelled,
    /// A birthday, working location, focus time: not what a person plans.
    Special,
    /// The remote made it of a letter: a flight, a booking. Taken or not by a setting.
    FromMail,
    /// The calendar's owner is away. Taken or not by a setting.
    Absence,
}

/// New values of some fields of an event; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteChanges {
    /// Title.
    pub title: Option<String>,
    /// Both dates: they belong together.
    pub span: Option<Span>,
    /// Description.
    pub description: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// The event repeats no more.
    pub drop_recurrence: bool,
    /// Another mark, or none (`Some(None)`).
    pub marker: Option<Option<Marker>>,
}

impl RemoteChanges {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Our mark on an event: which object it shows, for which life of which subscription. A subscription's identity is random, so
/// it stands for the installation as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marker {
    /// For which subscription.
    pub subscription: SubscriptionId,
    /// In which of its lives.
    pub epoch: u64,
    /// Which object.
    pub object: ObjectId,
    /// 0 for the first event of the object; one more each time it has to be created again.
    pub generation: u32,
}

impl Marker {
    /// The mark as text: `1:SUBSCRIPTION:EPOCH:OBJECT:GENERATION`.
    pub fn text(&self) -> String {
        format!(
            "1:{}:{}:{}:{}",
            self.subscription, self.epoch, self.object, self.generation
        )
    }

    /// Reads [`Marker::text`]; `None` for anything else: somebody may have written into the same place.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        if parts.next()? != "1" {
            return None;
        }
        let marker = Self {
            subscription: SubscriptionId::new(parts.next().filter(|id| !id.is_empty())?),
            epoch: parts.next()?.parse().ok()?,
            object: ObjectId(parts.next()?.parse().ok()?),
            generation: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(marker)
    }

    /// An identity for the event that nobody else makes: the same mark, the same identity. 32 characters of `0-9a-v`, which is
    /// base32hex as Google wants it.
    pub fn event_id(&self) -> RemoteId {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
        let digest = blake3::hash(self.text().as_bytes());
        let mut id = String::with_capacity(32);
        for five in digest.as_bytes()[..20].chunks(5) {
            let bits = five
                .iter()
                .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for place in (0..8).rev() {
                id.push(char::from(DIGITS[(bits >> (place * 5) & 31) as usize]));
            }
        }
        RemoteId(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn marker() -> Marker {
        Marker {
            subscription: SubscriptionId::new("s-1"),
            epoch: 3,
            object: ObjectId(Uuid::from_u128(7)),
            generation: 2,
        }
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let text = "1:s-1:3:00000000-0000-0000-0000-000000000007:2";
        assert_eq!(marker().text(), text);
        assert_eq!(Marker::parse(text), Some(marker()));
    }

    #[test]
    fn what_others_wrote_is_no_mark_of_ours() {
        let ours = marker().text();
        for text in [
            "",
            "1",
            "2:s-1:3:00000000-0000-0000-0000-000000000007:2",
            "1::3:00000000-0000-0000-0000-000000000007:2",
            "1:s-1:-3:00000000-0000-0000-0000-000000000007:2",
            &format!("{ours}:1"),
        ] {
            assert_eq!(Marker::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_identity_keeps_to_the_alphabet_and_moves_with_the_generation() {
        let id = marker().event_id().0;
        assert_eq!(id.len(), 32);
        assert!(
            id.chars()
                .all(|c| c.is_ascii_digit() || ('a'..='v').contains(&c))
        );
        let next = Marker {
            generation: 3,
            ..marker()
        };
        assert_ne!(next.event_id().0, id);
        assert_eq!(marker().event_id().0, id);
    }
}
