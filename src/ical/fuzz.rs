//! What a fuzz target replays: any bytes, bounded time, no panic.

use super::{Document, Limits, Patch, ours, patch, read};
use crate::model::{Moment, Settings, Span};
use chrono::DateTime;

/// Reads any bytes and does to them all that the bridge does to a client's text.
///
/// # Panics
/// When an invariant does not hold: a text that is not given back as it was, or that is not read again after a change.
pub fn fuzz_ics(bytes: &[u8]) {
    let settings = Settings::default();
    let limits = Limits::default();
    if let Ok(document) = Document::parse(bytes, &limits)
        && document.is_exact()
    {
        assert_eq!(document.to_text().as_bytes(), bytes);
    }
    let Ok(mut incoming) = read(bytes, None, &settings, &limits) else {
        return;
    };
    assert!(incoming.first < incoming.last);
    let year = DateTime::UNIX_EPOCH..DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
    let _ = incoming.schedule.overlaps(year.clone());
    let _ = incoming.schedule.occurrences(year, 1000);
    let span = Span::new(
        Moment::At(DateTime::UNIX_EPOCH),
        Moment::At(DateTime::UNIX_EPOCH),
    )
    .ok();
    let change = Patch {
        title: Some("title".into()),
        span,
        ..Patch::default()
    };
    ours::strip_ours(&mut incoming.document, None);
    if patch(&mut incoming.document, &change, &settings).is_ok() {
        let text = incoming.document.to_text();
        let again = read(text.as_bytes(), None, &settings, &limits);
        assert_eq!(again.map(|again| again.fields.span), Ok(span));
    }
}
