//! What the bridge may never ask, judged by ADVANTA itself.
//!
//! Written from the vendor's page on synchronised calendars («Изменение задач») and from what the bridge promises its users,
//! not from the bridge's code: two readings of one page that agree say more than one.
//!
//! **When is a value forbidden?** Only as of a state that the bridge says it saw. A write names a revision; if that is not the
//! thing's present one, the answer is `stale` and nothing is judged, because rights and statuses may change between the
//! bridge's read and its write. If it is, the bridge knew the rights, the status and the actual dates that hold, and whatever
//! [`change`] or [`delete`] names is a violation: the bridge should have refused it to its user.

use super::thing::{Right, Sort, Thing};
use chrono::NaiveDateTime;

/// Statuses in which work has begun: «В работе», «Готов к проверке», «Завершен».
const BEGUN: [u16; 3] = [3, 9, 6];
/// «Завершен».
const ENDED: u16 = 6;

/// The fields of a write, as asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// New title.
    pub title: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New place.
    pub place: Option<String>,
    /// New planned start.
    pub planned_start: Option<NaiveDateTime>,
    /// New planned end.
    pub planned_end: Option<NaiveDateTime>,
}

/// What of a change the person may not do, in words; nothing when all is well.
pub fn change(thing: &Thing, by: &str, wanted: &Wanted) -> Vec<&'static str> {
    let may = |right| thing.people.get(by).is_some_and(|has| has.contains(&right));
    let work = thing.sort.is_work();
    let dates = wanted.planned_start.is_some() || wanted.planned_end.is_some();
    let text = wanted.description.is_some() || wanted.place.is_some();
    let title = wanted.title.as_deref();
    let rules = [
        (
            !thing.people.contains_key(by),
            "changes what this person does not see",
        ),
        (
            wanted.planned_start.is_some() && work && has_begun(thing),
            "moves the start of work that has begun",
        ),
        (
            wanted.planned_end.is_some() && work && has_ended(thing),
            "moves the end of work that has ended",
        ),
        (
            dates && !may(Right::Dates),
            "moves dates without the right to planned dates",
        ),
        (
            title.is_some() && !may(Right::Title),
            "changes the title without the right to it",
        ),
        (
            title.is_some_and(|title| title.trim().is_empty()),
            "empties the title",
        ),
        (text && work, "changes the text of work from a calendar"),
        (
            text && !work && !may(Right::Text),
            "changes the text without the right to it",
        ),
        (
            dates && ends_before_it_starts(thing, wanted),
            "puts the end before the start",
        ),
    ];
    broken(&rules)
}

/// What is wrong with a deletion. `by_right` is the installation's choice that whoever has the right deletes anything.
pub fn delete(thing: &Thing, by: &str, by_right: bool) -> Vec<&'static str> {
    let right = |has: &std::collections::BTreeSet<_>| has.contains(&Right::Delete);
    // A note that nobody else sees is its author's own to throw away.
    let private_note = thing.sort == Sort::Note
        && thing.people.len() == 1
        && thing.people.contains_key(by)
        && thing.owner.as_deref() == Some(by);
    let rules = [
        (
            thing.sort != Sort::Note && !by_right,
            "deletes from a calendar what is not a note",
        ),
        (
            !thing.people.get(by).is_some_and(right) && !private_note,
            "deletes without the right to",
        ),
    ];
    broken(&rules)
}

/// What is wrong with a new thing. It may have no title, as an event in a calendar may.
pub fn create(sort: Sort, wanted: &Wanted) -> Vec<&'static str> {
    let backwards = wanted.planned_end < wanted.planned_start && wanted.planned_end.is_some();
    broken(&[
        (
            sort != Sort::Note,
            "makes from a calendar what is not a note",
        ),
        (backwards, "puts the end before the start"),
    ])
}

fn has_begun(thing: &Thing) -> bool {
    thing.actual_start.is_some() || thing.status.is_some_and(|status| BEGUN.contains(&status))
}

fn has_ended(thing: &Thing) -> bool {
    thing.actual_end.is_some() || thing.status == Some(ENDED)
}

/// A date that is not set stands in for nothing here: only two dates can be in the wrong order.
fn ends_before_it_starts(thing: &Thing, wanted: &Wanted) -> bool {
    let start = wanted.planned_start.or(thing.planned_start);
    let end = wanted.planned_end.or(thing.planned_end);
    start.zip(end).is_some_and(|(start, end)| end < start)
}

fn broken(rules: &[(bool, &'static str)]) -> Vec<&'static str> {
    let broken = rules.iter().filter(|(is_broken, _)| *is_broken);
    broken.map(|(_, rule)| *rule).collect()
}
