//! What a fuzz target replays: any bytes, bounded time, no panic.

use super::split::{self, SplitLimits};
use super::{Budget, Document, Incoming, Limits, Patch, ours, patch, read, read_within};
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
    let Ok(incoming) = read(bytes, None, &settings, &limits) else {
        return;
    };
    assert!(incoming.first < incoming.last);
    let year = DateTime::UNIX_EPOCH..DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
    let _ = incoming.schedule.overlaps(year.clone());
    let _ = incoming.schedule.occurrences(year, 1000);
    for change in changes() {
        let mut document = incoming.document.clone();
        ours::strip_ours(&mut document, None);
        if patch(&mut document, &change, &settings).is_err() {
            panic!("a text that was taken can be changed");
        }
        check_changed(&incoming, &document.to_text(), &change);
    }
}

/// Reads any bytes as a client's text; returns the units of work that were spent on it. The score of a search for texts that
/// cost much.
///
/// # Panics
/// When more units were spent than a text may cost.
pub fn fuzz_work(bytes: &[u8]) -> u64 {
    let limits = Limits::default();
    let budget = Budget::new(limits.work_units_max);
    let read = read_within(bytes, None, &Settings::default(), &limits, &budget);
    let spent = budget.spent();
    assert!(spent <= limits.work_units_max);
    if let Err(rejected) = &read {
        assert!(!budget.ran_out() || rejected.is_costly(), "{rejected}");
    }
    spent
}

/// A text of this size is at the edge of no limit.
const SMALL_BYTES: usize = 64 * 1024;

/// A move, a change of the texts, an end of the recurrence.
fn changes() -> [Patch; 3] {
    let epoch = Moment::At(DateTime::UNIX_EPOCH);
    let span = Span::new(epoch, epoch).ok();
    [
        Patch {
            span,
            ..Patch::default()
        },
        Patch {
            title: Some("title".into()),
            description: Some("one\ntwo".into()),
            location: Some(String::new()),
            ..Patch::default()
        },
        Patch {
            span,
            drop_recurrence: true,
            ..Patch::default()
        },
    ]
}

/// What was changed is read as it was asked for, and nothing else is read differently.
fn check_changed(before: &Incoming, text: &str, change: &Patch) {
    let settings = Settings::default();
    let after = match read(text.as_bytes(), None, &settings, &Limits::default()) {
        Ok(after) => after.fields,
        // A text at the edge of a limit may grow past it.
        Err(_) if text.len() > SMALL_BYTES => return,
        Err(rejected) if rejected.is_costly() => return,
        Err(rejected) => panic!("a changed text is taken again: {rejected}"),
    };
    let mut wanted = before.fields.clone();
    wanted.title = change.title.clone().unwrap_or(wanted.title);
    wanted.description = change.description.clone().unwrap_or(wanted.description);
    wanted.location = change.location.clone().unwrap_or(wanted.location);
    wanted.recurs &= !change.drop_recurrence;
    let has_dates = before.occurrence.is_some() || !before.recurs || change.drop_recurrence;
    if has_dates {
        wanted.span = change.span.or(wanted.span);
    }
    assert_eq!(after, wanted);
}

/// Bounds that a small file can reach.
const SMALL: SplitLimits = SplitLimits {
    components_max: 20,
    zone_names_max: 2,
    line_bytes_max: 300,
    item_bytes_max: 2_000,
    depth_max: 4,
};

/// Takes any bytes to pieces as an import does.
///
/// # Panics
/// When an invariant does not hold: a byte that went nowhere, an item that is not one object by its structure, or one that is
/// taken to pieces differently when it stands alone.
pub fn fuzz_split(bytes: &[u8]) {
    for limits in [SplitLimits::default(), SMALL] {
        let split = split::split(bytes, limits);
        assert_eq!(split.account().total(), bytes.len());
        assert!(split.items().len() + split.broken().len() <= limits.components_max + 2);
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').count();
        for item in split.items() {
            check_item(&item, lines, limits);
        }
        for broken in split.broken() {
            assert!((1..=lines.max(1)).contains(&broken.line), "{broken}");
        }
    }
}

fn check_item(item: &split::Item<'_>, lines: usize, limits: SplitLimits) {
    let text = item.text();
    match Document::parse(text.as_bytes(), &Limits::default()) {
        Ok(document) => {
            assert!(document.events().next().is_some());
            for event in document.events() {
                let uid = event.property("UID").map(super::Property::as_text);
                assert_eq!(uid.as_deref(), Some(item.uid));
            }
        }
        Err(invalid) => {
            let structure = ["an END", "the text", "there is more than one"];
            assert!(
                !structure.iter().any(|word| invalid.what.starts_with(word)),
                "{invalid}"
            );
            assert!((1..=lines).contains(&item.file_line(invalid.line)));
        }
    }
    // Its head counts too, now.
    let limits = SplitLimits {
        components_max: usize::MAX,
        ..limits
    };
    let alone = split::split(text.as_bytes(), limits);
    let again: Vec<String> = alone.items().map(|item| item.text()).collect();
    assert_eq!((again, alone.broken()), (vec![text.clone()], &[][..]));
}
