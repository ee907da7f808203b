//! What news from the authority leave of the commands that wait: pure.
//!
//! Start at [`rebase`]. Per field: a field that the authority changed meanwhile is superseded, one that may not be changed
//! any more is refused, the rest of the command stays. A command that the news show as done, or as pointless, is settled.

use super::pending;
use crate::diff;
use crate::model::{
    Base, Changes, Command, Deed, Field, InvalidSpan, Moment, Object, Outcome, Reason, Rights,
    Settings, Span, UserId,
};
use crate::rules;
use crate::sync::planted::{self, Fault};

/// An object before and after something was seen at the authority; `None`: it is not there.
#[derive(Clone, Copy)]
pub(super) struct News<'a> {
    pub(super) before: Option<&'a Object>,
    pub(super) now: Option<&'a Object>,
    /// The command of whose execution this is the read-back, if it is one.
    pub(super) carried: Option<&'a Command>,
    pub(super) settings: &'a Settings,
}

/// What is left of one command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rebased {
    /// What is still to be done; `None`: nothing is, and every field that is not in `settled` is superseded.
    pub(super) left: Option<Command>,
    /// What became of fields by these news.
    pub(super) settled: Vec<(Field, Outcome)>,
}

/// Rebases the commands of one object, oldest first.
pub(super) fn rebase(news: News<'_>, commands: &[Command]) -> Vec<Rebased> {
    let mut waiting: Vec<Command> = vec![];
    (0..commands.len())
        .map(|place| {
            let rebased = one(news, &commands[..place], &waiting, &commands[place]);
            waiting.extend(rebased.left.clone());
            rebased
        })
        .collect()
}

/// `waiting`: what is left of the earlier ones.
fn one(news: News<'_>, earlier: &[Command], waiting: &[Command], command: &Command) -> Rebased {
    let awaited = earlier
        .iter()
        .any(|each| matches!(each.deed, Deed::Create(_)));
    match (&command.deed, news.now) {
        // Nobody else makes objects under this id.
        (Deed::Create(_), Some(_)) | (Deed::Delete(_), None) if !awaited => {
            settled(Field::Existence, Outcome::Applied)
        }
        (Deed::Delete(_), Some(now)) => {
            let rights = rights(now, &command.author);
            match rules::judge_delete(now, rights, Some(&command.author), news.settings) {
                Some(reason) => settled(Field::Existence, Outcome::Refused(reason)),
                None => untouched(command),
            }
        }
        (Deed::Change(_), None) if !awaited => Rebased {
            left: None,
            settled: vec![],
        },
        (Deed::Change(changes), Some(now)) => {
            let open = open(news, waiting, changes, now);
            let settled = judged(news, (earlier, waiting), command, now, &open);
            change(command, changes, settled)
        }
        (Deed::Create(_) | Deed::Change(_) | Deed::Delete(_), _) => untouched(command),
    }
}

fn settled(field: Field, outcome: Outcome) -> Rebased {
    Rebased {
        left: None,
        settled: vec![(field, outcome)],
    }
}

fn untouched(command: &Command) -> Rebased {
    Rebased {
        left: Some(command.clone()),
        settled: vec![],
    }
}

fn change(command: &Command, changes: &Changes, settled: Vec<(Field, Outcome)>) -> Rebased {
    let mut left = changes.clone();
    for (field, _) in &settled {
        clear(&mut left, *field);
    }
    Rebased {
        left: (!left.is_empty()).then(|| Command {
            deed: Deed::Change(left),
            ..command.clone()
        }),
        settled,
    }
}

/// The fields of a change that are still to be done: those that an object does not show, and those that an earlier command is about to
/// change, though they stand there now.
fn open(news: News<'_>, waiting: &[Command], changes: &Changes, now: &Object) -> Vec<Field> {
    let mut open = missing(changes, now, news.settings);
    let fields = fields_of(changes);
    for each in waiting {
        if let Deed::Change(before) = &each.deed {
            let before = missing(before, now, news.settings);
            open.extend(before.into_iter().filter(|field| fields.contains(field)));
        }
    }
    open
}

/// The fields of a change about which nothing is to be done any more.
fn judged(
    news: News<'_>,
    (earlier, waiting): (&[Command], &[Command]),
    command: &Command,
    now: &Object,
    open: &[Field],
) -> Vec<(Field, Outcome)> {
    let Deed::Change(changes) = &command.deed else {
        return vec![];
    };
    let fields = fields_of(changes);
    if open.is_empty() {
        return fields
            .into_iter()
            .map(|it| (it, Outcome::Applied))
            .collect();
    }
    let foreign = foreign(news, earlier, command, now);
    let rights = rights(now, &command.author);
    let mut settled: Vec<(Field, Outcome)> = fields
        .into_iter()
        .filter(|field| open.contains(field))
        .filter_map(|field| {
            let outcome = if planted::is(Fault::NotJudgedAgain) {
                return None;
            } else if foreign.contains(&field) {
                Outcome::Superseded
            } else {
                Outcome::Refused(rules::lock(now, rights, field, news.settings)?)
            };
            Some((field, outcome))
        })
        .collect();
    let mut left = changes.clone();
    for (field, _) in &settled {
        clear(&mut left, *field);
    }
    if let Some(reason) = misfit(&left, &after(waiting, now, news.settings), news.settings) {
        let dates = fields_of(&left)
            .into_iter()
            .filter(|field| matches!(field, Field::Start | Field::End));
        settled.extend(dates.map(|field| (field, Outcome::Refused(reason))));
    }
    settled
}

/// The fields that the authority changed and that are not the echo of this person's own earlier command: its answer may be
/// lost, or a hook may be faster than the read-back.
fn foreign(news: News<'_>, earlier: &[Command], command: &Command, now: &Object) -> Vec<Field> {
    let earlier: Vec<&Command> = news
        .carried
        .into_iter()
        .chain(earlier)
        .filter(|each| each.author == command.author)
        .collect();
    let made = earlier.iter().find_map(|each| match &each.deed {
        Deed::Create(draft) => Some(pending::drafted(draft, now.changed, news.settings)),
        Deed::Change(_) | Deed::Delete(_) => None,
    });
    let Some(before) = news.before.or(made.as_ref()) else {
        return vec![];
    };
    let base = |object: &Object| Base::from(&object.fields(news.settings));
    let mut moved = diff::two_way(&base(before), &base(now));
    for each in earlier {
        if let Deed::Change(changes) = &each.deed {
            let missing = missing(changes, now, news.settings);
            let echo =
                |field: &Field| fields_of(changes).contains(field) && !missing.contains(field);
            moved.retain(|field| !echo(field));
        }
    }
    moved
}

/// The fields of a change that an object does not show.
pub(super) fn missing(changes: &Changes, object: &Object, settings: &Settings) -> Vec<Field> {
    let mut wanted = object.clone();
    changes.apply(&mut wanted, settings);
    let base = |object: &Object| Base::from(&object.fields(settings));
    let mut missing = diff::two_way(&base(object), &base(&wanted));
    // An end before the start is shown as no length at all: what was asked for counts, not what a calendar makes of it.
    let stands = object.planned.span(settings);
    let shows_end = changes.end.is_none() || changes.end == stands.map(Span::end);
    if !shows_end && !missing.contains(&Field::End) {
        missing.push(Field::End);
    }
    missing
}

/// An object as the commands that wait will have left it.
fn after(waiting: &[Command], now: &Object, settings: &Settings) -> Object {
    let mut object = now.clone();
    if planted::is(Fault::RefusedBehindAnother) {
        return object;
    }
    for each in waiting {
        if let Deed::Change(changes) = &each.deed {
            changes.apply(&mut object, settings);
        }
    }
    object
}

/// Why the dates of a change make no span with those that stand: dates belong together.
fn misfit(changes: &Changes, now: &Object, settings: &Settings) -> Option<Reason> {
    let stands = now.planned.span(settings)?;
    let start: Moment = changes.start.unwrap_or(stands.start());
    let end: Moment = changes.end.unwrap_or(stands.end());
    match Span::new(start, end) {
        Ok(_) => None,
        Err(InvalidSpan::MixedKinds) => Some(Reason::MixedDates),
        Err(InvalidSpan::EndBeforeStart) => Some(Reason::EndBeforeStart),
    }
}

/// Who is no participant any more may nothing.
fn rights(object: &Object, who: &UserId) -> Rights {
    object
        .participants
        .get(who)
        .copied()
        .unwrap_or(Rights::READ)
}

/// The fields that a change sets.
pub(super) fn fields_of(changes: &Changes) -> Vec<Field> {
    [
        (Field::Title, changes.title.is_some()),
        (Field::Start, changes.start.is_some()),
        (Field::End, changes.end.is_some()),
        (Field::Description, changes.description.is_some()),
        (Field::Location, changes.location.is_some()),
    ]
    .into_iter()
    .filter_map(|(field, set)| set.then_some(field))
    .collect()
}

fn clear(changes: &mut Changes, field: Field) {
    match field {
        Field::Title => changes.title = None,
        Field::Start => changes.start = None,
        Field::End => changes.end = None,
        Field::Description => changes.description = None,
        Field::Location => changes.location = None,
        Field::Recurrence | Field::Overlay | Field::Existence => {}
    }
}
