//! People and administrators in ADVANTA.

use super::{Outside, PEOPLE};
use crate::advanta::{Inside, short};
use crate::dates;
use crate::scenario::Step;
use crate::verbs::Verb;
use advanta_bridge::model::{Kind, Object, ObjectId, Planned, Revision, Rights, Status, UserId};
use chrono::{Duration, TimeZone as _, Utc};
use std::sync::PoisonError;

/// `None`: the step is about something else.
pub fn act(outside: &Outside, who: &str, step: &Step, word: &str) -> Option<Option<String>> {
    use Verb::*;
    let ours = [
        ObjectMade,
        ObjectTitle,
        ObjectText,
        ObjectMoved,
        ObjectStatus,
        ObjectRights,
        ObjectPeople,
        ObjectDateless,
        ObjectDeleted,
    ];
    if !ours.contains(&step.verb) {
        return None;
    }
    if outside.own {
        return Some(None);
    }
    let mut inside = outside
        .advanta
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if step.verb == ObjectMade {
        let id = inside.make(|id| made(id, who, step, word));
        return Some(Some(format!("{} is made", short(id))));
    }
    let id = inside.nth(step.arg(1));
    Some(id.map(|id| {
        edit(&mut inside, id, who, step, word);
        format!("{} {}", step.verb.row().name, short(id))
    }))
}

/// An object as a step of [`Verb::ObjectMade`] says.
pub fn made(id: ObjectId, who: &str, step: &Step, word: &str) -> Object {
    let kind = [
        Kind::Task,
        Kind::Note,
        Kind::Meeting,
        Kind::Task,
        Kind::Stage,
        Kind::Note,
    ][step.arg(1) as usize % 6];
    let rights = if step.arg(1) == 3 {
        Rights::READ
    } else {
        Rights::ALL
    };
    // Every second is shared.
    let both = step.arg(2) % 2 == 1;
    let people = PEOPLE.iter().filter(|each| both || **each == who);
    Object {
        id,
        kind,
        revision: Revision(1),
        title: title(word),
        description: format!("text  of {word}\nsecond line"),
        location: String::new(),
        planned: dates::planned(step.arg(2)),
        actual_start: None,
        actual_end: None,
        status: kind.is_work().then_some(Status::PROPOSED),
        percent: None,
        owner: None,
        responsible: None,
        participants: people.map(|each| (UserId::new(*each), rights)).collect(),
        parent: None,
        card: None,
        changed: Utc.timestamp_opt(1_790_000_000, 0).unwrap(),
    }
}

/// Every third title is longer than some calendars keep.
fn title(word: &str) -> String {
    if word.ends_with(['3', '6', '9']) {
        format!("{word} is a title that is longer than some calendars keep")
    } else {
        word.to_owned()
    }
}

fn edit(inside: &mut Inside, id: ObjectId, who: &str, step: &Step, word: &str) {
    let user = UserId::new(who);
    let how = step.arg(2);
    match step.verb {
        Verb::ObjectTitle => inside.edit(id, |object| object.title = title(word)),
        Verb::ObjectText => inside.edit(id, |object| match how {
            0 => word.clone_into(&mut object.location),
            1 => object.description = format!("{word}  of\r\n\r\nADVANTA "),
            _ => object.description.clear(),
        }),
        Verb::ObjectMoved => inside.edit(id, |object| object.planned = moved(object.planned, how)),
        Verb::ObjectStatus => inside.edit(id, |object| status(object, how)),
        Verb::ObjectRights => inside.edit(id, |object| {
            let rights = object.participants.get_mut(&user);
            if let Some(rights) = rights {
                turn(rights, how);
            }
        }),
        Verb::ObjectPeople => inside.edit(id, |object| {
            if object.participants.remove(&user).is_none() {
                object.participants.insert(user, Rights::ALL);
            }
        }),
        Verb::ObjectDateless => inside.edit(id, |object| object.planned = Planned::default()),
        _ => inside.remove(id),
    }
}

fn moved(planned: Planned, how: u32) -> Planned {
    let shift = |by: Duration| Planned {
        start: planned.start.map(|at| at + by),
        end: planned.end.map(|at| at + by),
    };
    match how {
        0 => shift(Duration::hours(1)),
        1 => shift(Duration::days(1)),
        2 => shift(Duration::days(-40)),
        3 => shift(Duration::days(50)),
        4 => Planned {
            end: planned.end.map(|end| end + Duration::minutes(30)),
            ..planned
        },
        5 => Planned {
            end: planned.end.map(|end| end + Duration::days(9)),
            ..planned
        },
        other => dates::planned(other),
    }
}

fn status(object: &mut Object, how: u32) {
    if !object.kind.is_work() {
        return;
    }
    (object.status, object.actual_start) = match how {
        0 => (Some(Status::IN_WORK), object.actual_start),
        1 => (Some(Status::DONE), object.actual_start),
        2 => (Some(Status::PROPOSED), object.planned.start),
        _ => (Some(Status::PROPOSED), None),
    };
}

fn turn(rights: &mut Rights, which: u32) {
    match which {
        0 => rights.dates = !rights.dates,
        1 => rights.title = !rights.title,
        2 => rights.text = !rights.text,
        _ => rights.delete = !rights.delete,
    }
}
