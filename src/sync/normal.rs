//! An event to the fields that are compared with its base.

use super::series;
use super::view::Standing;
use crate::model::{Anchor, Base, Fields, ImportPrivate, Link, Moment, RemoteEvent, Span};
use chrono::Duration;

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

/// What an edited event asks of its object. An object without length is shown with some where the remote holds none without: as long as
/// its event is only moved, it stays without.
pub(super) fn asked(link: &Link, standing: &Standing, theirs: &Normal) -> Fields {
    let span = without_length(link, standing, theirs.fields.span);
    Fields {
        span: span.or(theirs.fields.span),
        ..theirs.fields.clone()
    }
}

/// Where an object without length is now, if its event was only moved and both stood as they were last seen.
fn without_length(link: &Link, standing: &Standing, theirs: Option<Span>) -> Option<Span> {
    let (ours, shown) = (standing.fields.span?, standing.projected.span?);
    let is_moment = matches!(ours.start(), Moment::At(_)) && ours.start() == ours.end();
    let is_lossy = is_moment && ours != shown && ours.start() == shown.start();
    let stood = link.base_ours.span == Some(ours) && link.base_theirs.span == Some(shown);
    let theirs = theirs.filter(|_| is_lossy && stood)?;
    let shift = apart(shown.start(), theirs.start())?;
    let only_moved = apart(shown.end(), theirs.end())? == shift;
    only_moved
        .then(|| Span::new(theirs.start(), theirs.start()).ok())
        .flatten()
}

/// From one moment to another of the same kind.
fn apart(from: Moment, to: Moment) -> Option<Duration> {
    match (from, to) {
        (Moment::Day(from), Moment::Day(to)) => Some(to - from),
        (Moment::At(from), Moment::At(to)) => Some(to - from),
        (Moment::Day(_), Moment::At(_)) | (Moment::At(_), Moment::Day(_)) => None,
    }
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
