//! People at their remote calendars.

use super::{Outside, PEOPLE};
use crate::calendar::{Calendar, Kept};
use crate::dates;
use crate::remote::except;
use crate::scenario::Step;
use crate::series;
use crate::verbs::Verb;
use advanta_bridge::model::{
    Exception, Fields, Moment, RemoteEvent, RemoteId, Skip, Span, Writable,
};
use chrono::Duration;
use chrono_tz::Tz;
use std::sync::{MutexGuard, PoisonError};

fn calendar<'a>(outside: &'a Outside, who: &str) -> Option<MutexGuard<'a, Calendar>> {
    let calendar = outside.calendars.get(who)?;
    Some(calendar.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What was done; `None`: nothing.
pub fn act(outside: &Outside, who: &str, step: &Step, word: &str) -> Option<String> {
    let zone = outside.zone;
    if step.verb == Verb::EventCopiedToColleague {
        let colleague = PEOPLE.iter().find(|each| **each != who)?;
        let kept = {
            let calendar = calendar(outside, who)?;
            calendar.events.get(&calendar.nth(step.arg(1))?)?.clone()
        };
        let mut theirs = calendar(outside, colleague)?;
        let id = copy(&mut theirs, kept);
        theirs.remember(&id);
        return Some(format!("{colleague} has a copy of {who}'s event: {id}"));
    }
    let mut calendar = calendar(outside, who)?;
    let done = deed(&mut calendar, step, word, zone)?;
    calendar.remember(&done);
    Some(format!("{who}: {} {done}", step.verb.row().name))
}

fn deed(calendar: &mut Calendar, step: &Step, word: &str, zone: Tz) -> Option<RemoteId> {
    use Verb::*;
    match step.verb {
        EventMade => return Some(make(calendar, step.arg(1), step.arg(2), word, zone)),
        EventRestored => return restore(calendar, step.arg(1)),
        EventBack => return come_back(calendar, step.arg(1)),
        CursorDies => {
            calendar.life += 1;
            return Some(RemoteId("all cursors".to_owned()));
        }
        _ => {}
    }
    let id = calendar.nth(step.arg(1))?;
    let how = step.arg(2);
    // What may not be written is another person's: its owner moves it, but nobody copies a schedule into it.
    match step.verb {
        EventTitle => calendar.change(&id, |kept| {
            word.clone_into(&mut kept.event.fields.title);
            kept.touched = true;
        }),
        EventText => calendar.change(&id, |kept| {
            kept.touched = true;
            match how {
                0 => word.clone_into(&mut kept.event.fields.location),
                1 => kept.event.fields.description = format!("{word}  of a\n\nremote"),
                _ => kept.event.fields.description.clear(),
            }
        }),
        EventMoved => calendar.change(&id, |kept| move_to(&mut kept.event, how, zone)),
        EventDeleted => {
            let kept = calendar.remove(&id)?;
            calendar.removed_by_people.insert(id.clone());
            calendar.bin.push(kept);
        }
        ManyDeleted => {
            let many = calendar.events.keys().take(step.arg(1) as usize + 2);
            for id in many.cloned().collect::<Vec<_>>() {
                let kept = calendar.remove(&id)?;
                calendar.removed_by_people.insert(id);
                calendar.bin.push(kept);
            }
        }
        EventFolder => {
            let kept = calendar.remove(&id)?;
            calendar.removed_by_people.insert(id.clone());
            calendar.folder.push(kept);
        }
        EventCopied => {
            let kept = calendar.events.get(&id)?.clone();
            return Some(copy(calendar, kept));
        }
        EventSeries => calendar.change(&id, |kept| repeat(&mut kept.event, how, zone)),
        EventSplit => return split(calendar, &id, word),
        EventException => return one_occurrence(calendar, &id, how),
        EventDeclined => calendar.change(&id, |kept| {
            kept.event.skip = match kept.event.skip {
                None => Some(Skip::Declined),
                Some(_) => None,
            };
        }),
        EventPrivate => calendar.change(&id, |kept| kept.event.private = !kept.event.private),
        EventLocked => calendar.change(&id, |kept| {
            kept.locked_once = true;
            kept.event.writable = match kept.event.writable {
                Writable::Yes => Writable::No,
                Writable::No => Writable::Yes,
            };
        }),
        EventVersion => calendar.change(&id, |_| ()),
        _ => return None,
    }
    Some(id)
}

fn make(calendar: &mut Calendar, kind: u32, when: u32, word: &str, zone: Tz) -> RemoteId {
    let span = match kind {
        9 => dates::span(4, zone),
        10 => dates::span(8, zone),
        12 => dates::span(6, zone),
        _ => dates::span(when, zone),
    };
    let long = format!("{word} and a title that is longer than some calendars keep");
    let id = calendar.make(Fields {
        title: if kind == 11 { long } else { word.to_owned() },
        span: Some(span),
        description: format!("about  {word}"),
        location: String::new(),
        recurs: false,
    });
    calendar.change(&id, |kept| {
        shape(&mut kept.event, kind, zone);
        kept.locked_once = matches!(kind, 7 | 8);
    });
    id
}

fn shape(event: &mut RemoteEvent, kind: u32, zone: Tz) {
    match kind {
        2 => repeat(event, 0, zone),
        // Across the changes of the clocks, in another zone than the calendar's.
        3 => repeat(event, 1, Tz::America__New_York),
        4 => event.private = true,
        5 => event.skip = Some(Skip::Declined),
        6 => event.skip = Some(Skip::Special),
        7 => event.writable = Writable::No,
        8 => event.guests = true,
        12 => repeat(event, 2, zone),
        13 => {
            event.private = true;
            repeat(event, 0, zone);
        }
        _ => {}
    }
}

fn repeat(event: &mut RemoteEvent, how: u32, zone: Tz) {
    if event.series.take().is_some() {
        event.fields.recurs = false;
        return;
    }
    // A series whose occurrences overlap is nothing that people make.
    event.fields.span = event.fields.span.map(shorter);
    event.series = Some(match how {
        0 => series::every(1, 5, zone),
        1 => series::every(7, 4, zone),
        _ => series::every(3, 6, zone),
    });
    event.fields.recurs = true;
}

fn shorter(span: Span) -> Span {
    let end = match (span.start(), span.end()) {
        (Moment::At(from), Moment::At(to)) => Moment::At(to.min(from + Duration::hours(5))),
        (start, _) => start,
    };
    Span::new(span.start(), end).unwrap_or(span)
}

fn move_to(event: &mut RemoteEvent, how: u32, zone: Tz) {
    let Some(old) = event.fields.span else {
        return;
    };
    let new = dates::moved(old, how, zone);
    event.fields.span = Some(new);
    if let Some(series) = &mut event.series {
        event.fields.span = Some(shorter(new));
        // Moving a series forgets what was moved one by one.
        series.exceptions.clear();
    }
}

fn copy(calendar: &mut Calendar, mut kept: Kept) -> RemoteId {
    let (id, uid) = calendar.identity();
    (kept.event.id, kept.event.uid) = (id, uid);
    kept.copied = true;
    calendar.add(kept)
}

fn restore(calendar: &mut Calendar, n: u32) -> Option<RemoteId> {
    let count = calendar.bin.len().max(1);
    let place = n as usize % count;
    if place >= calendar.bin.len() {
        return None;
    }
    let mut kept = calendar.bin.remove(place);
    kept.copied = true;
    // Whoever brings an older copy back brings its texts back.
    kept.touched = true;
    if calendar.manners.new_id_after_folder {
        kept.event.id = calendar.identity().0;
    }
    Some(calendar.add(kept))
}

fn come_back(calendar: &mut Calendar, n: u32) -> Option<RemoteId> {
    let count = calendar.folder.len().max(1);
    let place = n as usize % count;
    if place >= calendar.folder.len() {
        return None;
    }
    let mut kept = calendar.folder.remove(place);
    kept.copied = true;
    if calendar.manners.new_id_after_folder {
        kept.event.id = calendar.identity().0;
    }
    Some(calendar.add(kept))
}

/// The second half of a series becomes an event of its own.
fn split(calendar: &mut Calendar, id: &RemoteId, word: &str) -> Option<RemoteId> {
    let split = calendar.events.get(id)?;
    let (event, locked_once) = (split.event.clone(), split.locked_once);
    let (days, count) = series::shape(event.series.as_ref()?);
    let half = count / 2;
    let second = series::placed(&event, half)?;
    let zone = event.series.as_ref()?.zone;
    if half == 0 {
        return None;
    }
    calendar.change(id, |kept| {
        kept.event.series = Some(series::every(days, half, zone));
    });
    // Whoever leaves nothing of a series in the window takes its note's occurrence away.
    let opens = series::instant(
        calendar.zone,
        dates::start().and_time(chrono::NaiveTime::MIN),
    );
    let left = calendar.events.get(id)?.event.clone();
    if !calendar.is_within(&left, opens + Duration::days(1), None) {
        calendar.removed_by_people.insert(id.clone());
    }
    let (new, uid) = calendar.identity();
    let split_from = calendar.manners.exceptions_apart.then(|| id.clone());
    let fields = Fields {
        title: format!("{word} {}", event.fields.title),
        span: Some(second),
        ..event.fields
    };
    Some(calendar.add(Kept {
        event: RemoteEvent {
            id: new,
            uid,
            fields,
            series: Some(series::every(days, count - half, zone)),
            split_from,
            ..event
        },
        // The mark goes along, as with a copy.
        copied: true,
        touched: true,
        // It is as locked as the one that it was split off.
        locked_once,
        repeated_once: true,
        presence: None,
    }))
}

/// Moves or cancels an occurrence: the first, or a later one.
fn one_occurrence(calendar: &mut Calendar, id: &RemoteId, how: u32) -> Option<RemoteId> {
    let event = &calendar.events.get(id)?.event;
    event.series.as_ref()?;
    let span = series::placed(event, if how < 2 { 0 } else { 2 })?;
    let later = |moment: Moment| match moment {
        Moment::Day(day) => Moment::Day(day + Duration::days(1)),
        Moment::At(at) => Moment::At(at + Duration::hours(2)),
    };
    let now = Span::new(later(span.start()), later(span.end())).ok();
    let exception = Exception {
        original: span.start(),
        now: now.filter(|_| how.is_multiple_of(2)),
    };
    except(calendar, id, exception);
    Some(id.clone())
}
