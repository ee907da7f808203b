//! An event to the fields that are compared with its base.

use super::series;
use crate::model::{Anchor, Base, Fields, ImportPrivate, Link, RemoteEvent, Span};

/// The title of a private event's note.
pub const BUSY: &str = "Занято";

/// An event in the form that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normal {
    /// What it says. Of a series the span is the note's: where it stood, moved by as much as the series.
    pub fields: Fields,
    /// Of a series, where it stands now.
    pub anchor: Option<Anchor>,
}

impl Normal {
    /// As a base.
    pub fn base(&self) -> Base {
        Base::from(&self.fields)
    }
}

/// What an event says of the object that it is linked to.
pub fn normal(event: &RemoteEvent, link: &Link) -> Normal {
    let mut fields = event.fields.clone();
    let mut anchor = None;
    if let (Some(repeats), Some(start)) = (&event.series, event.fields.span) {
        let stood = link.anchor.zip(link.base_theirs.span);
        let (span, occurrence) = match stood {
            Some((old, note)) => {
                let shift = |span| series::moved(span, old.series, start, repeats.zone);
                let occurrence = Span::new(old.occurrence, old.occurrence)
                    .map_or(old.occurrence, |at| shift(at).start());
                (shift(note), occurrence)
            }
            // It began to repeat: its first occurrence is what was linked.
            None => (start, start.start()),
        };
        fields.span = Some(span);
        anchor = Some(Anchor {
            series: start,
            occurrence,
        });
    }
    if link.masked {
        fields = masked(fields);
    }
    Normal { fields, anchor }
}

/// Whether the note of an event only says that its owner is busy.
pub(super) fn is_masked(event: &RemoteEvent, policy: ImportPrivate) -> bool {
    event.private && policy == ImportPrivate::Busy
}

/// Fields without anything that is nobody's business.
pub(super) fn masked(fields: Fields) -> Fields {
    Fields {
        title: BUSY.to_owned(),
        description: String::new(),
        location: String::new(),
        ..fields
    }
}
